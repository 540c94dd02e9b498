//! Closes commands that have expired, whether the game is connected or not (rule 7).

use crate::journal::{Expired, JournalError};
use crate::limits::{EXPIRED_PER_ROUND, EXPIRY_INTERVAL, HEARTBEAT_SLACK};
use crate::state::{Phase, Shared};
use flux_protocol::CommandId;
use std::collections::BTreeSet;

/// Checks for expired commands until the daemon stops.
pub(super) async fn run(shared: &Shared) {
    while !shared.is(Phase::Draining) {
        match expire_some(shared) {
            Ok(count) if count == EXPIRED_PER_ROUND => {
                shared.heartbeat.expect_within("expiry", HEARTBEAT_SLACK);
                // The other tasks, the watchdog's among them, have their turn.
                tokio::task::yield_now().await;
                continue;
            }
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
    let decided: Vec<_> = rows.iter().map(|row| Expired { id: &row.id, decided_on: row.job }).collect();
    let expired: BTreeSet<CommandId> = shared.journal().expire(&decided, shared.now())?.into_iter().collect();
    for row in rows.iter().filter(|row| expired.contains(&row.id)) {
        tracing::info!(command.id = %row.id, order.id = row.order_id(), player.name = row.player_name(), attempt = %row.job.attempt, "command expired before it ran");
    }
    if !expired.is_empty() {
        shared.wake_outbox.notify_one();
    }
    Ok(rows.len())
}
