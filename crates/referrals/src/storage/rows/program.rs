//! The program's settings as they are stored.

use super::bad;
use flux_referral_rules::{Channels, Currency, Days, Eligibility, PositiveMoney, Program, ProgramState, SelfReferral};
use flux_storage::Error;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;

/// The program's settings. The defaults are those of a program that was never saved.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::storage) struct SettingsRow {
    require_first_purchase: bool,
    min_purchase_amount: i64,
    currency: Option<String>,
    reward_expiry_days: Option<i64>,
    attribution_window_days: Option<i64>,
    max_rewards_per_referrer: Option<u32>,
    terms: Option<String>,
    landing_url: Option<String>,
    binds_by_link: bool,
    binds_by_code_at_signup: bool,
    binds_by_code_at_checkout: bool,
    eligibility: String,
    self_referral: String,
}

impl Default for SettingsRow {
    fn default() -> SettingsRow {
        SettingsRow {
            require_first_purchase: true,
            min_purchase_amount: 0,
            currency: None,
            reward_expiry_days: None,
            attribution_window_days: None,
            max_rewards_per_referrer: None,
            terms: None,
            landing_url: None,
            binds_by_link: true,
            binds_by_code_at_signup: true,
            binds_by_code_at_checkout: true,
            eligibility: Eligibility::Any.as_str().to_owned(),
            self_referral: SelfReferral::Block.as_str().to_owned(),
        }
    }
}

/// The program's texts and addresses, which the rules do not know.
#[derive(Debug, Clone, Default)]
pub(in crate::storage) struct Texts {
    pub(in crate::storage) terms: Option<String>,
    pub(in crate::storage) landing_url: Option<String>,
}

impl SettingsRow {
    /// The settings of this program.
    pub(in crate::storage) fn new(program: &Program, texts: Texts) -> SettingsRow {
        let Channels { link, code_at_signup, code_at_checkout } = program.channels;
        SettingsRow {
            require_first_purchase: program.require_first_purchase,
            min_purchase_amount: program.minimum.map_or(0, PositiveMoney::amount),
            currency: program.currency.map(|currency| currency.to_string()),
            reward_expiry_days: program.reward_expiry.map(Days::get),
            attribution_window_days: program.window.map(Days::get),
            max_rewards_per_referrer: program.max_rewards.map(NonZeroU32::get),
            terms: texts.terms,
            landing_url: texts.landing_url,
            binds_by_link: link,
            binds_by_code_at_signup: code_at_signup,
            binds_by_code_at_checkout: code_at_checkout,
            eligibility: program.eligibility.as_str().to_owned(),
            self_referral: program.self_referral.as_str().to_owned(),
        }
    }

    /// The program in this state, and its texts.
    pub(in crate::storage) fn read(self, state: ProgramState, time_zone: TimeZone) -> Result<(Program, Texts), Error> {
        let currency = self.currency.as_deref().map(Currency::parse).transpose().map_err(bad("a currency"))?;
        let minimum = currency.filter(|_| self.min_purchase_amount > 0);
        let minimum = minimum.map(|currency| PositiveMoney::new(self.min_purchase_amount, currency)).transpose();
        let days = |days: Option<i64>| days.map(Days::new).transpose().map_err(bad("days"));
        let program = Program {
            state,
            require_first_purchase: self.require_first_purchase,
            currency,
            minimum: minimum.map_err(bad("an amount of money"))?,
            window: days(self.attribution_window_days)?,
            reward_expiry: days(self.reward_expiry_days)?,
            max_rewards: self.max_rewards_per_referrer.and_then(NonZeroU32::new),
            channels: Channels {
                link: self.binds_by_link,
                code_at_signup: self.binds_by_code_at_signup,
                code_at_checkout: self.binds_by_code_at_checkout,
            },
            eligibility: self.eligibility.parse().map_err(|_| Error::BadRow("eligibility"))?,
            self_referral: self.self_referral.parse().map_err(|_| Error::BadRow("self_referral"))?,
            time_zone,
        };
        Ok((program, Texts { terms: self.terms, landing_url: self.landing_url }))
    }
}
