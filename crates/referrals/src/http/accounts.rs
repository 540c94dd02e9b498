//! Points and store credit.

use super::ReferralApi;
use super::{effective_time, to_rules_id};
use crate::limits;
use crate::service;
use crate::storage::ledger;
use axum::Json;
use axum::extract::State;
use flux_referral_rules::{LedgerEntry, Points, Unit};
use flux_rest::values::Label;
use flux_rest::{ApiError, ApiKey, Body, Errors, GivenTime, Id, Query};
use flux_shop::CustomerId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A customer's points.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct PointsView {
    /// The balance. It is below 0 if spent points were taken back.
    balance: i64,
    /// The entries, newest first.
    entries: Vec<EntryView>,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct EntryQuery {
    /// The number of entries: 1 to 1,000, by default 100.
    #[serde(default)]
    limit: Option<u32>,
}

impl EntryQuery {
    fn limit(&self) -> Result<u32, ApiError> {
        let most = limits::REWARDS_SHOWN;
        match self.limit.unwrap_or(flux_rest::limits::PAGE_ITEMS) {
            limit if (1..=most).contains(&limit) => Ok(limit),
            _ => Err(ApiError::value("limit", format!("must be 1 to {most}"))),
        }
    }
}

/// A customer's store credit.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct CreditView {
    balances: Vec<service::Balance>,
    /// The entries, newest first.
    entries: Vec<EntryView>,
}

/// An entry of the ledger.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct EntryView {
    delta: i64,
    /// The currency; only in entries of store credit.
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    /// The cause: `grant`, `spend` or `recover`.
    cause: String,
    /// The id of the grant, with the refunded sum if a part was returned; or the spender's reference.
    #[serde(rename = "ref")]
    reference: String,
    /// The reason for taking a reward back, such as `returned`; only with the cause `recover`.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

/// Points to be spent.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SpendBody {
    /// The number of points.
    points: i64,
    /// The reference of the purchase. A repeated reference spends nothing more.
    #[serde(rename = "ref")]
    reference: Label,
    /// The time of the event; the present time if absent. Only admin keys may set it.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<GivenTime>,
}

/// The balance after spending.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Spent {
    balance: i64,
}

impl From<LedgerEntry> for EntryView {
    fn from(entry: LedgerEntry) -> EntryView {
        EntryView {
            delta: entry.delta,
            currency: match entry.unit {
                Unit::Points => None,
                Unit::Credit(currency) => Some(currency.to_string()),
            },
            cause: entry.cause.to_string(),
            reference: entry.reference,
            reason: entry.reason.map(|reason| reason.to_string()),
            at: entry.at,
        }
    }
}

/// A customer's points.
#[utoipa::path(get, path = "/points/{customerId}", tag = "referrals", security(("key" = [])), params(("customerId" = String, Path), EntryQuery),
    responses((status = 200, body = PointsView), Errors))]
pub(super) async fn points(
    State(api): State<Arc<ReferralApi>>,
    _key: ApiKey,
    Id(id): Id<CustomerId>,
    Query(query): Query<EntryQuery>,
) -> Result<Json<PointsView>, ApiError> {
    let limit = query.limit()?;
    let points = api.read(move |tx, _, _| {
        let entries = ledger::lines(tx, &to_rules_id(&id), true, limit)?;
        let balance = ledger::balance(tx, &to_rules_id(&id), Unit::Points)?;
        Ok(PointsView { balance, entries: entries.into_iter().map(EntryView::from).collect() })
    });
    Ok(Json(points.await?))
}

/// Spends points, once per reference; 409 if there are not enough.
#[utoipa::path(post, path = "/points/{customerId}/spend", tag = "referrals", security(("key" = [])), params(("customerId" = String, Path)), request_body = SpendBody,
    responses((status = 200, body = Spent), Errors))]
pub(super) async fn spend(
    State(api): State<Arc<ReferralApi>>,
    key: ApiKey,
    Id(id): Id<CustomerId>,
    Body(body, _): Body<SpendBody>,
) -> Result<Json<Spent>, ApiError> {
    let points = Points::new(body.points).map_err(|invalid| ApiError::value("points", invalid.to_string()))?;
    let at = effective_time(&api, &key, body.occurred_at)?;
    let balance = api.write(key.actor(), move |tx, by, _| {
        service::spend(tx, by, &to_rules_id(&id), points, body.reference.as_str(), at)
    });
    Ok(Json(Spent { balance: balance.await? }))
}

/// A customer's store credit.
#[utoipa::path(get, path = "/credit/{customerId}", tag = "referrals", security(("key" = [])), params(("customerId" = String, Path), EntryQuery),
    responses((status = 200, body = CreditView), Errors))]
pub(super) async fn credit(
    State(api): State<Arc<ReferralApi>>,
    _key: ApiKey,
    Id(id): Id<CustomerId>,
    Query(query): Query<EntryQuery>,
) -> Result<Json<CreditView>, ApiError> {
    let limit = query.limit()?;
    let credit = api.read(move |tx, _, _| {
        let balances = ledger::credit(tx, &to_rules_id(&id))?.into_iter();
        let entries = ledger::lines(tx, &to_rules_id(&id), false, limit)?;
        Ok(CreditView {
            balances: balances.map(|(currency, balance)| service::Balance { currency, balance }).collect(),
            entries: entries.into_iter().map(EntryView::from).collect(),
        })
    });
    Ok(Json(credit.await?))
}
