use crate::words::words;
use crate::{Currency, Days, Money, Percent, Points, PositiveMoney, RewardCommand, ValidationError, limits};
use std::collections::BTreeMap;

words! {
    /// Whose reward it is.
    Side {
        /// Who brought the friend.
        Referrer = "referrer",
        /// The friend.
        Referee = "referee",
    }
}

words! {
    /// What earns a reward.
    Trigger {
        /// The friend's own registration.
        Registration = "registration",
        /// The friend's first order that counts.
        FirstOrder = "firstOrder",
    }
}

/// What somebody gets, beside commands: exactly one thing (R4-15).
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

    /// What fills in `{reward}`.
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
    /// What it takes off.
    pub kind: DiscountKind,
    /// The smallest order that it may be used on.
    pub min_spend: Option<PositiveMoney>,
    /// How long it is good for, from the day it is issued; unset, the program's.
    pub expiry: Option<Days>,
    /// Whether it applies by itself (R3-07); unset, for the referee's alone.
    pub auto_apply: Option<bool>,
}

impl From<DiscountKind> for Discount {
    fn from(kind: DiscountKind) -> Discount {
        Discount { kind, min_spend: None, expiry: None, auto_apply: None }
    }
}

/// What a discount takes off. Free shipping has no value that could be given (R4-17).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DiscountKind {
    /// A part of the order, and at most so much.
    Percent {
        /// Which part.
        percent: Percent,
        /// At most so much.
        max_off: Option<PositiveMoney>,
    },
    /// A sum.
    Fixed(PositiveMoney),
    /// The shipping.
    FreeShipping,
}

impl DiscountKind {
    /// What it takes off an order, in minor units; `None` if the order's currency is another.
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

    /// Sets a reward, or takes it away, whatever was there.
    pub fn replace(&mut self, side: Side, trigger: Trigger, slot: Option<Slot>) {
        match slot {
            Some(slot) => self.0.insert((side, trigger), slot),
            None => self.0.remove(&(side, trigger)),
        };
    }

    /// Whether either side has a reward for this trigger.
    pub fn has(&self, trigger: Trigger) -> bool {
        Side::ALL.iter().any(|side| self.get(*side, trigger).is_some())
    }
}

/// Which benefit the referrer gets for the n-th referral that succeeds (4.5).
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

    /// Whether there are no steps.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// When the referrer gets the reward of the friend's order (R4-23).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OrderTiming {
    /// At once.
    #[default]
    AtPayment,
    /// So many days after it was paid.
    DaysAfterPayment(Days),
    /// So many days after it was completed.
    DaysAfterCompletion(Days),
}

/// What is taken back when the friend's order is undone (C-07).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnReturn {
    /// Points and store credit.
    pub recover_points: bool,
    /// Codes that were not used.
    pub revoke_unused_codes: bool,
}

impl Default for OnReturn {
    fn default() -> OnReturn {
        OnReturn { recover_points: false, revoke_unused_codes: true }
    }
}
