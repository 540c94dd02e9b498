//! What a storefront says happened to a friend and their order, and what came of it.

use super::ReferralApi;
use super::api::split;
use super::{check_account, check_bound, effective_time, to_rules_id};
use crate::Error;
use crate::ReferralContext;
use crate::dto::{AttributionView, ReversalDto, StatusDto};
use crate::service::{self, Buyer, Outcome, Payer, Signup};
use crate::storage::attributions::{self as attributions_repo, Filter};
use axum::Json;
use axum::extract::State;
use flux_protocol::OrderId;
use flux_referral_rules::{AttributionId, Channel, Money};
use flux_rest::values::{Amount, Code, Currency, CustomerId, Email, Label, RefundId};
use flux_rest::{
    Admin, ApiError, ApiKey, Body, Checked, Errors, Id, Page, PlayerJson, Query, before_place, object_or_null, page,
    page_limit,
};
use flux_shop::{Audit, Player};
use flux_storage::Tx;
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use std::sync::Arc;

/// A friend has an account now, or bought as a guest.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SignupBody {
    /// The store's id.
    account_id: String,
    referee_customer_id: CustomerId,
    #[serde(default)]
    referee_email: Option<Email>,
    #[serde(default)]
    referee_name: Option<Label>,
    #[serde(default, deserialize_with = "object_or_null")]
    referee_player: Option<PlayerJson>,
    /// The code of the link that they came through.
    #[serde(default)]
    link_code: Option<String>,
    /// Or the code that they typed.
    #[serde(default)]
    code: Option<String>,
    /// What the storefront calls this signup: where it happened, and its id there. Said again, the same attribution is found.
    #[serde(default)]
    external_source: Option<Label>,
    #[serde(default)]
    external_ref: Option<Label>,
    /// They did not register: a guest's checkout.
    #[serde(default)]
    guest: bool,
    /// When they clicked; the newest counted click on the link unless said.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    clicked_at: Option<Timestamp>,
    /// When it happened, where that was not now: an admin's key.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Timestamp>,
}

/// Who is buying.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CheckoutBody {
    /// The store's id.
    account_id: String,
    /// The order's id.
    #[schema(value_type = String)]
    checkout_session_id: OrderId,
    customer_id: CustomerId,
    #[serde(default)]
    email: Option<Email>,
    #[serde(default, deserialize_with = "object_or_null")]
    player: Option<PlayerJson>,
    /// The code that they typed.
    #[serde(default)]
    code: Option<Code>,
    /// When it happened, where that was not now: an admin's key.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Timestamp>,
}

/// A checkout session has an outcome.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct FulfillBody {
    /// The store's id.
    #[serde(default)]
    account_id: Option<String>,
    /// The order's id.
    #[schema(value_type = String)]
    checkout_session_id: OrderId,
    /// `paid`; anything else changes nothing.
    status: String,
    currency: Currency,
    /// In minor units.
    amount: Amount,
    /// Who bought, where no checkout was told of before.
    #[serde(default)]
    referee_customer_id: Option<CustomerId>,
    /// The same by address.
    #[serde(default)]
    referee_email: Option<Email>,
    /// When it happened, where that was not now: an admin's key.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Timestamp>,
}

/// An order is done.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CompleteBody {
    /// The store's id.
    #[serde(default)]
    account_id: Option<String>,
    /// The order's id.
    #[schema(value_type = String)]
    checkout_session_id: OrderId,
    /// When it happened, where that was not now: an admin's key.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Timestamp>,
}

/// An order was undone, or part of it paid back.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct VoidBody {
    /// The store's id.
    #[serde(default)]
    account_id: Option<String>,
    /// The order's id.
    #[schema(value_type = String)]
    checkout_session_id: OrderId,
    /// How; `refunded` unless said.
    #[serde(default)]
    reason: ReversalDto,
    /// What this refund pays back, in minor units; all unless said. Refunds are summed.
    #[serde(default)]
    refunded_amount: Option<Amount>,
    /// The payment provider's id of this refund: it is counted once. Without one, the amount is what it is known by.
    #[serde(default)]
    refund_id: Option<RefundId>,
    /// When it happened, where that was not now: an admin's key.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Timestamp>,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AttributionQuery {
    /// Only those of this status, as written down: a sweep writes `expired` within 30 s.
    #[serde(default)]
    status: Option<StatusDto>,
    /// Only those of this referrer.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    referrer: Option<CustomerId>,
    /// Only those of this friend.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    referee: Option<CustomerId>,
    /// Attributions on the page: 1 to 100, 25 unless asked otherwise.
    #[serde(default)]
    limit: Option<u32>,
    /// `nextCursor` of the page before.
    #[serde(default)]
    cursor: Option<String>,
}

/// A friend has come: 201 with the new attribution, 200 with the one that binds them already, or `null` without a code. An
/// error tells why they were not bound; their registration stands all the same.
#[utoipa::path(post, path = "/referrals/attributions/signup", tag = "referrals", security(("key" = [])), request_body = SignupBody,
    responses((status = 201, body = AttributionView), (status = 200, body = Option<AttributionView>), Errors))]
