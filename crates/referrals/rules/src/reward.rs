//! The rewards of a rule: benefits, slots, the ladder, and their timing.

use crate::string_enum::string_enum;
use crate::{Currency, Days, Money, Percent, Points, PositiveMoney, RewardCommand, ValidationError, limits};
use std::collections::BTreeMap;

string_enum! {
    /// The side that gets a reward.
    pub enum Side {
        /// The referrer.
        Referrer = "referrer",
        /// The referee.
        Referee = "referee",
    }
}

string_enum! {
    /// The event that earns a reward.
    pub enum Trigger {
        /// The friend's own registration.
        Registration = "registration",
        /// The friend's first order that counts.
        FirstOrder = "firstOrder",
    }
}

/// The benefit of a reward, besides commands (R4-15).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Benefit {
    /// Points, credited straight to the account.
    Points(Points),
    /// Money on the account in the store.
    StoreCredit(PositiveMoney),
    /// A code that makes one order cheaper.
    Discount(Discount),
}

impl Benefit {
    /// The currency of a reward that is a fixed sum of money (D-06).
    pub fn fixed_currency(&self) -> Option<Currency> {
        match self {
            Benefit::StoreCredit(money) | Benefit::Discount(Discount { kind: DiscountKind::Fixed(money), .. }) => {
                Some(money.currency())
            }
            Benefit::Points(_) | Benefit::Discount(_) => None,
        }
    }

    /// The value of `{reward}`.
    pub fn label(&self) -> String {
        match self {
            Benefit::Points(points) => format!("{}_points", points.get()),
            Benefit::StoreCredit(money) => format!("{}_{}", money.amount(), money.currency()),
            Benefit::Discount(discount) => match &discount.kind {
                DiscountKind::Percent { percent, .. } => format!("{}_percent", percent.get()),
                DiscountKind::Fixed(money) => format!("{}_{}", money.amount(), money.currency()),
                DiscountKind::FreeShipping => "free_shipping".to_owned(),
            },
        }
    }
}

/// A discount code's terms. It is used once, and only by the customer who was given it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discount {
    /// The kind of discount.
    pub kind: DiscountKind,
    /// The smallest order that it may be used on.
    pub min_spend: Option<PositiveMoney>,
    /// The lifetime from the time of issue; if unset, the program's default.
    pub expiry: Option<Days>,
    /// True if it applies automatically (R3-07); if unset, only the referee's does.
    pub auto_apply: Option<bool>,
}

impl From<DiscountKind> for Discount {
    fn from(kind: DiscountKind) -> Discount {
        Discount { kind, min_spend: None, expiry: None, auto_apply: None }
    }
}

/// The kind of a discount. Free shipping has no value that could be given (R4-17).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DiscountKind {
    /// A percentage of the order.
    Percent {
        /// The percentage.
        percent: Percent,
        /// The maximum discount.
        max_off: Option<PositiveMoney>,
    },
    /// A sum.
    Fixed(PositiveMoney),
    /// The shipping.
    FreeShipping,
}

impl DiscountKind {
    /// The discount on an order, in minor units; `None` if the currencies differ.
    pub fn off(&self, order: Money) -> Option<i64> {
        let same = |money: &PositiveMoney| money.currency() == order.currency();
        match self {
            DiscountKind::Percent { percent, max_off: None } => Some(percent.of(order.amount())),
            DiscountKind::Percent { percent, max_off: Some(max) } => {
                same(max).then(|| percent.of(order.amount()).min(max.amount()))
            }
            DiscountKind::Fixed(money) => same(money).then(|| money.amount().min(order.amount())),
            DiscountKind::FreeShipping => Some(0),
        }
    }
}

/// One reward of a rule: a benefit, commands, or both; never nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    benefit: Option<Benefit>,
    commands: Vec<RewardCommand>,
}

impl Slot {
    /// A slot with at least one of the two.
    pub fn new(benefit: Option<Benefit>, commands: Vec<RewardCommand>) -> Result<Slot, ValidationError> {
        match (&benefit, commands.len()) {
            (None, 0) => Err(ValidationError::EmptySlot),
            (_, count) if count > limits::SLOT_COMMANDS => Err(ValidationError::TooManyCommands),
            _ => Ok(Slot { benefit, commands }),
        }
    }

