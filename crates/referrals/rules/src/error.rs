//! The errors of settings and values that break a rule.

use crate::{Placeholder, limits};
use flux_protocol::ServerId;
use flux_protocol::template::TemplateFault;

/// A setting or a value that breaks a rule: a 409 response if [`ValidationError::is_conflict`] is true, else a 422.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValidationError {
    /// Not a currency.
    #[error("a currency is three upper-case letters, such as EUR")]
    Currency,
    /// An amount of money below 0, or beyond what JSON carries.
    #[error("an amount is a whole number from 0 to {}, in the currency's smallest unit", limits::SAFE_INTEGER_MAX)]
    Amount,
    /// A reward or a minimum of nothing.
    #[error("this amount must be above 0; leave the field out if there is to be none")]
    ZeroAmount,
    /// Not a percentage.
    #[error("a percentage is a whole number from 1 to 100")]
    Percent,
    /// Not a number of points.
    #[error("points are a whole number from 1 to {}", limits::SAFE_INTEGER_MAX)]
    Points,
    /// Not a number of days.
    #[error("days are a whole number from {} to {}", limits::DAYS.start(), limits::DAYS.end())]
    Days,
    /// A sum beyond 64 bits.
    #[error("the sum is too large to be kept")]
    Overflow,
    /// Not a code.
    #[error("a code is 1 to {} letters, digits, - or _", limits::CODE_CHARS)]
    Code,
    /// Not a tier.
    #[error("a tier is 1 to {} characters of a-z 0-9 _ -; `all` is the global rule's", limits::TIER_CHARS)]
    Tier,
    /// Not a rule's name.
    #[error("a rule's name is 1 to {} characters without control characters", limits::RULE_NAME_CHARS)]
    RuleName,
    /// Another rule has this name.
    #[error("another rule has this name already: choose another")]
    NameTaken,
    /// Another rule has this tier.
    #[error("this tier has a rule already: edit that one")]
    TierTaken,
    /// No rule has this id.
    #[error("there is no such rule")]
    UnknownRule,
    /// The global rule was to be deleted or bound to a tier.
    #[error("the global rule stays the global rule; disable it instead")]
    GlobalRule,
    /// Too many rules.
    #[error("there can be at most {} tier rules", limits::TIER_RULES)]
    TooManyRules,
    /// A reward is set where there is one already.
    #[error("this slot has a reward already: delete it first, or send `replace=true`")]
    SlotTaken,
    /// A slot with neither benefit nor command.
    #[error("a reward needs a benefit or at least one command")]
    EmptySlot,
    /// Too many commands in one slot.
    #[error("a reward has at most {} commands", limits::SLOT_COMMANDS)]
    TooManyCommands,
    /// A template that can never work.
    #[error("the command {0}")]
    Template(TemplateFault),
    /// A command for no server at all, or for too many.
    #[error("name 1 to {} servers, or send `all`", limits::COMMAND_SERVERS)]
    Servers,
    /// A command for a server that is not registered.
    #[error("there is no server {0}: register it first, or leave it out")]
    UnknownServer(ServerId),
    /// A ladder with a step 0, a step twice, or too many.
    #[error("a ladder has at most {} steps, each from another number above 0", limits::LADDER_STEPS)]
    Ladder,
    /// A landing address that is not the store's.
    #[error(
        "a landing address is http(s), on a host of the store, without user name; leave it empty for the store's home page"
    )]
    Landing,
    /// An amount without a currency.
    #[error("set `currency`: a minimum and a fixed reward need one")]
    CurrencyMissing,
    /// Reward values without a type.
    #[error("set `rewardType` to percent or fixed: the values need one")]
    RewardTypeMissing,
    /// A reward type that the program does not have.
    #[error("`rewardType` is percent or fixed")]
    RewardType,
    /// A cap or a daily limit that is not above 0.
    #[error("a limit is a whole number above 0; leave it out for none")]
    Limit,
    /// A text of a share channel or a mail is too long.
    #[error("a text has at most {} characters", limits::TEXT_CHARS)]
    Text,
    /// A text has a placeholder that nothing fills in.
    #[error("`{{{word}}}` is no placeholder of this text: known are {}", in_braces(known))]
    Placeholder {
        /// The word in braces.
        word: String,
        /// The placeholders of this text.
        known: &'static [Placeholder],
    },
    /// Every generated code exists already.
    #[error("no free code was found: is the random source of this machine broken?")]
    NoFreeCode,
}

impl ValidationError {
    /// The API's error code if existing data is in conflict with the value (409); `None` if the value is invalid (422).
    pub fn conflict_code(&self) -> Option<&'static str> {
        match self {
            Self::NameTaken => Some("name_taken"),
            Self::TierTaken => Some("tier_taken"),
            Self::SlotTaken => Some("slot_taken"),
            Self::GlobalRule => Some("global_rule"),
            Self::Currency
            | Self::Amount
            | Self::ZeroAmount
            | Self::Percent
            | Self::Points
            | Self::Days
            | Self::Overflow
            | Self::Code
            | Self::Tier
            | Self::RuleName
            | Self::UnknownRule
            | Self::TooManyRules
            | Self::EmptySlot
            | Self::TooManyCommands
            | Self::Template(_)
            | Self::Servers
            | Self::UnknownServer(_)
            | Self::Ladder
            | Self::Landing
            | Self::CurrencyMissing
            | Self::RewardTypeMissing
            | Self::RewardType
            | Self::Limit
            | Self::Text
            | Self::Placeholder { .. }
            | Self::NoFreeCode => None,
        }
    }

    /// Returns whether existing data is in conflict with the value (409).
    pub fn is_conflict(&self) -> bool {
        self.conflict_code().is_some()
    }
}

fn in_braces(known: &[Placeholder]) -> String {
    known.iter().map(|placeholder| format!("{{{placeholder}}}")).collect::<Vec<_>>().join(", ")
}
