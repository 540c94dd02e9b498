//! Reports of agents, from the hub and from the REST fallback.

use crate::app::App;
use crate::limits;
use crate::services::ServiceError;
use crate::services::agents::{Credential, accept_reports};
use crate::services::reports::{AppliedReports, Note, apply_all};
use flux_protocol::limits::BATCH_ITEMS;
use flux_protocol::{Batch, CommandReport, JournalId, ReportAck, Revocation};
use flux_shop::Actor;
use flux_storage::seats::Seat;

/// One call of reports.
pub(crate) struct AgentReports {
    /// The sender.
    pub(crate) from: Reporter,
    /// The reports, each parsed separately.
    pub(crate) batch: Batch<CommandReport>,
}

/// The sender of reports.
#[derive(Clone)]
pub(crate) struct Reporter {
    /// The agent's token.
    pub(crate) credential: Credential,
    /// The agent's journal.
    pub(crate) journal: JournalId,
    /// The session's seat; a REST call has none.
    pub(crate) seat: Option<Seat>,
}

/// Stores one call of reports in one transaction. The ids may be acknowledged when it returns.
pub(crate) async fn take_reports(
    app: &App,
    reports: AgentReports,
) -> Result<(ReportAck, Vec<Revocation>), ServiceError> {
    let AgentReports { from, batch } = reports;
    let server_id = from.credential.server_id.clone();
    let most = BATCH_ITEMS;
    if batch.excess > 0 {
        return Err(ServiceError::invalid("reports", format!("must be at most {most} reports in one call")));
    }
    if let Some(bad) = batch.bad.first() {
        tracing::warn!(server.id = %server_id, report.count = batch.bad.len(), command.id = bad.id,
            problem = bad.problem,
            "reports could not be read");
    }
    let applied = match store(app, &from, batch.items.clone()).await {
        Err(ServiceError::Db(error)) if error.is_about_content() => {
            tracing::error!(server.id = %server_id, error = %error, "failed to store a batch of reports; storing each by itself");
            store_one_by_one(app, &from, batch.items).await?
        }
        applied => applied?,
    };
    for note in &applied.notes {
        log(&server_id, note);
    }
    log_unknown(&server_id, &applied.notes);
    app.sessions.notify_reports();
    Ok((applied.acknowledged, applied.revoked))
}

async fn store(app: &App, from: &Reporter, reports: Vec<CommandReport>) -> Result<AppliedReports, ServiceError> {
    let Reporter { credential, journal, seat } = from.clone();
    app.write_and_wake(Actor::agent(&from.credential.server_id), move |tx, by, hooks| {
        let server = accept_reports(tx, &credential, &journal, seat.as_ref())?;
        let applied = apply_all(tx, by, hooks, &server.id, &journal, &reports)?;
        let wake = applied.wake.iter().cloned().chain([server.id]).collect();
        Ok((applied, wake))
    })
    .await
}

/// Stores each report in a transaction of its own, so that one which the database refuses holds up no other. That one is
/// stored without the game's answer, the only text in it. If that fails too it is left out, and the agent sends it again.
async fn store_one_by_one(
    app: &App,
    from: &Reporter,
    reports: Vec<CommandReport>,
) -> Result<AppliedReports, ServiceError> {
    let mut all = AppliedReports::default();
    for report in reports {
        let bare = CommandReport { output: None, ..report.clone() };
        let applied = match store(app, from, vec![report]).await {
            Err(ServiceError::Db(error)) if error.is_about_content() => {
                tracing::error!(command.id = %bare.id, server.id = %from.credential.server_id, error = %error,
                    "failed to store a report; storing it without the game's answer");
                store(app, from, vec![bare]).await
            }
            applied => applied,
        };
        match applied {
            Ok(applied) => all.add(applied),
            Err(ServiceError::Db(error)) if error.is_about_content() => {
                tracing::error!(server.id = %from.credential.server_id, error = %error, "failed to store a report; leaving it out");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

fn log(server_id: &flux_protocol::ServerId, Note { report, after, counted }: &Note) {
    let (status, reason) = (report.state.status(), report.state.reason());
    match after {
        Some((after, attempt)) if *counted => {
            tracing::info!(command.id = %report.id, attempt = report.attempt.get(), server.id = %server_id,
                report.status = status, report.reason = reason, command.status = after.as_str(), command.attempt = attempt,
                "command reported");
        }
        Some((after, attempt)) => {
            tracing::debug!(command.id = %report.id, attempt = report.attempt.get(), server.id = %server_id,
                report.status = status, command.status = after.as_str(), command.attempt = attempt,
                "a report changed nothing");
        }
        // One line for all of a call.
        None => {}
    }
}

fn log_unknown(server_id: &flux_protocol::ServerId, notes: &[Note]) {
    let ids = || notes.iter().filter(|note| note.after.is_none()).map(|note| note.report.id.as_str());
    let count = ids().count();
    if count > 0 {
        let first = ids().take(limits::LOGGED_IDS).collect::<Vec<_>>().join(" ");
        tracing::warn!(server.id = %server_id, report.count = count, command.ids = first, "reports of unknown commands");
    }
}
