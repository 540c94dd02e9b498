//! The values of the placeholders of one mail or shared text.

use super::UnitOfWork;
use super::links::landing;
use super::mails::shown_name;
use crate::Error;
use crate::storage::grants::{self, GrantRow};
use crate::storage::links;
use flux_referral_rules::{
    Benefit, CustomerId, GrantStatus, Language, Placeholder, Rule, Scenario, Side, Slot, Trigger, Values, effective,
    moment_in_words, reward_in_words,
};
use flux_shop::GrantId;
use serde::{Deserialize, Serialize};

/// The subject of a mail besides its customer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct About {
    /// The reward.
    pub(super) grant_id: Option<String>,
    /// The customer on the other side.
    pub(super) friend_id: Option<String>,
}

/// The values of a customer's mail.
pub(super) fn values(
    work: &UnitOfWork<'_>,
    scenario: Scenario,
    customer: &CustomerId,
    about: &About,
) -> Result<Values, Error> {
    let language = work.program().mails.language;
    let link = links::of_customer(work.tx(), customer)?;
    let (store, referrer) = (work.store()?, work.referrer(customer)?);
    let rule = effective(&store, &referrer).ok();
    let address = match (&link, rule) {
        (Some(link), Some(_)) => landing(work, rule).link(&link.code),
        _ => landing(work, None).as_str().to_owned(),
    };
    let nobody = match scenario {
        Scenario::Invitation => language.some_friend_first(),
        Scenario::CodeIssued | Scenario::FriendJoined | Scenario::RewardIssued | Scenario::RewardTakenBack => {
            language.nobody()
        }
    };
    let name = shown_name(work, customer)?.unwrap_or_else(|| nobody.to_owned());
    let friend = match &about.friend_id {
        Some(friend) => shown_name(work, &CustomerId::new(friend.as_str()))?,
        None => None,
    };
    let grant = match &about.grant_id {
        Some(id) => grants::find(work.tx(), &GrantId::new(id.clone()))?,
        None => None,
    };
    let issue = grant.as_ref().and_then(|row| match &row.grant.status {
        GrantStatus::Issued(issue) | GrantStatus::Used(issue, _) | GrantStatus::Expired(issue) => Some(*issue),
        GrantStatus::Scheduled { .. } | GrantStatus::Revoked(_) | GrantStatus::Cancelled { .. } => None,
    });
    let ends = issue.and_then(|issue| issue.expires_at);
    let reward = match &grant {
        Some(row) => Some(reward_in_words(row.grant.terms.benefit.as_ref(), language)),
        None => promised(rule, scenario, language),
    };
    Ok(Values::new([
        (Placeholder::Name, Some(name)),
        (Placeholder::Code, link.map(|link| link.code.to_string())),
        (Placeholder::Link, Some(address)),
        (Placeholder::Reward, reward),
        (Placeholder::RewardCode, grant.and_then(code_of)),
        (Placeholder::ValidUntil, ends.map(|at| moment_in_words(at, &work.ctx().zone, language))),
        (Placeholder::Friend, Some(friend.unwrap_or_else(|| language.some_friend().to_owned()))),
        (Placeholder::Store, Some(work.ctx().store_name.clone())),
        (Placeholder::MemberPage, Some(member_page(work))),
    ]))
}

/// The values of a customer's texts to share. `{reward}` is the friend's.
pub(super) fn share_values(
    work: &UnitOfWork<'_>,
    customer: &CustomerId,
    (link, code): (&str, &str),
    rule: Option<&Rule>,
) -> Result<Values, Error> {
    let language = work.program().mails.language;
    Ok(Values::new([
        (Placeholder::Name, work.customer(customer)?.name.or(shown_name(work, customer)?)),
        (Placeholder::Code, Some(code.to_owned())),
        (Placeholder::Link, Some(link.to_owned())),
        (Placeholder::Reward, promised(rule, Scenario::Invitation, language)),
        (Placeholder::Store, Some(work.ctx().store_name.clone())),
    ]))
}

fn code_of(row: GrantRow) -> Option<String> {
    row.discount.map(|(_, code)| code.to_string())
}

/// The reward that the rule promises to the reader of this mail.
fn promised(rule: Option<&Rule>, scenario: Scenario, language: Language) -> Option<String> {
    let (side, triggers) = match scenario {
        Scenario::CodeIssued => (Side::Referrer, [Trigger::FirstOrder, Trigger::Registration]),
        Scenario::Invitation => (Side::Referee, [Trigger::Registration, Trigger::FirstOrder]),
        Scenario::FriendJoined | Scenario::RewardIssued | Scenario::RewardTakenBack => return None,
    };
    let slot: &Slot = triggers.into_iter().find_map(|trigger| rule?.slots.get(side, trigger))?;
    let benefit: Option<&Benefit> = slot.benefit();
    Some(reward_in_words(benefit, language))
}

/// The page where customers see their rewards. A page outside the store's hosts is skipped.
fn member_page(work: &UnitOfWork<'_>) -> String {
    let address = &work.ctx().address;
    let page = address.landing(work.program().mails.member_page.as_deref().unwrap_or_default());
    page.unwrap_or_else(|_| address.home()).as_str().to_owned()
}
