//! The JSON columns of the referral tables, independent of the API's bodies. Unknown fields are ignored and missing ones
//! have defaults, so that rows of other versions stay readable.

mod benefit;
mod command;
mod program;
mod rule;
mod terms;
mod texts;

pub(super) use program::{SettingsRow as ProgramSettingsRow, Texts as ProgramTexts};
pub(super) use rule::SettingsRow as RuleSettingsRow;
pub(super) use terms::TermsRow;
pub(super) use texts::{MailsRow, ShareRow};

use flux_referral_rules::ValidationError;
use flux_storage::Error;

/// For `map_err`: the column has an invalid value.
fn bad(column: &'static str) -> impl FnOnce(ValidationError) -> Error {
    move |_| Error::BadRow(column)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flux_referral_rules::{
        Benefit, Completion, Currency, Days, Discount, DiscountKind, Ladder, OnReturn, OrderTiming, PartialReturn,
        Percent, Points, PositiveMoney, Rule, RuleId, RuleName, Scope, Side, Slot, Trigger,
    };

    fn euros(amount: i64) -> PositiveMoney {
        PositiveMoney::new(amount, Currency::parse("EUR").unwrap()).unwrap()
    }

    fn empty_rule() -> Rule {
        Rule::new(RuleId::new("rule_1".to_owned()), RuleName::parse("Gold").unwrap(), Scope::All)
    }

    fn full_rule() -> Rule {
        let percent = DiscountKind::Percent { percent: Percent::new(10).unwrap(), max_off: Some(euros(500)) };
        let discount = |kind| {
            let (min_spend, expiry) = (Some(euros(1_000)), Some(Days::new(30).unwrap()));
            Benefit::Discount(Discount { kind, min_spend, expiry, auto_apply: Some(true) })
        };
        let mut rule = empty_rule();
        let slots = [
            (Side::Referrer, Trigger::Registration, Benefit::Points(Points::new(5).unwrap())),
            (Side::Referrer, Trigger::FirstOrder, discount(percent)),
            (Side::Referee, Trigger::Registration, discount(DiscountKind::FreeShipping)),
            (Side::Referee, Trigger::FirstOrder, Benefit::StoreCredit(euros(250))),
        ];
        for (side, trigger, benefit) in slots {
            rule.slots.replace(side, trigger, Some(Slot::new(Some(benefit), Vec::new()).unwrap()));
        }
        rule.on_return =
            OnReturn { recover_points: true, revoke_unused_codes: false, partial: PartialReturn::Proportional };
        rule.order_timing = OrderTiming::DaysAfterCompletion(Days::new(14).unwrap(), Completion::Delivered);
        rule.ladder = Ladder::new(vec![(1, discount(DiscountKind::Fixed(euros(300))))]).unwrap();
        rule
    }

    #[test]
    fn rule_is_read_as_it_was_stored() {
        let rule = full_rule();
        let json = serde_json::to_string(&RuleSettingsRow::new(&rule, Some("/shop".to_owned()))).unwrap();
        let row: RuleSettingsRow = serde_json::from_str(&json).unwrap();
        assert_eq!(row.read(empty_rule()).unwrap(), (rule, Some("/shop".to_owned())));
    }

    #[test]
    fn unknown_and_missing_fields_keep_a_row_readable() {
        let later = r#"{"of_a_later_version": true, "slots": [{"side": "referee", "trigger": "firstOrder",
            "benefit": {"type": "free_shipping", "more": 1}}]}"#;
        let (rule, landing_url) = serde_json::from_str::<RuleSettingsRow>(later).unwrap().read(empty_rule()).unwrap();
        assert!(rule.slots.get(Side::Referee, Trigger::FirstOrder).is_some());
        assert_eq!((landing_url, rule.order_timing), (None, OrderTiming::AtPayment));
    }
}
