//! The JSON body of a benefit, and its conversion from and to the rules' type.

use super::FieldError;
use flux_referral_rules::{
    Benefit, Currency, Days, Discount, DiscountKind, Percent, Points, PositiveMoney, ValidationError,
};
use serde::{Deserialize, Serialize};

/// A benefit of exactly one type, with the fields of that type. Amounts are whole numbers of minor units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BenefitBody {
    /// The type.
    #[serde(rename = "type")]
    kind: BenefitKind,
    /// `points`: the number of points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    points: Option<i64>,
    /// `percent`: the percentage, 1 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    percent: Option<i64>,
    /// `fixed` and `storeCredit`: the amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    amount: Option<i64>,
    /// The currency of all amounts of the benefit. The default is the program's currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    /// `percent`: the maximum discount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_off: Option<i64>,
    /// Discounts: the smallest order that accepts the code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    min_spend: Option<i64>,
    /// Discounts: the lifetime in days. The default is the program's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expiry_days: Option<i64>,
    /// Discounts: true if the code applies automatically. By default only the referee's does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    auto_apply: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
enum BenefitKind {
    Points,
    Percent,
    Fixed,
    FreeShipping,
    StoreCredit,
}

impl BenefitBody {
    /// Checks the benefit. `program` is the currency of amounts without one.
    pub fn read(&self, program: Option<Currency>) -> Result<Benefit, FieldError> {
        self.refuse_other_fields()?;
        let currency = self.currency.as_deref().map(Currency::parse).transpose().map_err(FieldError::at("currency"))?;
        let currency = currency.or(program);
        let money = |field: &'static str, amount: i64| {
            let money = currency.ok_or(ValidationError::CurrencyMissing).and_then(|of| PositiveMoney::new(amount, of));
            money.map_err(FieldError::at(field))
        };
        let amount = || needed("amount", self.amount).and_then(|amount| money("amount", amount));
        let max_off = self.max_off.map(|amount| money("maxOff", amount)).transpose()?;
        let kind = match self.kind {
            BenefitKind::Points => {
                let points = needed("points", self.points)?;
                return Points::new(points).map(Benefit::Points).map_err(FieldError::at("points"));
            }
            BenefitKind::StoreCredit => return Ok(Benefit::StoreCredit(amount()?)),
            BenefitKind::Fixed => DiscountKind::Fixed(amount()?),
            BenefitKind::FreeShipping => DiscountKind::FreeShipping,
            BenefitKind::Percent => {
                let percent = needed("percent", self.percent)?;
                DiscountKind::Percent { percent: Percent::new(percent).map_err(FieldError::at("percent"))?, max_off }
            }
        };
        Ok(Benefit::Discount(Discount {
            kind,
            min_spend: self.min_spend.map(|amount| money("minSpend", amount)).transpose()?,
            expiry: self.expiry_days.map(Days::new).transpose().map_err(FieldError::at("expiryDays"))?,
            auto_apply: self.auto_apply,
        }))
    }

    /// Fields of another kind of benefit: free shipping has no value (R4-17), points no expiry.
    fn refuse_other_fields(&self) -> Result<(), FieldError> {
        use BenefitKind::{Fixed, FreeShipping, Percent, Points, StoreCredit};
        let discounts: &[BenefitKind] = &[Percent, Fixed, FreeShipping];
        let fields: [(&str, bool, &[BenefitKind]); 7] = [
            ("points", self.points.is_some(), &[Points]),
            ("percent", self.percent.is_some(), &[Percent]),
            ("amount", self.amount.is_some(), &[Fixed, StoreCredit]),
            ("maxOff", self.max_off.is_some(), &[Percent]),
            ("minSpend", self.min_spend.is_some(), discounts),
            ("expiryDays", self.expiry_days.is_some(), discounts),
            ("autoApply", self.auto_apply.is_some(), discounts),
        ];
        match fields.into_iter().find(|(_, is_there, of)| *is_there && !of.contains(&self.kind)) {
            Some((field, ..)) => Err(FieldError::value(field, "is no field of this type of reward: leave it out")),
            None => Ok(()),
        }
    }
}

fn needed(field: &'static str, value: Option<i64>) -> Result<i64, FieldError> {
    value.ok_or_else(|| FieldError::value(field, "is missing: this type of reward needs it"))
}

impl From<&Benefit> for BenefitBody {
    fn from(benefit: &Benefit) -> BenefitBody {
        let empty = BenefitBody {
            kind: BenefitKind::FreeShipping,
            points: None,
            percent: None,
            amount: None,
            currency: None,
            max_off: None,
            min_spend: None,
            expiry_days: None,
            auto_apply: None,
        };
        match benefit {
            Benefit::Points(points) => BenefitBody { kind: BenefitKind::Points, points: Some(points.get()), ..empty },
            Benefit::StoreCredit(money) => BenefitBody {
                kind: BenefitKind::StoreCredit,
                amount: Some(money.amount()),
                currency: Some(money.currency().to_string()),
                ..empty
            },
            Benefit::Discount(discount) => of_discount(discount, empty),
        }
    }
}

fn of_discount(discount: &Discount, empty: BenefitBody) -> BenefitBody {
    let mut amounts = discount.min_spend.into_iter().collect::<Vec<_>>();
    let body = match &discount.kind {
        DiscountKind::FreeShipping => empty,
        DiscountKind::Fixed(money) => {
            amounts.push(*money);
            BenefitBody { kind: BenefitKind::Fixed, amount: Some(money.amount()), ..empty }
        }
        DiscountKind::Percent { percent, max_off } => {
            amounts.extend(*max_off);
            let percent = Some(percent.get().into());
            BenefitBody { kind: BenefitKind::Percent, percent, max_off: max_off.map(PositiveMoney::amount), ..empty }
        }
    };
    BenefitBody {
        currency: amounts.first().map(|money| money.currency().to_string()),
        min_spend: discount.min_spend.map(PositiveMoney::amount),
        expiry_days: discount.expiry.map(Days::get),
        auto_apply: discount.auto_apply,
        ..body
    }
}
