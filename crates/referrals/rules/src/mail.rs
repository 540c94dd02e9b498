//! The kinds of mails, the placeholders of each, and the mails of a decision.

use crate::string_enum::string_enum;
use crate::{
    Attribution, CustomerId, Decision, GrantKey, GrantStatus, Placeholder, Program, ProgramState, RuleStatus, Rules,
    Side,
};
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
        /// A reward was taken back: to whoever had it.
        RewardTakenBack = "rewardTakenBack",
    }
}

impl Scenario {
    /// The placeholders that this mail's texts may have (R3-31).
    pub fn placeholders(self) -> &'static [Placeholder] {
        use Placeholder::{Code, Friend, Link, MemberPage, Name, Reward, RewardCode, Store, ValidUntil};
        match self {
            Scenario::CodeIssued | Scenario::Invitation => &[Name, Code, Link, Reward, Store, MemberPage],
            Scenario::FriendJoined => &[Name, Code, Link, Friend, Store, MemberPage],
            Scenario::RewardIssued | Scenario::RewardTakenBack => {
                &[Name, Link, Reward, RewardCode, ValidUntil, Friend, Store, MemberPage]
            }
        }
    }
}

/// The scenarios that are switched on.
pub type Switches = BTreeSet<Scenario>;

/// A mail of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailing {
    /// The event.
    pub scenario: Scenario,
    /// The recipient.
    pub customer: CustomerId,
    /// The reward that it is about.
    pub grant: Option<GrantKey>,
    /// The customer on the other side.
    pub friend: CustomerId,
}

/// Returns whether customers without a code are given one and mailed it now (R3-18): codes and that mail are on, and some rule
/// rewards.
pub fn mails_codes(program: &Program, rules: &Rules, switches: &Switches) -> bool {
    program.state != ProgramState::Disabled
        && program.channels.take_codes()
        && switches.contains(&Scenario::CodeIssued)
        && rules.iter().any(|rule| rule.status == RuleStatus::Active)
}

/// The enabled mails of a decision. `before` is the attribution before the decision.
pub fn mails(before: &Attribution, decision: &Decision, switches: &Switches) -> Vec<Mailing> {
    let after = &decision.attribution;
    let has_joined = before.registered_at.is_none() && after.registered_at.is_some();
    let joined = has_joined.then(|| Mailing {
        scenario: Scenario::FriendJoined,
        customer: after.referrer.clone(),
        grant: None,
        friend: after.referee.clone(),
    });
    let of_rewards = decision.changes.iter().filter_map(|change| {
        let grant = &change.grant;
        let scenario = match grant.status {
            GrantStatus::Issued(_) => Scenario::RewardIssued,
            GrantStatus::Revoked(_) => Scenario::RewardTakenBack,
            GrantStatus::Scheduled { .. }
            | GrantStatus::Used(..)
            | GrantStatus::Expired(_)
            | GrantStatus::Cancelled { .. } => return None,
        };
        let friend = match grant.key.side {
            Side::Referrer => after.referee.clone(),
            Side::Referee => after.referrer.clone(),
        };
        Some(Mailing { scenario, customer: grant.customer.clone(), grant: Some(grant.key.clone()), friend })
    });
    joined.into_iter().chain(of_rewards).filter(|mail| switches.contains(&mail.scenario)).collect()
}
