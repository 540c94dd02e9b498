//! The JSON bodies of a rule, and the writes of it.

use super::patch::{Field, named, named_object, named_objects, over};
use super::rule_ends::RuleEndsView;
use super::slot::SlotsPatch;
use super::{BenefitBody, CompletionDto, FieldError, PartialDto, RewardCommandBody, SlotsBody};
use flux_referral_rules::{
    Completion, Currency, Days, Ladder, OnReturn, OrderTiming, RewardCommand, Rule, RuleName, RuleStatus, Scope, Tier,
    ValidationError,
};
use flux_rest::object_or_null;
use flux_rest::values::Label;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;

/// The rewards of a rule and their limits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RuleDoc {
    /// The rewards.
    pub slots: SlotsBody,
    /// The maximum number of rewarded registrations per day; null for no limit.
    pub daily_registration_limit: Option<i64>,
    /// The number of days after registration in which the referee's first order counts; null for no limit.
    pub order_valid_days: Option<i64>,
    /// The time at which the referrer is rewarded for the order.
    pub order_timing: TimingBody,
    /// The parts of a reward that a reversal of the order takes back.
    pub on_return: OnReturnBody,
    /// The landing page of this rule's links; null for the program's.
    pub landing_url: Option<String>,
    /// Better benefits for more friends.
    pub ladder: Vec<StepBody>,
}

/// A rule as it is answered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RuleView {
    /// The rule's id.
    pub id: String,
    /// The rule's name.
    pub name: String,
    /// The tier to which the rule applies, or `all`.
    pub tier: String,
    /// The status: `active` or `disabled`.
    pub status: String,
    /// The rewards and limits.
    #[serde(flatten)]
    pub doc: RuleDoc,
    /// The version; each edit increments it.
    pub version: u64,
    /// Warnings for the admin about the saved settings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// Only in the answer to a write that disables the rule or takes it from its tier: the consequences.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends: Option<RuleEndsView>,
}

/// A write of a rule: an absent field stays (in a new rule: the default), `null` clears it.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RulePatch {
    /// The rule's id, as it was read. It must be that of the path.
    #[serde(default)]
    pub id: Option<String>,
    /// The version that was read. The write is refused (409) if the rule has changed since.
    #[serde(default)]
    pub version: Option<u64>,
    /// The name, unique in any case.
    #[serde(default)]
    pub name: Option<Label>,
    /// A tier of `[a-z0-9_-]{1,32}`, or `all` for the global rule. A tier has at most one rule.
    #[serde(default)]
    pub tier: Option<String>,
    /// The status: `active` or `disabled`.
    #[serde(default)]
    pub status: Option<RuleStatusDto>,
    #[serde(default, deserialize_with = "object_or_null")]
    slots: Option<SlotsPatch>,
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<i64>)]
    daily_registration_limit: Field<i64>,
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<i64>)]
    order_valid_days: Field<i64>,
    #[serde(default, deserialize_with = "named_object")]
    #[schema(value_type = Option<TimingBody>)]
    order_timing: Field<TimingBody>,
    #[serde(default, deserialize_with = "named_object")]
    #[schema(value_type = Option<OnReturnBody>)]
    on_return: Field<OnReturnBody>,
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<String>)]
    landing_url: Field<String>,
    #[serde(default, deserialize_with = "named_objects")]
    #[schema(value_type = Option<Vec<StepBody>>)]
    ladder: Field<Vec<StepBody>>,
    /// Accepted as they were read, and ignored.
    #[serde(default, rename = "warnings")]
    #[schema(value_type = Option<Vec<String>>)]
    _warnings: IgnoredAny,
}

/// The status of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum RuleStatusDto {
    /// The rule applies.
    Active,
    /// The rule does not apply.
    Disabled,
}

/// The time at which the referrer is rewarded for the order: `atPayment`, or a number of days after payment or completion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TimingBody {
    #[serde(rename = "type")]
    kind: TimingKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    days: Option<i64>,
    /// `daysAfterCompletion`: the completion to wait for; by default `told`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    completion: Option<CompletionDto>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
enum TimingKind {
    AtPayment,
    DaysAfterPayment,
    DaysAfterCompletion,
}

/// The parts of a reward that a reversal of the order takes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct OnReturnBody {
    /// Points and store credit.
    recover_points: bool,
    /// Unused codes.
    revoke_unused_codes: bool,
    /// The effect of a return of a part of the order.
    partial: PartialDto,
}

/// A step of the ladder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StepBody {
    /// The number of the first successful referral that the step applies to.
    from: u32,
    /// The benefit that replaces the slot's.
    benefit: BenefitBody,
}

impl Default for TimingBody {
    fn default() -> TimingBody {
        TimingBody { kind: TimingKind::AtPayment, days: None, completion: None }
    }
}

impl Default for OnReturnBody {
    fn default() -> OnReturnBody {
        OnReturn::default().into()
    }
}

impl From<OnReturn> for OnReturnBody {
    fn from(terms: OnReturn) -> OnReturnBody {
        OnReturnBody {
            recover_points: terms.recover_points,
            revoke_unused_codes: terms.revoke_unused_codes,
            partial: terms.partial.into(),
        }
    }
}

impl From<OnReturnBody> for OnReturn {
    fn from(body: OnReturnBody) -> OnReturn {
        OnReturn {
            recover_points: body.recover_points,
            revoke_unused_codes: body.revoke_unused_codes,
            partial: body.partial.into(),
        }
    }
}

