//! Events of referees and their orders, as a storefront reports them, and the resulting attributions.

use super::ReferralApi;
use super::api::split;
use super::{check_account, check_bound, effective_time, to_rules_id};
use crate::Error;
use crate::ReferralContext;
use crate::dto::{AttributionView, ReversalDto, StatusDto};
use crate::service::{self, Buyer, Outcome, Payer, ReportedClick, Signup};
use crate::storage::attributions::{self as attributions_repo, Filter};
use axum::Json;
use axum::extract::State;
use flux_referral_rules::{AttributionId, Channel, Money};
use flux_rest::values::{Amount, Code, Currency, CustomerId, Email, Label, RefundId, SessionId};
use flux_rest::{
    Admin, ApiError, ApiKey, Body, Checked, Errors, GivenTime, Id, Page, PlayerJson, Query, Saved, before_place,
    object_or_null, page_limit, saved, try_page,
};
use flux_shop::{Actor, Audit, Player};
use flux_storage::Tx;
use serde::Deserialize;
use std::sync::Arc;

/// A referee has created an account, or bought as a guest.
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
    /// The code of the followed link.
    #[serde(default)]
    link_code: Option<String>,
    /// The typed code. A signup has either this or `linkCode`.
    #[serde(default)]
    code: Option<String>,
    /// The source of this signup at the storefront. Source and reference identify a repeated signup.
    #[serde(default)]
    external_source: Option<Label>,
    #[serde(default)]
    external_ref: Option<Label>,
    /// The checkout session in which they pay, so that `fulfill` need not name them.
    #[serde(default)]
    checkout_session_id: Option<SessionId>,
    /// True for a guest's checkout, which is no registration.
    #[serde(default)]
    guest: bool,
    /// The `clickId` of the referee's own click: the window starts at it. An id that is not of this link is ignored.
    #[serde(default)]
    click_id: Option<String>,
    /// The time of the click, not after the event; a signup has either this or `clickId`. The default is the first counted
    /// click on the link. `clickAt`, the name in answers, is read too.
    #[serde(default, alias = "clickAt")]
    #[schema(value_type = Option<String>, format = DateTime)]
    clicked_at: Option<GivenTime>,
    /// The time of the event; the present time if absent. Only admin keys may set it.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<GivenTime>,
}

/// The buyer of a checkout session.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CheckoutBody {
    /// The store's id.
    account_id: String,
    /// The session's id, or the id or `checkoutSessionId` of an order.
    checkout_session_id: SessionId,
    /// The buyer. `refereeCustomerId` is read too.
    #[serde(alias = "refereeCustomerId")]
    customer_id: CustomerId,
    /// The buyer's e-mail address. `refereeEmail` is read too.
    #[serde(default, alias = "refereeEmail")]
    email: Option<Email>,
    #[serde(default, deserialize_with = "object_or_null")]
    player: Option<PlayerJson>,
    /// The typed code.
    #[serde(default)]
    code: Option<Code>,
    /// The time of the event; the present time if absent. Only admin keys may set it.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<GivenTime>,
}

/// The outcome of a checkout session.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct FulfillBody {
    /// The store's id.
    #[serde(default)]
    account_id: Option<String>,
    /// The session's id, or the id or `checkoutSessionId` of an order.
    checkout_session_id: SessionId,
    /// The outcome. Only `paid` has an effect.
    status: String,
    currency: Currency,
    /// The price, in minor units.
    amount: Amount,
    /// The buyer, for a session that no order, checkout or signup named. `customerId` is read too.
    #[serde(default, alias = "customerId")]
    referee_customer_id: Option<CustomerId>,
    /// The buyer's e-mail address, as an alternative to the id. `email` is read too.
    #[serde(default, alias = "email")]
    referee_email: Option<Email>,
    /// The time of the event; the present time if absent. Only admin keys may set it.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<GivenTime>,
}

/// The completion of an order.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CompleteBody {
    /// The store's id.
    #[serde(default)]
    account_id: Option<String>,
    /// The session's id, or the id or `checkoutSessionId` of an order.
    checkout_session_id: SessionId,
    /// The time of the event; the present time if absent. Only admin keys may set it.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<GivenTime>,
}

/// The reversal of an order, or a partial refund.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct VoidBody {
    /// The store's id.
    #[serde(default)]
    account_id: Option<String>,
    /// The session's id, or the id or `checkoutSessionId` of an order.
    checkout_session_id: SessionId,
    /// The kind of reversal; by default `refunded`.
    #[serde(default)]
    reason: ReversalDto,
    /// The amount of this refund, in minor units; by default the whole price. Refunds are added up.
    #[serde(default)]
    refunded_amount: Option<Amount>,
    /// The payment provider's id of this refund, so that a repeat counts once. Without an id, the amount identifies it.
    #[serde(default)]
    refund_id: Option<RefundId>,
    /// The time of the event; the present time if absent. Only admin keys may set it.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<GivenTime>,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AttributionQuery {
    /// The status to list.
    #[serde(default)]
    status: Option<StatusDto>,
    /// The referrer to list.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    referrer: Option<CustomerId>,
    /// The referee to list.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    referee: Option<CustomerId>,
    /// The number of attributions per page: 1 to 100, by default 25.
    #[serde(default)]
    limit: Option<u32>,
    /// The `nextCursor` of the previous page.
    #[serde(default)]
    cursor: Option<String>,
}

