//! Read-only routes: rewards, statistics, the leaderboard and a customer's panel.

use super::ReferralApi;
use super::{check_account, to_rules_id};
use crate::Error;
use crate::dto::{GrantView, Period};
use crate::limits;
use crate::service::{self, Leader, StatsView, SummaryView};
use crate::storage::grants::{self, Shown};
use axum::Json;
use axum::extract::State;
use flux_rest::{Admin, ApiError, ApiKey, Errors, Id, PathTexts, Query};
use flux_shop::CustomerId;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A customer's rewards.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Rewards {
    /// The rewards, newest first; at most 1,000.
    rewards: Vec<GrantView>,
}

/// Lists the referrers with the most successful referrals.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Leaderboard {
    /// The referrers, the most successful first.
    top: Vec<Leader>,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RewardQuery {
    /// `all` to include revoked and skipped rewards.
    #[serde(default)]
    include: Option<String>,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct StatsQuery {
    /// The first day of the store's calendar, such as 2026-11-01.
    #[serde(default)]
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// The last day, inclusive.
    #[serde(default)]
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Date>,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct TopQuery {
    /// The number of referrers: 1 to 100, by default 10.
    #[serde(default)]
    limit: Option<u32>,
    /// The period of the store's calendar in which the referees were bound; by default `all`.
    #[serde(default)]
    #[param(inline)]
    period: Period,
}

/// Lists a customer's rewards as referrer and as referee, with status and expiry.
#[utoipa::path(get, path = "/referrals/rewards/{accountId}/{customerId}", tag = "referrals", security(("key" = [])),
    params(("accountId" = String, Path), ("customerId" = String, Path), RewardQuery),
    responses((status = 200, body = Rewards), Errors))]
pub(super) async fn rewards(
    State(api): State<Arc<ReferralApi>>,
    _key: ApiKey,
    PathTexts((account, customer)): PathTexts<(String, String)>,
    Query(query): Query<RewardQuery>,
) -> Result<Json<Rewards>, ApiError> {
    check_account(&api, Some(&account))?;
    let customer: CustomerId = customer.parse().map_err(|error| ApiError::value("customerId", error))?;
    let shown = match query.include.as_deref() {
        None => Shown::Live,
        Some("all") => Shown::All,
        Some(_) => return Err(ApiError::value("include", "must be `all`, or absent")),
    };
    let now = api.now();
    let rewards = api.read(move |tx, _, _| {
        let rows = grants::of_customer(tx, &to_rules_id(&customer), shown, limits::REWARDS_SHOWN)?;
        service::grant_views(tx, &rows, now)
    });
    Ok(Json(Rewards { rewards: rewards.await? }))
}

/// Shows the statistics of the program, in total or for a range of days.
#[utoipa::path(get, path = "/referrals/stats", tag = "referrals", security(("key" = [])), params(StatsQuery),
    responses((status = 200, body = StatsView), Errors))]
pub(super) async fn stats(
    State(api): State<Arc<ReferralApi>>,
    _key: Admin,
    Query(query): Query<StatsQuery>,
) -> Result<Json<StatsView>, ApiError> {
    if query.from.zip(query.to).is_some_and(|(from, to)| from > to) {
        return Err(ApiError::value("from", "must not be after `to`"));
    }
    Ok(Json(api.read(move |tx, _, ctx| service::stats(tx, ctx, query.from, query.to)).await?))
}

/// Lists the referrers with the most successful referrals; among equals, with the most rewarded registrations.
#[utoipa::path(get, path = "/referrals/top", tag = "referrals", security(("key" = [])), params(TopQuery),
    responses((status = 200, body = Leaderboard), Errors))]
pub(super) async fn top(
    State(api): State<Arc<ReferralApi>>,
    _key: ApiKey,
    Query(query): Query<TopQuery>,
) -> Result<Json<Leaderboard>, ApiError> {
    let limit = flux_rest::page_limit(Some(query.limit.unwrap_or(10)))?;
    let top = api.read(move |tx, _, ctx| service::leaderboard(tx, ctx, query.period, limit)).await?;
    Ok(Json(Leaderboard { top }))
}

/// Shows a customer's view of the program, and issues their link if there is none. 404 `program_disabled`
/// while the program is off, 404 `no_rule` while no rule rewards this customer.
#[utoipa::path(get, path = "/customers/{id}/panel", tag = "referrals", security(("key" = [])), params(("id" = String, Path)),
    responses((status = 200, body = SummaryView), Errors))]
pub(super) async fn panel(
    State(api): State<Arc<ReferralApi>>,
    key: ApiKey,
    Id(id): Id<CustomerId>,
) -> Result<Json<SummaryView>, ApiError> {
    // A write, since it may issue a link.
    let summary = api.write(key.actor(), move |tx, by, ctx| {
        flux_storage::customers::find(tx, &id)?.ok_or(Error::NotFound("customer"))?;
        service::summary(tx, by, ctx, &to_rules_id(&id))
    });
    Ok(Json(summary.await?))
}