impl TimingBody {
    pub(super) fn read(self) -> Result<OrderTiming, FieldError> {
        let days = || Days::new(self.days.unwrap_or_default()).map_err(FieldError::at("orderTiming.days"));
        match self.kind {
            TimingKind::AtPayment | TimingKind::DaysAfterPayment if self.completion.is_some() => {
                Err(FieldError::value("orderTiming.completion", "is no field of this type: leave it out"))
            }
            TimingKind::AtPayment if self.days.is_some() => {
                Err(FieldError::value("orderTiming.days", "is no field of this type: leave it out"))
            }
            TimingKind::AtPayment => Ok(OrderTiming::AtPayment),
            TimingKind::DaysAfterPayment => days().map(OrderTiming::DaysAfterPayment),
            TimingKind::DaysAfterCompletion => {
                let completion = self.completion.map_or(Completion::Told, Completion::from);
                days().map(|days| OrderTiming::DaysAfterCompletion(days, completion))
            }
        }
    }
}

impl From<OrderTiming> for TimingBody {
    fn from(timing: OrderTiming) -> TimingBody {
        let (kind, days, completion) = match timing {
            OrderTiming::AtPayment => (TimingKind::AtPayment, None, None),
            OrderTiming::DaysAfterPayment(days) => (TimingKind::DaysAfterPayment, Some(days.get()), None),
            OrderTiming::DaysAfterCompletion(days, completion) => {
                (TimingKind::DaysAfterCompletion, Some(days.get()), Some(completion.into()))
            }
        };
        TimingBody { kind, days, completion }
    }
}

impl From<RuleStatusDto> for RuleStatus {
    fn from(value: RuleStatusDto) -> RuleStatus {
        match value {
            RuleStatusDto::Active => RuleStatus::Active,
            RuleStatusDto::Disabled => RuleStatus::Disabled,
        }
    }
}

impl RulePatch {
    /// Applies the write to a rule and its settings. The caller checks the landing address.
    pub fn over(
        self,
        rule: &Rule,
        doc: RuleDoc,
        program: Option<Currency>,
        command: impl Fn(&RewardCommandBody) -> Result<RewardCommand, FieldError>,
    ) -> Result<(Rule, RuleDoc), FieldError> {
        let doc = RuleDoc {
            slots: self.slots.into_iter().fold(doc.slots, SlotsBody::patched),
            daily_registration_limit: over(self.daily_registration_limit, doc.daily_registration_limit),
            order_valid_days: over(self.order_valid_days, doc.order_valid_days),
            order_timing: over(self.order_timing, Some(doc.order_timing)).unwrap_or_default(),
            on_return: over(self.on_return, Some(doc.on_return)).unwrap_or_default(),
            landing_url: over(self.landing_url, doc.landing_url).filter(|address| !address.trim().is_empty()),
            ladder: over(self.ladder, Some(doc.ladder)).unwrap_or_default(),
        };
        let name = self.name.map(|name| RuleName::parse(name.as_str())).transpose().map_err(FieldError::at("name"))?;
        let rule = Rule {
            name: name.unwrap_or_else(|| rule.name.clone()),
            scope: self.tier.map(|tier| scope(&tier)).transpose()?.unwrap_or_else(|| rule.scope.clone()),
            status: self.status.map_or(rule.status, RuleStatus::from),
            ..rule.clone()
        };
        let rule = doc.read_over(rule, program, command)?;
        let doc = RuleDoc { landing_url: doc.landing_url, ..RuleDoc::from(&rule) };
        Ok((rule, doc))
    }
}

/// The customers to whom a rule applies.
pub(super) fn scope(text: &str) -> Result<Scope, FieldError> {
    match text {
        "all" => Ok(Scope::All),
        tier => Tier::parse(tier).map(Scope::Tier).map_err(FieldError::at("tier")),
    }
}

impl RuleDoc {
    /// The rule with these settings.
    pub(super) fn read_over(
        &self,
        rule: Rule,
        program: Option<Currency>,
        command: impl Fn(&RewardCommandBody) -> Result<RewardCommand, FieldError>,
    ) -> Result<Rule, FieldError> {
        let limit = |count: i64| u32::try_from(count).ok().and_then(NonZeroU32::new).ok_or(ValidationError::Limit);
        let daily_limit = self.daily_registration_limit.map(limit).transpose();
        let step = |(index, step): (usize, &StepBody)| {
            let benefit = step.benefit.read(program);
            Ok((step.from, benefit.map_err(|error| error.within(&format!("ladder[{index}].benefit")))?))
        };
        let ladder = self.ladder.iter().enumerate().map(step).collect::<Result<_, FieldError>>()?;
        Ok(Rule {
            slots: self.slots.read(program, command)?,
            daily_limit: daily_limit.map_err(FieldError::at("dailyRegistrationLimit"))?,
            order_valid: self.order_valid_days.map(Days::new).transpose().map_err(FieldError::at("orderValidDays"))?,
            order_timing: self.order_timing.read()?,
            on_return: self.on_return.into(),
            ladder: Ladder::new(ladder).map_err(FieldError::at("ladder"))?,
            ..rule
        })
    }
}

impl From<&Rule> for RuleDoc {
    fn from(rule: &Rule) -> RuleDoc {
        let step = |(from, benefit): (u32, &_)| StepBody { from, benefit: BenefitBody::from(benefit) };
        RuleDoc {
            slots: (&rule.slots).into(),
            daily_registration_limit: rule.daily_limit.map(|limit| limit.get().into()),
            order_valid_days: rule.order_valid.map(Days::get),
            order_timing: rule.order_timing.into(),
            on_return: rule.on_return.into(),
            landing_url: None,
            ladder: rule.ladder.steps().map(step).collect(),
        }
    }
}
