//! A benefit as it is stored.

use super::bad;
use flux_referral_rules::{Benefit, Currency, Days, Discount, DiscountKind, Percent, Points, PositiveMoney};
use flux_storage::Error;
use serde::{Deserialize, Serialize};

/// An amount of money in minor units, with its currency.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct MoneyRow {
    amount: i64,
    currency: String,
}

/// A benefit.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", rename_all_fields = "snake_case")]
pub(super) enum BenefitRow {
    Points {
        points: i64,
    },
    StoreCredit {
        money: MoneyRow,
    },
    Percent {
        percent: i64,
        #[serde(default)]
        max_off: Option<MoneyRow>,
        #[serde(default)]
        terms: DiscountRow,
    },
    Fixed {
        money: MoneyRow,
        #[serde(default)]
        terms: DiscountRow,
    },
    FreeShipping {
        #[serde(default)]
        terms: DiscountRow,
    },
}

/// The terms that every discount has.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct DiscountRow {
    min_spend: Option<MoneyRow>,
    expiry_days: Option<i64>,
    auto_apply: Option<bool>,
}

impl From<PositiveMoney> for MoneyRow {
    fn from(money: PositiveMoney) -> MoneyRow {
        MoneyRow { amount: money.amount(), currency: money.currency().to_string() }
    }
}

impl MoneyRow {
    fn read(&self) -> Result<PositiveMoney, Error> {
        let currency = Currency::parse(&self.currency).map_err(bad("a currency"))?;
        PositiveMoney::new(self.amount, currency).map_err(bad("an amount of money"))
    }
}

impl From<&Benefit> for BenefitRow {
    fn from(benefit: &Benefit) -> BenefitRow {
        match benefit {
            Benefit::Points(points) => BenefitRow::Points { points: points.get() },
            Benefit::StoreCredit(money) => BenefitRow::StoreCredit { money: (*money).into() },
            Benefit::Discount(discount) => of_discount(discount),
        }
    }
}

fn of_discount(discount: &Discount) -> BenefitRow {
    let terms = DiscountRow {
        min_spend: discount.min_spend.map(MoneyRow::from),
        expiry_days: discount.expiry.map(Days::get),
        auto_apply: discount.auto_apply,
    };
    match &discount.kind {
        DiscountKind::Percent { percent, max_off } => {
            BenefitRow::Percent { percent: percent.get().into(), max_off: max_off.map(MoneyRow::from), terms }
        }
        DiscountKind::Fixed(money) => BenefitRow::Fixed { money: (*money).into(), terms },
        DiscountKind::FreeShipping => BenefitRow::FreeShipping { terms },
    }
}

impl BenefitRow {
    /// The benefit.
    pub(super) fn read(&self) -> Result<Benefit, Error> {
        let (kind, terms) = match self {
            BenefitRow::Points { points } => {
                return Ok(Benefit::Points(Points::new(*points).map_err(bad("points"))?));
            }
            BenefitRow::StoreCredit { money } => return Ok(Benefit::StoreCredit(money.read()?)),
            BenefitRow::Percent { percent, max_off, terms } => {
                let percent = Percent::new(*percent).map_err(bad("a percentage"))?;
                let max_off = max_off.as_ref().map(MoneyRow::read).transpose()?;
                (DiscountKind::Percent { percent, max_off }, terms)
            }
            BenefitRow::Fixed { money, terms } => (DiscountKind::Fixed(money.read()?), terms),
            BenefitRow::FreeShipping { terms } => (DiscountKind::FreeShipping, terms),
        };
        Ok(Benefit::Discount(Discount {
            kind,
            min_spend: terms.min_spend.as_ref().map(MoneyRow::read).transpose()?,
            expiry: terms.expiry_days.map(Days::new).transpose().map_err(bad("days"))?,
            auto_apply: terms.auto_apply,
        }))
    }
}
