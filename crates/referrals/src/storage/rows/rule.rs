//! A rule's settings as they are stored.

use super::bad;
use super::benefit::BenefitRow;
use super::command::RewardCommandRow;
use flux_referral_rules::{
    Completion, Days, Ladder, OnReturn, OrderTiming, PartialReturn, Rule, Side, Slot, Slots, Trigger,
};
use flux_storage::Error;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;

/// A rule's settings.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::storage) struct SettingsRow {
    slots: Vec<SlotRow>,
    daily_registration_limit: Option<u32>,
    order_valid_days: Option<i64>,
    order_timing: TimingRow,
    on_return: Option<OnReturnRow>,
    landing_url: Option<String>,
    ladder: Vec<StepRow>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct SlotRow {
    side: String,
    trigger: String,
    #[serde(default)]
    benefit: Option<BenefitRow>,
    #[serde(default)]
    commands: Vec<RewardCommandRow>,
}

/// The time at which the referrer is rewarded for the order.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum TimingRow {
    #[default]
    AtPayment,
    DaysAfterPayment(i64),
    DaysAfterCompletion(i64),
    DaysAfterDelivery(i64),
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct OnReturnRow {
    recover_points: bool,
    revoke_unused_codes: bool,
    #[serde(default)]
    partial: PartialRow,
}

/// The effect of a return of a part.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PartialRow {
    #[default]
    Keep,
    Proportional,
    All,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct StepRow {
    from: u32,
    benefit: BenefitRow,
}

impl From<OrderTiming> for TimingRow {
    fn from(timing: OrderTiming) -> TimingRow {
        match timing {
            OrderTiming::AtPayment => TimingRow::AtPayment,
            OrderTiming::DaysAfterPayment(days) => TimingRow::DaysAfterPayment(days.get()),
            OrderTiming::DaysAfterCompletion(days, Completion::Told) => TimingRow::DaysAfterCompletion(days.get()),
            OrderTiming::DaysAfterCompletion(days, Completion::Delivered) => TimingRow::DaysAfterDelivery(days.get()),
        }
    }
}

impl TimingRow {
    pub(super) fn read(self) -> Result<OrderTiming, Error> {
        let days = |days| Days::new(days).map_err(bad("days"));
        Ok(match self {
            TimingRow::AtPayment => OrderTiming::AtPayment,
            TimingRow::DaysAfterPayment(after) => OrderTiming::DaysAfterPayment(days(after)?),
            TimingRow::DaysAfterCompletion(after) => OrderTiming::DaysAfterCompletion(days(after)?, Completion::Told),
            TimingRow::DaysAfterDelivery(after) => {
                OrderTiming::DaysAfterCompletion(days(after)?, Completion::Delivered)
            }
        })
    }
}

impl From<OnReturn> for OnReturnRow {
    fn from(terms: OnReturn) -> OnReturnRow {
        OnReturnRow {
            recover_points: terms.recover_points,
            revoke_unused_codes: terms.revoke_unused_codes,
            partial: match terms.partial {
                PartialReturn::Keep => PartialRow::Keep,
                PartialReturn::Proportional => PartialRow::Proportional,
                PartialReturn::All => PartialRow::All,
            },
        }
    }
}

impl From<OnReturnRow> for OnReturn {
    fn from(row: OnReturnRow) -> OnReturn {
        OnReturn {
            recover_points: row.recover_points,
            revoke_unused_codes: row.revoke_unused_codes,
            partial: match row.partial {
                PartialRow::Keep => PartialReturn::Keep,
                PartialRow::Proportional => PartialReturn::Proportional,
                PartialRow::All => PartialReturn::All,
            },
        }
    }
}

impl SettingsRow {
    /// The settings of this rule.
    pub(in crate::storage) fn new(rule: &Rule, landing_url: Option<String>) -> SettingsRow {
        let step = |(from, benefit): (u32, &_)| StepRow { from, benefit: BenefitRow::from(benefit) };
        SettingsRow {
            slots: slots_of(&rule.slots),
            daily_registration_limit: rule.daily_limit.map(NonZeroU32::get),
            order_valid_days: rule.order_valid.map(Days::get),
            order_timing: rule.order_timing.into(),
            on_return: Some(rule.on_return.into()),
            landing_url,
            ladder: rule.ladder.steps().map(step).collect(),
        }
    }

    /// This rule with these settings, and its landing address.
    pub(in crate::storage) fn read(self, rule: Rule) -> Result<(Rule, Option<String>), Error> {
        let mut slots = Slots::default();
        for row in &self.slots {
            let (side, trigger, slot) = row.read()?;
            slots.replace(side, trigger, Some(slot));
        }
        let step = |step: &StepRow| Ok((step.from, step.benefit.read()?));
        let ladder = self.ladder.iter().map(step).collect::<Result<_, Error>>()?;
        let rule = Rule {
            slots,
            daily_limit: self.daily_registration_limit.and_then(NonZeroU32::new),
            order_valid: self.order_valid_days.map(Days::new).transpose().map_err(bad("days"))?,
            order_timing: self.order_timing.read()?,
            on_return: self.on_return.map_or_else(OnReturn::default, OnReturn::from),
            ladder: Ladder::new(ladder).map_err(bad("a ladder"))?,
            ..rule
        };
        Ok((rule, self.landing_url))
    }
}

fn slots_of(slots: &Slots) -> Vec<SlotRow> {
    let places = Side::ALL.iter().flat_map(|side| Trigger::ALL.iter().map(move |trigger| (*side, *trigger)));
    let row = |(side, trigger): (Side, Trigger)| {
        let slot = slots.get(side, trigger)?;
        Some(SlotRow {
            side: side.as_str().to_owned(),
            trigger: trigger.as_str().to_owned(),
            benefit: slot.benefit().map(BenefitRow::from),
            commands: slot.commands().iter().map(RewardCommandRow::from).collect(),
        })
    };
    places.filter_map(row).collect()
}

impl SlotRow {
    fn read(&self) -> Result<(Side, Trigger, Slot), Error> {
        let side = self.side.parse().map_err(|_| Error::BadRow("a slot's side"))?;
        let trigger = self.trigger.parse().map_err(|_| Error::BadRow("a slot's trigger"))?;
        let benefit = self.benefit.as_ref().map(BenefitRow::read).transpose()?;
        let commands = self.commands.iter().map(RewardCommandRow::read).collect::<Result<_, _>>()?;
        Ok((side, trigger, Slot::new(benefit, commands).map_err(bad("a slot"))?))
    }
}
