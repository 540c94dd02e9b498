//! Orders: what the storefront says, and what came of it. Amounts are whole numbers of minor units (cents).

use super::auth::Store;
use super::error::{ApiError, ErrorAnswer};
use super::input::{Ask, Body, Id, OptionalBody};
use super::page::{self, Page};
use crate::app::App;
use crate::db::{Connection, commands, history, orders};
use crate::model::{Amount, CommandView, Order, OrderBody, OrderStatus, OrderView};
use crate::store::{By, Refused, Wake, orders as work};
use axum::Json;
use axum::extract::State;
use flux_protocol::OrderId;
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

/// What was paid back.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RefundBody {
    /// The total paid back of this order so far, in minor units; the order's amount unless said otherwise. The same call
    /// again changes nothing.
    #[serde(default)]
    refunded_amount: Option<Amount>,
}

/// Says what an order is. The same body again is 200; another body is 409 once the order is paid.
#[utoipa::path(put, path = "/orders/{id}", tag = "orders", security(("key" = [])), params(("id" = String, Path)), request_body = OrderBody,
    responses((status = 201, body = OrderView), (status = 200, body = OrderView), (status = "4XX", body = ErrorAnswer)))]
pub(super) async fn put(
    State(app): State<Arc<App>>,
    key: Store,
    Id(id): Id<OrderId>,
    Body(body, _): Body<OrderBody>,
) -> Result<(StatusCode, Json<OrderView>), ApiError> {
    let by = key.by(&app);
    let now = by.now;
    let (is_new, wake, view) = app
        .db
        .write(move |tx| {
            let (is_new, wake) = work::put(tx, &by, &id, body)?;
            Ok::<_, Refused>((is_new, wake, whole(tx, &id)?))
        })
        .await?;
    log(&view, now);
    app.wake(&wake);
    Ok((if is_new { StatusCode::CREATED } else { StatusCode::OK }, Json(view)))
}

/// An order with its commands and their history.
#[utoipa::path(get, path = "/orders/{id}", tag = "orders", security(("key" = [])), params(("id" = String, Path)),
    responses((status = 200, body = OrderView), (status = "4XX", body = ErrorAnswer)))]
pub(super) async fn show(
    State(app): State<Arc<App>>,
    _key: Store,
    Id(id): Id<OrderId>,
) -> Result<Json<OrderView>, ApiError> {
    Ok(Json(app.db.read(move |tx| whole(tx, &id)).await?))
}

/// Orders, newest first.
#[utoipa::path(get, path = "/orders", tag = "orders", security(("key" = [])), params(OrderQuery),
    responses((status = 200, body = Page<OrderView>), (status = "4XX", body = ErrorAnswer)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    _key: Store,
    Ask(query): Ask<OrderQuery>,
) -> Result<Json<Page<OrderView>>, ApiError> {
    let (limit, before) = (page::limit(query.limit)?, page::before_place(query.cursor.as_deref())?);
    let rows = app
        .db
        .read(move |tx| {
            let found = orders::page(tx, before, query.status, limit + 1)?;
            found
                .into_iter()
                .map(|(seq, order)| Ok((seq, without_history(tx, order)?)))
                .collect::<Result<Vec<_>, Refused>>()
        })
        .await?;
    Ok(Json(page::page(rows, limit, |(seq, _)| seq.to_string(), |(_, order)| order)))
}

/// The order is paid: its commands are made, once.
#[utoipa::path(post, path = "/orders/{id}/paid", tag = "orders", security(("key" = [])), params(("id" = String, Path)),
    responses((status = 200, body = OrderView), (status = "4XX", body = ErrorAnswer)))]
pub(super) async fn paid(
    State(app): State<Arc<App>>,
    key: Store,
    Id(id): Id<OrderId>,
) -> Result<Json<OrderView>, ApiError> {
    say(&app, key, id, work::pay).await
}

/// The storefront is done with the order.
#[utoipa::path(post, path = "/orders/{id}/completed", tag = "orders", security(("key" = [])), params(("id" = String, Path)),
    responses((status = 200, body = OrderView), (status = "4XX", body = ErrorAnswer)))]
pub(super) async fn completed(
    State(app): State<Arc<App>>,
    key: Store,
    Id(id): Id<OrderId>,
) -> Result<Json<OrderView>, ApiError> {
    say(&app, key, id, |tx, by, id| work::complete(tx, by, id).map(|()| Wake::new())).await
}

/// The order was called off before it was paid.
#[utoipa::path(post, path = "/orders/{id}/cancelled", tag = "orders", security(("key" = [])), params(("id" = String, Path)),
    responses((status = 200, body = OrderView), (status = "4XX", body = ErrorAnswer)))]
pub(super) async fn cancelled(
    State(app): State<Arc<App>>,
    key: Store,
    Id(id): Id<OrderId>,
) -> Result<Json<OrderView>, ApiError> {
    say(&app, key, id, |tx, by, id| work::cancel(tx, by, id).map(|()| Wake::new())).await
}

/// Money was paid back. Only a full refund cancels what has not run.
#[utoipa::path(post, path = "/orders/{id}/refunded", tag = "orders", security(("key" = [])), params(("id" = String, Path)), request_body = RefundBody,
    responses((status = 200, body = OrderView), (status = "4XX", body = ErrorAnswer)))]
pub(super) async fn refunded(
    State(app): State<Arc<App>>,
    key: Store,
    Id(id): Id<OrderId>,
    OptionalBody(body): OptionalBody<RefundBody>,
) -> Result<Json<OrderView>, ApiError> {
    say(&app, key, id, move |tx, by, id| work::refund(tx, by, id, body.refunded_amount)).await
}

/// Does what the storefront says, and answers with the order as it then is.
async fn say(
    app: &App,
    key: Store,
    id: OrderId,
    what: impl FnOnce(&Connection, &By, &OrderId) -> Result<Wake, Refused> + Send + 'static,
) -> Result<Json<OrderView>, ApiError> {
    let by = key.by(app);
    let now = by.now;
    let (wake, view) = app.db.write(move |tx| Ok::<_, Refused>((what(tx, &by, &id)?, whole(tx, &id)?))).await?;
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

fn whole(tx: &Connection, id: &OrderId) -> Result<OrderView, Refused> {
    let order = orders::find(tx, id)?.ok_or(Refused::NotFound("order"))?;
    let mut histories = history::of_order(tx, id)?;
    let rows = commands::of_order(tx, id)?.into_iter();
    let views = rows.map(|command| {
        let history = Some(histories.remove(command.new.id.as_str()).unwrap_or_default());
        CommandView { command, history }
    });
    Ok(OrderView::new(order, views.collect()))
}

fn without_history(tx: &Connection, order: Order) -> Result<OrderView, Refused> {
    let rows = commands::of_order(tx, &order.id)?.into_iter();
    Ok(OrderView::new(order, rows.map(|command| CommandView { command, history: None }).collect()))
}
