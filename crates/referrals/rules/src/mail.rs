use crate::string_enum::string_enum;
use crate::{Attribution, Channels, CustomerId, Decision, GrantStatus};
use std::collections::BTreeSet;

string_enum! {
    /// The event for which a mail is sent (R3-21).
    pub enum Scenario {
        /// A customer got a code.
        CodeIssued = "codeIssued",
        /// A customer invites somebody.
        Invitation = "invitation",
        /// A friend has registered: to the referrer.
        FriendJoined = "friendJoined",
        /// A reward was issued: to whoever has it.
        RewardIssued = "rewardIssued",
    }
}

/// The scenarios that are switched on.
pub type Switches = BTreeSet<Scenario>;

/// Returns whether this edit enables codes, so that each customer without one gets a mail (R3-18).
/// Enabling them again finds no such customer.
pub fn turns_codes_on(before: Channels, after: Channels) -> bool {
    !before.take_codes() && after.take_codes()
}

/// The enabled mails of a decision. `before` is the attribution before the decision.
pub fn mails(before: &Attribution, decision: &Decision, switches: &Switches) -> Vec<(Scenario, CustomerId)> {
    let after = &decision.attribution;
    let has_joined = before.registered_at.is_none() && after.registered_at.is_some();
    let joined = has_joined.then(|| (Scenario::FriendJoined, after.referrer.clone()));
    let issued = decision.changes.iter().filter(|change| matches!(change.grant.status, GrantStatus::Issued(_)));
    let issued = issued.map(|change| (Scenario::RewardIssued, change.grant.customer.clone()));
    joined.into_iter().chain(issued).filter(|(scenario, _)| switches.contains(scenario)).collect()
}
