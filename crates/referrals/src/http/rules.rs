//! Routes of the rules: the global one, and one per tier.

use super::ReferralApi;
use super::to_rules_id;
use crate::dto::{RuleEndsView, RulePatch, RuleView, SideDto, SlotBody, TriggerDto};
use crate::service;
use axum::Json;
use axum::extract::State;
use flux_referral_rules::RuleId;
use flux_rest::values::{CustomerId, Tier};
use flux_rest::{Admin, ApiError, Body, Errors, Id, IdempotencyKey, Page, PathTexts, Query, Saved, after_text, page};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The tiers that have no rule yet.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Tiers {
    /// The tiers of the store's list, then other tiers of customers, without those that have a rule.
    tiers: Vec<String>,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct EffectiveQuery {
    /// The customer whose rule as a referrer is wanted.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    customer_id: Option<CustomerId>,
    /// The tier whose rule is wanted.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    tier: Option<Tier>,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SlotQuery {
    /// True to replace an existing reward.
    #[serde(default)]
    replace: bool,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct DryRunQuery {
    /// True to change nothing and answer what the call would do.
    #[serde(default)]
    dry_run: bool,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RulesQuery {
    /// `nextCursor` of the page before.
    #[serde(default)]
    cursor: Option<String>,
}

/// Lists all rules, the global one first: at most 101, on one page unless they are too large for one.
#[utoipa::path(get, path = "/referrals/rules", tag = "referrals", security(("key" = [])), params(RulesQuery),
    responses((status = 200, body = Page<RuleView>), Errors))]
pub(super) async fn list(
    State(api): State<Arc<ReferralApi>>,
    _key: Admin,
    Query(query): Query<RulesQuery>,
) -> Result<Json<Page<RuleView>>, ApiError> {
    let after = after_text(query.cursor.as_deref())?;
    let mut rules = api.read(|tx, _, _| service::rules(tx)).await?;
    if !after.is_empty() {
        let place = rules.iter().position(|rule| rule.id.as_str() == after);
        let place = place.ok_or_else(|| ApiError::value("cursor", "names a rule that was removed: begin again"))?;
        rules.drain(..=place);
    }
    Ok(Json(page(rules, u32::MAX, |rule| rule.id.to_string(), |rule| rule)))
}

/// Adds the rule of a tier, disabled by default.
#[utoipa::path(post, path = "/referrals/rules", tag = "referrals", security(("key" = [])), request_body = RulePatch,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = RuleView), (status = 200, body = RuleView), Errors))]
pub(super) async fn add(
    State(api): State<Arc<ReferralApi>>,
    key: Admin,
    idempotency: IdempotencyKey,
    Body(patch, bytes): Body<RulePatch>,
) -> Result<Saved<RuleView>, ApiError> {
    let once = idempotency.of_request(&key.0.name, &bytes);
    let added = api.write(key.actor(), move |tx, by, ctx| {
        let make = || service::add_rule(tx, by, ctx, patch.clone()).map(|rule| (rule.id.to_string(), rule));
        once.run(tx, make, |id| service::rule(tx, &RuleId::new(id.to_owned())))
    });
    Ok(added.await?.into_answer())
}

/// Shows a rule.
#[utoipa::path(get, path = "/referrals/rules/{id}", tag = "referrals", security(("key" = [])), params(("id" = String, Path)),
    responses((status = 200, body = RuleView), Errors))]
pub(super) async fn show(
    State(api): State<Arc<ReferralApi>>,
    _key: Admin,
    Id(id): Id<String>,
) -> Result<Json<RuleView>, ApiError> {
    Ok(Json(api.read(move |tx, _, _| service::rule(tx, &RuleId::new(id.clone()))).await?))
}

/// Changes a rule: an absent field stays, `null` clears it. If that ends the rule for its referrers, `ends` has the
/// consequences.
#[utoipa::path(put, path = "/referrals/rules/{id}", tag = "referrals", security(("key" = [])), params(("id" = String, Path), DryRunQuery), request_body = RulePatch,
    responses((status = 200, body = RuleView), Errors))]
pub(super) async fn change(
    State(api): State<Arc<ReferralApi>>,
    key: Admin,
    Id(id): Id<String>,
    Query(query): Query<DryRunQuery>,
    Body(patch, _): Body<RulePatch>,
) -> Result<Json<RuleView>, ApiError> {
    let id = RuleId::new(id);
    let rule =
        api.write(key.actor(), move |tx, by, ctx| service::change_rule(tx, by, ctx, &id, patch.clone(), query.dry_run));
    Ok(Json(rule.await?))
}

