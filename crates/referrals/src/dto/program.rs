use super::command::read_all;
use super::patch::{Field, named, named_object, over, patch};
use super::{FieldError, RewardCommandBody};
use flux_referral_rules::{
    Channels, Currency, Days, Eligibility, PositiveMoney, Program, ProgramPut, ProgramState, RewardCommand, RewardType,
    Rules, SelfReferral, Side, Slot, Trigger,
};
use jiff::Timestamp;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

/// The program's settings, as they are answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProgramDoc {
    /// Whether only the first purchase of a new customer counts.
    pub require_first_purchase: bool,
    /// The smallest order that counts, in minor units; 0 is none.
    pub min_purchase_amount: i64,
    /// The currency of the program's own amounts.
    pub currency: Option<String>,
    /// How many days codes are good for that do not say so themselves; null: for ever.
    pub reward_expiry_days: Option<i64>,
    /// How many days after a click an order counts; null: for ever.
    pub attribution_window_days: Option<i64>,
    /// How many rewards one referrer can get; null: any number.
    pub max_rewards_per_referrer: Option<i64>,
    /// The terms, as customers read them.
    pub program_terms: Option<String>,
    /// Where links lead, with `?ref=CODE`; null: to the store's home page.
    pub landing_url: Option<String>,
    /// The channels through which a friend may come in.
    pub bind: ChannelsBody,
    /// Who may refer: `any`, `members` or `buyers`.
    pub referrer_eligibility: EligibilityDto,
    /// `block`, or `allow`.
    pub self_referral: SelfReferralDto,
}

/// The program as it is answered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProgramView {
    /// Whether it was ever saved.
    pub configured: bool,
    /// The master switch.
    pub enabled: bool,
    /// The settings.
    #[serde(flatten)]
    pub doc: ProgramDoc,
    /// Of the global rule's order rewards, where both are of one of these types: `percent` or `fixed`.
    pub reward_type: Option<String>,
    /// What the referrer gets: 1 to 100 percent, or minor units.
    pub referrer_value: Option<i64>,
    /// What the friend gets.
    pub referee_value: Option<i64>,
    /// What runs for the referrer when a friend's first order counts.
    pub reward_commands: Vec<RewardCommandBody>,
    /// Rises with every edit.
    pub version: u64,
    /// What an admin should look at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// A write of the program: what is absent stays as it is (at first: the default), `null` clears it (what must be something: the default). One that names a
/// reward sets the global rule's, and activates that if the program is on.
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
    /// May be sent back: the write is refused (409) if the program has changed since. So may the header `If-Match`.
    #[serde(default)]
    pub version: Option<u64>,
    /// May be sent back as it was read; changes nothing.
    #[serde(default, rename = "configured")]
    #[schema(value_type = Option<bool>)]
    _configured: IgnoredAny,
    /// The same.
    #[serde(default, rename = "warnings")]
    #[schema(value_type = Option<Vec<String>>)]
    _warnings: IgnoredAny,
}

/// The channels through which a friend may come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ChannelsBody {
    /// The link.
    pub link: bool,
    /// The code, typed at registration.
    pub code_at_signup: bool,
    /// The code, typed at checkout.
    pub code_at_checkout: bool,
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

/// Who may refer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum EligibilityDto {
    /// Every customer.
    #[default]
    Any,
    /// Who has registered.
    Members,
    /// Who has bought.
    Buyers,
}

/// What becomes of somebody who refers themselves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum SelfReferralDto {
    /// It is refused.
    #[default]
    Block,
    /// It is a referral like any other.
    Allow,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
enum RewardTypeDto {
    Percent,
    Fixed,
}

impl Default for ChannelsBody {
    fn default() -> ChannelsBody {
        ChannelsBody { link: true, code_at_signup: true, code_at_checkout: true }
    }
}

impl From<ChannelsBody> for Channels {
    fn from(body: ChannelsBody) -> Channels {
        let ChannelsBody { link, code_at_signup, code_at_checkout } = body;
        Channels { link, code_at_signup, code_at_checkout }
    }
}

impl Default for ProgramDoc {
    fn default() -> ProgramDoc {
        ProgramDoc {
            require_first_purchase: true,
            min_purchase_amount: 0,
            currency: None,
            reward_expiry_days: None,
            attribution_window_days: None,
            max_rewards_per_referrer: None,
            program_terms: None,
            landing_url: None,
            bind: ChannelsBody::default(),
            referrer_eligibility: EligibilityDto::default(),
            self_referral: SelfReferralDto::default(),
        }
    }
}

