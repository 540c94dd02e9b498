//! The game servers and their tokens.

use super::dto::{ReceivesOut, RemovalOut, ServerIn, ServerOut, ServerPatch, ServerWithToken};
use crate::app::App;
use crate::services::servers::{self as servers_service, Receives, Unanswered};
use crate::services::{ServiceError, Wake, agents::has_session, agents::is_online};
use crate::{limits, secrets};
use axum::Json;
use axum::extract::State;
use flux_protocol::{ServerId, ServerToken};
use flux_rest::{
    Admin, ApiError, ApiKey, Body, Errors, Id, IdempotencyKey, Page, PageQuery, Query, Saved, after_text, page,
    page_limit,
};
use flux_shop::{QueueCounts, Role};
use flux_storage::servers::SeatedServer;
use flux_storage::{Tx, commands, servers};
use secrecy::ExposeSecret;
use serde::Deserialize;
use std::sync::Arc;
use tokio::time::{Instant, timeout_at};

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RemovalQuery {
    /// Close the commands without the agent's answer as `cancelled`. They may have run.
    #[serde(default)]
    force: bool,
}

/// Adds a server. The answer contains its token, which is shown only once.
#[utoipa::path(post, path = "/servers", tag = "servers", security(("key" = [])), request_body = ServerIn,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = ServerWithToken), (status = 200, body = ServerWithToken), Errors))]
pub(super) async fn create(
    State(app): State<Arc<App>>,
    key: Admin,
    idempotency: IdempotencyKey,
    Body(body, bytes): Body<ServerIn>,
) -> Result<Saved<ServerWithToken>, ApiError> {
    let once = idempotency.of_request(&key.0.name, &bytes);
    let token = secrets::server_token(&*app.entropy, secrets::server_id(&*app.entropy));
    let made = app
        .write(key.actor(), move |tx, by, _| {
            let make = || {
                let server = servers_service::add(tx, by, &token, body.name.0.clone(), body.address.0.clone())?;
                let id = server.id.to_string();
                let server = SeatedServer { server, holder: None, is_strict: None };
                let receives = servers_service::receives(tx, &server.server.id)?;
                Ok((id, (server, QueueCounts::default(), Some((token.clone(), receives)))))
            };
            let find = |id: &str| {
                let (server, queue) = find(tx, &id.parse().map_err(|_| ServiceError::NotFound("server"))?)?;
                Ok((server, queue, None))
            };
            once.run(tx, make, find)
        })
        .await?;
    let answer = |(server, queue, secret): (_, _, Option<(ServerToken, Receives)>)| {
        let (token, receives) = secret.unzip();
        ServerWithToken { receives: receives.map(receives_out), ..with_token(&app, server, queue, token.as_ref()) }
    };
    Ok(made.map(answer).into_answer())
}

/// A server.
#[utoipa::path(get, path = "/servers/{id}", tag = "servers", security(("key" = [])), params(("id" = String, Path)),
    responses((status = 200, body = ServerOut), Errors))]
pub(super) async fn show(
    State(app): State<Arc<App>>,
    _key: Admin,
    Id(id): Id<ServerId>,
) -> Result<Json<ServerOut>, ApiError> {
    let (server, queue) = app.db.read(move |tx| find(tx, &id)).await?;
    Ok(Json(view(&app, server, queue)))
}

/// All servers, by id. A key with the role `store` gets their names, addresses and status only; other fields are null.
#[utoipa::path(get, path = "/servers", tag = "servers", security(("key" = [])), params(PageQuery),
    responses((status = 200, body = Page<ServerOut>), Errors))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    key: ApiKey,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<ServerOut>>, ApiError> {
    let (limit, after) = (page_limit(query.limit)?, after_text(query.cursor.as_deref())?);
    let rows = app
        .db
        .read(move |tx| {
            let found = servers::page_seated(tx, &after, limit + 1)?.into_iter();
            found
                .map(|seated| Ok((commands::queue_counts(tx, &seated.server.id)?, seated)))
                .collect::<Result<Vec<_>, ServiceError>>()
        })
        .await?;
    let item = |(queue, seated)| match key.0.role {
        Role::Admin => view(&app, seated, queue),
        Role::Storefront => view(&app, seated, queue).for_players(),
    };
    Ok(Json(page(rows, limit, |(_, seated)| seated.server.id.to_string(), item)))
}

/// Changes a server's name or address.
#[utoipa::path(patch, path = "/servers/{id}", tag = "servers", security(("key" = [])), params(("id" = String, Path)), request_body = ServerPatch,
    responses((status = 200, body = ServerOut), Errors))]
pub(super) async fn change(
    State(app): State<Arc<App>>,
    key: Admin,
    Id(id): Id<ServerId>,
    Body(body, _): Body<ServerPatch>,
) -> Result<Json<ServerOut>, ApiError> {
    let (name, address) = (body.name.map(|name| name.0), body.address.map(|address| address.0));
    let (server, queue) = app
        .write(key.actor(), move |tx, by, _| {
            servers_service::change(tx, by, &id, name.clone(), address.clone())?;
            find(tx, &id)
        })
        .await?;
    Ok(Json(view(&app, server, queue)))
}

