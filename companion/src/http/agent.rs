//! The REST fallback of agents: polling, reports, and players who joined (`docs/reference/protocol.md`).

use super::auth::{Agent, TokenHolder};
use crate::agents;
use crate::agents::reports::{AgentReports, Reporter, take_reports};
use crate::app::App;
use crate::limits;
use crate::services::agents::{Contact, record_contact};
use crate::services::offers::{self, Transport};
use crate::services::{Audit, Wake, agent_policies, seats};
use axum::Json;
use axum::extract::State;
use flux_protocol::limits::{BATCH_ITEMS, POLL_ITEMS_DEFAULT};
use flux_protocol::{
    Batch, Command, PlayerRef, PolicyNotice, PollResponse, ReportAck, ReportsResponse, TemplatesResponse,
};
use flux_referrals::OrderHooks;
use flux_rest::{ApiError, Body, Errors, Query};
use flux_shop::Actor;
use flux_storage::Tx;
use flux_storage::commands::OfferFilter;
use http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(super) struct PollQuery {
    /// The most commands to return: 1 to 500, 100 by default.
    #[serde(default)]
    max: Option<usize>,
    /// The longest time until the agent's next poll, in seconds.
    #[serde(default)]
    next_poll_seconds: Option<u64>,
}

/// Reports. Each is parsed separately, so an unreadable one does not affect the others.
#[derive(Deserialize, utoipa::ToSchema)]
pub(super) struct Reports {
    #[schema(value_type = Vec<Object>)]
    reports: Batch<flux_protocol::CommandReport>,
}

#[derive(Serialize)]
pub(super) struct JoinedCommands {
    commands: Vec<Command>,
}

/// Returns commands to run, and revocations. 409 while an agent with another journal is connected.
#[utoipa::path(get, path = "/agent/commands", tag = "agent", security(("token" = [])), params(PollQuery, ("Flux-Journal" = String, Header)),
    responses((status = 200, description = "see docs/reference/protocol.md"), Errors))]
pub(super) async fn poll(
    State(app): State<Arc<App>>,
    agent: Agent,
    Query(query): Query<PollQuery>,
) -> Result<Json<PollResponse>, ApiError> {
    let most = query.max.unwrap_or(POLL_ITEMS_DEFAULT);
    if !(1..=BATCH_ITEMS).contains(&most) {
        return Err(ApiError::value("max", format!("must be 1 to {BATCH_ITEMS}")));
    }
    let filter = OfferFilter { quiet_since: None, player: None, limit: most };
    let (offers, now) = offer(&app, agent, Contact::Poll(query.next_poll_seconds), None, filter).await?;
    let (commands, revoked) = (offers.commands, offers.revoked);
    Ok(Json(PollResponse { commands, revoked, now, next_poll_seconds: limits::NEXT_POLL_SECONDS }))
}

/// Stores reports, and returns their ids in `acknowledged`. 409 for a journal other than the one accepted last.
#[utoipa::path(post, path = "/agent/reports", tag = "agent", security(("token" = [])), params(("Flux-Journal" = String, Header)), request_body = Reports,
    responses((status = 200, description = "see docs/reference/protocol.md"), Errors))]
pub(super) async fn report(
    State(app): State<Arc<App>>,
    agent: Agent,
    Body(body, _): Body<Reports>,
) -> Result<Json<ReportsResponse>, ApiError> {
    let from = Reporter { credential: agent.credential, journal: agent.journal, seat: None };
    let reports = AgentReports { from, batch: body.reports };
    let (acknowledged, revoked) = take_reports(&app, reports).await?;
    let ReportAck { acknowledged, settled } = acknowledged;
    Ok(Json(ReportsResponse { acknowledged, revoked, settled }))
}

/// A player joined: returns the commands that wait for them and are not in this journal.
#[utoipa::path(post, path = "/agent/players/joined", tag = "agent", security(("token" = [])), params(("Flux-Journal" = String, Header)), request_body(content = Object, description = "{name, uuid?}"),
    responses((status = 200, description = "see docs/reference/protocol.md"), Errors))]
