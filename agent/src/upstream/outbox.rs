//! Reports job states to the store and records the acknowledgements.

use super::report_pace::{Failure, Next, Pace};
use super::rest::{Rest, RestError};
use super::{intake, record_answer, rest};
use crate::journal::{JournalError, PendingReport};
use crate::limits::{BAD_ITEMS_KNOWN, CALL_DEADLINE, HEARTBEAT_SLACK, JOURNAL_RETRY, REPORT_BYTES, REPORT_RETRY};
use crate::state::{Link, Phase, Shared};
use flux_platform::{CrashPoint, crash_point};
use flux_protocol::{CommandId, CommandReport, ParsedReportsResponse, method};
use flux_signalr::client::CallError;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::Instant;

/// Name of this task for the watchdog.
const TASK: &str = "outbox";

/// Reports states that the store has not acknowledged, one call at a time (rule 3), until the daemon stops.
pub(super) async fn run(shared: &Shared, rest: &dyn Rest) {
    let mut link = shared.link.subscribe();
    let (mut pace, mut unreadable) = (Pace::default(), BTreeSet::new());
    loop {
        shared.heartbeat.expect_within(TASK, CALL_DEADLINE + HEARTBEAT_SLACK);
        let pause = match next_reports(shared, pace.most(), &mut unreadable) {
            Err(error) => {
                shared.journal_failed(&error);
                Some(JOURNAL_RETRY)
            }
            Ok(pending) if pending.is_empty() => None,
            Ok(pending) => match send_some(shared, rest, pending, &mut pace).await {
                None => {
                    // A store that answers at once must not keep the other tasks waiting.
                    tokio::task::yield_now().await;
                    continue;
                }
                pause => pause,
            },
        };
        match pause {
            Some(pause) => shared.heartbeat.expect_within(TASK, pause + HEARTBEAT_SLACK),
            None => shared.heartbeat.idle(TASK),
        }
        tokio::select! { biased;
            () = shared.reached(Phase::Stopping) => return shared.heartbeat.idle(TASK),
            _ = link.changed() => pace.reset_wait(),
            () = shared.wake_outbox.notified(), if pause.is_none() => {}
            () = sleep(pause) => {}
        }
    }
}

/// The next reports. A row that cannot be read is put behind the others, and logged once: `known` has the logged ones.
fn next_reports(
    shared: &Shared,
    most: usize,
    known: &mut BTreeSet<String>,
) -> Result<Vec<PendingReport>, JournalError> {
    let found = shared.journal().unreported(most)?;
    if found.unreadable.is_empty() {
        return Ok(found.reports);
    }
    let mut is_new = |id: &String| known.len() < BAD_ITEMS_KNOWN && known.insert(id.clone());
    for (id, problem) in found.unreadable.iter().filter(|(id, _)| is_new(id)) {
        tracing::error!(command.id = id, problem, "cannot read a row of the journal; its state is not reported");
    }
    let mut journal = shared.journal();
    journal.put_behind(found.unreadable.iter().map(|(id, _)| id.as_str()), shared.now())?;
    // Only those that can be read are left, or none.
    Ok(journal.unreported(most)?.reports)
}

