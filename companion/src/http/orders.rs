//! The routes of orders. Amounts are whole numbers of minor units (cents).

use super::dto::{ListedOrderOut, OccurredIn, OrderIn, OrderOut, OrderPlayerIn, OrderPlayerOut, RefundIn};
use crate::agents::Sessions;
use crate::app::App;
use crate::limits::LISTED_OBSTACLES;
use crate::services::agents::is_online;
use crate::services::{Audit, ServiceError, Wake, corrections, orders as orders_service};
use axum::Json;
use axum::extract::State;
use flux_protocol::{OrderId, ServerId};
use flux_referrals::{OrderHooks, Referrals};
use flux_rest::values::OrderStatus;
use flux_rest::{
    Admin, ApiError, ApiKey, Body, Errors, GivenTime, Id, OptionalBody, Page, Query, Saved, Word, before_place,
    page_limit, saved, try_page,
};
use flux_shop::{Command, CommandCounts, CommandView, Order, Player, ServerState, ServerStates};
use flux_storage::{Tx, commands, history, orders, servers};
use jiff::Timestamp;
use serde::Deserialize;
use std::sync::Arc;

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct OrderQuery {
    /// Only orders of this status.
    #[serde(default)]
    status: Option<OrderStatus>,
    /// Orders on the page: 1 to 100, 25 by default.
    #[serde(default)]
    limit: Option<u32>,
    /// `nextCursor` of the page before.
    #[serde(default)]
    cursor: Option<String>,
}

/// Saves an order. Repeating the same body is 200; a different body is 409 once the order is paid.
#[utoipa::path(put, path = "/orders/{id}", tag = "orders", security(("key" = [])), params(("id" = String, Path)), request_body = OrderIn,
    responses((status = 201, body = OrderOut), (status = 200, body = OrderOut), Errors))]
pub(super) async fn put(
    State(app): State<Arc<App>>,
    key: ApiKey,
    Id(id): Id<OrderId>,
    Body(body, _): Body<OrderIn>,
) -> Result<Saved<OrderOut>, ApiError> {
    let content = body.into_content(app.now())?;
    let put = change(&app, &key, id, move |tx, by, hooks, id| orders_service::put(tx, by, hooks, id, content.clone()));
    let (is_new, order) = put.await?;
    Ok(saved(is_new, order))
}

/// An order with its commands and their history.
#[utoipa::path(get, path = "/orders/{id}", tag = "orders", security(("key" = [])), params(("id" = String, Path)),
    responses((status = 200, body = OrderOut), Errors))]
pub(super) async fn show(
    State(app): State<Arc<App>>,
    _key: ApiKey,
    Id(id): Id<OrderId>,
) -> Result<Json<OrderOut>, ApiError> {
    let presenter = OrderPresenter::new(&app);
    Ok(Json(app.db.read(move |tx| presenter.with_history(tx, &id)).await?))
}

/// Orders, newest first, without their commands.
#[utoipa::path(get, path = "/orders", tag = "orders", security(("key" = [])), params(OrderQuery),
    responses((status = 200, body = Page<ListedOrderOut>), Errors))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    _key: ApiKey,
    Query(query): Query<OrderQuery>,
) -> Result<Json<Page<ListedOrderOut>>, ApiError> {
    let (limit, before) = (page_limit(query.limit)?, before_place(query.cursor.as_deref())?);
    let presenter = OrderPresenter::new(&app);
    let read = move |tx: &Tx<'_>| {
        let found = orders::page(tx, before, query.status.map(|Word(status)| status), limit + 1)?;
        let counts = commands::counts_of_orders(tx, found.iter().map(|(_, order)| &order.id))?;
        let mut known = ServerStates::new();
        let listed = |(_, order): (i64, Order)| {
            let counts = counts.get(&order.id).copied().unwrap_or_default();
            presenter.in_list(tx, order, counts, &mut known)
        };
        try_page(found, limit, |(seq, _)| seq.to_string(), listed)
    };
    Ok(Json(app.db.read(read).await?))
}

/// Marks the order as paid and creates its commands, once.
#[utoipa::path(post, path = "/orders/{id}/paid", tag = "orders", security(("key" = [])), params(("id" = String, Path)), request_body = Option<OccurredIn>,
    responses((status = 200, body = OrderOut), Errors))]
pub(super) async fn paid(
    State(app): State<Arc<App>>,
    key: ApiKey,
    Id(id): Id<OrderId>,
    OptionalBody(body): OptionalBody<OccurredIn>,
) -> Result<Json<OrderOut>, ApiError> {
    transition(&app, &key, id, body.occurred_at, orders_service::pay).await
}