    /// The benefit.
    pub fn benefit(&self) -> Option<&Benefit> {
        self.benefit.as_ref()
    }

    /// The commands, in their order.
    pub fn commands(&self) -> &[RewardCommand] {
        &self.commands
    }
}

/// The four slots of a rule (C-10): at most one reward per side and trigger.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Slots(BTreeMap<(Side, Trigger), Slot>);

impl Slots {
    /// The reward of this side for this trigger.
    pub fn get(&self, side: Side, trigger: Trigger) -> Option<&Slot> {
        self.0.get(&(side, trigger))
    }

    /// Sets a reward where there is none (R3-05).
    pub fn add(&mut self, side: Side, trigger: Trigger, slot: Slot) -> Result<(), ValidationError> {
        if self.0.contains_key(&(side, trigger)) {
            return Err(ValidationError::SlotTaken);
        }
        self.0.insert((side, trigger), slot);
        Ok(())
    }

    /// Sets, replaces or removes a reward.
    pub fn replace(&mut self, side: Side, trigger: Trigger, slot: Option<Slot>) {
        match slot {
            Some(slot) => self.0.insert((side, trigger), slot),
            None => self.0.remove(&(side, trigger)),
        };
    }

    /// Returns whether either side has a reward for this trigger.
    pub fn has(&self, trigger: Trigger) -> bool {
        Side::ALL.iter().any(|side| self.get(*side, trigger).is_some())
    }
}

/// The benefits for the referrer's n-th successful referral (4.5).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ladder(BTreeMap<u32, Benefit>);

impl Ladder {
    /// Steps, each with the number of the first referral that it is for.
    pub fn new(steps: Vec<(u32, Benefit)>) -> Result<Ladder, ValidationError> {
        let count = steps.len();
        let ladder = Ladder(steps.into_iter().collect());
        let good = count <= limits::LADDER_STEPS && ladder.0.len() == count && !ladder.0.contains_key(&0);
        if good { Ok(ladder) } else { Err(ValidationError::Ladder) }
    }

    /// The highest step that `n` reaches.
    pub fn step(&self, n: u32) -> Option<(u32, &Benefit)> {
        self.0.range(..=n).next_back().map(|(from, benefit)| (*from, benefit))
    }

    /// Every step, with the number of the first referral that it is for.
    pub fn steps(&self) -> impl Iterator<Item = (u32, &Benefit)> {
        self.0.iter().map(|(from, benefit)| (*from, benefit))
    }

    /// Returns whether the ladder has no steps.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

string_enum! {
    /// The completion of an order that a reward waits for (D-32).
    pub enum Completion {
        /// The storefront or the payment provider reports it.
        Told = "told",
        /// All commands of the order have completed, or it is reported before.
        Delivered = "delivered",
    }
}

/// The time at which the referrer is rewarded for the referee's order (R4-23).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OrderTiming {
    /// At payment.
    #[default]
    AtPayment,
    /// This many days after payment.
    DaysAfterPayment(Days),
    /// This many days after completion.
    DaysAfterCompletion(Days, Completion),
}

string_enum! {
    /// The effect of a return of a part of the order (D-30).
    pub enum PartialReturn {
        /// Everything is kept as long as the rest of the order counts.
        Keep = "keep",
        /// Points and store credit are taken back in proportion.
        Proportional = "proportional",
        /// It counts as a return of the whole order.
        All = "all",
    }
}

/// The parts of a reward that are taken back if the referee's order is reversed (C-07).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnReturn {
    /// Points and store credit.
    pub recover_points: bool,
    /// Codes that were not used.
    pub revoke_unused_codes: bool,
    /// The effect of a return of a part.
    pub partial: PartialReturn,
}

impl Default for OnReturn {
    fn default() -> OnReturn {
        OnReturn { recover_points: false, revoke_unused_codes: true, partial: PartialReturn::Keep }
    }
}
