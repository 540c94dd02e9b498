//! The API's view of the end of a rule.

use serde::Serialize;

/// The consequences of deleting or disabling a rule.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RuleEndsView {
    /// The scheduled rewards with this rule's terms, by id. They are still given on their day.
    pub waiting_rewards: ListedView,
    /// The referees without an order so far who are bound to referrers of this rule, by customer. Their orders count under
    /// `nextRule`, or are refused with `no_rule`.
    pub bound_referees: ListedView,
    /// The links that stop working, by code; none if `nextRule` is set. They work again once a rule applies.
    pub ending_links: ListedView,
    /// The name of the rule that applies to its referrers from then on; null if there is none.
    pub next_rule: Option<String>,
}

/// A list of which only the beginning is shown.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListedView {
    /// The number of all; 100,000 stands for that many or more.
    pub total: usize,
    /// The first 100.
    pub first: Vec<String>,
}