/// Marks the order as completed by the storefront.
#[utoipa::path(post, path = "/orders/{id}/completed", tag = "orders", security(("key" = [])), params(("id" = String, Path)), request_body = Option<OccurredIn>,
    responses((status = 200, body = OrderOut), Errors))]
pub(super) async fn completed(
    State(app): State<Arc<App>>,
    key: ApiKey,
    Id(id): Id<OrderId>,
    OptionalBody(body): OptionalBody<OccurredIn>,
) -> Result<Json<OrderOut>, ApiError> {
    transition(&app, &key, id, body.occurred_at, orders_service::complete).await
}

/// Cancels the order. Commands that have not run are cancelled; those that have run stay until a refund reverses them.
#[utoipa::path(post, path = "/orders/{id}/cancelled", tag = "orders", security(("key" = [])), params(("id" = String, Path)), request_body = Option<OccurredIn>,
    responses((status = 200, body = OrderOut), Errors))]
pub(super) async fn cancelled(
    State(app): State<Arc<App>>,
    key: ApiKey,
    Id(id): Id<OrderId>,
    OptionalBody(body): OptionalBody<OccurredIn>,
) -> Result<Json<OrderOut>, ApiError> {
    transition(&app, &key, id, body.occurred_at, orders_service::cancel).await
}

/// Records a chargeback. Commands that have not run are cancelled, and those that have run are reversed.
#[utoipa::path(post, path = "/orders/{id}/chargeback", tag = "orders", security(("key" = [])), params(("id" = String, Path)), request_body = Option<OccurredIn>,
    responses((status = 200, body = OrderOut), Errors))]
pub(super) async fn chargeback(
    State(app): State<Arc<App>>,
    key: ApiKey,
    Id(id): Id<OrderId>,
    OptionalBody(body): OptionalBody<OccurredIn>,
) -> Result<Json<OrderOut>, ApiError> {
    transition(&app, &key, id, body.occurred_at, orders_service::charge_back).await
}

/// Records a refund. Refunds are summed. Once `refundedAmount` reaches the amount, commands that have not run are cancelled,
/// and those that have run are reversed.
#[utoipa::path(post, path = "/orders/{id}/refunded", tag = "orders", security(("key" = [])), params(("id" = String, Path)), request_body = Option<RefundIn>,
    responses((status = 200, body = OrderOut), Errors))]
pub(super) async fn refunded(
    State(app): State<Arc<App>>,
    key: ApiKey,
    Id(id): Id<OrderId>,
    OptionalBody(body): OptionalBody<RefundIn>,
) -> Result<Json<OrderOut>, ApiError> {
    let refund = orders_service::Refund {
        amount: body.refunded_amount.map(|amount| amount.0),
        id: body.refund_id.map(|id| id.0),
    };
    let refund = move |tx: &Tx<'_>, by: &Audit, hooks: &dyn OrderHooks, id: &OrderId, at: Option<Timestamp>| {
        orders_service::refund(tx, by, hooks, id, &refund, at)
    };
    transition(&app, &key, id, body.occurred_at, refund).await
}

/// Corrects a paid order's player. Commands that have not run go to the right player; those that an agent may have are revoked
/// first; those that ran stay with the old one. No event names a player.
#[utoipa::path(post, path = "/orders/{id}/player", tag = "orders", security(("key" = [])), params(("id" = String, Path)),
    request_body = OrderPlayerIn, responses((status = 200, body = OrderPlayerOut), Errors))]
pub(super) async fn player(
    State(app): State<Arc<App>>,
    key: Admin,
    Id(id): Id<OrderId>,
    Body(body, _): Body<OrderPlayerIn>,
) -> Result<Json<OrderPlayerOut>, ApiError> {
    let player = Player::from(body.player);
    let to = move |tx: &Tx<'_>, by: &Audit, _: &dyn OrderHooks, id: &OrderId| {
        corrections::change_player(tx, by, id, player.clone())
    };
    let (moved, order) = change(&app, &ApiKey(key.0), id, to).await?;
    tracing::info!(order.id = %order.order.id, "player of an order corrected");
    Ok(Json(OrderPlayerOut::new(order, moved)))
}