impl ProgramDoc {
    /// The same settings as the rules have left them; texts and addresses are not theirs.
    #[must_use]
    pub fn with(self, program: &Program) -> ProgramDoc {
        let Channels { link, code_at_signup, code_at_checkout } = program.channels;
        ProgramDoc {
            require_first_purchase: program.require_first_purchase,
            min_purchase_amount: program.minimum.map_or(0, PositiveMoney::amount),
            currency: program.currency.map(|currency| currency.to_string()),
            reward_expiry_days: program.reward_expiry.map(Days::get),
            attribution_window_days: program.window.map(Days::get),
            max_rewards_per_referrer: program.max_rewards.map(|most| most.get().into()),
            bind: ChannelsBody { link, code_at_signup, code_at_checkout },
            referrer_eligibility: match program.eligibility {
                Eligibility::Any => EligibilityDto::Any,
                Eligibility::Members => EligibilityDto::Members,
                Eligibility::Buyers => EligibilityDto::Buyers,
            },
            self_referral: match program.self_referral {
                SelfReferral::Block => SelfReferralDto::Block,
                SelfReferral::Allow => SelfReferralDto::Allow,
            },
            ..self
        }
    }
}

impl From<EligibilityDto> for Eligibility {
    fn from(word: EligibilityDto) -> Eligibility {
        match word {
            EligibilityDto::Any => Eligibility::Any,
            EligibilityDto::Members => Eligibility::Members,
            EligibilityDto::Buyers => Eligibility::Buyers,
        }
    }
}

impl From<SelfReferralDto> for SelfReferral {
    fn from(word: SelfReferralDto) -> SelfReferral {
        match word {
            SelfReferralDto::Block => SelfReferral::Block,
            SelfReferralDto::Allow => SelfReferral::Allow,
        }
    }
}

impl ProgramPatch {
    /// Saves the write over what stands: the program, the rules, and the settings as they are then to be kept. The landing
    /// address is checked by who knows the store's hosts.
    pub fn save(
        self,
        program: &Program,
        rules: &Rules,
        doc: ProgramDoc,
        command: impl Fn(&RewardCommandBody) -> Result<RewardCommand, FieldError>,
        now: Timestamp,
    ) -> Result<(Program, Rules, ProgramDoc), FieldError> {
        let terms = over(self.program_terms.clone(), doc.program_terms.clone());
        if terms.as_ref().is_some_and(|terms| terms.chars().count() > flux_referral_rules::limits::TEXT_CHARS) {
            return Err(FieldError::of("programTerms", &flux_referral_rules::ValidationError::Text));
        }
        let landing_url = over(self.landing_url.clone(), doc.landing_url.clone());
        let put = self.put(program, command)?;
        let blamed = put.clone();
        let (program, rules) = flux_referral_rules::save(put, program, rules, now)
            .map_err(|invalid| FieldError::of(blame(&blamed, &invalid), &invalid))?;
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
                let most = flux_referral_rules::limits::SLOT_COMMANDS;
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
            reward_type: self.reward_type.map(|word| match word {
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
            eligibility: self.referrer_eligibility.map(|word| word.unwrap_or_default().into()),
            self_referral: self.self_referral.map(|word| word.unwrap_or_default().into()),
        })
    }
}

/// The field of a write that the rules refuse: the first of those set that can be meant.
fn blame(put: &ProgramPut, invalid: &flux_referral_rules::ValidationError) -> &'static str {
    use flux_referral_rules::{Patch, ValidationError};
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
        | ValidationError::Template
        | ValidationError::Placeholder(_)
        | ValidationError::Servers
        | ValidationError::UnknownServer(_)
        | ValidationError::Ladder
        | ValidationError::Landing
        | ValidationError::RewardType
        | ValidationError::Text
        | ValidationError::NoFreeCode => "rewardCommands",
    }
}

/// The program as it is answered, with S0's and S2's view of the global rule.
pub fn program_view(doc: ProgramDoc, program: &Program, configured: bool, version: u64, rules: &Rules) -> ProgramView {
    let slot = |side| rules.global().slots.get(side, Trigger::FirstOrder);
    let value = |side| slot(side).and_then(Slot::benefit).and_then(RewardType::of);
    let (referrer, referee) = (value(Side::Referrer), value(Side::Referee));
    let kind = referrer.or(referee).map(|(kind, _)| kind);
    let value = |of: Option<(RewardType, i64)>| of.filter(|(own, _)| Some(*own) == kind).map(|(_, value)| value);
    let commands = slot(Side::Referrer).map(Slot::commands).unwrap_or_default();
    ProgramView {
        configured,
        enabled: program.state != ProgramState::Disabled,
        doc,
        reward_type: kind.map(|kind| kind.to_string()),
        referrer_value: value(referrer),
        referee_value: value(referee),
        reward_commands: commands.iter().map(RewardCommandBody::from).collect(),
        version,
        warnings: Vec::new(),
    }
}