/// Deletes the rule of a tier, and answers the consequences. The global rule cannot be deleted; disable it instead.
#[utoipa::path(delete, path = "/referrals/rules/{id}", tag = "referrals", security(("key" = [])), params(("id" = String, Path), DryRunQuery),
    responses((status = 200, body = RuleEndsView), Errors))]
pub(super) async fn remove(
    State(api): State<Arc<ReferralApi>>,
    key: Admin,
    Id(id): Id<String>,
    Query(query): Query<DryRunQuery>,
) -> Result<Json<RuleEndsView>, ApiError> {
    let id = RuleId::new(id);
    let ends = api.write(key.actor(), move |tx, by, ctx| service::remove_rule(tx, by, ctx, &id, query.dry_run));
    Ok(Json(ends.await?))
}

/// Sets a reward; 409 if the slot has one already, unless `replace` is true. Issued rewards stay.
#[utoipa::path(put, path = "/referrals/rules/{id}/slots/{side}/{trigger}", tag = "referrals", security(("key" = [])),
    params(("id" = String, Path), ("side" = SideDto, Path), ("trigger" = TriggerDto, Path), SlotQuery), request_body = SlotBody,
    responses((status = 200, body = RuleView), Errors))]
pub(super) async fn set_slot(
    State(api): State<Arc<ReferralApi>>,
    key: Admin,
    PathTexts(place): PathTexts<(String, String, String)>,
    Query(query): Query<SlotQuery>,
    Body(body, _): Body<SlotBody>,
) -> Result<Json<RuleView>, ApiError> {
    let (id, side, trigger) = slot(place)?;
    let rule = api.write(key.actor(), move |tx, by, ctx| {
        service::set_slot(tx, by, ctx, (&id, side, trigger), &body, query.replace)
    });
    Ok(Json(rule.await?))
}

/// Takes a reward away. What was issued stays.
#[utoipa::path(delete, path = "/referrals/rules/{id}/slots/{side}/{trigger}", tag = "referrals", security(("key" = [])),
    params(("id" = String, Path), ("side" = SideDto, Path), ("trigger" = TriggerDto, Path)),
    responses((status = 200, body = RuleView), Errors))]
pub(super) async fn remove_slot(
    State(api): State<Arc<ReferralApi>>,
    key: Admin,
    PathTexts(place): PathTexts<(String, String, String)>,
) -> Result<Json<RuleView>, ApiError> {
    let (id, side, trigger) = slot(place)?;
    let rule = api.write(key.actor(), move |tx, by, ctx| service::remove_slot(tx, by, ctx, (&id, side, trigger)));
    Ok(Json(rule.await?))
}

/// The tiers that have no rule yet.
#[utoipa::path(get, path = "/referrals/rules/available-tiers", tag = "referrals", security(("key" = [])),
    responses((status = 200, body = Tiers), Errors))]
pub(super) async fn available_tiers(State(api): State<Arc<ReferralApi>>, _key: Admin) -> Result<Json<Tiers>, ApiError> {
    let tiers = api.read(|tx, _, _| {
        let free = service::available_tiers(tx)?;
        Ok(free.into_iter().map(|tier| tier.to_string()).collect())
    });
    Ok(Json(Tiers { tiers: tiers.await? }))
}

/// The rule under which a customer, or a tier, refers now; `null` if there is none.
#[utoipa::path(get, path = "/referrals/rules/effective", tag = "referrals", security(("key" = [])), params(EffectiveQuery),
    responses((status = 200, body = Option<RuleView>), Errors))]
pub(super) async fn effective_rule(
    State(api): State<Arc<ReferralApi>>,
    _key: Admin,
    Query(query): Query<EffectiveQuery>,
) -> Result<Json<Option<RuleView>>, ApiError> {
    if query.customer_id.is_some() == query.tier.is_some() {
        return Err(ApiError::value("customerId", "name either a customer or a tier"));
    }
    let rule = api.read(move |tx, by, ctx| {
        let customer = query.customer_id.as_ref().map(|id| to_rules_id(id));
        service::effective_rule(tx, by, ctx, customer.as_ref(), query.tier.as_ref().map(|tier| tier.as_str()))
    });
    Ok(Json(rule.await?))
}

fn slot((id, side, trigger): (String, String, String)) -> Result<(RuleId, SideDto, TriggerDto), ApiError> {
    Ok((RuleId::new(id), segment("side", &side)?, segment("trigger", &trigger)?))
}

fn segment<T: DeserializeOwned>(field: &str, text: &str) -> Result<T, ApiError> {
    serde_json::from_value(text.into()).map_err(|error| ApiError::value(field, error.to_string()))
}
