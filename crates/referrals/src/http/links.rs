//! Links, clicks, and codes.

use super::ReferralApi;
use super::{check_account, effective_time, program_id, to_rules_id};
use crate::Error;
use crate::dto::LinkView;
use crate::service::{self, ClickOutcome, CodeView, Visitor};
use crate::storage::customers as customers_repo;
use axum::Json;
use axum::extract::State;
use flux_rest::values::{CustomerId, Email, Label};
use flux_rest::{ApiError, ApiKey, Body, Errors, GivenTime, Id, Saved, saved};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A request for a customer's link.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct IssueBody {
    /// The store's id.
    account_id: String,
    customer_id: CustomerId,
    /// The name of a new customer. The code begins with it.
    #[serde(default)]
    name: Option<Label>,
    /// The e-mail address of a new customer.
    #[serde(default)]
    email: Option<Email>,
}

/// A click on a link.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ClickBody {
    /// The store's id.
    account_id: String,
    /// The link's code.
    code: String,
    /// The visitor's identity at the storefront. Clicks with the same key count once a day.
    #[serde(default)]
    visitor_key: Option<Label>,
    /// The visitor's `User-Agent` header. Programs that load previews do not count.
    #[serde(default)]
    user_agent: Option<String>,
    /// The time of the event; the present time if absent. Only admin keys may set it.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<GivenTime>,
}

/// The content of the visitor's cookie.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ClickAnswer {
    program_id: String,
    link_id: String,
    /// The click's id, for the signup of this visitor; null for a preview.
    click_id: Option<String>,
}

/// An invitation by mail.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct InvitationBody {
    /// The store's id.
    account_id: String,
    /// The inviting customer.
    customer_id: CustomerId,
    /// The e-mail address of the invited friend.
    email: Email,
}

/// Issues a customer's link, or returns the existing one; `null` while the program is off or no rule applies.
#[utoipa::path(post, path = "/referrals/links/issue", tag = "referrals", security(("key" = [])), request_body = IssueBody,
    responses((status = 201, body = LinkView), (status = 200, body = Option<LinkView>), Errors))]
pub(super) async fn issue(
    State(api): State<Arc<ReferralApi>>,
    key: ApiKey,
    Body(body, _): Body<IssueBody>,
) -> Result<Saved<Option<LinkView>>, ApiError> {
    check_account(&api, Some(&body.account_id))?;
    let issued = api.write(key.actor(), move |tx, by, ctx| {
        let id = to_rules_id(&body.customer_id);
        customers_repo::ensure_exists(tx, &id, tx.now())?;
        let (email, name) =
            (body.email.as_ref().map(|email| email.as_str()), body.name.as_ref().map(|name| name.as_str()));
        customers_repo::update_profile(tx, &id, email, name, tx.now())?;
        service::issue_link(tx, by, ctx, &id)
    });
    let (link, is_new) = issued.await?.unzip();
    Ok(saved(is_new.unwrap_or(false), link))
}

/// Reports a click on a link. Previews, repeats and clicks beyond the limits of a day do not count. 409 while the link is
/// disabled.
#[utoipa::path(post, path = "/referrals/links/click", tag = "referrals", security(("key" = [])), request_body = ClickBody,
    responses((status = 200, body = ClickAnswer), Errors))]
pub(super) async fn click(
    State(api): State<Arc<ReferralApi>>,
    key: ApiKey,
    Body(body, _): Body<ClickBody>,
) -> Result<Json<ClickAnswer>, ApiError> {
    check_account(&api, Some(&body.account_id))?;
    let at = effective_time(&api, &key, body.occurred_at)?;
    let clicked = api.write(key.actor(), move |tx, by, ctx| {
        let (key, user_agent) = (body.visitor_key.as_ref().map(|key| key.as_str()), body.user_agent.as_deref());
        service::click(tx, by, ctx, &body.code, Visitor { key, user_agent, purpose: None }, at)
    });
    match clicked.await? {
        ClickOutcome::Unknown => Err(ApiError::new(StatusCode::NOT_FOUND, "unknown_code", "nobody has this code")),
        ClickOutcome::Dead { reason, .. } => {
            Err(ApiError::new(StatusCode::CONFLICT, reason.as_str(), "the link is dead at present"))
        }
        ClickOutcome::Leads { link, click_id, .. } => {
            Ok(Json(ClickAnswer { program_id: program_id(&api), link_id: link.id, click_id }))
        }
    }
}

/// Says where a code may be used now, and what the friend gets, without side effects. The friend is checked when they come.
#[utoipa::path(get, path = "/referrals/codes/{code}", tag = "referrals", security(("key" = [])), params(("code" = String, Path)),
    responses((status = 200, body = CodeView), Errors))]
pub(super) async fn validate(
    State(api): State<Arc<ReferralApi>>,
    _key: ApiKey,
    Id(code): Id<String>,
) -> Result<Json<CodeView>, ApiError> {
    Ok(Json(api.read(move |tx, by, ctx| service::validate(tx, by, ctx, &code)).await?))
}

/// Sends a known customer's invitation, if that mail is enabled; 404 for an unknown customer. 409 `invitation_limit` after 10 invitations of a customer, or 2 to
/// an address, within 24 hours.
#[utoipa::path(post, path = "/referrals/invitations", tag = "referrals", security(("key" = [])), request_body = InvitationBody,
    responses((status = 202, description = "it is on its way"), Errors))]
pub(super) async fn invite(
    State(api): State<Arc<ReferralApi>>,
    key: ApiKey,
    Body(body, _): Body<InvitationBody>,
) -> Result<StatusCode, ApiError> {
    check_account(&api, Some(&body.account_id))?;
    let invited = api.write(key.actor(), move |tx, by, ctx| {
        if !body.email.as_str().contains('@') {
            return Err(Error::Invalid { field: "email".to_owned(), message: "is no e-mail address".to_owned() });
        }
        service::invite(tx, by, ctx, &to_rules_id(&body.customer_id), body.email.as_str())
    });
    invited.await?;
    Ok(StatusCode::ACCEPTED)
}
