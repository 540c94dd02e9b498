use crate::Shared;
use crate::journal::{Journal, JournalError, Received};
use crate::limits::BAD_ITEMS_KNOWN;
use flux_protocol::{BadItem, Batch, Command, Revocation};
use jiff::Timestamp;

/// What became of a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Taken {
    /// Items in it, the unreadable ones too.
    pub items: usize,
    /// Items that this journal did not know.
    pub fresh: usize,
}

/// Journals a delivery. What could not be journaled is not acknowledged, and the store offers it again.
pub(super) fn deliver(shared: &Shared, batch: Batch<Command>, way: &'static str) -> Taken {
    take(shared, batch, way, "command received", |journal, items, now| journal.deliver(items, now))
}

/// Journals revocations, as above.
pub(super) fn revoke(shared: &Shared, batch: Batch<Revocation>, way: &'static str) -> Taken {
    take(shared, batch, way, "command revoked", |journal, items, now| journal.revoke(items, now))
}

fn take<T>(
    shared: &Shared,
    batch: Batch<T>,
    way: &'static str,
    message: &'static str,
    write: impl FnOnce(&mut Journal, &[T], Timestamp) -> Result<Vec<Received>, JournalError>,
) -> Taken {
    let items = batch.items.len() + batch.bad.len();
    log_bad(shared, &batch.bad);
    if batch.items.is_empty() {
        return Taken { items, fresh: 0 };
    }
    let outcome = write(&mut shared.journal(), &batch.items, shared.now());
    match outcome {
        Ok(received) => {
            shared.journal_works();
            log(&received, way, message);
            shared.wake_game.notify_one();
            shared.wake_outbox.notify_one();
            Taken { items, fresh: received.iter().filter(|item| item.fresh).count() }
        }
        Err(error) => {
            shared.journal_failed(&error);
            Taken { items, fresh: 0 }
        }
    }
}

fn log(received: &[Received], way: &'static str, message: &'static str) {
    for item in received {
        let state = item.job.report_state();
        tracing::info!(
            command.id = %item.id, attempt = %item.job.attempt, way, fresh = item.fresh, status = state.status(), reason = state.reason(),
            "{message}"
        );
    }
}

/// An item that cannot be read is offered again and again: it is said once.
fn log_bad(shared: &Shared, bad: &[BadItem]) {
    for item in bad {
        let is_news = shared
            .bad_items
            .lock()
            .is_ok_and(|mut known| known.len() < BAD_ITEMS_KNOWN && known.insert(item.to_string()));
        if is_news {
            tracing::warn!(item = %item, "the store sent an item that cannot be understood; the others of its batch were taken");
        }
    }
}
