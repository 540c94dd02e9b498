use crate::words::words;
use crate::{Channel, Currency, Days, PositiveMoney};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::num::NonZeroU32;

/// The master switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgramState {
    /// Links are dead, and nothing is issued.
    Off,
    /// On since then: what fell due before is issued as of then (C-18).
    On {
        /// When it was last turned on.
        since: Timestamp,
    },
}

words! {
    /// Who may refer (C-05).
    Eligibility {
        /// Every customer.
        Any = "any",
        /// Who has registered.
        Members = "members",
        /// Who has bought.
        Buyers = "buyers",
    }
}

words! {
    /// What becomes of somebody who refers themselves (D-13).
    SelfReferral {
        /// It is refused.
        Block = "block",
        /// It is a referral like any other.
        Allow = "allow",
    }
}

/// The doors through which a friend may come in (C-03).
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
    /// Whether this one is open.
    pub fn is_open(&self, door: Channel) -> bool {
        match door {
            Channel::Link => self.link,
            Channel::CodeSignup => self.code_at_signup,
            Channel::CodeCheckout => self.code_at_checkout,
        }
    }

    /// Whether a code can be typed anywhere.
    pub fn take_codes(&self) -> bool {
        self.code_at_signup || self.code_at_checkout
    }
}

/// The program's settings, as far as they decide anything: switches, clocks, caps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// The master switch.
    pub master: ProgramState,
    /// Whether only the first purchase of a new customer counts.
    pub require_first_purchase: bool,
    /// The currency of the program's own amounts.
    pub currency: Option<Currency>,
    /// The smallest order that counts.
    pub minimum: Option<PositiveMoney>,
    /// How long after a click, or the bind where there is none, an order counts.
    pub window: Option<Days>,
    /// How long discount codes are good for that do not say so themselves.
    pub reward_expiry: Option<Days>,
    /// How many rewards a referrer can get.
    pub max_rewards: Option<NonZeroU32>,
    /// The doors.
    pub doors: Channels,
    /// Who may refer.
    pub eligibility: Eligibility,
    /// Whether one may refer oneself.
    pub self_referral: SelfReferral,
    /// Where the store's days begin.
    pub time_zone: TimeZone,
}

impl Program {
    /// The defaults: on, first purchase only, no minimum, no clocks, no cap, every door open.
    pub fn new(since: Timestamp) -> Program {
        Program {
            master: ProgramState::On { since },
            require_first_purchase: true,
            currency: None,
            minimum: None,
            window: None,
            reward_expiry: None,
            max_rewards: None,
            doors: Channels { link: true, code_at_signup: true, code_at_checkout: true },
            eligibility: Eligibility::Any,
            self_referral: SelfReferral::Block,
            time_zone: TimeZone::UTC,
        }
    }
}