/// Changes an order's status, and answers with the changed order.
async fn transition(
    app: &App,
    key: &ApiKey,
    id: OrderId,
    at: Option<GivenTime>,
    to: impl Fn(&Tx<'_>, &Audit, &dyn OrderHooks, &OrderId, Option<Timestamp>) -> Result<Wake, ServiceError>
    + Send
    + 'static,
) -> Result<Json<OrderOut>, ApiError> {
    let at = at.map(|at| at.happened_by(app.now(), "occurredAt")).transpose()?;
    let ((), order) = change(app, key, id, move |tx, by, hooks, id| Ok(((), to(tx, by, hooks, id, at)?))).await?;
    Ok(Json(order))
}

/// Changes an order. Returns the result of the change, and the changed order.
async fn change<T: Send + 'static>(
    app: &App,
    key: &ApiKey,
    id: OrderId,
    what: impl Fn(&Tx<'_>, &Audit, &dyn OrderHooks, &OrderId) -> Result<(T, Wake), ServiceError> + Send + 'static,
) -> Result<(T, OrderOut), ServiceError> {
    let presenter = OrderPresenter::new(app);
    let (done, order, now) = app
        .write_and_wake(key.actor(), move |tx, by, hooks| {
            let (done, wake) = what(tx, by, hooks, &id)?;
            Ok(((done, presenter.with_history(tx, &id)?, tx.now()), wake))
        })
        .await?;
    log(&order, now);
    Ok((done, order))
}

/// Logs the changes of an order's commands, so that each command can be followed by its id.
fn log(view: &OrderOut, now: Timestamp) {
    for command in &view.commands {
        let (id, server) = (&command.id, &command.server_id);
        if command.created_at == now {
            tracing::info!(command.id = %id, server.id = %server, order.id = %view.order.id, "command created");
        } else if command.cancel_requested_at == Some(now) {
            tracing::info!(command.id = %id, server.id = %server, order.id = %view.order.id,
                command.status = command.status, "cancel requested");
        }
    }
}

/// The context of an order's answer besides the database.
struct OrderPresenter {
    hooks: Arc<Referrals>,
    sessions: Arc<Sessions>,
    now: Timestamp,
}

impl OrderPresenter {
    fn new(app: &App) -> OrderPresenter {
        OrderPresenter { hooks: app.hooks(), sessions: Arc::clone(&app.sessions), now: app.clock.now() }
    }

    /// An order with its commands and their history.
    fn with_history(&self, tx: &Tx<'_>, id: &OrderId) -> Result<OrderOut, ServiceError> {
        let order = orders::find(tx, id)?.ok_or(ServiceError::NotFound("order"))?;
        let views = history::of_order(tx, id)?.into_iter();
        let views = views.map(|(command, history)| CommandView { command, history: Some(history) });
        let (views, mut servers): (Vec<_>, _) = (views.collect(), ServerStates::new());
        self.look_up_servers(tx, views.iter().map(|view| &view.command), &mut servers)?;
        let referral = self.hooks.referral_of(tx, &order.id, self.now)?;
        Ok(OrderOut::new(order, views, &servers, referral))
    }

    /// An order in a list; `known` keeps the servers that were looked up.
    fn in_list(
        &self,
        tx: &Tx<'_>,
        order: Order,
        counts: CommandCounts,
        known: &mut ServerStates,
    ) -> Result<ListedOrderOut, ServiceError> {
        let first = if counts.have_run() { Vec::new() } else { commands::not_run(tx, &order.id, LISTED_OBSTACLES)? };
        self.look_up_servers(tx, first.iter(), known)?;
        let referral = self.hooks.referral_of(tx, &order.id, self.now)?;
        Ok(ListedOrderOut::new(order, counts, &first, known, referral))
    }

    fn look_up_servers<'a>(
        &self,
        tx: &Tx<'_>,
        commands: impl Iterator<Item = &'a Command>,
        known: &mut ServerStates,
    ) -> Result<(), ServiceError> {
        for command in commands {
            if !known.contains_key(&command.new.server_id) {
                known.insert(command.new.server_id.clone(), self.server(tx, &command.new.server_id)?);
            }
        }
        Ok(())
    }

    fn server(&self, tx: &Tx<'_>, id: &ServerId) -> Result<ServerState, ServiceError> {
        let seated = servers::find_seated(tx, id)?;
        let is_online = seated.as_ref().is_some_and(|seated| is_online(seated, &*self.sessions, self.now));
        let server = seated.map(|seated| seated.server);
        Ok(ServerState {
            is_online,
            game_state: server.as_ref().and_then(|server| server.agent.game_state),
            name: server.map(|server| server.name),
        })
    }
}
