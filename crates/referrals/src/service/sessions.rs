//! What a storefront says that keeps its orders to itself, and an admin of an attribution.

use super::apply_decision::{announce_grant, apply_decision, dispatch_facts, issue_due_grants, player_names};
use super::customers::{link_player_if_free, update_profile};
use super::evaluate_order::{evaluate_payment, find_payer, held_grants, load_order, person_of, reverse_order};
use super::orders::{Buyer, to_player};
use super::{Outcome, UnitOfWork};
use crate::Error;
use crate::ReferralContext;
use crate::storage::orders as orders_repo;
use crate::storage::{attributions, customers as customers_repo, grants};
use flux_protocol::OrderId;
use flux_referral_rules::{AttributionId, CustomerId, EmailKey, Money, Reason, ReversalKind, complete};
use flux_shop::Audit;
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
    audit: &Audit,
    ctx: &ReferralContext,
    id: &OrderId,
    payer: &Payer,
    amount: Money,
    at: Timestamp,
) -> Result<Option<Outcome>, Error> {
    let mut work = UnitOfWork::begin(tx, audit, ctx)?;
    let mut order = load_order(&work, id)?;
    let Some(customer) = find_payer(&work, &order, payer)? else {
        let Some(address) = payer.address() else { return Ok(None) };
        // Nobody whom we know: but who comes with this address later has bought before.
        order.email = Some(address);
        if order.record.pay(amount, at) {
            orders_repo::put(tx, &order)?;
        }
        return Ok(Some(work.outcome(None, false, None)));
    };
    let is_named = payer.customer.as_ref().is_none_or(|named| *named == customer);
    let is_theirs = is_named && !customers_repo::is_forgotten(tx, &customer)?;
    let buyer = Buyer { customer, email: payer.email.clone().filter(|_| is_theirs), player: None };
    customers_repo::ensure_exists(tx, &buyer.customer, tx.now())?;
    update_profile(&mut work, &buyer.customer, buyer.email.as_deref(), None)?;
    let ordered = order.buyer.as_ref().and_then(|person| person.player.clone());
    if let Some(Ok(player)) = ordered.or(person_of(&work, &buyer)?.player).map(|player| to_player(&player)) {
        link_player_if_free(&mut work, &buyer.customer, &player)?;
    }
    let found = evaluate_payment(&mut work, &mut order, Some(&buyer), amount, at)?;
    orders_repo::put(tx, &order)?;
    Ok(Some(work.outcome(found, false, None)))
}

/// What stands of a session whose payment has not come. `None`: nobody knows who is behind it.
pub fn of_session(
    tx: &Tx<'_>,
    audit: &Audit,
    ctx: &ReferralContext,
    id: &OrderId,
    is_named: bool,
) -> Result<Option<Outcome>, Error> {
    let work = UnitOfWork::begin(tx, audit, ctx)?;
    let order = load_order(&work, id)?;
    let is_known = is_named || order.record.buyer.is_some();
    Ok(is_known.then(|| work.outcome(order.attribution, false, None)))
}

/// An order was completed: shipped, received, or whatever the storefront calls done.
pub fn completed(
    tx: &Tx<'_>,
    audit: &Audit,
    ctx: &ReferralContext,
    id: &OrderId,
    at: Timestamp,
) -> Result<Outcome, Error> {
    let mut work = UnitOfWork::begin(tx, audit, ctx)?;
    let mut order = load_order(&work, id)?;
    order.record.complete(at);
    orders_repo::put(tx, &order)?;
    let Some(row) = attributions::qualified_by(tx, id)? else {
        return Ok(work.outcome(order.attribution, false, None));
    };
    let held: Vec<_> = grants::of_attribution(tx, &row.attribution.id)?.into_iter().map(|row| row.grant).collect();
    for grant in complete(&held, order.record.completed_at.unwrap_or(at)) {
        grants::put(tx, &grant)?;
        announce_grant(&work, &grant)?;
    }
    let attribution = issue_due_grants(&mut work, row.attribution)?;
    Ok(work.outcome(Some(attribution.id), false, None))
}

/// `POST /attributions/void`: an order was undone, or part of it paid back. One that nobody has heard of is remembered.
pub fn void(
    tx: &Tx<'_>,
    audit: &Audit,
    ctx: &ReferralContext,
    id: &OrderId,
    undoing: ReversalKind,
    part: Option<(i64, String)>,
    at: Timestamp,
) -> Result<Outcome, Error> {
    let mut work = UnitOfWork::begin(tx, audit, ctx)?;
    let mut order = load_order(&work, id)?;
    match part {
        None => order.record.undo(undoing, at),
        Some((amount, word)) => {
            orders_repo::put(tx, &order)?;
            if orders_repo::add_refund(tx, id, &word, amount)? {
                order.record.refund(order.record.refunded.saturating_add(amount));
            }
            let whole = order.record.paid.map(|(_, money)| money.amount());
            if whole.is_some_and(|whole| order.record.refunded >= whole) {
                order.record.undo(undoing, at);
            }
        }
    }
    let found = reverse_order(&mut work, order, at)?;
    Ok(work.outcome(found, false, None))
}

/// `POST /attributions/{id}/void`: an admin's word, whatever became of the order.
pub fn withdraw(
    tx: &Tx<'_>,
    audit: &Audit,
    ctx: &ReferralContext,
    id: &AttributionId,
    at: Timestamp,
) -> Result<Outcome, Error> {
    let mut work = UnitOfWork::begin(tx, audit, ctx)?;
    let before = attributions::find(tx, id)?.ok_or(Error::NotFound("attribution"))?.attribution;
    let (held, names) = (held_grants(&work, &before)?, player_names(&work, &before)?);
    let dispatch = dispatch_facts(&work, &names, &before)?;
    let decision =
        flux_referral_rules::withdraw(&work.program().program, before.clone(), &held, Reason::Admin, &dispatch, at);
    let after = apply_decision(&mut work, &before, decision)?;
    Ok(work.outcome(Some(after.id), false, None))
}