/// Reports a signup: 201 with the new attribution, 200 with the existing one, or `null` without a code. An error names
/// the reason for a refused bind; the registration counts in any case.
#[utoipa::path(post, path = "/referrals/attributions/signup", tag = "referrals", security(("key" = [])), request_body = SignupBody,
    responses((status = 201, body = AttributionView), (status = 200, body = Option<AttributionView>), Errors))]
pub(super) async fn signup(
    State(api): State<Arc<ReferralApi>>,
    key: ApiKey,
    Body(body, _): Body<SignupBody>,
) -> Result<Saved<Option<AttributionView>>, ApiError> {
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
    let at = effective_time(&api, &key, body.occurred_at)?;
    let click = match (body.clicked_at, body.click_id) {
        (Some(_), Some(_)) => return Err(ApiError::value("clickId", "name either clickedAt or clickId")),
        (Some(clicked), None) => ReportedClick::At(clicked.happened_by(at, "clickedAt")?),
        (None, Some(id)) => ReportedClick::Id(id),
        (None, None) => ReportedClick::Unknown,
    };
    let signup = Signup {
        customer: to_rules_id(&body.referee_customer_id),
        email: body.referee_email.map(String::from),
        name: body.referee_name.map(String::from),
        player: body.referee_player.map(Player::from),
        code,
        external,
        session: body.checkout_session_id.map(|session| session.0),
        is_guest: body.guest,
        click,
        at,
    };
    answer(&api, key.actor(), move |tx, by, ctx| service::signup(tx, by, ctx, &signup)).await
}

/// Reports the buyer and the code of a checkout. An error names the reason for a refused code; the checkout may go on.
#[utoipa::path(post, path = "/referrals/attributions/checkout", tag = "referrals", security(("key" = [])), request_body = CheckoutBody,
    responses((status = 201, body = AttributionView), (status = 200, body = Option<AttributionView>), Errors))]
pub(super) async fn checkout(
    State(api): State<Arc<ReferralApi>>,
    key: ApiKey,
    Body(body, _): Body<CheckoutBody>,
) -> Result<Saved<Option<AttributionView>>, ApiError> {
    check_account(&api, Some(&body.account_id))?;
    let at = effective_time(&api, &key, body.occurred_at)?;
    let buyer = Buyer {
        customer: to_rules_id(&body.customer_id),
        email: body.email.map(String::from),
        player: body.player.map(Player::from),
    };
    answer(&api, key.actor(), move |tx, by, ctx| {
        let code = body.code.as_ref().map(|code| code.as_str().trim()).filter(|code| !code.is_empty());
        service::in_session(tx, &body.checkout_session_id, |id| service::checkout(tx, by, ctx, id, &buyer, code, at))
    })
    .await
}

/// Reports a payment. Answers with the attribution after it; `null` for an order without a referral.
#[utoipa::path(post, path = "/referrals/attributions/fulfill", tag = "referrals", security(("key" = [])), request_body = FulfillBody,
    responses((status = 200, body = Option<AttributionView>), Errors))]
pub(super) async fn fulfill(
    State(api): State<Arc<ReferralApi>>,
    key: ApiKey,
    Body(body, _): Body<FulfillBody>,
) -> Result<Saved<Option<AttributionView>>, ApiError> {
    check_account(&api, body.account_id.as_deref())?;
    let at = effective_time(&api, &key, body.occurred_at)?;
    let amount = i64::try_from(body.amount.get()).unwrap_or(i64::MAX);
    let money = flux_referral_rules::Currency::parse(body.currency.as_str()).and_then(|of| Money::new(amount, of));
    let money = money.map_err(|invalid| ApiError::value("amount", invalid.to_string()))?;
    let payer = Payer {
        customer: body.referee_customer_id.as_ref().map(|id| to_rules_id(id)),
        email: body.referee_email.map(String::from),
    };
    answer(&api, key.actor(), move |tx, by, ctx| {
        let session = &body.checkout_session_id;
        service::in_session(tx, session, |id| {
            if body.status != "paid" {
                return service::of_session(tx, by, ctx, id);
            }
            let outcome = service::fulfil(tx, by, ctx, (id, session), &payer, money, at)?;
            outcome.ok_or(Error::NotFound("session: no order, checkout or signup named its buyer, nor does this call"))
        })
    })
    .await
    .map_err(|error| if error.code == "not_found" { ApiError { code: "unknown_session", ..error } } else { error })
}

