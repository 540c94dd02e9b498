//! Evaluates a paid order of a bound referee.

use crate::issue::{due_at, settled};
use crate::open::Opening;
use crate::{
    Attribution, Benefit, Currency, Decision, Dispatch, Money, OrderRecord, PartialReturn, Person, PositiveMoney,
    Program, Purchase, Reason, Referrer, Rule, Side, Slot, Status, Store, Trigger, effective,
};
use jiff::Timestamp;

/// The payment of a bound referee's order.
#[derive(Debug, Clone)]
pub struct Payment<'a> {
    /// The attribution that [`crate::candidate`] and [`crate::bind`] have found.
    pub attribution: Attribution,
    /// The referrer.
    pub referrer: &'a Referrer,
    /// The referee.
    pub referee: &'a Person,
    /// The order with its known facts.
    pub order: &'a OrderRecord,
    /// True if the same person (D-23) has another order that [`OrderRecord::is_purchase`].
    pub has_bought: bool,
}

/// Evaluates a newly paid order (section 6, `on paid`; see [`OrderRecord::pay`]). The caller stores [`Decision::reason`] with the order.
/// An unpaid or imported order changes nothing, and neither does one that has already qualified this attribution.
pub fn pay(store: &Store<'_>, facts: Payment<'_>) -> Decision {
    let Payment { attribution, referrer, referee, order, has_bought } = facts;
    let Some((paid_at, amount)) = order.paid else { return Decision::unchanged(attribution, None) };
    if order.is_imported || attribution.is_qualified_by(&order.id) {
        return Decision::unchanged(attribution, None);
    }
    let rule = effective(store, referrer);
    let attribution = match rule {
        Ok(rule) => attribution.valid_under(rule),
        Err(_) => attribution,
    };
    let rule = match rule.and_then(|rule| check(store, rule, &attribution, amount, has_bought, paid_at)) {
        Ok(rule) => rule,
        Err(reason) => {
            let status = attribution.status_at(paid_at);
            return Decision::unchanged(Attribution { status, ..attribution }, Some(reason));
        }
    };
    let minimum = match rule.on_return.partial {
        PartialReturn::Keep | PartialReturn::Proportional => store.program.minimum,
        PartialReturn::All => PositiveMoney::new(amount.amount(), amount.currency()).ok(),
    };
    let purchase = Purchase { order: order.id.clone(), amount, refunded: order.refunded, minimum };
    let undone = order.undone.map(|(reversal, _)| Reason::from(reversal));
    if let Some(reason) = undone.or((!purchase.still_counts()).then_some(Reason::Refunded)) {
        let voided = Attribution { status: Status::Voided(reason), purchase: Some(purchase), ..attribution };
        return Decision::unchanged(voided, Some(reason));
    }
    let attribution = Attribution { purchase: Some(purchase), ..attribution };
    let opening = Opening {
        store,
        rule,
        referrer,
        attribution: &attribution,
        trigger: Trigger::FirstOrder,
        dispatch: Dispatch {
            servers: store.servers,
            referrer: referrer.person.player.as_ref().map(|player| player.name.as_str()),
            referee: referee.player.as_ref().map(|player| player.name.as_str()),
            purchase: attribution.purchase.as_ref(),
        },
        at: paid_at,
    };
    let due_at = due_at(rule.order_timing, paid_at, order.completed_at);
    let of_referrer = opening.referrer(None, rule.order_timing, due_at);
    let changes: Vec<_> = of_referrer.into_iter().chain(opening.referee()).collect();
    let status = settled(changes.iter().map(|change| &change.grant));
    Decision { attribution: Attribution { status, ..attribution }, changes, reason: status.reason() }
}

/// The tests of a paid order after the one for a rule, in the specification's order; the first that fails is the reason.
fn check<'a>(
    store: &Store<'_>,
    rule: &'a Rule,
    attribution: &Attribution,
    amount: Money,
    has_bought: bool,
    paid_at: Timestamp,
) -> Result<&'a Rule, Reason> {
    match attribution.status_at(paid_at) {
        Status::Pending => {}
        Status::Expired => return Err(Reason::TooLate),
        Status::Qualified(_) | Status::Rewarded => return Err(Reason::NotFirstPurchase),
        Status::Voided(reason) => return Err(reason),
    }
    if !rule.rewards_orders() {
        return Err(Reason::NoRule);
    }
    if amount.amount() == 0 {
        return Err(Reason::ZeroAmount);
    }
    if currencies(store.program, rule).any(|currency| currency != amount.currency()) {
        return Err(Reason::CurrencyMismatch);
    }
    if store.program.minimum.is_some_and(|minimum| amount.amount() < minimum.amount()) {
        return Err(Reason::BelowMinimum);
    }
    if store.program.require_first_purchase && has_bought {
        return Err(Reason::NotFirstPurchase);
    }
    Ok(rule)
}

/// The currencies that an order must be in (D-06): the minimum's, and those of the fixed sums that it could earn.
fn currencies<'a>(program: &'a Program, rule: &'a Rule) -> impl Iterator<Item = Currency> + 'a {
    let slots =
        Side::ALL.iter().filter_map(|side| rule.slots.get(*side, Trigger::FirstOrder)).filter_map(Slot::benefit);
    let rewards = slots.chain(rule.ladder.steps().map(|(_, benefit)| benefit)).filter_map(Benefit::fixed_currency);
    program.minimum.map(|minimum| minimum.currency()).into_iter().chain(rewards)
}
