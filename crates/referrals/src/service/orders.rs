//! Events of orders that come through `/orders`, and the referral shown with an order.

use super::codes_to_mail::note_customer;
use super::customers::{link_buyers_player, update_profile};
use super::evaluate_order::{bind_at_checkout, evaluate_payment, load_order, person_of, reverse_order};
use super::{Outcome, UnitOfWork};
use crate::Effects;
use crate::Error;
use crate::ReferralContext;
use crate::storage::orders::{self as orders_repo, OrderRow};
use crate::storage::{attributions, customers as customers_repo};
use flux_protocol::OrderId;
use flux_referral_rules::{AttributionId, BindError, CustomerId, Money, Status};
use flux_shop::Audit;
use flux_shop::{Order, Player, ReferralView};
use flux_storage::Tx;
use jiff::Timestamp;

/// The buyer of an order.
#[derive(Debug, Clone)]
pub struct Buyer {
    /// The customer.
    pub customer: CustomerId,
    /// The e-mail address on the order.
    pub email: Option<String>,
    /// The player who receives the order.
    pub player: Option<Player>,
}

impl From<&Order> for Buyer {
    fn from(order: &Order) -> Buyer {
        let customer = &order.content.customer;
        Buyer {
            customer: CustomerId::new(customer.id.as_str()),
            email: customer.email.as_ref().map(|email| email.as_str().to_owned()),
            player: Some(order.content.player.clone()),
        }
    }
}

/// Records a placed order with its buyer, and binds the buyer by the code.
pub fn checkout(
    tx: &Tx<'_>,
    audit: &Audit,
    ctx: &ReferralContext,
    id: &OrderId,
    buyer: &Buyer,
    code: Option<&str>,
    at: Timestamp,
) -> Result<Outcome, Error> {
    let mut work = UnitOfWork::begin(tx, audit, ctx)?;
    customers_repo::ensure_exists(tx, &buyer.customer, tx.now())?;
    let mut order = load_order(&work, id)?;
    let (attribution, is_new, refusal) = check_out(&mut work, &mut order, buyer, code, at)?;
    orders_repo::put(tx, &order)?;
    let attribution = match (attribution, code, &order.buyer) {
        // A referee bound earlier by a link needs no code.
        (None, None, Some(person)) => attributions::latest_of(tx, person)?.map(|row| row.attribution.id),
        (attribution, ..) => attribution,
    };
    Ok(work.outcome(attribution, is_new, refusal))
}

/// Records the buyer and the code, and binds the buyer by the code. The caller saves the order.
fn check_out(
    work: &mut UnitOfWork<'_>,
    order: &mut OrderRow,
    buyer: &Buyer,
    code: Option<&str>,
    at: Timestamp,
) -> Result<(Option<AttributionId>, bool, Option<BindError>), Error> {
    update_profile(work, &buyer.customer, buyer.email.as_deref(), None)?;
    note_customer(work, &buyer.customer)?;
    let person = person_of(work, buyer)?;
    if let (Some((paid_at, amount)), None) = (order.record.paid, &order.record.buyer) {
        // The payment came before its buyer was known: evaluate it now.
        order.code = code.map(str::to_owned);
        let found = evaluate_payment(work, order, Some(buyer), amount, paid_at)?;
        return Ok((found, false, None));
    }
    // A repeated checkout keeps its bind, and a paid order binds nothing more.
    let is_same_buyer = order.record.buyer.as_ref() == Some(&person.customer);
    if order.record.paid.is_some() || (order.attribution.is_some() && is_same_buyer) {
        return Ok((order.attribution.clone(), false, None));
    }
    (order.attribution, order.reason, order.code) = (None, None, order.code.take().filter(|_| is_same_buyer));
    order.record.buyer = Some(person.customer.clone());
    order.buyer = Some(person.clone());
    order.code = code.map(str::to_owned).or(order.code.take());
    let Some(code) = code else { return Ok((None, false, None)) };
    let bound = bind_at_checkout(work, &person, code, at)?;
    let outcome = match bound {
        Ok((attribution, is_new)) => (Some(attribution.id), is_new, None),
        Err(refusal) => (None, false, Some(refusal)),
    };
    order.attribution = outcome.0.clone();
    order.reason = outcome.2.map(|refusal| refusal.as_str().to_owned());
    Ok(outcome)
}

