//! Evaluates an order: finds the buyer and the attribution, and applies the rewards or their reversal.

use super::UnitOfWork;
use super::apply_decision::{apply_decision, dispatch_facts, player_names};
use super::bind::{BindRequest, ReportedClick, bind};
use super::codes_to_mail::note_customer;
use super::orders::{Buyer, to_rules_player};
use super::sessions::Payer;
use super::signup::follow_referee;
use super::spending::unredeem;
use crate::Error;
use crate::ids::grant_id;
use crate::storage::orders::{self as orders_repo, OrderRow};
use crate::storage::{attributions, customers as customers_repo, grants, held_commands};
use flux_protocol::OrderId;
use flux_referral_rules::{
    Attribution, AttributionId, Candidate, Channel, CustomerId, EmailKey, Held, LineState, Money, Payment, Person,
    candidate, pay, void as undo,
};
use flux_shop::SessionId;
use jiff::Timestamp;

pub(super) fn load_order(work: &UnitOfWork<'_>, id: &OrderId) -> Result<OrderRow, Error> {
    Ok(orders_repo::find(work.tx(), id)?.unwrap_or_else(|| OrderRow::new(id.clone())))
}

/// Finds the payer: the buyer recorded at checkout, else the one that the storefront names by id or address.
pub(super) fn find_payer(work: &UnitOfWork<'_>, order: &OrderRow, payer: &Payer) -> Result<Option<CustomerId>, Error> {
    match (order.record.buyer.as_ref().or(payer.customer.as_ref()), payer.address()) {
        (Some(customer), _) => Ok(Some(customer.clone())),
        (None, Some(address)) => Ok(customers_repo::by_email(work.tx(), &address)?),
        (None, None) => Ok(None),
    }
}

/// The buyer as a person. The customer's own player takes precedence, because an order may be a present for another one.
pub(super) fn person_of(work: &UnitOfWork<'_>, buyer: &Buyer) -> Result<Person, Error> {
    let known = work.customer(&buyer.customer)?.person;
    let ordered = buyer.player.as_ref().map(to_rules_player);
    Ok(Person {
        customer: buyer.customer.clone(),
        email: buyer.email.as_deref().and_then(EmailKey::of).or(known.email),
        player: known.player.or(ordered),
    })
}

pub(super) fn bind_at_checkout(
    work: &mut UnitOfWork<'_>,
    person: &Person,
    code: &str,
    at: Timestamp,
) -> Result<Result<(Attribution, bool), flux_referral_rules::BindError>, Error> {
    let request = BindRequest {
        code,
        person,
        claimed_player: None,
        order: None,
        registers_now: false,
        channel: Channel::CodeCheckout,
        click: &ReportedClick::Unknown,
        external: None,
        at,
    };
    Ok(bind(work, &request)?.map(|(row, is_new)| (row.attribution, is_new)))
}

/// Evaluates a payment once. Returns its attribution. The caller saves the order.
pub(super) fn evaluate_payment(
    work: &mut UnitOfWork<'_>,
    order: &mut OrderRow,
    buyer: Option<&Buyer>,
    amount: Money,
    at: Timestamp,
) -> Result<Option<AttributionId>, Error> {
    // The payment came before its buyer was known: evaluate it as of the time of payment.
    let late = order.record.paid.filter(|_| order.record.buyer.is_none() && buyer.is_some());
    let (amount, at) = late.map_or((amount, at), |(paid_at, amount)| (amount, paid_at));
    match (&mut order.buyer, buyer) {
        (None, Some(buyer)) => {
            let mut person = person_of(work, buyer)?;
            person.email = person.email.or(order.email.take());
            order.record.buyer = Some(person.customer.clone());
            order.buyer = Some(person);
        }
        (Some(person), Some(buyer)) if person.email.is_none() => person.email = person_of(work, buyer)?.email,
        _ => {}
    }
    let is_news = order.record.pay(amount, at) || late.is_some();
    if let Some(buyer) = &order.record.buyer {
        // Where only buyers may refer, this one may from now on.
        note_customer(work, buyer)?;
    }
    if is_news && order.record.is_reversed() {
        unredeem(work.tx(), work.audit(), &order.record.id, at)?;
    }
    let (true, Some(person)) = (is_news, order.buyer.clone()) else { return Ok(order.attribution.clone()) };
    let found = if order.record.is_imported { None } else { find_attribution(work, order, &person, at)? };
    if let Some(attribution) = found {
        judge_payment(work, order, &person, &attribution)?;
    }
    Ok(order.attribution.clone())
}

