use crate::words::words;
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

/// Whom a rule is for: one tier, or everybody (R4-06).
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

    /// The name as it is compared, and what a unique index stands on.
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

words! {
    /// Whether a rule works.
    RuleStatus {
        /// It works.
        Active = "active",
        /// Customers of its scope cannot take part through it.
        Disabled = "disabled",
    }
}

/// What one tier, or everybody, gets for bringing a friend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its id.
    pub id: RuleId,
    /// Its name.
    pub name: RuleName,
    /// Whom it is for.
    pub scope: Scope,
    /// Whether it works.
    pub status: RuleStatus,
    /// The rewards.
    pub slots: Slots,
    /// How many friends' registrations are rewarded a day.
    pub daily_limit: Option<NonZeroU32>,
    /// How long after registering the friend's first order counts.
    pub order_valid: Option<Days>,
    /// When the referrer gets the reward of the order.
    pub order_timing: OrderTiming,
    /// What is taken back when the order is undone.
    pub on_return: OnReturn,
    /// Better benefits for more friends.
    pub ladder: Ladder,
    /// Rises with every edit.
    pub version: u64,
}

impl Rule {
    /// A rule as it is born: disabled (R4-02), without rewards, clocks or limits.
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

    /// Whether a friend's order earns anybody anything; if not, registering is all that counts (D-15).
    pub fn rewards_orders(&self) -> bool {
        self.slots.has(Trigger::FirstOrder) || !self.ladder.is_empty()
    }
}