pub(super) async fn signup(
    State(api): State<Arc<ReferralApi>>,
    key: ApiKey,
    Body(body, _): Body<SignupBody>,
) -> Result<(StatusCode, Json<Option<AttributionView>>), ApiError> {
    check_account(&api, Some(&body.account_id))?;
    let code = match (body.link_code, body.code) {
        (Some(_), Some(_)) => return Err(ApiError::value("code", "name either linkCode or code")),
        (Some(code), None) => Some((code, Channel::Link)),
        (None, Some(code)) => Some((code, Channel::CodeSignup)),
        (None, None) => None,
    };
    let external = match (body.external_source, body.external_ref) {
        (source, Some(reference)) => Some((source.map(String::from).unwrap_or_default(), reference.into())),
        (_, None) => None,
    };
    let signup = Signup {
        customer: to_rules_id(&body.referee_customer_id),
        email: body.referee_email.map(String::from),
        name: body.referee_name.map(String::from),
        player: body.referee_player.map(Player::from),
        code,
        external,
        is_guest: body.guest,
        clicked_at: body.clicked_at,
        at: effective_time(&api, &key, body.occurred_at)?,
    };
    let by = api.by(key.actor());
    answer(&api, by, move |tx, by, ctx| service::signup(tx, by, ctx, &signup)).await
}

/// Who is buying, and with which code. An error tells why the code does not bind; the checkout goes on all the same.
#[utoipa::path(post, path = "/referrals/attributions/checkout", tag = "referrals", security(("key" = [])), request_body = CheckoutBody,
    responses((status = 201, body = AttributionView), (status = 200, body = Option<AttributionView>), Errors))]
pub(super) async fn checkout(
    State(api): State<Arc<ReferralApi>>,
    key: ApiKey,
    Body(body, _): Body<CheckoutBody>,
) -> Result<(StatusCode, Json<Option<AttributionView>>), ApiError> {
    check_account(&api, Some(&body.account_id))?;
    let at = effective_time(&api, &key, body.occurred_at)?;
    let buyer = Buyer {
        customer: to_rules_id(&body.customer_id),
        email: body.email.map(String::from),
        player: body.player.map(Player::from),
    };
    let by = api.by(key.actor());
    answer(&api, by, move |tx, by, ctx| {
        let code = body.code.as_ref().map(|code| code.as_str().trim()).filter(|code| !code.is_empty());
        service::checkout(tx, by, ctx, &body.checkout_session_id, &buyer, code, at)
    })
    .await
}

/// A session was paid: the attribution as it then is, `null` if the order has to do with none.
#[utoipa::path(post, path = "/referrals/attributions/fulfill", tag = "referrals", security(("key" = [])), request_body = FulfillBody,
    responses((status = 200, body = Option<AttributionView>), Errors))]
pub(super) async fn fulfill(
    State(api): State<Arc<ReferralApi>>,
    key: ApiKey,
    Body(body, _): Body<FulfillBody>,
) -> Result<(StatusCode, Json<Option<AttributionView>>), ApiError> {
    check_account(&api, body.account_id.as_deref())?;
    let at = effective_time(&api, &key, body.occurred_at)?;
    let amount = i64::try_from(body.amount.get()).unwrap_or(i64::MAX);
    let money = flux_referral_rules::Currency::parse(body.currency.as_str()).and_then(|of| Money::new(amount, of));
    let money = money.map_err(|invalid| ApiError::value("amount", invalid.to_string()))?;
    let by = api.by(key.actor());
    let payer = Payer {
        customer: body.referee_customer_id.as_ref().map(|id| to_rules_id(id)),
        email: body.referee_email.map(String::from),
    };
    answer(&api, by, move |tx, by, ctx| {
        let session = &body.checkout_session_id;
        let outcome = if body.status == "paid" {
            service::fulfil(tx, by, ctx, session, &payer, money, at)?
        } else {
            service::of_session(tx, by, ctx, session, payer.is_named())?
        };
        outcome.ok_or(Error::NotFound("session: no checkout named its buyer, and neither does this call"))
    })
    .await
    .map_err(|error| if error.code == "not_found" { ApiError { code: "unknown_session", ..error } } else { error })
}

/// An order is done: shipped, received, or whatever the storefront calls completed.
#[utoipa::path(post, path = "/referrals/attributions/complete", tag = "referrals", security(("key" = [])), request_body = CompleteBody,
    responses((status = 200, body = Option<AttributionView>), Errors))]
pub(super) async fn complete(
    State(api): State<Arc<ReferralApi>>,
    key: ApiKey,
    Body(body, _): Body<CompleteBody>,
) -> Result<(StatusCode, Json<Option<AttributionView>>), ApiError> {
    check_account(&api, body.account_id.as_deref())?;
    let at = effective_time(&api, &key, body.occurred_at)?;
    let by = api.by(key.actor());
    answer(&api, by, move |tx, by, ctx| service::completed(tx, by, ctx, &body.checkout_session_id, at)).await
}