/// Makes one call. Returns the wait before the next one; `None` for none.
async fn send_some(shared: &Shared, rest: &dyn Rest, pending: Vec<PendingReport>, pace: &mut Pace) -> Option<Duration> {
    let pending = fit_into_message(pending);
    let next = match send(shared, rest, &pending).await {
        Ok(0) => {
            tracing::debug!(reports = pending.len(), "the store acknowledged none of the reports; keeping them");
            pace.failed(Failure::Ignored, pending.len(), Duration::ZERO, Instant::now())
        }
        Ok(_) => {
            if pace.succeeded() {
                tracing::info!("reports reach the store again");
            }
            return None;
        }
        Err(failed) => {
            tracing::debug!(error = failed.text, reports = pending.len(), "failed to send reports; keeping them");
            pace.failed(failed.failure, pending.len(), failed.retry_after, Instant::now())
        }
    };
    if pace.is_late(Instant::now()) {
        let jobs = shared.journal().unreported_count().unwrap_or_default();
        tracing::warn!(
            jobs,
            "the store has not taken reports for 2 minutes; they stay in the journal and are sent again"
        );
    }
    match next {
        Next::Fewer => None,
        Next::Wait(wait) => Some(wait),
        Next::PutBehind(wait) => {
            let ids = pending.iter().map(|item| item.report.id.as_str());
            match shared.journal().put_behind(ids, shared.now()) {
                // Reports that were never sent go first, without the long wait.
                Ok(true) => Some(REPORT_RETRY.0),
                Ok(false) => Some(wait),
                Err(error) => {
                    shared.journal_failed(&error);
                    Some(JOURNAL_RETRY)
                }
            }
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
    failure: Failure,
    retry_after: Duration,
}

impl<E: std::fmt::Display> From<E> for Failed {
    fn from(error: E) -> Failed {
        Failed { text: error.to_string(), failure: Failure::Unreachable, retry_after: Duration::ZERO }
    }
}

impl Failed {
    fn of_call(error: CallError) -> Failed {
        let failure = match error {
            CallError::Refused(_) | CallError::TooLarge { .. } => Failure::Refused,
            CallError::Closed | CallError::ConnectionLost | CallError::TimedOut(_) | CallError::Unreadable(_) => {
                Failure::Unreachable
            }
        };
        Failed { text: error.to_string(), failure, retry_after: Duration::ZERO }
    }

    fn of_rest(error: RestError) -> Failed {
        let retry_after = error.retry_after().unwrap_or_default();
        let failure = if error.is_about_content() { Failure::Refused } else { Failure::Unreachable };
        Failed { text: error.to_string(), failure, retry_after }
    }
}

/// The first reports that fit into one message; at least one.
fn fit_into_message(pending: Vec<PendingReport>) -> Vec<PendingReport> {
    let mut bytes = 0;
    let fits = |item: &PendingReport| {
        let is_first = bytes == 0;
        bytes += serde_json::to_vec(&item.report).map_or(0, |text| text.len() + 1);
        is_first || bytes <= REPORT_BYTES
    };
    pending.into_iter().take_while(fits).collect()
}

/// Sends reports, and records their acknowledgements. Returns the number of them.
async fn send(shared: &Shared, rest: &dyn Rest, pending: &[PendingReport]) -> Result<usize, Failed> {
    let reports: Vec<CommandReport> = pending.iter().map(|item| item.report.clone()).collect();
    let link = shared.link.borrow().clone();
    let reply = match link {
        Link::Up(connection) => {
            crash_point(CrashPoint::Message);
            let call = connection.invoke_raw(method::REPORT, vec![serde_json::to_value(&reports)?], CALL_DEADLINE);
            call.await.map_err(Failed::of_call)?.parse::<ParsedReportsResponse>()?
        }
        Link::Starting => return Err("no session yet".into()),
        Link::Down => rest::report(rest, reports).await.map_err(Failed::of_rest)?,
    };
    record_answer(shared, None);
    if let Some(revoked) = reply.revoked {
        intake::revoke(shared, revoked, "report");
    }
    // An acknowledgement lets old rows run, so the store's word about them comes first (rule 8).
    let mut acknowledged = reply.acknowledged.items;
    if let Some(settled) = reply.settled {
        let unread: BTreeSet<String> = settled.bad.iter().filter_map(|item| item.id.clone()).collect();
        acknowledged.retain(|id| !unread.contains(id.as_str()));
        if !intake::settle(shared, settled) {
            return Err("failed to journal the store's word".into());
        }
    }
    acknowledge(shared, pending, acknowledged)
}

/// Records the acknowledged reports, and puts the others behind what was never sent.
fn acknowledge(shared: &Shared, pending: &[PendingReport], acknowledged: Vec<CommandId>) -> Result<usize, Failed> {
    let acknowledged: BTreeSet<CommandId> = acknowledged.into_iter().collect();
    let (taken, left): (Vec<_>, Vec<_>) = pending.iter().partition(|item| acknowledged.contains(&item.report.id));
    shared.journal().acknowledge(taken.iter().copied(), shared.now())?;
    if !taken.is_empty() && !left.is_empty() {
        shared.journal().put_behind(left.iter().map(|item| item.report.id.as_str()), shared.now())?;
    }
    for item in &taken {
        let (id, state) = (&item.report.id, item.report.state);
        tracing::info!(command.id = %id, order.id = item.order_id, player.name = item.player_name, attempt = %item.report.attempt, status = state.status(), reason = state.reason(), "report acknowledged");
    }
    shared.acknowledged.send_modify(|count| *count = count.wrapping_add(1));
    shared.wake_game.notify_one(); // jobs on startup hold may run, and markers may be removed
    Ok(taken.len())
}
