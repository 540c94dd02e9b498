//! `PUT /program`: the request body, and its application to the program and the rules.

use super::command::read_all;
use super::patch::{Field, named, named_object, over, patch};
use super::program::{ChannelsBody, EligibilityDto, ProgramDoc, SelfReferralDto};
use super::{FieldError, RewardCommandBody};
use flux_referral_rules::{
    Channels, Currency, Days, Patch, Program, ProgramPut, RewardCommand, RewardType, Rules, ValidationError, limits,
};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// A write of the program: an absent field stays (at first: the default), `null` clears it (a required field: sets the
/// default). A write with a reward sets that of the global rule, and activates the rule if the program is on.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProgramPatch {
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<bool>)]
    enabled: Field<bool>,
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<bool>)]
    require_first_purchase: Field<bool>,
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<i64>)]
    min_purchase_amount: Field<i64>,
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<String>)]
    currency: Field<String>,
    #[serde(default)]
    reward_type: Option<RewardTypeDto>,
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<i64>)]
    referrer_value: Field<i64>,
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<i64>)]
    referee_value: Field<i64>,
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<i64>)]
    reward_expiry_days: Field<i64>,
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<i64>)]
    attribution_window_days: Field<i64>,
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<i64>)]
    max_rewards_per_referrer: Field<i64>,
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<String>)]
    program_terms: Field<String>,
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<Vec<RewardCommandBody>>)]
    reward_commands: Field<Vec<RewardCommandBody>>,
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<String>)]
    landing_url: Field<String>,
    #[serde(default, deserialize_with = "named_object")]
    #[schema(value_type = Option<ChannelsPatch>)]
    bind: Field<ChannelsPatch>,
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<EligibilityDto>)]
    referrer_eligibility: Field<EligibilityDto>,
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<SelfReferralDto>)]
    self_referral: Field<SelfReferralDto>,
    /// The version that was read, also accepted as the header `If-Match`. The write is refused (409) if the program has
    /// changed since.
    #[serde(default)]
    pub version: Option<u64>,
    /// Accepted as it was read, and ignored.
    #[serde(default, rename = "configured")]
    #[schema(value_type = Option<bool>)]
    _configured: IgnoredAny,
    /// Accepted as it was read, and ignored.
    #[serde(default, rename = "state")]
    #[schema(value_type = Option<String>)]
    _state: IgnoredAny,
    /// Accepted as it was read, and ignored.
    #[serde(default, rename = "stateReason")]
    #[schema(value_type = Option<String>)]
    _state_reason: IgnoredAny,
    /// Accepted as they were read, and ignored.
    #[serde(default, rename = "warnings")]
    #[schema(value_type = Option<Vec<String>>)]
    _warnings: IgnoredAny,
}

/// A write of the channels.
#[derive(Debug, Clone, Copy, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ChannelsPatch {
    #[serde(default)]
    link: Option<bool>,
    #[serde(default)]
    code_at_signup: Option<bool>,
    #[serde(default)]
    code_at_checkout: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
enum RewardTypeDto {
    Percent,
    Fixed,
}

impl ProgramPatch {
    /// Applies the write to the program, the rules and the settings. The caller checks the landing address.
    pub fn save(
        self,
        program: &Program,
        rules: &Rules,
        doc: ProgramDoc,
        command: impl Fn(&RewardCommandBody) -> Result<RewardCommand, FieldError>,
        now: Timestamp,
    ) -> Result<(Program, Rules, ProgramDoc), FieldError> {
        let terms = over(self.program_terms.clone(), doc.program_terms.clone());
        if terms.as_ref().is_some_and(|terms| terms.chars().count() > limits::TEXT_CHARS) {
            return Err(FieldError::of("programTerms", &ValidationError::Text));
        }
        let landing_url = over(self.landing_url.clone(), doc.landing_url.clone());
        let put = self.put(program, command)?;
        let sent = put.clone();
        let (program, rules) = flux_referral_rules::save(put, program, rules, now)
            .map_err(|invalid| FieldError::of(refused_field(&sent, &invalid), &invalid))?;
        let landing_url = landing_url.filter(|address| !address.trim().is_empty());
        let doc = ProgramDoc { program_terms: terms, landing_url, ..doc.with(&program) };
        Ok((program, rules, doc))
    }