/// An order was undone. One that nobody has heard of yet is remembered: its late payment earns nothing.
#[utoipa::path(post, path = "/referrals/attributions/void", tag = "referrals", security(("key" = [])), request_body = VoidBody,
    responses((status = 200, body = Option<AttributionView>), Errors))]
pub(super) async fn void(
    State(api): State<Arc<ReferralApi>>,
    key: ApiKey,
    Body(body, _): Body<VoidBody>,
) -> Result<(StatusCode, Json<Option<AttributionView>>), ApiError> {
    check_account(&api, body.account_id.as_deref())?;
    let at = effective_time(&api, &key, body.occurred_at)?;
    if body.refunded_amount == Some(Checked(flux_shop::Amount::ZERO)) {
        return Err(ApiError::value("refundedAmount", "must be at least 1: nothing is no refund"));
    }
    let part = body.refunded_amount.map(|amount| {
        let amount = amount.get();
        let word = body.refund_id.map_or_else(|| format!("amount:{amount}"), |id| format!("id:{}", id.as_str()));
        (i64::try_from(amount).unwrap_or(i64::MAX), word)
    });
    let by = api.by(key.actor());
    answer(&api, by, move |tx, by, ctx| {
        service::void(tx, by, ctx, &body.checkout_session_id, body.reason.into(), part.clone(), at)
    })
    .await
}

/// An admin takes an attribution back, whatever became of its order: what its order has earned goes the way of an order that
/// was undone. Again, it changes nothing.
#[utoipa::path(post, path = "/referrals/attributions/{id}/void", tag = "referrals", security(("key" = [])), params(("id" = String, Path)),
    responses((status = 200, body = Option<AttributionView>), Errors))]
pub(super) async fn withdraw(
    State(api): State<Arc<ReferralApi>>,
    key: Admin,
    Id(id): Id<String>,
) -> Result<(StatusCode, Json<Option<AttributionView>>), ApiError> {
    let (by, at, id) = (api.by(key.actor()), api.now(), AttributionId::new(id));
    answer(&api, by, move |tx, by, ctx| service::withdraw(tx, by, ctx, &id, at)).await
}

/// The history: who brought whom, newest first, with what became of each reward.
#[utoipa::path(get, path = "/referrals/attributions", tag = "referrals", security(("key" = [])), params(AttributionQuery),
    responses((status = 200, body = Page<AttributionView>), Errors))]
pub(super) async fn list(
    State(api): State<Arc<ReferralApi>>,
    _key: Admin,
    Query(query): Query<AttributionQuery>,
) -> Result<Json<Page<AttributionView>>, ApiError> {
    let (limit, before) = (page_limit(query.limit)?, before_place(query.cursor.as_deref())?);
    let now = api.now();
    let filter = Filter {
        now,
        status: query.status.map(StatusDto::as_str),
        referrer: query.referrer.map(String::from),
        referee: query.referee.map(String::from),
    };
    let look = move |tx: &Tx<'_>| {
        let found = attributions_repo::page(tx, before, &filter, limit + 1)?.into_iter();
        found.map(|row| Ok((row.seq, service::view_of(tx, &row, now)?))).collect::<Result<Vec<_>, Error>>()
    };
    let rows = api.db().read(look).await?;
    Ok(Json(page(rows, limit, |(seq, _)| seq.to_string(), |(_, view)| view)))
}

/// An attribution with its rewards.
#[utoipa::path(get, path = "/referrals/attributions/{id}", tag = "referrals", security(("key" = [])), params(("id" = String, Path)),
    responses((status = 200, body = AttributionView), Errors))]
pub(super) async fn show(
    State(api): State<Arc<ReferralApi>>,
    _key: Admin,
    Id(id): Id<String>,
) -> Result<Json<AttributionView>, ApiError> {
    let now = api.now();
    Ok(Json(api.db().read(move |tx| service::attribution(tx, &AttributionId::new(id.clone()), now)).await?))
}

/// Does what the storefront says, and answers with the attribution as it then is. That nobody was bound is an error, and
/// what else the event did stands.
async fn answer(
    api: &ReferralApi,
    by: Audit,
    event: impl Fn(&Tx<'_>, &Audit, &ReferralContext) -> Result<Outcome, Error> + Send + 'static,
) -> Result<(StatusCode, Json<Option<AttributionView>>), ApiError> {
    let run = move |tx: &Tx<'_>, by: &Audit, ctx: &ReferralContext| event(tx, by, ctx).map(split);
    let view = |tx: &Tx<'_>, _: &Audit, outcome: &Outcome| {
        outcome.attribution.as_ref().map(|id| service::attribution(tx, id, tx.now())).transpose()
    };
    let (outcome, view) = api.run(by, run, view).await?;
    if let Some(view) = &view {
        tracing::info!(
            attribution.id = view.id,
            attribution.status = view.status.as_str(),
            attribution.reason = view.reason,
            "referral event"
        );
    }
    check_bound(outcome.refusal)?;
    Ok((if outcome.is_new { StatusCode::CREATED } else { StatusCode::OK }, Json(view)))
}