pub(super) async fn player_joined(
    State(app): State<Arc<App>>,
    agent: Agent,
    Body(player, _): Body<PlayerRef>,
) -> Result<Json<JoinedCommands>, ApiError> {
    let filter = OfferFilter { quiet_since: None, player: Some(player.name.clone()), limit: BATCH_ITEMS };
    let (offers, _) = offer(&app, agent, Contact::Other, Some(player), filter).await?;
    Ok(Json(JoinedCommands { commands: offers.commands }))
}

/// Takes the agent's policy, so that packages that it would refuse are named before they are sold. 409 for a journal other
/// than the one accepted last.
#[utoipa::path(post, path = "/agent/policy", tag = "agent", security(("token" = [])), params(("Flux-Journal" = String, Header)), request_body(content = Object, description = "{mode, allow, deny, bedrockPrefix}"),
    responses((status = 204), Errors))]
pub(super) async fn policy(
    State(app): State<Arc<App>>,
    agent: Agent,
    Body(notice, _): Body<PolicyNotice>,
) -> Result<StatusCode, ApiError> {
    let policy = Arc::new(agent_policies::checked(notice)?);
    let Agent { credential, journal } = agent;
    let server_id = credential.server_id.clone();
    let known = {
        let (credential, journal, policy) = (credential.clone(), journal.clone(), Arc::clone(&policy));
        app.db.read(move |tx| agent_policies::is_saved(tx, &credential, &journal, &policy)).await?
    };
    if !known {
        let save = move |tx: &Tx<'_>, by: &Audit, _: &dyn OrderHooks| {
            agent_policies::save(tx, by, &credential, &journal, &policy)
        };
        app.write(Actor::agent(&server_id), save).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// The templates of the packages that are for this agent's server, for `flux-agent policy suggest`.
#[utoipa::path(get, path = "/agent/templates", tag = "agent", security(("token" = [])),
    responses((status = 200, description = "see docs/reference/protocol.md"), Errors))]
pub(super) async fn templates(
    State(app): State<Arc<App>>,
    TokenHolder(credential): TokenHolder,
) -> Result<Json<TemplatesResponse>, ApiError> {
    let read = move |tx: &Tx<'_>| {
        let server = credential.server(tx)?;
        agent_policies::templates(tx, &server.id)
    };
    Ok(Json(app.db.read(read).await?))
}

/// Records the contact and the player who joined, and commits the offers, in one transaction. The contact comes first: a
/// refused journal changes nothing.
async fn offer(
    app: &App,
    agent: Agent,
    contact: Contact<'static>,
    joined: Option<PlayerRef>,
    filter: OfferFilter,
) -> Result<(offers::Offers, Timestamp), ApiError> {
    let Agent { credential, journal } = agent;
    let (server_id, sessions) = (credential.server_id.clone(), Arc::clone(&app.sessions));
    let (offers, now) = app
        .write_and_wake(Actor::agent(&server_id), move |tx, by, hooks| {
            let seat = seats::open_seat(tx, &credential.server_id, &*sessions)?;
            // A poll beside an open session does not announce the next one.
            let contact = if seat.is_some() { &Contact::Other } else { &contact };
            let server = record_contact(tx, by, &credential, &journal, contact, seat.as_ref())?;
            // Before the offers, so that commands bought under an earlier name are found under this one.
            let wake = match &joined {
                Some(player) if !server.removed => agents::record_join(tx, by, hooks, &server.id, player)?,
                Some(_) | None => Wake::new(),
            };
            let offers = if server.removed {
                offers::of_removed(tx, hooks, &server.id, &journal, &filter)?
            } else {
                offers::offer(tx, hooks, &server.id, &journal, &filter, Transport::Response)?
            };
            Ok(((offers, tx.now()), wake))
        })
        .await?;
    for command in &offers.commands {
        tracing::info!(command.id = %command.id, attempt = command.attempt.get(), server.id = %server_id,
            redelivered = command.redelivered, "command offered");
    }
    for revocation in &offers.revoked {
        tracing::info!(command.id = %revocation.id, attempt = revocation.attempt.get(), server.id = %server_id,
            redelivered = revocation.redelivered, "revoke offered");
    }
    Ok((offers, now))
}