/// Gives a server a new token. The old one is invalid at once, and its session is closed.
#[utoipa::path(post, path = "/servers/{id}/token", tag = "servers", security(("key" = [])), params(("id" = String, Path)),
    responses((status = 200, body = ServerWithToken), Errors))]
pub(super) async fn replace_token(
    State(app): State<Arc<App>>,
    key: Admin,
    Id(id): Id<ServerId>,
) -> Result<Json<ServerWithToken>, ApiError> {
    let token = secrets::server_token(&*app.entropy, id.clone());
    let hash = token.hash();
    let (server, queue) = app
        .write(key.actor(), move |tx, by, _| {
            servers_service::replace_token(tx, by, &id, hash.clone())?;
            find(tx, &id)
        })
        .await?;
    app.signals.token_replaced(&server.server.id);
    tracing::info!(server.id = %server.server.id, "token replaced");
    Ok(Json(with_token(&app, server, queue, Some(&token))))
}

/// Removes a server: revokes its open commands, waits up to 10 s for its agent's answer, then ends its session. A repeated
/// call continues an interrupted removal.
#[utoipa::path(delete, path = "/servers/{id}", tag = "servers", security(("key" = [])), params(("id" = String, Path), RemovalQuery),
    responses((status = 200, body = RemovalOut), Errors))]
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    key: Admin,
    Id(id): Id<ServerId>,
    Query(query): Query<RemovalQuery>,
) -> Result<Json<RemovalOut>, ApiError> {
    let present = begin_removal(&app, &key, id.clone(), query.force).await?;
    if present.is_some_and(|server| is_online(&server, &*app.sessions, app.now())) {
        wait_for_reports(&app, &id).await?;
    }
    let left = if query.force { Unanswered::Cancelled } else { Unanswered::StayOpen };
    let removed = {
        let id = id.clone();
        app.write(key.actor(), move |tx, by, hooks| servers_service::finish_removal(tx, by, hooks, &id, left)).await?
    };
    app.signals.server_removed(&id);
    tracing::info!(server.id = %id, commands.unanswered = removed.unanswered, "server removed");
    let packages = removed.packages.iter().map(ToString::to_string).collect();
    Ok(Json(RemovalOut { id, unanswered: removed.unanswered, packages, rules: removed.rules }))
}

/// Returns the server as it is now; `None` if it was removed before.
async fn begin_removal(
    app: &App,
    key: &Admin,
    id: ServerId,
    force: bool,
) -> Result<Option<SeatedServer>, ServiceError> {
    app.write_and_wake(key.actor(), move |tx, by, hooks| {
        let begin = if force { servers_service::begin_forced_removal } else { servers_service::begin_removal };
        begin(tx, by, hooks, &id)?;
        Ok((servers::find_seated(tx, &id)?, Wake::from([id.clone()])))
    })
    .await
}

/// Waits until this server has no open command, or until the deadline.
async fn wait_for_reports(app: &App, id: &ServerId) -> Result<(), ServiceError> {
    let until = Instant::now() + limits::REMOVAL_WAIT;
    let mut reports = app.sessions.reports();
    loop {
        reports.borrow_and_update();
        let server = id.clone();
        let open = app.db.read(move |tx| commands::open_count(tx, &server)).await?;
        if open == 0 || timeout_at(until, reports.changed()).await.is_err() {
            return Ok(());
        }
    }
}

fn find(tx: &Tx<'_>, id: &ServerId) -> Result<(SeatedServer, QueueCounts), ServiceError> {
    Ok((find_seated(tx, id)?, commands::queue_counts(tx, id)?))
}

fn find_seated(tx: &Tx<'_>, id: &ServerId) -> Result<SeatedServer, ServiceError> {
    servers::find_seated(tx, id)?.ok_or(ServiceError::NotFound("server"))
}

fn view(app: &App, mut seated: SeatedServer, queue: QueueCounts) -> ServerOut {
    let now = app.clock.now();
    let online = is_online(&seated, &*app.sessions, now);
    if has_session(&seated, &*app.sessions) {
        // A session sends something every 15 s.
        seated.server.agent.last_seen_at = Some(now);
    }
    ServerOut::new(seated, queue, online)
}

fn receives_out(Receives { packages, rules }: Receives) -> ReceivesOut {
    ReceivesOut { packages: packages.iter().map(ToString::to_string).collect(), rules }
}

fn with_token(app: &App, server: SeatedServer, queue: QueueCounts, token: Option<&ServerToken>) -> ServerWithToken {
    let token = token.map(|token| token.expose().expose_secret().to_owned());
    ServerWithToken { server: view(app, server, queue), token, receives: None }
}