/// `/orders`: handles an order that was placed, and perhaps paid at once. An imported one uses up "first purchase" (R3-10), and earns
/// nothing.
pub(crate) fn placed(tx: &Tx<'_>, audit: &Audit, ctx: &ReferralContext, order: &Order) -> Result<Effects, Error> {
    let at = order.content.occurred_at.unwrap_or(tx.now());
    let typed = order.content.referral_code.as_ref().map(|code| code.as_str().trim()).filter(|code| !code.is_empty());
    let code = typed.filter(|_| !order.content.imported);
    let mut work = UnitOfWork::begin(tx, audit, ctx)?;
    let mut row = load_order(&work, &order.id)?;
    check_out(&mut work, &mut row, &Buyer::from(order), code, at)?;
    if let (Some(typed), true) = (typed, order.content.imported) {
        // An imported order binds nobody, but anonymising the code's owner must find the code here.
        row.code = Some(typed.to_owned());
    }
    row.session = order.content.checkout_session.clone();
    row.record.is_imported = order.content.imported;
    if let Some(at) = order.times.paid_at {
        evaluate(&mut work, &mut row, order, at)?;
    }
    orders_repo::put(tx, &row)?;
    Ok(work.into_effects())
}

/// `/orders`: handles the payment of an order that was placed before.
pub(crate) fn paid(
    tx: &Tx<'_>,
    audit: &Audit,
    ctx: &ReferralContext,
    order: &Order,
    at: Timestamp,
) -> Result<Effects, Error> {
    let mut work = UnitOfWork::begin(tx, audit, ctx)?;
    let mut row = load_order(&work, &order.id)?;
    evaluate(&mut work, &mut row, order, at)?;
    orders_repo::put(tx, &row)?;
    Ok(work.into_effects())
}

fn evaluate(work: &mut UnitOfWork<'_>, row: &mut OrderRow, order: &Order, at: Timestamp) -> Result<(), Error> {
    let amount = i64::try_from(order.content.amount.get()).unwrap_or(i64::MAX);
    let currency = flux_referral_rules::Currency::parse(order.content.currency.as_str());
    let money = currency.and_then(|currency| Money::new(amount, currency));
    let money = money.map_err(|invalid| Error::invalid("amount", invalid.to_string()))?;
    if !order.content.imported {
        link_buyers_player(work, &Buyer::from(order).customer, &order.content.player, money)?;
    }
    evaluate_payment(work, row, None, money, at)?;
    Ok(())
}

/// `/orders`: records the total refunded so far.
pub(crate) fn partly_refunded(
    tx: &Tx<'_>,
    audit: &Audit,
    ctx: &ReferralContext,
    id: &OrderId,
    total: u64,
    at: Timestamp,
) -> Result<Effects, Error> {
    let mut work = UnitOfWork::begin(tx, audit, ctx)?;
    let mut order = load_order(&work, id)?;
    order.record.refund(i64::try_from(total).unwrap_or(i64::MAX));
    reverse_order(&mut work, order, at)?;
    Ok(work.into_effects())
}

/// The referral shown with an order; `None` if there is none.
pub(crate) fn referral_of(tx: &Tx<'_>, id: &OrderId, now: Timestamp) -> Result<Option<ReferralView>, Error> {
    let Some(order) = orders_repo::find(tx, id)? else { return Ok(None) };
    let row = match &order.attribution {
        Some(id) => attributions::find(tx, id)?,
        None => None,
    };
    let mut attribution = row.map(|row| row.attribution);
    if let (None, None, None, Some(buyer)) = (&attribution, &order.reason, order.record.paid, &order.buyer) {
        // A referee bound earlier by a link needs no code.
        let latest = attributions::latest_of(tx, buyer)?.map(|row| row.attribution);
        attribution = latest.filter(|row| row.status_at(now) == Status::Pending);
    }
    if attribution.is_none() && order.reason.is_none() {
        return Ok(None);
    }
    let decision = match &attribution {
        Some(row) if row.is_qualified_by(id) => row.status_at(now).as_str(),
        Some(_) if order.record.paid.is_none() && order.reason.is_none() => "bound",
        _ => "refused",
    };
    let qualified =
        attribution.as_ref().filter(|row| row.is_qualified_by(id)).and_then(|row| row.status_at(now).reason());
    let reason = qualified.map(|reason| reason.to_string()).or(order.reason);
    Ok(Some(ReferralView {
        attribution_id: attribution.map(|row| row.id.to_string()),
        decision: decision.to_owned(),
        reason,
    }))
}

/// Converts a player to the rules' type.
pub(super) fn to_rules_player(player: &Player) -> flux_referral_rules::Player {
    let uuid = player.uuid.as_ref().map(flux_storage::customers::strip_dashes);
    flux_referral_rules::Player { name: player.name.as_str().to_owned(), uuid }
}

/// Converts a player from the rules' type.
pub(super) fn to_player(player: &flux_referral_rules::Player) -> Result<Player, &'static str> {
    let uuid = player.uuid.as_deref().map(str::parse).transpose()?;
    Ok(Player { name: player.name.parse()?, uuid })
}
