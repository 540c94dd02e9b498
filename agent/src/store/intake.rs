use crate::Shared;
use crate::journal::{JournalError, Received};
use flux_protocol::{BadItem, Batch, Command, Revocation};

/// Journals a delivery. An error means that nothing of it was taken: the store offers it again.
pub(super) fn deliver(shared: &Shared, batch: Batch<Command>, way: &'static str) {
    log_bad(&batch.bad);
    if batch.items.is_empty() {
        return;
    }
    let outcome = shared.journal().deliver(&batch.items, shared.now());
    log(outcome, way, "command received");
    wake(shared);
}

/// Journals revocations, as above.
pub(super) fn revoke(shared: &Shared, batch: Batch<Revocation>, way: &'static str) {
    log_bad(&batch.bad);
    if batch.items.is_empty() {
        return;
    }
    let outcome = shared.journal().revoke(&batch.items, shared.now());
    log(outcome, way, "command revoked");
    wake(shared);
}

fn wake(shared: &Shared) {
    shared.wake_game.notify_one();
    shared.wake_outbox.notify_one();
}

fn log(outcome: Result<Vec<Received>, JournalError>, way: &'static str, message: &'static str) {
    match outcome {
        Ok(received) => {
            for item in received {
                let state = item.job.report_state();
                tracing::info!(
                    command.id = %item.id, attempt = %item.job.attempt, way, fresh = item.fresh, status = state.status(), reason = state.reason(),
                    "{message}"
                );
            }
        }
        Err(error) => {
            tracing::error!(%error, way, "a delivery could not be journaled and was not acknowledged; the store offers it again")
        }
    }
}

fn log_bad(bad: &[BadItem]) {
    for item in bad {
        tracing::warn!(item = %item, "the store sent an item that cannot be understood; the others of its batch were taken");
    }
}
