//! Applies a `PUT /program` request to the program and the global rule.

use crate::string_enum::string_enum;
use crate::{
    Benefit, Channels, Currency, Days, Discount, DiscountKind, Eligibility, Percent, PositiveMoney, Program,
    ProgramState, RewardCommand, RuleStatus, Rules, SelfReferral, Side, Slot, Trigger, ValidationError,
};
use jiff::Timestamp;
use std::num::NonZeroU32;

/// A field of a write: absent, `null`, or a value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Patch<T> {
    /// Absent: it stays as it is.
    #[default]
    Keep,
    /// `null`: it is cleared.
    Clear,
    /// A value.
    Set(T),
}

impl<T> Patch<T> {
    fn over(self, current: Option<T>) -> Option<T> {
        match self {
            Patch::Keep => current,
            Patch::Clear => None,
            Patch::Set(value) => Some(value),
        }
    }

    fn is_named(&self) -> bool {
        !matches!(self, Patch::Keep)
    }

    fn try_map<U>(self, read: impl FnOnce(T) -> Result<U, ValidationError>) -> Result<Patch<U>, ValidationError> {
        Ok(match self {
            Patch::Keep => Patch::Keep,
            Patch::Clear => Patch::Clear,
            Patch::Set(value) => Patch::Set(read(value)?),
        })
    }
}

string_enum! {
    /// The type of both sides' rewards (R2-05).
    pub enum RewardType {
        /// A part of the order.
        Percent = "percent",
        /// A sum.
        Fixed = "fixed",
    }
}

impl RewardType {
    /// The type and value of a benefit in S2's fields; `None` if they cannot express it.
    pub fn of(benefit: &Benefit) -> Option<(RewardType, i64)> {
        match benefit {
            Benefit::Discount(Discount { kind: DiscountKind::Percent { percent, .. }, .. }) => {
                Some((RewardType::Percent, i64::from(percent.get())))
            }
            Benefit::Discount(Discount { kind: DiscountKind::Fixed(money), .. }) => {
                Some((RewardType::Fixed, money.amount()))
            }
            Benefit::Discount(Discount { kind: DiscountKind::FreeShipping, .. })
            | Benefit::Points(_)
            | Benefit::StoreCredit(_) => None,
        }
    }
}

/// `PUT /program`: S0's and S2's fields together, with unchecked numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProgramPut {
    /// The main switch.
    pub enabled: Option<bool>,
    /// First purchase only.
    pub require_first_purchase: Option<bool>,
    /// The smallest order, in minor units; 0 is none.
    pub minimum: Patch<i64>,
    /// The currency.
    pub currency: Patch<Currency>,
    /// The type of both sides' values.
    pub reward_type: Option<RewardType>,
    /// The referrer's value; 0 is none.
    pub referrer_value: Patch<i64>,
    /// The referee's value; 0 is none.
    pub referee_value: Patch<i64>,
    /// The referrer's commands.
    pub reward_commands: Patch<Vec<RewardCommand>>,
    /// The lifetime of codes.
    pub reward_expiry_days: Patch<i64>,
    /// The period after the click in which an order counts.
    pub window_days: Patch<i64>,
    /// The cap.
    pub max_rewards: Patch<i64>,
    /// The open channels.
    pub channels: Option<Channels>,
    /// The customers who may refer.
    pub eligibility: Option<Eligibility>,
    /// The handling of self-referrals.
    pub self_referral: Option<SelfReferral>,
}

impl ProgramPut {
    fn names_values(&self) -> bool {
        self.reward_type.is_some() || self.referrer_value.is_named() || self.referee_value.is_named()
    }
}

/// Applies a request (4.2). Absent fields stay, and `null` fields are cleared. A request with reward fields sets the
/// order rewards of the global rule, and activates that rule if the program is on.
pub fn save(
    put: ProgramPut,
    program: &Program,
    rules: &Rules,
    now: Timestamp,
) -> Result<(Program, Rules), ValidationError> {
    let program = save_program(&put, program, now)?;
    let mut rules = rules.clone();
    // A write that switches the program off does nothing else to the rules (4.2).
    let is_switched_off = put.enabled == Some(false);
    if !is_switched_off && (put.names_values() || put.reward_commands.is_named()) {
        save_rewards(put, &program, &mut rules)?;
    }
    Ok((program, rules))
}

