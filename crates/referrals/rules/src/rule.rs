//! A rule: its scope, name, status and rewards.

use crate::string_enum::string_enum;
use crate::{Days, Ladder, OnReturn, OrderTiming, RuleId, Slots, Trigger, ValidationError, limits};
use std::fmt;
use std::num::NonZeroU32;

/// A VIP tier: `[a-z0-9_-]{1,32}`, but not `all`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tier(String);

impl Tier {
    /// Checks a tier.
    pub fn parse(text: &str) -> Result<Tier, ValidationError> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'-';
        let good = (1..=limits::TIER_CHARS).contains(&text.len()) && text.bytes().all(allowed) && text != "all";
        if good { Ok(Tier(text.to_owned())) } else { Err(ValidationError::Tier) }
    }

    /// The tier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The customers to whom a rule applies (R4-06).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// The global rule.
    All,
    /// Customers of this tier.
    Tier(Tier),
}

/// A rule's name. Two names are the same whatever their case and the blanks around them (R4-05).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleName(String);

impl RuleName {
    /// Checks a name; blanks around it are dropped.
    pub fn parse(text: &str) -> Result<RuleName, ValidationError> {
        let text = text.trim();
        let good = (1..=limits::RULE_NAME_CHARS).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        if good { Ok(RuleName(text.to_owned())) } else { Err(ValidationError::RuleName) }
    }

    /// The name as it is shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name in the form used for comparison and the unique index.
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

string_enum! {
    /// The status of a rule.
    pub enum RuleStatus {
        /// The rule applies.
        Active = "active",
        /// Customers of its scope cannot take part through it.
        Disabled = "disabled",
    }
}

/// The rewards of one tier, or of all customers, for referrals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its id.
    pub id: RuleId,
    /// Its name.
    pub name: RuleName,
    /// The customers to whom it applies.
    pub scope: Scope,
    /// Its status.
    pub status: RuleStatus,
    /// The rewards.
    pub slots: Slots,
    /// The maximum number of rewarded registrations per day.
    pub daily_limit: Option<NonZeroU32>,
    /// The period after registration in which the referee's first order counts.
    pub order_valid: Option<Days>,
    /// The time at which the referrer is rewarded for the order.
    pub order_timing: OrderTiming,
    /// The parts of a reward that a reversal takes back.
    pub on_return: OnReturn,
    /// Better benefits for more friends.
    pub ladder: Ladder,
    /// Rises with every edit.
    pub version: u64,
}

impl Rule {
    /// A new rule: disabled (R4-02), without rewards, deadlines or limits.
    pub fn new(id: RuleId, name: RuleName, scope: Scope) -> Rule {
        Rule {
            id,
            name,
            scope,
            status: RuleStatus::Disabled,
            slots: Slots::default(),
            daily_limit: None,
            order_valid: None,
            order_timing: OrderTiming::default(),
            on_return: OnReturn::default(),
            ladder: Ladder::default(),
            version: 1,
        }
    }

    /// Returns whether a referee's order earns a reward. If not, only the registration counts (D-15).
    pub fn rewards_orders(&self) -> bool {
        self.slots.has(Trigger::FirstOrder) || !self.ladder.is_empty()
    }

    /// Returns whether a referee's registration earns a reward.
    pub fn rewards_registrations(&self) -> bool {
        self.slots.has(Trigger::Registration)
    }
}
