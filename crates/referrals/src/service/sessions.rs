//! Events from storefronts that report sessions instead of orders, and voids by an admin.

use super::apply_decision::{announce_grant, apply_decision, dispatch_facts, issue_due_grants, player_names};
use super::customers::{link_buyers_player, update_profile};
use super::evaluate_order::{evaluate_payment, find_payer, held_grants, load_order, person_of, reverse_order};
use super::orders::{Buyer, to_player};
use super::{Outcome, UnitOfWork};
use crate::Error;
use crate::ReferralContext;
use crate::ids;
use crate::storage::orders as orders_repo;
use crate::storage::{attributions, customers as customers_repo, grants};
use flux_protocol::OrderId;
use flux_referral_rules::{
    Attribution, AttributionId, Completion, CustomerId, EmailKey, Money, Reason, ReversalKind, complete,
};
use flux_shop::{Audit, SessionId};
use flux_storage::Tx;
use jiff::Timestamp;

/// The payer of a session, as far as the storefront names one.
#[derive(Debug, Clone)]
pub struct Payer {
    /// The customer.
    pub customer: Option<CustomerId>,
    /// Their address.
    pub email: Option<String>,
}

impl Payer {
    /// Returns whether the storefront named a payer.
    pub fn is_named(&self) -> bool {
        self.customer.is_some() || self.address().is_some()
    }

    pub(super) fn address(&self) -> Option<EmailKey> {
        self.email.as_deref().and_then(EmailKey::of)
    }
}

/// Handles an event of the order that a session means: the only one with this id or in this session, else a new one (R2-37).
pub fn in_session<T>(
    tx: &Tx<'_>,
    session: &SessionId,
    event: impl FnOnce(&OrderId) -> Result<T, Error>,
) -> Result<T, Error> {
    let known = orders_repo::of_session(tx, session)?;
    let id = match known.as_slice() {
        [] => ids::order_of_session(session).map_err(|_| Error::NotFound("session"))?,
        [id] => id.clone(),
        _ => return Err(ambiguous("orders: send the order's id instead")),
    };
    let outcome = event(&id)?;
    if id.as_str() != session.as_str() {
        orders_repo::set_session(tx, &id, session)?;
    }
    Ok(outcome)
}

fn ambiguous(of: &str) -> Error {
    Error::conflict("ambiguous_session", format!("this session is that of several {of}"))
}

/// The friend whose signup named this session, if there is one (R2-37).
fn friend_in_session(tx: &Tx<'_>, session: &SessionId) -> Result<Option<CustomerId>, Error> {
    match attributions::of_session(tx, session)?.as_slice() {
        [] => Ok(None),
        [row] => Ok(Some(row.attribution.referee.clone())),
        _ => Err(ambiguous("signups: name the buyer by refereeCustomerId or refereeEmail")),
    }
}

/// `POST /attributions/fulfill`: handles a paid session; `None` if its buyer is unknown (R2-25).
pub fn fulfil(
    tx: &Tx<'_>,
    audit: &Audit,
    ctx: &ReferralContext,
    (id, session): (&OrderId, &SessionId),
    payer: &Payer,
    amount: Money,
    at: Timestamp,
) -> Result<Option<Outcome>, Error> {
    let mut work = UnitOfWork::begin(tx, audit, ctx)?;
    let mut order = load_order(&work, id)?;
    let payer_or_friend = match find_payer(&work, &order, payer)? {
        None if !payer.is_named() => friend_in_session(tx, session)?,
        found => found,
    };
    let Some(customer) = payer_or_friend else {
        let Some(address) = payer.address() else { return Ok(None) };
        // The buyer is unknown, but a customer who later has this address has bought before.
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
        link_buyers_player(&mut work, &buyer.customer, &player, amount)?;
    }
    let found = evaluate_payment(&mut work, &mut order, Some(&buyer), amount, at)?;
    orders_repo::put(tx, &order)?;
    if let Some(found) = found.as_ref().filter(|_| id.as_str() != session.as_str()) {
        attributions::set_session(tx, found, session)?;
    }
    Ok(Some(work.outcome(found, false, None)))
}

/// The outcome of a session that is not paid: nothing changes.
pub fn of_session(tx: &Tx<'_>, audit: &Audit, ctx: &ReferralContext, id: &OrderId) -> Result<Outcome, Error> {
    let work = UnitOfWork::begin(tx, audit, ctx)?;
    let order = load_order(&work, id)?;
    Ok(work.outcome(order.attribution, false, None))
}

/// Handles a completed order: shipped, received, or whatever the storefront calls completed.
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
    let at = order.record.completed_at.unwrap_or(at);
    let attribution = date_grants(&mut work, row.attribution, Completion::Told, at)?;
    Ok(work.outcome(Some(attribution.id), false, None))
}

/// Dates the rewards that waited for this completion of their order.
pub(super) fn date_grants(
    work: &mut UnitOfWork<'_>,
    attribution: Attribution,
    how: Completion,
    at: Timestamp,
) -> Result<Attribution, Error> {
    let held: Vec<_> = grants::of_attribution(work.tx(), &attribution.id)?.into_iter().map(|row| row.grant).collect();
    for grant in complete(&held, how, at) {
        grants::put(work.tx(), &grant)?;
        announce_grant(work, &grant)?;
    }
    issue_due_grants(work, attribution)
}

/// `POST /attributions/void`: handles a reversal or a partial refund. An unknown order is recorded.
pub fn void(
    tx: &Tx<'_>,
    audit: &Audit,
    ctx: &ReferralContext,
    id: &OrderId,
    reversal: ReversalKind,
    part: Option<(i64, String)>,
    at: Timestamp,
) -> Result<Outcome, Error> {
    let mut work = UnitOfWork::begin(tx, audit, ctx)?;
    let mut order = load_order(&work, id)?;
    match part {
        None => order.record.undo(reversal, at),
        Some((amount, dedup_key)) => {
            orders_repo::put(tx, &order)?;
            if orders_repo::add_refund(tx, id, &dedup_key, amount)? {
                order.record.refund(order.record.refunded.saturating_add(amount));
            }
            let whole = order.record.paid.map(|(_, money)| money.amount());
            if whole.is_some_and(|whole| order.record.refunded >= whole) {
                order.record.undo(reversal, at);
            }
        }
    }
    let found = reverse_order(&mut work, order, at)?;
    Ok(work.outcome(found, false, None))
}

/// `POST /attributions/{id}/void`: voids an attribution for an admin, whatever the state of its order.
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
