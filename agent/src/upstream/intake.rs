//! Journals the batches of commands and revocations that arrive from the store, and wakes the tasks that act on them.

use crate::journal::{Journal, JournalError, ReceivedItem, Room};
use crate::limits::BAD_ITEMS_KNOWN;
use crate::state::Shared;
use flux_protocol::limits::BATCH_ITEMS;
use flux_protocol::{BadItem, Batch, Command, Revocation, Settled};
use jiff::Timestamp;
use std::sync::atomic::Ordering;

/// Counts of a received batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct IntakeCount {
    /// All items, including unreadable ones and those without room.
    pub items: usize,
    /// Items that were new to the journal.
    pub fresh: usize,
}

/// Journals the commands that there is room for. The others, and all if that fails, stay unacknowledged: the store offers
/// them again.
pub(super) fn deliver(shared: &Shared, batch: Batch<Command>, via: &'static str) -> IntakeCount {
    store_batch(shared, batch, via, "command received")
}

/// Journals revocations in the same way.
pub(super) fn revoke(shared: &Shared, batch: Batch<Revocation>, via: &'static str) -> IntakeCount {
    store_batch(shared, batch, via, "command revoked")
}

/// An item of the store's batches.
trait Item: Sized {
    /// Leaves out what there is no room for.
    fn fitting(journal: &Journal, items: Vec<Self>, room: Room) -> Result<Vec<Self>, JournalError>;
    /// Commits the items.
    fn write(journal: &mut Journal, items: &[Self], now: Timestamp) -> Result<Vec<ReceivedItem>, JournalError>;
}

impl Item for Command {
    fn fitting(journal: &Journal, items: Vec<Command>, room: Room) -> Result<Vec<Command>, JournalError> {
        journal.fitting(items, room)
    }

    fn write(journal: &mut Journal, items: &[Command], now: Timestamp) -> Result<Vec<ReceivedItem>, JournalError> {
        journal.deliver(items, now)
    }
}

impl Item for Revocation {
    fn fitting(journal: &Journal, items: Vec<Revocation>, room: Room) -> Result<Vec<Revocation>, JournalError> {
        journal.fitting_revocations(items, room)
    }

    fn write(journal: &mut Journal, items: &[Revocation], now: Timestamp) -> Result<Vec<ReceivedItem>, JournalError> {
        journal.revoke(items, now)
    }
}

/// The outcome for a batch.
struct Taken {
    received: Vec<ReceivedItem>,
    /// The number of items that there was no room for.
    left: usize,
    /// The room afterwards.
    room: Room,
}

/// Journals the store's word about jobs that it shows as closed. Returns false if that failed: then nothing of the answer
/// may count as acknowledged.
pub(super) fn settle(shared: &Shared, batch: Batch<Settled>) -> bool {
    log_bad(shared, &batch.bad);
    if batch.items.is_empty() {
        return true;
    }
    match shared.journal().settle(&batch.items, shared.now()) {
        Ok(changed) => {
            log(&changed, "report", "command settled by the store");
            true
        }
        Err(error) => {
            shared.journal_failed(&error);
            false
        }
    }
}

fn store_batch<T: Item>(shared: &Shared, batch: Batch<T>, via: &'static str, message: &'static str) -> IntakeCount {
    let items = batch.items.len() + batch.bad.len();
    if batch.excess > 0 {
        let count = items + batch.excess;
        tracing::warn!(count, limit = BATCH_ITEMS, "refused a batch of the store with too many items");
        return IntakeCount::default();
    }
    log_bad(shared, &batch.bad);
    if batch.items.is_empty() {
        return IntakeCount { items, fresh: 0 };
    }
    match take(shared, batch.items) {
        Ok(Taken { received, left, room }) => {
            shared.journal_works();
            log(&received, via, message);
            let fresh = received.iter().filter(|item| item.fresh).count();
            note_room(shared, left, fresh, room);
            shared.wake_game.notify_one();
            shared.wake_outbox.notify_one();
            IntakeCount { items, fresh }
        }
        Err(error) => {
            shared.journal_failed(&error);
            IntakeCount { items, fresh: 0 }
        }
    }
}

fn take<T: Item>(shared: &Shared, items: Vec<T>) -> Result<Taken, JournalError> {
    let limits = shared.config().journal;
    let mut journal = shared.journal();
    let (offered, room) = (items.len(), journal.room(limits)?);
    let items = T::fitting(&journal, items, room)?;
    let left = offered - items.len();
    let received = if items.is_empty() { Vec::new() } else { T::write(&mut journal, &items, shared.now())? };
    let room = if left > 0 { journal.room(limits)? } else { room };
    Ok(Taken { received, left, room })
}

/// Logs once that there is no room for new commands, and once that there is again. `status` shows it meanwhile.
fn note_room(shared: &Shared, left: usize, fresh: usize, room: Room) {
    if left > 0 {
        if !shared.is_without_room.swap(true, Ordering::Relaxed) {
            tracing::warn!(commands = left, problem = %room, "no room for new commands; the store keeps them and offers them again");
        }
    } else if fresh > 0 && room.shortage().is_none() && shared.is_without_room.swap(false, Ordering::Relaxed) {
        tracing::info!("there is room for new commands again");
    }
}

fn log(received: &[ReceivedItem], via: &'static str, message: &'static str) {
    for item in received {
        let state = item.job.report_state();
        tracing::info!(
            command.id = %item.id, order.id = item.order_id, player.name = item.player_name, attempt = %item.job.attempt, via, fresh = item.fresh, status = state.status(), reason = state.reason(),
            "{message}"
        );
    }
}

/// Logs each unreadable item once, although the store offers it again and again.
fn log_bad(shared: &Shared, bad: &[BadItem]) {
    for item in bad {
        let is_new =
            shared.bad_items.lock().is_ok_and(|mut known| known.len() < BAD_ITEMS_KNOWN && known.insert(item.hash));
        if is_new {
            tracing::warn!(item = %item, "skipped an unreadable item from the store; the others of its batch were accepted");
        }
    }
}
