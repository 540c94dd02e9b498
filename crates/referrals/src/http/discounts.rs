//! Discounts: the price of a cart, and the redemption of a code.

use super::ReferralApi;
use super::{effective_time, to_rules_id};
use crate::dto::{QuoteView, ReleasedView};
use crate::service;
use axum::Json;
use axum::extract::State;
use flux_protocol::OrderId;
use flux_referral_rules::Money;
use flux_rest::values::{Amount, Currency, CustomerId};
use flux_rest::{ApiError, ApiKey, Body, Errors, GivenTime, Id};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A cart.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct QuoteBody {
    customer_id: CustomerId,
    /// The price, in minor units.
    amount: Amount,
    currency: Currency,
    /// The typed discount code. The default is the best code that applies automatically.
    #[serde(default)]
    code: Option<String>,
    /// The time of the event; the present time if absent. Only admin keys may set it.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<GivenTime>,
}

/// An order that uses a discount.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RedeemBody {
    customer_id: CustomerId,
    /// The order. A repeated order redeems nothing more.
    #[schema(value_type = String)]
    order_id: OrderId,
    /// The price before the discount, in minor units.
    amount: Amount,
    currency: Currency,
    /// The typed discount code. The default is the best code that applies automatically.
    #[serde(default)]
    code: Option<String>,
    /// The time of the event; the present time if absent. Only admin keys may set it.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<GivenTime>,
}

/// The discount codes that an order has given back.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Released {
    /// The codes; empty if the order has used none.
    released: Vec<ReleasedView>,
}

/// Quotes the price of a cart. `reason` explains a discount without effect, and `missing` what a larger order needs.
#[utoipa::path(post, path = "/discounts/quote", tag = "referrals", security(("key" = [])), request_body = QuoteBody,
    responses((status = 200, body = QuoteView), Errors))]
pub(super) async fn quote(
    State(api): State<Arc<ReferralApi>>,
    key: ApiKey,
    Body(body, _): Body<QuoteBody>,
) -> Result<Json<QuoteView>, ApiError> {
    let (order, at) = (money(body.amount, &body.currency)?, effective_time(&api, &key, body.occurred_at)?);
    let quote =
        api.read(move |tx, _, _| service::quote(tx, &to_rules_id(&body.customer_id), order, body.code.as_deref(), at));
    Ok(Json(quote.await?))
}

/// Redeems a discount on an order, once. A typed code without effect is refused (409) with the reason.
/// The code is given back when the order is cancelled or paid back in full.
#[utoipa::path(post, path = "/discounts/redeem", tag = "referrals", security(("key" = [])), request_body = RedeemBody,
    responses((status = 200, body = QuoteView), Errors))]
pub(super) async fn redeem(
    State(api): State<Arc<ReferralApi>>,
    key: ApiKey,
    Body(body, _): Body<RedeemBody>,
) -> Result<Json<QuoteView>, ApiError> {
    let (order, at) = (money(body.amount, &body.currency)?, effective_time(&api, &key, body.occurred_at)?);
    let quote = api.write(key.actor(), move |tx, by, _| {
        service::redeem(tx, by, &to_rules_id(&body.customer_id), (&body.order_id, order), body.code.as_deref(), at)
    });
    Ok(Json(quote.await?))
}

/// Undoes the redemption of an order, whatever its status: the codes can be used again until they expire.
#[utoipa::path(delete, path = "/discounts/redemptions/{orderId}", tag = "referrals", security(("key" = [])),
    params(("orderId" = String, Path)), responses((status = 200, body = Released), Errors))]
pub(super) async fn unredeem(
    State(api): State<Arc<ReferralApi>>,
    key: ApiKey,
    Id(id): Id<OrderId>,
) -> Result<Json<Released>, ApiError> {
    let at = api.now();
    let released = api.write(key.actor(), move |tx, by, _| service::unredeem(tx, by, &id, at)).await?;
    Ok(Json(Released { released: released.iter().map(service::released_view).collect() }))
}

fn money(amount: Amount, currency: &Currency) -> Result<Money, ApiError> {
    let amount = i64::try_from(amount.get()).unwrap_or(i64::MAX);
    let money =
        flux_referral_rules::Currency::parse(currency.as_str()).and_then(|currency| Money::new(amount, currency));
    money.map_err(|invalid| ApiError::value("amount", invalid.to_string()))
}
