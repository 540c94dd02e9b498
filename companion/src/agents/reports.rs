//! Reports of agents, from the hub and from the REST fallback.

use crate::app::App;
use crate::services::agents::{Credential, accept_reports};
use crate::services::reports::{Note, apply_all};
use crate::services::{ServiceError, Wake};
use flux_protocol::limits::BATCH_ITEMS;
use flux_protocol::{Batch, CommandReport, JournalId, ReportAck, Revocation};
use flux_shop::Actor;

/// One call of reports.
pub(crate) struct AgentReports {
    /// The agent's token.
    pub(crate) credential: Credential,
    /// The agent's journal.
    pub(crate) journal: JournalId,
    /// The reports, each parsed separately.
    pub(crate) batch: Batch<CommandReport>,
}

/// Stores one call of reports in one transaction. The ids may be acknowledged when it returns.
pub(crate) async fn take_reports(
    app: &App,
    reports: AgentReports,
) -> Result<(ReportAck, Vec<Revocation>), ServiceError> {
    let AgentReports { credential, journal, batch } = reports;
    let server_id = credential.server_id.clone();
    let most = BATCH_ITEMS;
    if batch.items.len() + batch.bad.len() > most {
        return Err(ServiceError::invalid("reports", format!("must be at most {most} reports in one call")));
    }
    for bad in &batch.bad {
        tracing::warn!(server.id = %server_id, command.id = bad.id, problem = bad.problem, "a report could not be read");
    }
    let applied = app
        .write_and_wake(Actor::agent(&server_id), move |tx, by, hooks| {
            let server = accept_reports(tx, &credential, &journal)?;
            let applied = apply_all(tx, by, hooks, &server.id, &journal, &batch.items)?;
            Ok((applied, Wake::from([server.id])))
        })
        .await?;
    for note in &applied.notes {
        log(&server_id, note);
    }
    app.sessions.notify_reports();
    Ok((applied.acknowledged, applied.revoked))
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
        None => {
            tracing::warn!(command.id = %report.id, attempt = report.attempt.get(), server.id = %server_id,
                report.status = status, "a report of an unknown command");
        }
    }
}
