//! Journals the batches of commands and revocations that arrive from the store, and wakes the tasks that act on them.

use crate::journal::{Journal, JournalError, ReceivedItem};
use crate::limits::BAD_ITEMS_KNOWN;
use crate::state::Shared;
use flux_protocol::limits::BATCH_ITEMS;
use flux_protocol::{BadItem, Batch, Command, Revocation, Settled};
use jiff::Timestamp;

/// Counts of a received batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct IntakeCount {
    /// All items, including unreadable ones.
    pub items: usize,
    /// Items that were new to the journal.
    pub fresh: usize,
}

/// Journals commands. If that fails, they stay unacknowledged and the store offers them again.
pub(super) fn deliver(shared: &Shared, batch: Batch<Command>, via: &'static str) -> IntakeCount {
    store_batch(shared, batch, via, "command received", |journal, items, now| journal.deliver(items, now))
}

/// Journals revocations. If that fails, they stay unacknowledged and the store offers them again.
pub(super) fn revoke(shared: &Shared, batch: Batch<Revocation>, via: &'static str) -> IntakeCount {
    store_batch(shared, batch, via, "command revoked", |journal, items, now| journal.revoke(items, now))
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

fn store_batch<T>(
    shared: &Shared,
    batch: Batch<T>,
    via: &'static str,
    message: &'static str,
    write: impl FnOnce(&mut Journal, &[T], Timestamp) -> Result<Vec<ReceivedItem>, JournalError>,
) -> IntakeCount {
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
    let outcome = write(&mut shared.journal(), &batch.items, shared.now());
    match outcome {
        Ok(received) => {
            shared.journal_works();
            log(&received, via, message);
            shared.wake_game.notify_one();
            shared.wake_outbox.notify_one();
            IntakeCount { items, fresh: received.iter().filter(|item| item.fresh).count() }
        }
        Err(error) => {
            shared.journal_failed(&error);
            IntakeCount { items, fresh: 0 }
        }
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
