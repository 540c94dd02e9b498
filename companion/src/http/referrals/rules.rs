//! The rules: the global one, and one per tier.

use super::who;
use crate::app::App;
use crate::services::ServiceError;
use crate::services::referrals as work;
use axum::Json;
use axum::extract::State;
use flux_referral_rules::RuleId;
use flux_referrals::model::{RulePatch, RuleView, SideWord, SlotBody, TriggerWord};
use flux_referrals::storage::rules as rows;
use flux_rest::{Admin, ApiError, Body, Errors, Id, IdempotencyKey, Idempotent, Page, PathTexts, Query};
use flux_shop::{CustomerId, Tier};
use flux_storage::Tx;
use http::StatusCode;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The tiers that have no rule yet.
#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::http) struct Tiers {
    /// Those that customers have, and `all` if it were free.
    tiers: Vec<String>,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct EffectiveQuery {
    /// The rule that rewards this customer as a referrer.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    customer_id: Option<CustomerId>,
    /// The rule for this tier.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    tier: Option<Tier>,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct SlotQuery {
    /// Put it in the place of what is there.
    #[serde(default)]
    replace: bool,
}

/// All rules, the global one first: at most 101.
#[utoipa::path(get, path = "/referrals/rules", tag = "referrals", security(("key" = [])),
    responses((status = 200, body = Page<RuleView>), Errors))]
pub(in crate::http) async fn list(State(app): State<Arc<App>>, _key: Admin) -> Result<Json<Page<RuleView>>, ApiError> {
    let all = app.db.read(|tx| Ok::<_, ServiceError>(rows::load(tx)?)).await?;
    Ok(Json(Page { items: all.rules.iter().map(|rule| all.view(rule)).collect(), next_cursor: None }))
}

/// Adds the rule of a tier; it is disabled unless said otherwise.
#[utoipa::path(post, path = "/referrals/rules", tag = "referrals", security(("key" = [])), request_body = RulePatch,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = RuleView), (status = 200, body = RuleView), Errors))]
pub(in crate::http) async fn add(
    State(app): State<Arc<App>>,
    key: Admin,
    idempotency: IdempotencyKey,
    Body(patch, bytes): Body<RulePatch>,
) -> Result<(StatusCode, Json<RuleView>), ApiError> {
    let (by, desk, once) = (app.by(key.actor()), app.desk(), idempotency.of_request(&key.0.name, &bytes));
    let write = move |tx: &Tx<'_>| {
        let make = || work::add_rule(tx, &by, &desk, patch).map(|rule| (rule.id.to_string(), rule));
        once.run(tx, by.now, make, |id| look(tx, id))
    };
    Ok(match app.db.write(write).await? {
        Idempotent::Created(rule) => (StatusCode::CREATED, Json(rule)),
        Idempotent::Repeated(rule) => (StatusCode::OK, Json(rule)),
    })
}

/// A rule.
#[utoipa::path(get, path = "/referrals/rules/{id}", tag = "referrals", security(("key" = [])), params(("id" = String, Path)),
    responses((status = 200, body = RuleView), Errors))]
pub(in crate::http) async fn show(
    State(app): State<Arc<App>>,
    _key: Admin,
    Id(id): Id<String>,
) -> Result<Json<RuleView>, ApiError> {
    Ok(Json(app.db.read(move |tx| look(tx, &id)).await?))
}

fn look(tx: &Tx<'_>, id: &str) -> Result<RuleView, ServiceError> {
    let all = rows::load(tx)?;
    let rule = all.rules.iter().find(|rule| rule.id.as_str() == id);
    rule.map(|rule| all.view(rule)).ok_or(ServiceError::NotFound("rule"))
}

/// Changes a rule: what is absent stays, `null` clears.
#[utoipa::path(put, path = "/referrals/rules/{id}", tag = "referrals", security(("key" = [])), params(("id" = String, Path)), request_body = RulePatch,
    responses((status = 200, body = RuleView), Errors))]
pub(in crate::http) async fn change(
    State(app): State<Arc<App>>,
    key: Admin,
    Id(id): Id<String>,
    Body(patch, _): Body<RulePatch>,
) -> Result<Json<RuleView>, ApiError> {
    let (by, desk) = (app.by(key.actor()), app.desk());
    Ok(Json(app.db.write(move |tx| work::change_rule(tx, &by, &desk, &RuleId::new(id), patch)).await?))
}

/// Deletes the rule of a tier. The global one stays: disable it instead.
#[utoipa::path(delete, path = "/referrals/rules/{id}", tag = "referrals", security(("key" = [])), params(("id" = String, Path)),
    responses((status = 204), Errors))]