    fn put(
        self,
        program: &Program,
        command: impl Fn(&RewardCommandBody) -> Result<RewardCommand, FieldError>,
    ) -> Result<ProgramPut, FieldError> {
        let currency = match self.currency {
            Some(Some(text)) => Some(Some(Currency::parse(&text).map_err(FieldError::at("currency"))?)),
            other => other.map(|_| None),
        };
        let commands = match self.reward_commands {
            Some(Some(bodies)) => {
                let most = limits::SLOT_COMMANDS;
                if bodies.len() > most {
                    return Err(FieldError::value("rewardCommands", format!("must be at most {most} commands")));
                }
                let commands = read_all(&bodies, command);
                Some(Some(commands.map_err(|error| FieldError {
                    field: error.field.replacen("commands", "rewardCommands", 1),
                    ..error
                })?))
            }
            other => other.map(|_| None),
        };
        Ok(ProgramPut {
            enabled: self.enabled.map(|enabled| enabled.unwrap_or(true)),
            require_first_purchase: self.require_first_purchase.map(|flag| flag.unwrap_or(true)),
            minimum: patch(self.min_purchase_amount),
            currency: patch(currency),
            reward_type: self.reward_type.map(|value| match value {
                RewardTypeDto::Percent => RewardType::Percent,
                RewardTypeDto::Fixed => RewardType::Fixed,
            }),
            referrer_value: patch(self.referrer_value),
            referee_value: patch(self.referee_value),
            reward_commands: patch(commands),
            reward_expiry_days: patch(self.reward_expiry_days),
            window_days: patch(self.attribution_window_days),
            max_rewards: patch(self.max_rewards_per_referrer),
            channels: self.bind.map(|bind| match bind {
                None => ChannelsBody::default().into(),
                Some(bind) => Channels {
                    link: bind.link.unwrap_or(program.channels.link),
                    code_at_signup: bind.code_at_signup.unwrap_or(program.channels.code_at_signup),
                    code_at_checkout: bind.code_at_checkout.unwrap_or(program.channels.code_at_checkout),
                },
            }),
            eligibility: self.referrer_eligibility.map(|value| value.unwrap_or_default().into()),
            self_referral: self.self_referral.map(|value| value.unwrap_or_default().into()),
        })
    }
}

/// The field to name in the error: the first one of the write to which the error can refer.
fn refused_field(put: &ProgramPut, invalid: &ValidationError) -> &'static str {
    let bad = |days: &Patch<i64>| matches!(days, Patch::Set(days) if Days::new(*days).is_err());
    let is_value = |value: &Patch<i64>| matches!(value, Patch::Set(value) if *value != 0);
    match invalid {
        ValidationError::CurrencyMissing => "currency",
        ValidationError::RewardTypeMissing => "rewardType",
        ValidationError::Limit => "maxRewardsPerReferrer",
        ValidationError::Days if bad(&put.window_days) => "attributionWindowDays",
        ValidationError::Days => "rewardExpiryDays",
        ValidationError::Amount if matches!(&put.minimum, Patch::Set(minimum) if *minimum < 0) => "minPurchaseAmount",
        ValidationError::Percent | ValidationError::Amount if is_value(&put.referrer_value) => "referrerValue",
        ValidationError::Percent | ValidationError::Amount => "refereeValue",
        ValidationError::Currency
        | ValidationError::ZeroAmount
        | ValidationError::Points
        | ValidationError::Overflow
        | ValidationError::Code
        | ValidationError::Tier
        | ValidationError::RuleName
        | ValidationError::NameTaken
        | ValidationError::TierTaken
        | ValidationError::UnknownRule
        | ValidationError::GlobalRule
        | ValidationError::TooManyRules
        | ValidationError::SlotTaken
        | ValidationError::EmptySlot
        | ValidationError::TooManyCommands
        | ValidationError::Template(_)
        | ValidationError::Servers
        | ValidationError::UnknownServer(_)
        | ValidationError::Ladder
        | ValidationError::Landing
        | ValidationError::RewardType
        | ValidationError::Text
        | ValidationError::Placeholder { .. }
        | ValidationError::NoFreeCode => "rewardCommands",
    }
}
