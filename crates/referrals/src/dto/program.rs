//! The program as the API answers it, and the conversion of its settings from and to the rules' types.

use super::RewardCommandBody;
use flux_referral_rules::{
    Channels, Days, Eligibility, PositiveMoney, Program, ProgramState, Readiness, RewardType, Rules, SelfReferral,
    Side, Slot, Trigger,
};
use serde::{Deserialize, Serialize};

/// The program's settings, as the API answers them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProgramDoc {
    /// True if only the first purchase of a new customer counts.
    pub require_first_purchase: bool,
    /// The smallest order that counts, in minor units; 0 for no minimum.
    pub min_purchase_amount: i64,
    /// The currency of the program's own amounts.
    pub currency: Option<String>,
    /// The default lifetime of discount codes, in days; null for no expiry.
    pub reward_expiry_days: Option<i64>,
    /// The number of days after a click in which an order counts; null for no limit.
    pub attribution_window_days: Option<i64>,
    /// The maximum number of rewards per referrer; null for no limit.
    pub max_rewards_per_referrer: Option<i64>,
    /// The terms that customers read.
    pub program_terms: Option<String>,
    /// The landing page of links, which get `?ref=CODE`; null for the store's home page.
    pub landing_url: Option<String>,
    /// The channels that are open to referees.
    pub bind: ChannelsBody,
    /// The customers who may refer: `any`, `members` or `buyers`.
    pub referrer_eligibility: EligibilityDto,
    /// The handling of self-referrals: `block` or `allow`.
    pub self_referral: SelfReferralDto,
}

/// The program, as the API answers it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProgramView {
    /// True if the program was ever saved.
    pub configured: bool,
    /// The main switch.
    pub enabled: bool,
    /// The readiness of the program: `off`, `on`, or `on_without_rule` while no rule is active.
    pub state: &'static str,
    /// The reason for the state, in words.
    pub state_reason: &'static str,
    /// The settings.
    #[serde(flatten)]
    pub doc: ProgramDoc,
    /// The type of both order rewards of the global rule, if it is `percent` or `fixed`.
    pub reward_type: Option<String>,
    /// The referrer's reward: 1 to 100 percent, or minor units.
    pub referrer_value: Option<i64>,
    /// The referee's reward: 1 to 100 percent, or minor units.
    pub referee_value: Option<i64>,
    /// The commands that run for the referrer once a referee's first order counts.
    pub reward_commands: Vec<RewardCommandBody>,
    /// The version; each edit increments it.
    pub version: u64,
    /// Warnings for the admin about the saved settings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// In the answer to a write: the number of customers who are given a code and mailed it within a minute or two.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub codes_to_mail: Option<u64>,
}

/// The channels that are open to referees.
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

/// The customers who may refer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum EligibilityDto {
    /// Every customer.
    #[default]
    Any,
    /// Registered customers.
    Members,
    /// Customers with a purchase.
    Buyers,
}

/// The handling of self-referrals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum SelfReferralDto {
    /// A self-referral is refused.
    #[default]
    Block,
    /// A self-referral counts like any other referral.
    Allow,
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
    /// The settings with the rules' values. Texts and addresses, which the rules do not know, stay.
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
    fn from(value: EligibilityDto) -> Eligibility {
        match value {
            EligibilityDto::Any => Eligibility::Any,
            EligibilityDto::Members => Eligibility::Members,
            EligibilityDto::Buyers => Eligibility::Buyers,
        }
    }
}

impl From<SelfReferralDto> for SelfReferral {
    fn from(value: SelfReferralDto) -> SelfReferral {
        match value {
            SelfReferralDto::Block => SelfReferral::Block,
            SelfReferralDto::Allow => SelfReferral::Allow,
        }
    }
}

/// Builds the answer for the program, with S0's and S2's fields of the global rule.
pub fn program_view(doc: ProgramDoc, program: &Program, configured: bool, version: u64, rules: &Rules) -> ProgramView {
    let readiness = Readiness::of(program, rules);
    let slot = |side| rules.global().slots.get(side, Trigger::FirstOrder);
    let value = |side| slot(side).and_then(Slot::benefit).and_then(RewardType::of);
    let (referrer, referee) = (value(Side::Referrer), value(Side::Referee));
    let kind = referrer.or(referee).map(|(kind, _)| kind);
    let value = |of: Option<(RewardType, i64)>| of.filter(|(own, _)| Some(*own) == kind).map(|(_, value)| value);
    let commands = slot(Side::Referrer).map(Slot::commands).unwrap_or_default();
    ProgramView {
        configured,
        enabled: program.state != ProgramState::Disabled,
        state: readiness.as_str(),
        state_reason: readiness.reason(),
        doc,
        reward_type: kind.map(|kind| kind.to_string()),
        referrer_value: value(referrer),
        referee_value: value(referee),
        reward_commands: commands.iter().map(RewardCommandBody::from).collect(),
        version,
        warnings: Vec::new(),
        codes_to_mail: None,
    }
}
