//! What a storefront says that keeps its orders to itself, and an admin of an attribution.

use super::orders::{Buyer, bought_for};
use super::{Desk, Outcome, ServiceError, Work};
use crate::services::Audit;
use flux_protocol::OrderId;
use flux_referral_rules::{
    AttributionId, CustomerId, EmailKey, Money, Reason, Undoing, complete, withdraw as take_away,
};
use flux_referrals::storage::orders as rows;
use flux_referrals::storage::{attributions, grants, people};
use flux_storage::Tx;
use jiff::Timestamp;

/// Who has paid for a session, as far as the storefront says.
#[derive(Debug, Clone)]
pub struct Payer {
    /// The customer.
    pub customer: Option<CustomerId>,
    /// Their address.
    pub email: Option<String>,
}

impl Payer {
    /// Whether this says anything.
    pub fn is_named(&self) -> bool {
        self.customer.is_some() || self.address().is_some()
    }

    pub(super) fn address(&self) -> Option<EmailKey> {
        self.email.as_deref().and_then(EmailKey::of)
    }
}

/// `POST /attributions/fulfill`: a session is paid. `None`: nobody knows who is behind it (R2-25).
pub fn fulfil(
    tx: &Tx<'_>,
    by: &Audit,
    desk: &Desk,
    id: &OrderId,
    payer: &Payer,
    amount: Money,
    at: Timestamp,
) -> Result<Option<Outcome>, ServiceError> {
    let mut work = Work::begin(tx, by, desk)?;
    let mut order = work.order(id)?;
    let Some(customer) = work.payer(&order, payer)? else {
        let Some(address) = payer.address() else { return Ok(None) };
        // Nobody whom we know: but who comes with this address later has bought before.
        order.email = Some(address);
        if order.record.pay(amount, at) {
            rows::put(tx, &order)?;
        }
        return Ok(Some(work.outcome(None, false, None)));
    };
    let is_named = payer.customer.as_ref().is_none_or(|named| *named == customer);
    let is_theirs = is_named && !people::is_forgotten(tx, &customer)?;
    let buyer = Buyer { customer, email: payer.email.clone().filter(|_| is_theirs), player: None };
    people::meet(tx, &buyer.customer, by.now)?;
    work.learn(&buyer.customer, buyer.email.as_deref(), None)?;
    let ordered = order.buyer.and_then(|person| person.player);
    if let Some(Ok(player)) = ordered.or(work.person(&buyer)?.player).map(|player| bought_for(&player)) {
        work.link_player_if_free(&buyer.customer, &player)?;
    }
    let found = work.pay(id, Some(&buyer), amount, at)?;
    Ok(Some(work.outcome(found, false, None)))
}

/// What stands of a session whose payment has not come. `None`: nobody knows who is behind it.
pub fn of_session(
    tx: &Tx<'_>,
    by: &Audit,
    desk: &Desk,
    id: &OrderId,
    is_named: bool,
) -> Result<Option<Outcome>, ServiceError> {
    let work = Work::begin(tx, by, desk)?;
    let order = work.order(id)?;
    let is_known = is_named || order.record.buyer.is_some();
    Ok(is_known.then(|| work.outcome(order.attribution, false, None)))
}

/// An order was completed: shipped, received, or whatever the storefront calls done.
pub fn completed(tx: &Tx<'_>, by: &Audit, desk: &Desk, id: &OrderId, at: Timestamp) -> Result<Outcome, ServiceError> {
    let mut work = Work::begin(tx, by, desk)?;
    let mut order = work.order(id)?;
    order.record.complete(at);
    rows::put(tx, &order)?;
    let Some(row) = attributions::fed_by(tx, id)? else { return Ok(work.outcome(order.attribution, false, None)) };
    let held: Vec<_> = grants::of_attribution(tx, &row.attribution.id)?.into_iter().map(|row| row.grant).collect();
    for grant in complete(&held, order.record.completed_at.unwrap_or(at)) {
        grants::put(tx, &grant)?;
        work.tell_grant(&grant)?;
    }
    let attribution = work.issue_due_of(row.attribution)?;
    Ok(work.outcome(Some(attribution.id), false, None))
}

/// `POST /attributions/void`: an order was undone, or part of it paid back. One that nobody has heard of is remembered.
pub fn void(
    tx: &Tx<'_>,
    by: &Audit,
    desk: &Desk,
    id: &OrderId,
    undoing: Undoing,
    part: Option<(i64, String)>,
    at: Timestamp,
) -> Result<Outcome, ServiceError> {
    let mut work = Work::begin(tx, by, desk)?;
    let mut order = work.order(id)?;
    match part {
        None => order.record.undo(undoing, at),
        Some((amount, word)) => {
            rows::put(tx, &order)?;
            if rows::add_refund(tx, id, &word, amount)? {
                order.record.refund(order.record.refunded.saturating_add(amount));
            }
            let whole = order.record.paid.map(|(_, money)| money.amount());
            if whole.is_some_and(|whole| order.record.refunded >= whole) {
                order.record.undo(undoing, at);
            }
        }
    }
    let found = work.undone(order, at)?;
    Ok(work.outcome(found, false, None))
}

/// `POST /attributions/{id}/void`: an admin's word, whatever became of the order.
pub fn withdraw(
    tx: &Tx<'_>,
    by: &Audit,
    desk: &Desk,
    id: &AttributionId,
    at: Timestamp,
) -> Result<Outcome, ServiceError> {
    let mut work = Work::begin(tx, by, desk)?;
    let before = attributions::find(tx, id)?.ok_or(ServiceError::NotFound("attribution"))?.attribution;
    let (held, names) = (work.held(&before)?, work.names(&before)?);
    let dispatch = work.dispatch(&names, &before);
    let decision = take_away(&work.program.program, before.clone(), &held, Reason::Admin, &dispatch, at);
    let after = work.write(&before, decision)?;
    Ok(work.outcome(Some(after.id), false, None))
}