pub(in crate::http) async fn remove(
    State(app): State<Arc<App>>,
    key: Admin,
    Id(id): Id<String>,
) -> Result<StatusCode, ApiError> {
    let (by, desk) = (app.by(key.actor()), app.desk());
    app.db.write(move |tx| work::remove_rule(tx, &by, &desk, &RuleId::new(id))).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sets a reward where there is none; 409 on a filled slot, unless it is to be replaced. What was issued stays.
#[utoipa::path(put, path = "/referrals/rules/{id}/slots/{side}/{trigger}", tag = "referrals", security(("key" = [])),
    params(("id" = String, Path), ("side" = SideWord, Path), ("trigger" = TriggerWord, Path), SlotQuery), request_body = SlotBody,
    responses((status = 200, body = RuleView), Errors))]
pub(in crate::http) async fn set_slot(
    State(app): State<Arc<App>>,
    key: Admin,
    PathTexts(place): PathTexts<(String, String, String)>,
    Query(query): Query<SlotQuery>,
    Body(body, _): Body<SlotBody>,
) -> Result<Json<RuleView>, ApiError> {
    let (id, side, trigger) = slot(place)?;
    let (by, desk) = (app.by(key.actor()), app.desk());
    let write = move |tx: &Tx<'_>| work::set_slot(tx, &by, &desk, (&id, side, trigger), &body, query.replace);
    Ok(Json(app.db.write(write).await?))
}

/// Takes a reward away. What was issued stays.
#[utoipa::path(delete, path = "/referrals/rules/{id}/slots/{side}/{trigger}", tag = "referrals", security(("key" = [])),
    params(("id" = String, Path), ("side" = SideWord, Path), ("trigger" = TriggerWord, Path)),
    responses((status = 200, body = RuleView), Errors))]
pub(in crate::http) async fn remove_slot(
    State(app): State<Arc<App>>,
    key: Admin,
    PathTexts(place): PathTexts<(String, String, String)>,
) -> Result<Json<RuleView>, ApiError> {
    let (id, side, trigger) = slot(place)?;
    let (by, desk) = (app.by(key.actor()), app.desk());
    Ok(Json(app.db.write(move |tx| work::remove_slot(tx, &by, &desk, (&id, side, trigger))).await?))
}

/// The tiers that have no rule yet.
#[utoipa::path(get, path = "/referrals/rules/available-tiers", tag = "referrals", security(("key" = [])),
    responses((status = 200, body = Tiers), Errors))]
pub(in crate::http) async fn available_tiers(
    State(app): State<Arc<App>>,
    _key: Admin,
) -> Result<Json<Tiers>, ApiError> {
    let look = |tx: &Tx<'_>| {
        let (all, tiers) = (rows::load(tx)?, rows::customers_tiers(tx)?);
        let free: BTreeSet<_> = all.rules.available_tiers(&tiers);
        Ok::<_, ServiceError>(free.into_iter().map(|tier| tier.to_string()).collect())
    };
    Ok(Json(Tiers { tiers: app.db.read(look).await? }))
}

/// The rule under which a customer, or a tier, refers now; `null` if there is none.
#[utoipa::path(get, path = "/referrals/rules/effective", tag = "referrals", security(("key" = [])), params(EffectiveQuery),
    responses((status = 200, body = Option<RuleView>), Errors))]
pub(in crate::http) async fn effective_rule(
    State(app): State<Arc<App>>,
    key: Admin,
    Query(query): Query<EffectiveQuery>,
) -> Result<Json<Option<RuleView>>, ApiError> {
    if query.customer_id.is_some() == query.tier.is_some() {
        return Err(ApiError::value("customerId", "name either a customer or a tier"));
    }
    let (by, desk) = (app.by(key.actor()), app.desk());
    let look = move |tx: &Tx<'_>| {
        let customer = query.customer_id.as_ref().map(who);
        work::effective_rule(tx, &by, &desk, customer.as_ref(), query.tier.as_ref().map(Tier::as_str))
    };
    Ok(Json(app.db.read(look).await?))
}

fn slot((id, side, trigger): (String, String, String)) -> Result<(RuleId, SideWord, TriggerWord), ApiError> {
    Ok((RuleId::new(id), word("side", &side)?, word("trigger", &trigger)?))
}

fn word<T: DeserializeOwned>(field: &str, text: &str) -> Result<T, ApiError> {
    serde_json::from_value(text.into()).map_err(|error| ApiError::value(field, error.to_string()))
}
