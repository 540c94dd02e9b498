//! Orders: what the storefront says, and what came of it. Amounts are whole numbers of minor units (cents).

use crate::agents::Sessions;
use crate::app::App;
use crate::services::agents::is_polling;
use crate::services::{Audit, ServiceError, Wake, orders as work};
use axum::Json;
use axum::extract::State;
use flux_protocol::{OrderId, ServerId};
use flux_referrals::{OrderHooks, Referrals};
use flux_rest::{ApiError, ApiKey, Body, Errors, Id, OptionalBody, Page, Query, before_place, page, page_limit};
use flux_shop::{
    Amount, CommandView, HistoryRow, Order, OrderBody, OrderStatus, OrderView, RefundId, ServerState, ServerStates,
};
use flux_storage::{Tx, commands, history, orders, servers};
use http::StatusCode;
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
    /// Orders on the page: 1 to 100, 25 unless asked otherwise.
    #[serde(default)]
    limit: Option<u32>,
    /// `nextCursor` of the page before.
    #[serde(default)]
    cursor: Option<String>,
}

/// When it happened.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SaidBody {
    /// Where that was not now.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Timestamp>,
}

/// What was paid back.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RefundBody {
    /// What this refund pays back, in minor units; all that is left unless said otherwise. The whole amount of the order is
    /// a full refund, whatever was paid back before.
    #[serde(default)]
    refunded_amount: Option<Amount>,
    /// The payment provider's id of this refund: it is counted once, however often it is said. Without one, the amount is
    /// what it is known by.
    #[serde(default)]
    refund_id: Option<RefundId>,
    /// When it happened, where that was not now.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Timestamp>,
}

/// Says what an order is. The same body again is 200; another body is 409 once the order is paid.
#[utoipa::path(put, path = "/orders/{id}", tag = "orders", security(("key" = [])), params(("id" = String, Path)), request_body = OrderBody,
    responses((status = 201, body = OrderView), (status = 200, body = OrderView), Errors))]
pub(super) async fn put(
    State(app): State<Arc<App>>,
    key: ApiKey,
    Id(id): Id<OrderId>,
    Body(body, _): Body<OrderBody>,
) -> Result<(StatusCode, Json<OrderView>), ApiError> {
    let (by, hooks, look) = (app.by(key.actor()), app.hooks(), Look::new(&app));
    let now = by.now;
    let (is_new, wake, view) = app
        .db
        .write(move |tx| {
            let (is_new, wake) = work::put(tx, &by, &*hooks, &id, body)?;
            Ok::<_, ServiceError>((is_new, wake, look.whole(tx, &id)?))
        })
        .await?;
    log(&view, now);
    app.wake(&wake);
    Ok((if is_new { StatusCode::CREATED } else { StatusCode::OK }, Json(view)))
}

/// An order with its commands and their history.
#[utoipa::path(get, path = "/orders/{id}", tag = "orders", security(("key" = [])), params(("id" = String, Path)),
    responses((status = 200, body = OrderView), Errors))]
pub(super) async fn show(
    State(app): State<Arc<App>>,
    _key: ApiKey,
    Id(id): Id<OrderId>,
) -> Result<Json<OrderView>, ApiError> {
    let look = Look::new(&app);
    Ok(Json(app.db.read(move |tx| look.whole(tx, &id)).await?))
}

/// Orders, newest first.
#[utoipa::path(get, path = "/orders", tag = "orders", security(("key" = [])), params(OrderQuery),
    responses((status = 200, body = Page<OrderView>), Errors))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    _key: ApiKey,
    Query(query): Query<OrderQuery>,
) -> Result<Json<Page<OrderView>>, ApiError> {
    let (limit, before) = (page_limit(query.limit)?, before_place(query.cursor.as_deref())?);
    let look = Look::new(&app);
    let rows = app
        .db
        .read(move |tx| {
            let mut known = ServerStates::new();
            let found = orders::page(tx, before, query.status, limit + 1)?.into_iter();
            found
                .map(|(seq, order)| Ok((seq, look.short(tx, order, &mut known)?)))
                .collect::<Result<Vec<_>, ServiceError>>()
        })
        .await?;
    Ok(Json(page(rows, limit, |(seq, _)| seq.to_string(), |(_, order)| order)))
}

/// The order is paid: its commands are made, once.
#[utoipa::path(post, path = "/orders/{id}/paid", tag = "orders", security(("key" = [])), params(("id" = String, Path)), request_body = Option<SaidBody>,
    responses((status = 200, body = OrderView), Errors))]
pub(super) async fn paid(
    State(app): State<Arc<App>>,
    key: ApiKey,
    Id(id): Id<OrderId>,
    OptionalBody(said): OptionalBody<SaidBody>,
) -> Result<Json<OrderView>, ApiError> {
    say(&app, key, id, move |tx, by, hooks, id| work::pay(tx, by, hooks, id, said.occurred_at)).await
}

/// The storefront is done with the order.
#[utoipa::path(post, path = "/orders/{id}/completed", tag = "orders", security(("key" = [])), params(("id" = String, Path)), request_body = Option<SaidBody>,
    responses((status = 200, body = OrderView), Errors))]
pub(super) async fn completed(
    State(app): State<Arc<App>>,
    key: ApiKey,
    Id(id): Id<OrderId>,
    OptionalBody(said): OptionalBody<SaidBody>,
) -> Result<Json<OrderView>, ApiError> {
    say(&app, key, id, move |tx, by, hooks, id| work::complete(tx, by, hooks, id, said.occurred_at)).await
}

