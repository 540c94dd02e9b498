use crate::journal::{JournalError, Note, When};
use crate::limits::{EXPIRED_PER_ROUND, EXPIRY_INTERVAL, PULSE_SLACK};
use crate::{Phase, Shared};
use flux_protocol::FailReason;

/// Closes what has waited too long, whether the game is there or not (rule 7), until the daemon stops.
pub(super) async fn run(shared: &Shared) {
    while !shared.is(Phase::Draining) {
        match expire_some(shared) {
            Ok(count) if count == EXPIRED_PER_ROUND => continue,
            Ok(_) => {}
            Err(error) => shared.journal_failed(&error),
        }
        shared.pulse.turns_within("expiry", EXPIRY_INTERVAL + PULSE_SLACK);
        tokio::select! { biased;
            () = shared.reached(Phase::Draining) => return,
            () = tokio::time::sleep(EXPIRY_INTERVAL) => {}
        }
    }
}

fn expire_some(shared: &Shared) -> Result<usize, JournalError> {
    let rows = shared.journal().expired(shared.store_now(), EXPIRED_PER_ROUND)?;
    for row in &rows {
        let decided_on = row.job;
        let rule = |job| (job == decided_on).then(|| decided_on.refused(FailReason::Expired));
        if shared.journal().change(&row.id, shared.now(), Note::new("expired", None), When::Now, rule)?.is_some() {
            tracing::info!(command.id = %row.id, attempt = %row.job.attempt, "command expired before it ran");
            shared.wake_outbox.notify_one();
        }
    }
    Ok(rows.len())
}
