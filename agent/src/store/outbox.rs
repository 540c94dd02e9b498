use super::rest::Rest;
use super::{Link, intake, note_answer, rest};
use crate::journal::PendingReport;
use crate::limits::{CALL_DEADLINE, JOURNAL_RETRY, REPORT_BYTES, REPORT_RETRY};
use crate::{Phase, Shared};
use flux_protocol::limits::BATCH_ITEMS;
use flux_protocol::{Acknowledged, CommandId, CommandReport, method};
use std::collections::BTreeSet;
use std::time::Duration;

/// Reports what the store does not know yet, one call at a time (rule 3), until the daemon stops.
pub(super) async fn run(shared: &Shared, rest: &dyn Rest) {
    let mut link = shared.link.subscribe();
    let mut wait: Option<Duration> = None;
    loop {
        let pending = shared.journal().unreported(BATCH_ITEMS);
        let idle = match pending {
            Err(error) => {
                tracing::error!(%error, "the journal cannot be read; nothing is reported");
                Some(JOURNAL_RETRY)
            }
            Ok(pending) if pending.is_empty() => {
                wait = None;
                None
            }
            Ok(pending) => match send(shared, rest, cut(pending)).await {
                Ok(()) => {
                    wait = None;
                    continue;
                }
                Err(error) => {
                    tracing::debug!(error, "reports did not go through; they are kept");
                    let next = wait.map_or(REPORT_RETRY.0, |wait| (wait * 2).min(REPORT_RETRY.1));
                    wait = Some(next);
                    wait
                }
            },
        };
        tokio::select! { biased;
            () = shared.reached(Phase::Stopping) => return,
            _ = link.changed() => {}
            () = shared.wake_outbox.notified(), if idle.is_none() => {}
            () = sleep(idle) => {}
        }
    }
}

async fn sleep(wait: Option<Duration>) {
    match wait {
        Some(wait) => tokio::time::sleep(wait).await,
        None => std::future::pending().await,
    }
}

/// The oldest reports that fit into one message.
fn cut(pending: Vec<PendingReport>) -> Vec<PendingReport> {
    let mut bytes = 0;
    let fits = |item: &PendingReport| {
        bytes += serde_json::to_vec(&item.report).map_or(0, |text| text.len() + 1);
        bytes <= REPORT_BYTES
    };
    pending.into_iter().take_while(fits).collect()
}

async fn send(shared: &Shared, rest: &dyn Rest, pending: Vec<PendingReport>) -> Result<(), String> {
    let reports: Vec<CommandReport> = pending.iter().map(|item| item.report.clone()).collect();
    let link = shared.link.borrow().clone();
    let acknowledged = match link {
        Link::Up(connection) => {
            let argument = serde_json::to_value(&reports).map_err(|error| error.to_string())?;
            let answer = connection
                .invoke(method::REPORT, vec![argument], CALL_DEADLINE)
                .await
                .map_err(|error| error.to_string())?;
            serde_json::from_value::<Acknowledged>(answer).map_err(|error| error.to_string())?.acknowledged
        }
        Link::Starting => return Err("no session yet".into()),
        Link::Down => {
            let answer = rest::report(rest, reports).await.map_err(|error| error.to_string())?;
            intake::revoke(shared, flux_protocol::Batch { items: answer.revoked, bad: Vec::new() }, "report");
            answer.acknowledged
        }
    };
    note_answer(shared, None);
    acknowledge(shared, pending, acknowledged)
}

fn acknowledge(shared: &Shared, mut pending: Vec<PendingReport>, acknowledged: Vec<CommandId>) -> Result<(), String> {
    let sent = pending.len();
    let acknowledged: BTreeSet<CommandId> = acknowledged.into_iter().collect();
    pending.retain(|item| acknowledged.contains(&item.report.id));
    shared.journal().acknowledge(&pending, shared.now()).map_err(|error| error.to_string())?;
    for item in &pending {
        let (id, state) = (&item.report.id, item.report.state);
        tracing::info!(command.id = %id, attempt = %item.report.attempt, status = state.status(), reason = state.reason(), "report acknowledged");
    }
    shared.wake_game.notify_one(); // what was careful may run, and marks may go
    if pending.len() == sent { Ok(()) } else { Err("the store left out some of the reports".into()) }
}
