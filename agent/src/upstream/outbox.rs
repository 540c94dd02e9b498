//! Reports job states to the store and records the acknowledgements.

use super::rest::Rest;
use super::{intake, record_answer, rest};
use crate::journal::PendingReport;
use crate::limits::{CALL_DEADLINE, HEARTBEAT_SLACK, JOURNAL_RETRY, REPORT_BYTES, REPORT_RETRY};
use crate::state::{Link, Phase, Shared};
use flux_platform::{CrashPoint, crash_point};
use flux_protocol::limits::BATCH_ITEMS;
use flux_protocol::{CommandId, CommandReport, ParsedReportsResponse, method};
use std::collections::BTreeSet;
use std::time::Duration;

/// Name of this task for the watchdog.
const TASK: &str = "outbox";

/// Reports states that the store has not acknowledged, one call at a time (rule 3), until the daemon stops.
pub(super) async fn run(shared: &Shared, rest: &dyn Rest) {
    let mut link = shared.link.subscribe();
    let mut wait = REPORT_RETRY.0;
    loop {
        shared.heartbeat.expect_within(TASK, CALL_DEADLINE + HEARTBEAT_SLACK);
        let pending = shared.journal().unreported(BATCH_ITEMS);
        let pause = match pending {
            Err(error) => {
                shared.journal_failed(&error);
                Some(JOURNAL_RETRY)
            }
            Ok(pending) if pending.is_empty() => None,
            Ok(pending) => match send(shared, rest, fit_into_message(pending)).await {
                Ok(()) => {
                    wait = REPORT_RETRY.0;
                    continue;
                }
                Err(failed) => {
                    tracing::debug!(error = failed.text, "failed to send reports; keeping them");
                    let pause = wait.max(failed.retry_after);
                    wait = (wait * 2).min(REPORT_RETRY.1);
                    Some(pause)
                }
            },
        };
        match pause {
            Some(pause) => shared.heartbeat.expect_within(TASK, pause + HEARTBEAT_SLACK),
            None => shared.heartbeat.idle(TASK),
        }
        tokio::select! { biased;
            () = shared.reached(Phase::Stopping) => return shared.heartbeat.idle(TASK),
            _ = link.changed() => wait = REPORT_RETRY.0,
            () = shared.wake_outbox.notified(), if pause.is_none() => {}
            () = sleep(pause) => {}
        }
    }
}

async fn sleep(wait: Option<Duration>) {
    match wait {
        Some(wait) => tokio::time::sleep(wait).await,
        None => std::future::pending().await,
    }
}

struct Failed {
    text: String,
    retry_after: Duration,
}

impl<E: std::fmt::Display> From<E> for Failed {
    fn from(error: E) -> Failed {
        Failed { text: error.to_string(), retry_after: Duration::ZERO }
    }
}

/// The oldest reports that fit into one message.
fn fit_into_message(pending: Vec<PendingReport>) -> Vec<PendingReport> {
    let mut bytes = 0;
    let fits = |item: &PendingReport| {
        bytes += serde_json::to_vec(&item.report).map_or(0, |text| text.len() + 1);
        bytes <= REPORT_BYTES
    };
    pending.into_iter().take_while(fits).collect()
}

async fn send(shared: &Shared, rest: &dyn Rest, pending: Vec<PendingReport>) -> Result<(), Failed> {
    let reports: Vec<CommandReport> = pending.iter().map(|item| item.report.clone()).collect();
    let link = shared.link.borrow().clone();
    let reply = match link {
        Link::Up(connection) => {
            crash_point(CrashPoint::Message);
            let answer =
                connection.invoke_raw(method::REPORT, vec![serde_json::to_value(&reports)?], CALL_DEADLINE).await?;
            answer.parse::<ParsedReportsResponse>()?
        }
        Link::Starting => return Err("no session yet".into()),
        Link::Down => match rest::report(rest, reports).await {
            Ok(reply) => reply,
            Err(error) => {
                let retry_after = error.retry_after().unwrap_or_default();
                return Err(Failed { text: error.to_string(), retry_after });
            }
        },
    };
    record_answer(shared, None);
    if let Some(revoked) = reply.revoked {
        intake::revoke(shared, revoked, "report");
    }
    acknowledge(shared, pending, reply.acknowledged.items)
}

/// Records the acknowledged reports; the others are sent again. If the store acknowledged none of them, this is an error, so that the next call waits.
fn acknowledge(shared: &Shared, mut pending: Vec<PendingReport>, acknowledged: Vec<CommandId>) -> Result<(), Failed> {
    let acknowledged: BTreeSet<CommandId> = acknowledged.into_iter().collect();
    pending.retain(|item| acknowledged.contains(&item.report.id));
    shared.journal().acknowledge(&pending, shared.now())?;
    for item in &pending {
        let (id, state) = (&item.report.id, item.report.state);
        tracing::info!(command.id = %id, order.id = item.order_id, player.name = item.player_name, attempt = %item.report.attempt, status = state.status(), reason = state.reason(), "report acknowledged");
    }
    shared.acknowledged.send_modify(|count| *count = count.wrapping_add(1));
    shared.wake_game.notify_one(); // jobs on startup hold may run, and markers may be removed
    if pending.is_empty() { Err("the store left out every report".into()) } else { Ok(()) }
}
