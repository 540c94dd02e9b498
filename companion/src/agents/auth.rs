//! What both ways to the agents share, the hub and REST: whose token it is, and taking reports.

use crate::app::App;
use crate::services::ServiceError;
use crate::services::agents::{Credential, reporting};
use crate::services::referrals::player_joined;
use crate::services::reports::{Note, take};
use flux_protocol::limits::BATCH_ITEMS;
use flux_protocol::{Batch, CommandReport, JournalId, PlayerRef, ReportAck, Revocation, ServerToken};
use flux_shop::Actor;
use flux_storage::Tx;

/// Whose token this is. Wrong, revoked and missing are the same error.
pub(crate) async fn authenticate(app: &App, token: Option<&str>) -> Result<Credential, ServiceError> {
    let token = token.and_then(|token| ServerToken::parse(token).ok()).ok_or(ServiceError::TokenRevoked)?;
    let credential = Credential { server_id: token.server_id().clone(), hash: token.hash() };
    app.db.read(move |tx| credential.server(tx).map(|_| credential)).await
}

/// A player has joined a server: customers are known by the name that their player has now (`store::referrals::player_joined`).
pub(crate) async fn learn_player(app: &App, credential: Credential, player: PlayerRef) -> Result<(), ServiceError> {
    let (by, desk) = (app.by(Actor::agent(&credential.server_id)), app.desk());
    let work = move |tx: &Tx<'_>| {
        credential.server(tx)?;
        player_joined(tx, &by, &desk, &player.name, player.uuid.as_deref())
    };
    let wake = app.db.write(work).await?;
    app.wake(&wake);
    Ok(())
}

/// A call of reports.
pub(crate) struct AgentReports {
    /// The agent's.
    pub(crate) credential: Credential,
    /// The journal's that speaks.
    pub(crate) journal: JournalId,
    /// The reports, read one by one.
    pub(crate) batch: Batch<CommandReport>,
}

/// Stores a call of reports in one transaction; then the ids may be acknowledged.
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
    let by = app.by(Actor::agent(&server_id));
    let taken = app
        .db
        .write(move |tx| {
            let server = reporting(tx, &by, &credential, &journal)?;
            Ok::<_, ServiceError>(take(tx, &by, &server.id, &journal, batch.items)?)
        })
        .await?;
    for note in &taken.notes {
        log(&server_id, note);
    }
    app.sessions.word_came();
    app.sessions.wake(&server_id);
    Ok((taken.acknowledged, taken.revoked))
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
