//! The routes of commands, for support staff.

use super::dto::{CommandIn, CommandOut};
use crate::app::App;
use crate::secrets;
use crate::services::{Audit, ServiceError, Wake, commands as commands_service};
use axum::Json;
use axum::extract::State;
use flux_delivery::command::CommandStatus;
use flux_protocol::{CommandId, OrderId, ServerId};
use flux_referrals::OrderHooks;
use flux_rest::{
    Admin, ApiError, ApiKey, Body, Errors, Id, IdempotencyKey, Idempotent, Page, Query, Saved, before_place, page,
    page_limit,
};
use flux_shop::{Command, CommandView};
use flux_storage::commands::Filter;
use flux_storage::{Tx, commands, history};
use serde::Deserialize;
use std::sync::Arc;

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CommandQuery {
    /// `pending`, `delivered`, `awaiting_player`, `completed`, `failed` or `cancelled`.
    #[serde(default)]
    status: Option<String>,
    /// A server's id.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    server: Option<ServerId>,
    /// A player's name, in any case.
    #[serde(default)]
    player: Option<String>,
    /// An order's id.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    order: Option<OrderId>,
    /// Commands on the page: 1 to 100, 25 by default.
    #[serde(default)]
    limit: Option<u32>,
    /// `nextCursor` of the page before.
    #[serde(default)]
    cursor: Option<String>,
}

/// Commands, newest first.
#[utoipa::path(get, path = "/commands", tag = "commands", security(("key" = [])), params(CommandQuery),
    responses((status = 200, body = Page<CommandOut>), Errors))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    _key: ApiKey,
    Query(query): Query<CommandQuery>,
) -> Result<Json<Page<CommandOut>>, ApiError> {
    let (limit, before) = (page_limit(query.limit)?, before_place(query.cursor.as_deref())?);
    if query.status.as_deref().is_some_and(|word| !is_status(word)) {
        return Err(ApiError::value("status", "is no status of a command"));
    }
    let CommandQuery { status, server, player, order, .. } = query;
    let filter = Filter { status, server, player, order };
    let rows = app.db.read(move |tx| commands::page(tx, before, &filter, limit + 1)).await?;
    let view = |(_, command)| CommandOut::from(CommandView { command, history: None });
    Ok(Json(page(rows, limit, |(seq, _)| seq.to_string(), view)))
}

fn is_status(word: &str) -> bool {
    // `failed` is valid only with a reason; any reason will do.
    CommandStatus::parse(word, None).or_else(|| CommandStatus::parse(word, Some("expired"))).is_some()
}

/// A command with its history.
#[utoipa::path(get, path = "/commands/{id}", tag = "commands", security(("key" = [])), params(("id" = String, Path)),
    responses((status = 200, body = CommandOut), Errors))]
pub(super) async fn show(
    State(app): State<Arc<App>>,
    _key: ApiKey,
    Id(id): Id<CommandId>,
) -> Result<Json<CommandOut>, ApiError> {
    Ok(Json(app.db.read(move |tx| find(tx, &id)).await?))
}

/// Creates a command by hand.
#[utoipa::path(post, path = "/commands", tag = "commands", security(("key" = [])), request_body = CommandIn,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = CommandOut), (status = 200, body = CommandOut), Errors))]
pub(super) async fn create(
    State(app): State<Arc<App>>,
    key: Admin,
    idempotency: IdempotencyKey,
    Body(body, bytes): Body<CommandIn>,
) -> Result<Saved<CommandOut>, ApiError> {
    let once = idempotency.of_request(&key.0.name, &bytes);
    let new = body.into_command(secrets::command_id(&*app.entropy), app.now())?;
    let made = app
        .write_and_wake(key.actor(), move |tx, by, _| {
            let make = || {
                let command = commands_service::make(tx, by, new.clone())?;
                Ok((command.new.id.to_string(), with_history(tx, command)?))
            };
            let find = |id: &str| find(tx, &id.parse().map_err(|_| ServiceError::NotFound("command"))?);
            Ok((once.run(tx, make, find)?, Wake::from([new.server_id.clone()])))
        })
        .await?;
    if let Idempotent::Created(view) = &made {
        tracing::info!(command.id = %view.id, server.id = %view.server_id, "command created");
    }
    Ok(made.into_answer())
}

/// Runs a failed command again: a new series of attempts. 409 for any other command.
#[utoipa::path(post, path = "/commands/{id}/retry", tag = "commands", security(("key" = [])), params(("id" = String, Path)),
    responses((status = 200, body = CommandOut), Errors))]
pub(super) async fn retry(
    State(app): State<Arc<App>>,
    key: ApiKey,
    Id(id): Id<CommandId>,
) -> Result<Json<CommandOut>, ApiError> {
    change(&app, &key, id, commands_service::retry).await
}

/// Cancels an open command: at once if no agent was ever offered it, otherwise once the agent confirms (`cancelRequestedAt`).
#[utoipa::path(post, path = "/commands/{id}/cancel", tag = "commands", security(("key" = [])), params(("id" = String, Path)),
    responses((status = 200, body = CommandOut), Errors))]
pub(super) async fn cancel(
    State(app): State<Arc<App>>,
    key: ApiKey,
    Id(id): Id<CommandId>,
) -> Result<Json<CommandOut>, ApiError> {
    change(&app, &key, id, commands_service::cancel).await
}

/// Changes a command, and answers with its new state.
async fn change(
    app: &App,
    key: &ApiKey,
    id: CommandId,
    what: impl Fn(&Tx<'_>, &Audit, &dyn OrderHooks, &CommandId) -> Result<Command, ServiceError> + Send + 'static,
) -> Result<Json<CommandOut>, ApiError> {
    let view = app
        .write_and_wake(key.actor(), move |tx, by, hooks| {
            let command = what(tx, by, hooks, &id)?;
            let wake = Wake::from([command.new.server_id.clone()]);
            Ok((with_history(tx, command)?, wake))
        })
        .await?;
    tracing::info!(command.id = %view.id, server.id = %view.server_id,
        attempt = view.attempt.get(), command.status = view.status, "command changed by hand");
    Ok(Json(view))
}

fn find(tx: &Tx<'_>, id: &CommandId) -> Result<CommandOut, ServiceError> {
    with_history(tx, commands::find(tx, id)?.ok_or(ServiceError::NotFound("command"))?)
}

fn with_history(tx: &Tx<'_>, command: Command) -> Result<CommandOut, ServiceError> {
    let history = history::of_command(tx, &command.new.id)?;
    Ok(CommandView { command, history: Some(history) }.into())
}