/// The order was called off. What a paid one has not run yet is not run; what has run stays until a refund takes it back.
#[utoipa::path(post, path = "/orders/{id}/cancelled", tag = "orders", security(("key" = [])), params(("id" = String, Path)), request_body = Option<SaidBody>,
    responses((status = 200, body = OrderView), Errors))]
pub(super) async fn cancelled(
    State(app): State<Arc<App>>,
    key: ApiKey,
    Id(id): Id<OrderId>,
    OptionalBody(said): OptionalBody<SaidBody>,
) -> Result<Json<OrderView>, ApiError> {
    say(&app, key, id, move |tx, by, hooks, id| work::cancel(tx, by, hooks, id, said.occurred_at)).await
}

/// The buyer's bank took the money back: what has not run is cancelled, what has run is taken back.
#[utoipa::path(post, path = "/orders/{id}/chargeback", tag = "orders", security(("key" = [])), params(("id" = String, Path)), request_body = Option<SaidBody>,
    responses((status = 200, body = OrderView), Errors))]
pub(super) async fn chargeback(
    State(app): State<Arc<App>>,
    key: ApiKey,
    Id(id): Id<OrderId>,
    OptionalBody(said): OptionalBody<SaidBody>,
) -> Result<Json<OrderView>, ApiError> {
    say(&app, key, id, move |tx, by, hooks, id| work::charge_back(tx, by, hooks, id, said.occurred_at)).await
}

/// Money was paid back. Refunds are summed; only one that brings `refundedAmount` to the amount cancels what has not run,
/// and takes back what has.
#[utoipa::path(post, path = "/orders/{id}/refunded", tag = "orders", security(("key" = [])), params(("id" = String, Path)), request_body = Option<RefundBody>,
    responses((status = 200, body = OrderView), Errors))]
pub(super) async fn refunded(
    State(app): State<Arc<App>>,
    key: ApiKey,
    Id(id): Id<OrderId>,
    OptionalBody(body): OptionalBody<RefundBody>,
) -> Result<Json<OrderView>, ApiError> {
    let refund = work::Refund { amount: body.refunded_amount, id: body.refund_id };
    say(&app, key, id, move |tx, by, hooks, id| work::refund(tx, by, hooks, id, &refund, body.occurred_at)).await
}

/// Does what the storefront says, and answers with the order as it then is.
async fn say(
    app: &App,
    key: ApiKey,
    id: OrderId,
    what: impl FnOnce(&Tx<'_>, &Audit, &dyn OrderHooks, &OrderId) -> Result<Wake, ServiceError> + Send + 'static,
) -> Result<Json<OrderView>, ApiError> {
    let (by, hooks, look) = (app.by(key.actor()), app.hooks(), Look::new(app));
    let now = by.now;
    let write = move |tx: &Tx<'_>| Ok::<_, ServiceError>((what(tx, &by, &*hooks, &id)?, look.whole(tx, &id)?));
    let (wake, view) = app.db.write(write).await?;
    log(&view, now);
    app.wake(&wake);
    Ok(Json(view))
}

/// What a change of an order made of its commands, so that each one's life can be followed by its id.
fn log(view: &OrderView, now: Timestamp) {
    for CommandView { command, .. } in &view.commands {
        let (id, server) = (&command.new.id, &command.new.server_id);
        if command.created_at == now {
            tracing::info!(command.id = %id, server.id = %server, order.id = %view.id, "command made");
        } else if command.cancel_requested_at == Some(now) {
            tracing::info!(command.id = %id, server.id = %server, order.id = %view.id,
                command.status = command.state.status.as_str(), "cancel requested");
        }
    }
}

/// What an order's answer needs besides the database.
struct Look {
    hooks: Arc<Referrals>,
    sessions: Arc<Sessions>,
    now: Timestamp,
}

impl Look {
    fn new(app: &App) -> Look {
        Look { hooks: app.hooks(), sessions: Arc::clone(&app.sessions), now: app.clock.now() }
    }

    /// An order with its commands and their history.
    fn whole(&self, tx: &Tx<'_>, id: &OrderId) -> Result<OrderView, ServiceError> {
        let order = orders::find(tx, id)?.ok_or(ServiceError::NotFound("order"))?;
        let mut histories = history::of_order(tx, id)?;
        let history = |id: &str| Some(histories.remove(id).unwrap_or_default());
        self.view(tx, order, history, &mut ServerStates::new())
    }

    /// Without history; `known` keeps the servers that were looked up.
    fn short(&self, tx: &Tx<'_>, order: Order, known: &mut ServerStates) -> Result<OrderView, ServiceError> {
        self.view(tx, order, |_| None, known)
    }

    fn view(
        &self,
        tx: &Tx<'_>,
        order: Order,
        mut history: impl FnMut(&str) -> Option<Vec<HistoryRow>>,
        known: &mut ServerStates,
    ) -> Result<OrderView, ServiceError> {
        let mut views = Vec::new();
        for command in commands::of_order(tx, &order.id)? {
            if !known.contains_key(&command.new.server_id) {
                known.insert(command.new.server_id.clone(), self.server(tx, &command.new.server_id)?);
            }
            views.push(CommandView { history: history(command.new.id.as_str()), command });
        }
        let referral = self.hooks.referral_of(tx, &order.id, self.now)?;
        Ok(OrderView::new(order, views, known, referral))
    }

    fn server(&self, tx: &Tx<'_>, id: &ServerId) -> Result<ServerState, ServiceError> {
        let server = servers::find(tx, id)?;
        let is_polling = server.as_ref().is_some_and(|server| is_polling(server, self.now));
        Ok(ServerState {
            is_online: is_polling || self.sessions.of(id).is_some(),
            game_state: server.as_ref().and_then(|server| server.agent.game_state),
            name: server.map(|server| server.name),
        })
    }
}