/// Reports a completed order: shipped, received, or whatever the storefront calls completed.
#[utoipa::path(post, path = "/referrals/attributions/complete", tag = "referrals", security(("key" = [])), request_body = CompleteBody,
    responses((status = 200, body = Option<AttributionView>), Errors))]
pub(super) async fn complete(
    State(api): State<Arc<ReferralApi>>,
    key: ApiKey,
    Body(body, _): Body<CompleteBody>,
) -> Result<Saved<Option<AttributionView>>, ApiError> {
    check_account(&api, body.account_id.as_deref())?;
    let at = effective_time(&api, &key, body.occurred_at)?;
    answer(&api, key.actor(), move |tx, by, ctx| {
        service::in_session(tx, &body.checkout_session_id, |id| service::completed(tx, by, ctx, id, at))
    })
    .await
}

/// Reports a reversed order. An unknown order is recorded, so that its late payment earns nothing.
#[utoipa::path(post, path = "/referrals/attributions/void", tag = "referrals", security(("key" = [])), request_body = VoidBody,
    responses((status = 200, body = Option<AttributionView>), Errors))]
pub(super) async fn void(
    State(api): State<Arc<ReferralApi>>,
    key: ApiKey,
    Body(body, _): Body<VoidBody>,
) -> Result<Saved<Option<AttributionView>>, ApiError> {
    check_account(&api, body.account_id.as_deref())?;
    let at = effective_time(&api, &key, body.occurred_at)?;
    if body.refunded_amount == Some(Checked(flux_shop::Amount::ZERO)) {
        return Err(ApiError::value("refundedAmount", "must be at least 1: nothing is no refund"));
    }
    let part = body.refunded_amount.map(|amount| {
        let amount = amount.get();
        let dedup_key = body.refund_id.map_or_else(|| format!("amount:{amount}"), |id| format!("id:{}", id.as_str()));
        (i64::try_from(amount).unwrap_or(i64::MAX), dedup_key)
    });
    answer(&api, key.actor(), move |tx, by, ctx| {
        service::in_session(tx, &body.checkout_session_id, |id| {
            service::void(tx, by, ctx, id, body.reason.into(), part.clone(), at)
        })
    })
    .await
}

/// Voids an attribution, whatever the state of its order. The rewards of the order are reversed. A repeat changes nothing.
#[utoipa::path(post, path = "/referrals/attributions/{id}/void", tag = "referrals", security(("key" = [])), params(("id" = String, Path)),
    responses((status = 200, body = Option<AttributionView>), Errors))]
pub(super) async fn withdraw(
    State(api): State<Arc<ReferralApi>>,
    key: Admin,
    Id(id): Id<String>,
) -> Result<Saved<Option<AttributionView>>, ApiError> {
    let (at, id) = (api.now(), AttributionId::new(id));
    answer(&api, key.actor(), move |tx, by, ctx| service::withdraw(tx, by, ctx, &id, at)).await
}

/// Lists the referrals, newest first, with the state of each reward.
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
    let page = api.read(move |tx, _, _| {
        let found = attributions_repo::page(tx, before, &filter, limit + 1)?;
        try_page(found, limit, |row| row.seq.to_string(), |row| service::view_of(tx, &row, now))
    });
    Ok(Json(page.await?))
}

/// Shows an attribution with its rewards.
#[utoipa::path(get, path = "/referrals/attributions/{id}", tag = "referrals", security(("key" = [])), params(("id" = String, Path)),
    responses((status = 200, body = AttributionView), Errors))]
pub(super) async fn show(
    State(api): State<Arc<ReferralApi>>,
    _key: Admin,
    Id(id): Id<String>,
) -> Result<Json<AttributionView>, ApiError> {
    let (now, id) = (api.now(), AttributionId::new(id));
    Ok(Json(api.read(move |tx, _, _| service::attribution(tx, &id, now)).await?))
}

/// Runs an event and answers with the attribution after it. A refused bind is an error, but the event's other changes
/// are kept.
async fn answer(
    api: &ReferralApi,
    actor: Actor,
    event: impl Fn(&Tx<'_>, &Audit, &ReferralContext) -> Result<Outcome, Error> + Send + 'static,
) -> Result<Saved<Option<AttributionView>>, ApiError> {
    let run = move |tx: &Tx<'_>, by: &Audit, ctx: &ReferralContext| event(tx, by, ctx).map(split);
    let view = |tx: &Tx<'_>, _: &Audit, outcome: &Outcome| {
        outcome.attribution.as_ref().map(|id| service::attribution(tx, id, tx.now())).transpose()
    };
    let (outcome, view) = api.run(actor, run, view).await?;
    if let Some(view) = &view {
        tracing::info!(
            attribution.id = view.id,
            attribution.status = view.status.as_str(),
            attribution.reason = view.reason,
            "referral event"
        );
    }
    check_bound(outcome.refusal)?;
    Ok(saved(outcome.is_new, view))
}
