//! The settings of the referral program.

use crate::string_enum::string_enum;
use crate::{Channel, Currency, Days, PositiveMoney};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::num::NonZeroU32;

/// The state of the program's main switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgramState {
    /// Links do not work, and nothing is issued.
    Disabled,
    /// Rewards that fell due before `since` are issued as of `since` (C-18).
    Enabled {
        /// The time at which the program was last enabled.
        since: Timestamp,
    },
}

string_enum! {
    /// The customers who may refer (C-05).
    pub enum Eligibility {
        /// Every customer.
        Any = "any",
        /// Registered customers.
        Members = "members",
        /// Customers with a purchase.
        Buyers = "buyers",
    }
}

string_enum! {
    /// The handling of self-referrals (D-13).
    pub enum SelfReferral {
        /// It is refused.
        Block = "block",
        /// It is a referral like any other.
        Allow = "allow",
    }
}

/// The channels that are open to referees (C-03).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Channels {
    /// The link.
    pub link: bool,
    /// The code, typed at registration.
    pub code_at_signup: bool,
    /// The code, typed at checkout.
    pub code_at_checkout: bool,
}

impl Channels {
    /// Returns whether this channel is open.
    pub fn is_open(&self, channel: Channel) -> bool {
        match channel {
            Channel::Link => self.link,
            Channel::CodeSignup => self.code_at_signup,
            Channel::CodeCheckout => self.code_at_checkout,
        }
    }

    /// Returns whether any channel accepts a typed code.
    pub fn take_codes(&self) -> bool {
        self.code_at_signup || self.code_at_checkout
    }
}

/// The program's settings that affect decisions: switches, deadlines and caps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// Enabled or disabled.
    pub state: ProgramState,
    /// True if only the first purchase of a new customer counts.
    pub require_first_purchase: bool,
    /// The currency of the program's own amounts.
    pub currency: Option<Currency>,
    /// The smallest order that counts.
    pub minimum: Option<PositiveMoney>,
    /// The period after a click, or after the bind without one, in which an order counts.
    pub window: Option<Days>,
    /// The default lifetime of discount codes.
    pub reward_expiry: Option<Days>,
    /// The maximum number of rewards per referrer.
    pub max_rewards: Option<NonZeroU32>,
    /// The open channels.
    pub channels: Channels,
    /// The customers who may refer.
    pub eligibility: Eligibility,
    /// The handling of self-referrals.
    pub self_referral: SelfReferral,
    /// The time zone of the store's days.
    pub time_zone: TimeZone,
}

impl Program {
    /// The defaults: on, first purchase only, no minimum, no deadlines, no cap, all channels open.
    pub fn new(since: Timestamp) -> Program {
        Program {
            state: ProgramState::Enabled { since },
            require_first_purchase: true,
            currency: None,
            minimum: None,
            window: None,
            reward_expiry: None,
            max_rewards: None,
            channels: Channels { link: true, code_at_signup: true, code_at_checkout: true },
            eligibility: Eligibility::Any,
            self_referral: SelfReferral::Block,
            time_zone: TimeZone::UTC,
        }
    }
}
