//! Closes commands that have expired, whether the game is connected or not (rule 7).

use crate::journal::{JournalError, Note, Wake};
use crate::limits::{EXPIRED_PER_ROUND, EXPIRY_INTERVAL, HEARTBEAT_SLACK};
use crate::state::{Phase, Shared};
use flux_protocol::FailReason;

/// Checks for expired commands until the daemon stops.
pub(super) async fn run(shared: &Shared) {
    while !shared.is(Phase::Draining) {
        match expire_some(shared) {
            Ok(count) if count == EXPIRED_PER_ROUND => continue,
            Ok(_) => {}
            Err(error) => shared.journal_failed(&error),
        }
        shared.heartbeat.expect_within("expiry", EXPIRY_INTERVAL + HEARTBEAT_SLACK);
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
        if shared.journal().transition(&row.id, shared.now(), Note::new("expired", None), Wake::Now, rule)?.is_some() {
            tracing::info!(command.id = %row.id, order.id = row.order_id(), player.name = row.player_name(), attempt = %row.job.attempt, "command expired before it ran");
            shared.wake_outbox.notify_one();
        }
    }
    Ok(rows.len())
}
