//! The answer about a code: where it may be used now, and what the friend gets.

use super::UnitOfWork;
use super::links::landing;
use crate::dto::BenefitBody;
use crate::storage::links;
use crate::{Error, ReferralContext};
use flux_referral_rules::{BindError, Channel, Code, Rule, Side, Slot, Trigger, effective, validate as judge};
use flux_shop::Audit;
use flux_storage::Tx;
use serde::Serialize;

/// The answer about a code.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CodeView {
    /// The code, in its original case.
    pub code: String,
    /// True if the code may be used in at least one of the ways in `doors`.
    pub valid: bool,
    /// The reason for a code that may not be used in any way.
    pub reason: Option<String>,
    /// The ways in which a friend may use the code.
    pub doors: DoorsView,
    /// The name of the code's owner.
    pub referrer_name: Option<String>,
    /// The terms.
    pub terms: Option<String>,
    /// The target of the code's link.
    pub landing_url: String,
    /// The friend's benefits, by the event that earns them.
    pub gives: GivesView,
    /// The friend's benefit for the first order, as in `gives`.
    pub referee_benefit: Option<BenefitBody>,
}

/// The ways in which a friend may use a code.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct DoorsView {
    /// Typed at registration: `code` of a signup.
    signup: DoorView,
    /// Typed at checkout: `referralCode` of an order, `code` of a checkout.
    checkout: DoorView,
    /// Through the link: `linkCode` of a signup.
    link: DoorView,
}

/// The answer about one way of using a code.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct DoorView {
    /// True if the code may be used in this way. The friend is checked when they come.
    valid: bool,
    /// The reason why not, such as `door_closed`.
    reason: Option<String>,
}

/// The friend's benefits. A reward of commands alone has no benefit, and is null here.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GivesView {
    /// For registering.
    registration: Option<BenefitBody>,
    /// For the first order that counts.
    first_order: Option<BenefitBody>,
}

/// `GET /codes/{code}`: says where a code may be used.
pub fn validate(tx: &Tx<'_>, audit: &Audit, ctx: &ReferralContext, code: &str) -> Result<CodeView, Error> {
    let unknown = Error::NotFound("code");
    let Ok(code) = Code::parse(code) else { return Err(unknown) };
    let Some(link) = links::by_code(tx, &code)? else { return Err(unknown) };
    let work = UnitOfWork::begin(tx, audit, ctx)?;
    let referrer = work.referrer(&link.customer)?;
    let store = work.store()?;
    let [signup, checkout, by_link] = [Channel::CodeSignup, Channel::CodeCheckout, Channel::Link]
        .map(|channel| judge(&store, &referrer, channel).err().map(BindError::as_str));
    // No way is open: each has the same reason, or all of them are closed.
    let reason = signup.filter(|_| checkout.is_some() && by_link.is_some());
    let rule = effective(&store, &referrer).ok();
    let door = |reason: Option<&str>| DoorView { valid: reason.is_none(), reason: reason.map(str::to_owned) };
    Ok(CodeView {
        code: link.code.to_string(),
        valid: reason.is_none(),
        reason: reason.map(str::to_owned),
        doors: DoorsView { signup: door(signup), checkout: door(checkout), link: door(by_link) },
        referrer_name: work.customer(&link.customer)?.name,
        terms: work.program().doc.program_terms.clone(),
        landing_url: landing(&work, rule).link(&link.code),
        gives: GivesView {
            registration: benefit(rule, Trigger::Registration),
            first_order: benefit(rule, Trigger::FirstOrder),
        },
        referee_benefit: benefit(rule, Trigger::FirstOrder),
    })
}

/// The referee's benefit for this event.
fn benefit(rule: Option<&Rule>, trigger: Trigger) -> Option<BenefitBody> {
    rule?.slots.get(Side::Referee, trigger).and_then(Slot::benefit).map(BenefitBody::from)
}