/// Lets the rules judge a payment for an attribution, and applies their decision.
fn judge_payment(
    work: &mut UnitOfWork<'_>,
    order: &mut OrderRow,
    person: &Person,
    attribution: &Attribution,
) -> Result<(), Error> {
    let referrer = work.referrer(&attribution.referrer)?;
    let has_bought = orders_repo::has_bought(work.tx(), person, Some(&order.record.id))?;
    let facts = Payment {
        attribution: follow_referee(work, attribution, &person.customer)?,
        referrer: &referrer,
        referee: person,
        order: &order.record,
        has_bought,
    };
    let decision = pay(&work.store()?, facts);
    order.attribution = Some(attribution.id.clone());
    order.reason = decision.reason.map(|reason| reason.to_string());
    apply_decision(work, attribution, decision)?;
    Ok(())
}

/// The order of this session if this person, or somebody unknown, has paid it and it belongs to no referral (D-25).
pub(super) fn paid_before_signup(
    work: &UnitOfWork<'_>,
    session: &SessionId,
    person: &Person,
) -> Result<Option<OrderRow>, Error> {
    let known = orders_repo::of_session(work.tx(), session)?;
    let [id] = known.as_slice() else { return Ok(None) };
    let order = load_order(work, id)?;
    let is_theirs = order.buyer.as_ref().is_none_or(|buyer| buyer.is(person));
    let is_open = order.record.paid.is_some() && order.attribution.is_none() && !order.record.is_imported;
    Ok(Some(order).filter(|_| is_theirs && is_open))
}

/// Evaluates a payment that came before the signup of its session, as of its own time (D-25). A click after it did not lead
/// to it.
pub(super) fn evaluate_earlier_payment(
    work: &mut UnitOfWork<'_>,
    mut order: OrderRow,
    person: &Person,
    id: &AttributionId,
) -> Result<(), Error> {
    let Some(row) = attributions::find(work.tx(), id)? else { return Ok(()) };
    let paid_at = order.record.paid.map(|(at, _)| at);
    if row.attribution.clicked_at.is_some_and(|clicked| paid_at.is_none_or(|paid_at| clicked > paid_at)) {
        return Ok(());
    }
    let mut buyer = order.buyer.take().unwrap_or_else(|| person.clone());
    buyer.email = buyer.email.or(order.email.take());
    order.record.buyer = Some(buyer.customer.clone());
    order.buyer = Some(buyer.clone());
    judge_payment(work, &mut order, &buyer, &row.attribution)?;
    Ok(orders_repo::put(work.tx(), &order)?)
}

/// Finds the attribution of an order by its buyer, or binds one by its code. The order keeps the reason for a refusal.
fn find_attribution(
    work: &mut UnitOfWork<'_>,
    order: &mut OrderRow,
    person: &Person,
    at: Timestamp,
) -> Result<Option<Attribution>, Error> {
    // An order that was never evaluated cannot have qualified an attribution.
    let qualified = match &order.attribution {
        Some(_) => attributions::qualified_by(work.tx(), &order.record.id)?.map(|row| row.attribution),
        None => None,
    };
    let latest = attributions::latest_of(work.tx(), person)?.map(|row| row.attribution);
    let (program, code) = (&work.program().program, order.code.clone());
    match candidate(program, &order.record.id, qualified.as_ref(), latest.as_ref(), code.is_some(), at) {
        Candidate::Known(row) => Ok(Some(row.clone())),
        Candidate::None => Ok(None),
        Candidate::ByCode => match bind_at_checkout(work, person, &code.unwrap_or_default(), at)? {
            Ok((attribution, _)) => Ok(Some(attribution)),
            Err(refusal) => {
                order.reason = Some(refusal.as_str().to_owned());
                Ok(None)
            }
        },
    }
}

/// Applies a full or partial reversal of an order.
pub(super) fn reverse_order(
    work: &mut UnitOfWork<'_>,
    order: OrderRow,
    at: Timestamp,
) -> Result<Option<AttributionId>, Error> {
    orders_repo::put(work.tx(), &order)?;
    if order.record.is_reversed() {
        unredeem(work.tx(), work.audit(), &order.record.id, at)?;
    }
    let Some(row) = attributions::qualified_by(work.tx(), &order.record.id)? else { return Ok(order.attribution) };
    let before = row.attribution;
    let held = held_grants(work, &before)?;
    let names = player_names(work, &before)?;
    let dispatch = dispatch_facts(work, &names, &before)?;
    let decision = undo(&work.program().program, before.clone(), &held, &order.record, &dispatch, at);
    let after = apply_decision(work, &before, decision)?;
    Ok(Some(after.id))
}

/// The grants of an attribution, with whether any of their commands has run.
pub(super) fn held_grants(work: &UnitOfWork<'_>, row: &Attribution) -> Result<Vec<Held>, Error> {
    let mut held = Vec::new();
    for grant in grants::of_attribution(work.tx(), &row.id)? {
        let states = held_commands::states(work.tx(), &grant_id(&grant.grant.key))?;
        held.push(Held { has_run: states.contains(&LineState::Completed), grant: grant.grant });
    }
    Ok(held)
}