fn save_program(put: &ProgramPut, program: &Program, now: Timestamp) -> Result<Program, ValidationError> {
    let currency = put.currency.clone().over(program.currency);
    let minimum = put.minimum.clone().over(program.minimum.map(PositiveMoney::amount));
    let minimum = minimum.filter(|amount| *amount != 0);
    let minimum = minimum
        .map(|amount| PositiveMoney::new(amount, currency.ok_or(ValidationError::CurrencyMissing)?))
        .transpose()?;
    let limit = |count: i64| u32::try_from(count).ok().and_then(NonZeroU32::new).ok_or(ValidationError::Limit);
    let state = match (put.enabled, program.state) {
        (Some(true), ProgramState::Disabled) => ProgramState::Enabled { since: now },
        (Some(false), _) => ProgramState::Disabled,
        (_, state) => state,
    };
    Ok(Program {
        state,
        require_first_purchase: put.require_first_purchase.unwrap_or(program.require_first_purchase),
        currency,
        minimum,
        window: put.window_days.clone().try_map(Days::new)?.over(program.window),
        reward_expiry: put.reward_expiry_days.clone().try_map(Days::new)?.over(program.reward_expiry),
        max_rewards: put.max_rewards.clone().try_map(limit)?.over(program.max_rewards),
        channels: put.channels.unwrap_or(program.channels),
        eligibility: put.eligibility.unwrap_or(program.eligibility),
        self_referral: put.self_referral.unwrap_or(program.self_referral),
        time_zone: program.time_zone.clone(),
    })
}

fn save_rewards(put: ProgramPut, program: &Program, rules: &mut Rules) -> Result<(), ValidationError> {
    let mut global = rules.global().clone();
    let slot = |side: Side| global.slots.get(side, Trigger::FirstOrder).cloned();
    let (referrer, referee) = (slot(Side::Referrer), slot(Side::Referee));
    let benefit_of = |slot: &Option<Slot>| slot.as_ref().and_then(|slot| slot.benefit().cloned());
    let commands_of = |slot: &Option<Slot>| slot.as_ref().map(|slot| slot.commands().to_vec()).unwrap_or_default();
    let mut benefits = [benefit_of(&referrer), benefit_of(&referee)];
    if put.names_values() {
        let known = benefits.iter().flatten().find_map(RewardType::of).map(|(kind, _)| kind);
        let kind = put.reward_type.or(known).ok_or(ValidationError::RewardTypeMissing)?;
        for (benefit, patch) in benefits.iter_mut().zip([put.referrer_value, put.referee_value]) {
            let value = patch.over(benefit.as_ref().and_then(RewardType::of).map(|(_, value)| value));
            let value = value.filter(|value| *value != 0);
            *benefit = value.map(|value| valued(kind, value, program)).transpose()?;
        }
    }
    let commands = put.reward_commands.over(Some(commands_of(&referrer))).unwrap_or_default();
    let [of_referrer, of_referee] = benefits;
    global.slots.replace(Side::Referrer, Trigger::FirstOrder, slot_or_none(of_referrer, commands)?);
    global.slots.replace(Side::Referee, Trigger::FirstOrder, slot_or_none(of_referee, commands_of(&referee))?);
    if program.state != ProgramState::Disabled {
        global.status = RuleStatus::Active;
    }
    global.version += 1;
    rules.replace(global)
}

fn slot_or_none(benefit: Option<Benefit>, commands: Vec<RewardCommand>) -> Result<Option<Slot>, ValidationError> {
    if benefit.is_none() && commands.is_empty() { Ok(None) } else { Slot::new(benefit, commands).map(Some) }
}

fn valued(kind: RewardType, value: i64, program: &Program) -> Result<Benefit, ValidationError> {
    let kind = match kind {
        RewardType::Percent => DiscountKind::Percent { percent: Percent::new(value)?, max_off: None },
        RewardType::Fixed => {
            DiscountKind::Fixed(PositiveMoney::new(value, program.currency.ok_or(ValidationError::CurrencyMissing)?)?)
        }
    };
    Ok(Benefit::Discount(kind.into()))
}
