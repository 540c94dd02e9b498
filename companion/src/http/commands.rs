//! The routes of commands, for support staff.

use super::dto::{BulkIn, BulkOut, CommandIn, CommandOut, RetryIn, SettleIn};
use crate::app::App;
use crate::secrets;
use crate::services::{Audit, ServiceError, Wake, commands as commands_service, corrections, retries};
use axum::Json;
use axum::extract::State;
use flux_delivery::command::{CommandStatus, Given};
use flux_protocol::{CommandId, OrderId, ServerId};
use flux_referrals::OrderHooks;
use flux_rest::{
    Admin, ApiError, ApiKey, Body, Errors, Id, IdempotencyKey, Idempotent, OptionalBody, Page, Query, Saved,
    before_place, page, page_limit,
};
use flux_shop::{Actor, Command, CommandView};
use flux_storage::commands::Filter;
use flux_storage::{Tx, commands, history, servers};
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
    let id = secrets::command_id(&*app.entropy);
    let made = app
        .write_and_wake(key.actor(), move |tx, by, _| {
            let make = || {
                let new = body.command(id.clone(), &servers::known(tx)?, tx.now())?;
                let command = commands_service::make(tx, by, new)?;
                Ok((command.new.id.to_string(), with_history(tx, command)?))
            };
            let find = |id: &str| find(tx, &id.parse().map_err(|_| ServiceError::NotFound("command"))?);
            let made = once.run(tx, make, find)?;
            let wake = match &made {
                Idempotent::Created(view) => Wake::from([view.server_id.clone()]),
                Idempotent::Repeated(_) => Wake::new(),
            };
            Ok((made, wake))
        })
        .await?;
    if let Idempotent::Created(view) = &made {
        tracing::info!(command.id = %view.id, server.id = %view.server_id, "command created");
    }
    Ok(made.into_answer())
}

/// Runs a failed command again: a new series of attempts. 409 for any other command.
#[utoipa::path(post, path = "/commands/{id}/retry", tag = "commands", security(("key" = [])), params(("id" = String, Path)),
    request_body = Option<RetryIn>, responses((status = 200, body = CommandOut), Errors))]
pub(super) async fn retry(
    State(app): State<Arc<App>>,
    key: ApiKey,
    Id(id): Id<CommandId>,
    OptionalBody(body): OptionalBody<RetryIn>,
) -> Result<Json<CommandOut>, ApiError> {
    let text = body.text.0;
    change(&app, key.actor(), id, move |tx, by, hooks, id| retries::retry(tx, by, hooks, id, text)).await
}

/// Retries the failed commands of a filter, oldest first, at most 500 in one call. Without `expect`, it only counts them.
#[utoipa::path(post, path = "/commands/bulk", tag = "commands", security(("key" = [])), request_body = BulkIn,
    params(("Idempotency-Key" = Option<String>, Header)), responses((status = 200, body = BulkOut), Errors))]
pub(super) async fn bulk(
    State(app): State<Arc<App>>,
    key: Admin,
    idempotency: IdempotencyKey,
    Body(body, bytes): Body<BulkIn>,
) -> Result<Json<BulkOut>, ApiError> {
    let (once, bulk) = (idempotency.of_request(&key.0.name, &bytes), body.into_retry()?);
    let retry = move |tx: &Tx<'_>, by: &Audit, hooks: &dyn OrderHooks| {
        let (mut result, wake) = retries::retry_all(tx, by, hooks, &bulk)?;
        result.skipped.truncate(flux_rest::limits::PAGE_ITEMS as usize);
        Ok::<_, ServiceError>((BulkOut::from(result), wake))
    };
    let result = app.write_and_wake(key.actor(), move |tx, by, hooks| {
        let make = || {
            let made = retry(tx, by, hooks)?;
            // The answer itself is what a repeated request gets.
            Ok((serde_json::to_string(&made.0).unwrap_or_default(), made))
        };
        let find = |answer: &str| {
            let answer = serde_json::from_str(answer).map_err(|_| flux_storage::Error::BadRow("a bulk answer"))?;
            Ok::<_, ServiceError>((answer, Wake::new()))
        };
        Ok(match once.run(tx, make, find)? {
            Idempotent::Created(result) | Idempotent::Repeated(result) => result,
        })
    });
    let result = result.await?;
    tracing::info!(commands.matched = result.matched, commands.done = result.done, "commands retried by hand");
    Ok(Json(result))
}

/// Settles a command that may have run: a person has looked in the game. `given: true` completes it; `given: false` makes it
/// `failed`/`rejected_by_game`, so that it can be retried. 409 unless it is `failed`/`uncertain`.
#[utoipa::path(post, path = "/commands/{id}/settle", tag = "commands", security(("key" = [])), params(("id" = String, Path)),
    request_body = SettleIn, responses((status = 200, body = CommandOut), Errors))]
pub(super) async fn settle(
    State(app): State<Arc<App>>,
    key: Admin,
    Id(id): Id<CommandId>,
    Body(body, _): Body<SettleIn>,
) -> Result<Json<CommandOut>, ApiError> {
    let given = if body.given { Given::Yes } else { Given::No };
    change(&app, key.actor(), id, move |tx, by, hooks, id| corrections::settle(tx, by, hooks, id, given)).await
}

/// Cancels an open command: at once if no agent was ever offered it, otherwise once the agent confirms (`cancelRequestedAt`).
#[utoipa::path(post, path = "/commands/{id}/cancel", tag = "commands", security(("key" = [])), params(("id" = String, Path)),
    responses((status = 200, body = CommandOut), Errors))]
pub(super) async fn cancel(
    State(app): State<Arc<App>>,
    key: ApiKey,
    Id(id): Id<CommandId>,
) -> Result<Json<CommandOut>, ApiError> {
    change(&app, key.actor(), id, commands_service::cancel).await
}

/// Changes a command, and answers with its new state.
async fn change(
    app: &App,
    actor: Actor,
    id: CommandId,
    what: impl Fn(&Tx<'_>, &Audit, &dyn OrderHooks, &CommandId) -> Result<Command, ServiceError> + Send + 'static,
) -> Result<Json<CommandOut>, ApiError> {
    let view = app
        .write_and_wake(actor, move |tx, by, hooks| {
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
