//! Orders as the rules hear of them: from `/orders`, and from a storefront that keeps its orders to itself.

use super::bind::Comer;
use super::{Desk, Outcome, Refused, Wake, Work};
use crate::db::Connection;
use crate::db::referrals::orders::{self as rows, OrderRow};
use crate::db::referrals::{attributions, grants, lines, people};
use crate::model::referral::grant_id;
use crate::model::{Order, Player, ReferralView};
use crate::store::By;
use flux_protocol::OrderId;
use flux_referral::{
    Attribution, AttributionId, Candidate, CustomerId, Door, EmailKey, Held, LineState, Money, Payment, Person, Reason,
    Status, Undoing, candidate, complete, pay, void as undo, withdraw as take_away,
};
use jiff::Timestamp;

/// Who buys.
#[derive(Debug, Clone)]
pub struct Buyer {
    /// The customer.
    pub customer: CustomerId,
    /// Their address, as the order has it.
    pub email: Option<String>,
    /// Who gets it.
    pub player: Option<Player>,
}

impl From<&Order> for Buyer {
    fn from(order: &Order) -> Buyer {
        let customer = &order.body.customer;
        Buyer {
            customer: CustomerId::new(customer.id.as_str()),
            email: customer.email.as_ref().map(|email| email.as_str().to_owned()),
            player: Some(order.body.player.clone()),
        }
    }
}

/// An order was placed: who buys, and with which code. Binds by the code.
pub fn checkout(
    tx: &Connection,
    by: &By,
    desk: &Desk,
    id: &OrderId,
    buyer: &Buyer,
    code: Option<&str>,
    at: Timestamp,
) -> Result<Outcome, Refused> {
    let mut work = Work::begin(tx, by, desk)?;
    people::meet(tx, &buyer.customer, by.now)?;
    work.learn(&buyer.customer, buyer.email.as_deref(), None)?;
    let mut order = work.order(id)?;
    let person = work.person(buyer)?;
    if let (Some((paid_at, amount)), None) = (order.record.paid, &order.record.buyer) {
        // The payment came before anybody knew whose it was: it is weighed now.
        order.code = code.map(str::to_owned);
        rows::put(tx, &order)?;
        let found = work.pay(id, Some(buyer), amount, paid_at)?;
        return Ok(work.outcome(found, false, None));
    }
    // The same checkout again: what it has bound stays, and one that is paid binds nothing more.
    let is_same_buyer = order.record.buyer.as_ref() == Some(&person.customer);
    if order.record.paid.is_some() || (order.attribution.is_some() && is_same_buyer) {
        let known = order.attribution;
        return Ok(work.outcome(known, false, None));
    }
    (order.attribution, order.reason, order.code) = (None, None, order.code.filter(|_| is_same_buyer));
    order.record.buyer = Some(person.customer.clone());
    order.buyer = Some(person.clone());
    order.code = code.map(str::to_owned).or(order.code);
    let Some(code) = code else {
        rows::put(tx, &order)?;
        let latest = attributions::latest_of(tx, &person)?.map(|row| row.attribution.id);
        return Ok(work.outcome(latest, false, None));
    };
    let bound = work.bind_at_checkout(&person, code, at)?;
    let outcome = match bound {
        Ok((attribution, is_new)) => (Some(attribution.id), is_new, None),
        Err(refusal) => (None, false, Some(refusal)),
    };
    order.attribution = outcome.0.clone().or(order.attribution);
    order.reason = outcome.2.map(|refusal| refusal.as_str().to_owned());
    rows::put(tx, &order)?;
    Ok(work.outcome(outcome.0, outcome.1, outcome.2))
}

/// `/orders`: an order was placed.
pub fn order_placed(tx: &Connection, by: &By, desk: &Desk, order: &Order) -> Result<Wake, Refused> {
    let at = order.body.occurred_at.unwrap_or(by.now);
    let typed = order.body.referral_code.as_ref().map(|code| code.as_str().trim()).filter(|code| !code.is_empty());
    let code = typed.filter(|_| !order.body.imported);
    let wake = checkout(tx, by, desk, &order.id, &Buyer::from(order), code, at)?.wake;
    if let (Some(typed), true) = (typed, order.body.imported) {
        // It binds nobody; but where its owner is forgotten, it is found here.
        rows::set_code(tx, &order.id, typed)?;
    }
    Ok(wake)
}

/// `/orders`: whether an order is from before the companion's time. Such a one uses up "first purchase" (R3-10) and earns nothing.
pub fn imported(tx: &Connection, order: &Order) -> Result<(), Refused> {
    match rows::find(tx, &order.id)? {
        Some(mut row) if row.record.is_imported != order.body.imported => {
            row.record.is_imported = order.body.imported;
            Ok(rows::put(tx, &row)?)
        }
        _ => Ok(()),
    }
}

/// `/orders`: an order is paid.
pub fn paid(tx: &Connection, by: &By, desk: &Desk, order: &Order, at: Timestamp) -> Result<Wake, Refused> {
    let mut work = Work::begin(tx, by, desk)?;
    if !order.body.imported {
        work.link_player_if_free(&Buyer::from(order).customer, &order.body.player)?;
    }
    let amount = i64::try_from(order.body.amount.get()).unwrap_or(i64::MAX);
    let currency = flux_referral::Currency::parse(order.body.currency.as_str());
    let money = currency.and_then(|currency| Money::new(amount, currency));
    let money = money.map_err(|invalid| Refused::invalid("amount", invalid.to_string()))?;
    work.pay(&order.id, None, money, at)?;
    Ok(work.wake)
}

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

    fn address(&self) -> Option<EmailKey> {
        self.email.as_deref().and_then(EmailKey::of)
    }
}

/// `POST /attributions/fulfill`: a session is paid. `None`: nobody knows who is behind it (R2-25).
pub fn fulfil(
    tx: &Connection,
    by: &By,
    desk: &Desk,
    id: &OrderId,
    payer: &Payer,
    amount: Money,
    at: Timestamp,
) -> Result<Option<Outcome>, Refused> {
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
    tx: &Connection,
    by: &By,
    desk: &Desk,
    id: &OrderId,
    is_named: bool,
) -> Result<Option<Outcome>, Refused> {
    let work = Work::begin(tx, by, desk)?;
    let order = work.order(id)?;
    let is_known = is_named || order.record.buyer.is_some();
    Ok(is_known.then(|| work.outcome(order.attribution, false, None)))
}

/// An order was completed: shipped, received, or whatever the storefront calls done.
pub fn completed(tx: &Connection, by: &By, desk: &Desk, id: &OrderId, at: Timestamp) -> Result<Outcome, Refused> {
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
    tx: &Connection,
    by: &By,
    desk: &Desk,
    id: &OrderId,
    undoing: Undoing,
    part: Option<(i64, String)>,
    at: Timestamp,
) -> Result<Outcome, Refused> {
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
pub fn withdraw(tx: &Connection, by: &By, desk: &Desk, id: &AttributionId, at: Timestamp) -> Result<Outcome, Refused> {
    let mut work = Work::begin(tx, by, desk)?;
    let before = attributions::find(tx, id)?.ok_or(Refused::NotFound("attribution"))?.attribution;
    let (held, names) = (work.held(&before)?, work.names(&before)?);
    let dispatch = work.dispatch(&names, &before);
    let decision = take_away(&work.program.program, before.clone(), &held, Reason::Admin, &dispatch, at);
    let after = work.write(&before, decision)?;
    Ok(work.outcome(Some(after.id), false, None))
}

/// `/orders`: called off.
pub fn cancelled(tx: &Connection, by: &By, desk: &Desk, id: &OrderId, at: Timestamp) -> Result<Wake, Refused> {
    Ok(void(tx, by, desk, id, Undoing::Cancelled, None, at)?.wake)
}

/// `/orders`: paid back in full.
pub fn refunded(tx: &Connection, by: &By, desk: &Desk, id: &OrderId, at: Timestamp) -> Result<Wake, Refused> {
    Ok(void(tx, by, desk, id, Undoing::Refunded, None, at)?.wake)
}

/// `/orders`: the bank took the money back.
pub fn charged_back(tx: &Connection, by: &By, desk: &Desk, id: &OrderId, at: Timestamp) -> Result<Wake, Refused> {
    Ok(void(tx, by, desk, id, Undoing::Chargeback, None, at)?.wake)
}

/// `/orders`: so much of it was paid back in all.
pub fn partly_refunded(
    tx: &Connection,
    by: &By,
    desk: &Desk,
    id: &OrderId,
    total: u64,
    at: Timestamp,
) -> Result<Wake, Refused> {
    let mut work = Work::begin(tx, by, desk)?;
    let mut order = work.order(id)?;
    order.record.refund(i64::try_from(total).unwrap_or(i64::MAX));
    work.undone(order, at)?;
    Ok(work.wake)
}

/// What the rules say of an order; `None` if it has nothing to do with a referral.
pub fn referral_of(tx: &Connection, id: &OrderId, now: Timestamp) -> Result<Option<ReferralView>, Refused> {
    let Some(order) = rows::find(tx, id)? else { return Ok(None) };
    let row = match &order.attribution {
        Some(id) => attributions::find(tx, id)?,
        None => None,
    };
    let mut attribution = row.map(|row| row.attribution);
    if let (None, None, None, Some(buyer)) = (&attribution, &order.reason, order.record.paid, &order.buyer) {
        // Whom somebody else's link has bound needs no code.
        let latest = attributions::latest_of(tx, buyer)?.map(|row| row.attribution);
        attribution = latest.filter(|row| row.status_at(now) == Status::Pending);
    }
    if attribution.is_none() && order.reason.is_none() {
        return Ok(None);
    }
    let decision = match &attribution {
        Some(row) if row.is_fed_by(id) => row.status_at(now).as_str(),
        Some(_) if order.record.paid.is_none() && order.reason.is_none() => "bound",
        _ => "refused",
    };
    let fed = attribution.as_ref().filter(|row| row.is_fed_by(id)).and_then(|row| row.status_at(now).reason());
    let reason = fed.map(|reason| reason.to_string()).or(order.reason);
    Ok(Some(ReferralView {
        attribution_id: attribution.map(|row| row.id.to_string()),
        decision: decision.to_owned(),
        reason,
    }))
}

/// A player as the rules know one.
pub(super) fn said(player: &Player) -> flux_referral::Player {
    let uuid = player.uuid.as_ref().map(crate::db::customers::plain);
    flux_referral::Player { name: player.name.as_str().to_owned(), uuid }
}

/// The same the other way round.
fn bought_for(player: &flux_referral::Player) -> Result<Player, &'static str> {
    let uuid = player.uuid.as_deref().map(str::parse).transpose()?;
    Ok(Player { name: player.name.parse()?, uuid })
}

impl Work<'_> {
    fn order(&self, id: &OrderId) -> Result<OrderRow, Refused> {
        Ok(rows::find(self.tx, id)?.unwrap_or_else(|| OrderRow::new(id.clone())))
    }

    /// Whose payment it is: who the checkout said would buy, else who the storefront names now, by id or by address.
    fn payer(&self, order: &OrderRow, payer: &Payer) -> Result<Option<CustomerId>, Refused> {
        match (order.record.buyer.as_ref().or(payer.customer.as_ref()), payer.address()) {
            (Some(customer), _) => Ok(Some(customer.clone())),
            (None, Some(address)) => Ok(people::by_email(self.tx, &address)?),
            (None, None) => Ok(None),
        }
    }

    /// Who buys: the customer's own player before the order's, which may be a present's.
    fn person(&self, buyer: &Buyer) -> Result<Person, Refused> {
        let known = self.customer(&buyer.customer)?.person;
        let ordered = buyer.player.as_ref().map(said);
        Ok(Person {
            customer: buyer.customer.clone(),
            email: buyer.email.as_deref().and_then(EmailKey::of).or(known.email),
            player: known.player.or(ordered),
        })
    }

    fn bind_at_checkout(
        &mut self,
        person: &Person,
        code: &str,
        at: Timestamp,
    ) -> Result<Result<(Attribution, bool), flux_referral::Refusal>, Refused> {
        let comer = Comer {
            code,
            person,
            says: None,
            registers_now: false,
            door: Door::CodeCheckout,
            clicked_at: None,
            external: None,
            at,
        };
        Ok(self.bind(&comer)?.map(|(row, is_new)| (row.attribution, is_new)))
    }

    /// Weighs a payment, once; the attribution that it was weighed for.
    fn pay(
        &mut self,
        id: &OrderId,
        buyer: Option<&Buyer>,
        amount: Money,
        at: Timestamp,
    ) -> Result<Option<AttributionId>, Refused> {
        let mut order = self.order(id)?;
        // Paid, and nobody knew by whom: when somebody does, it is weighed as of then.
        let late = order.record.paid.filter(|_| order.record.buyer.is_none() && buyer.is_some());
        let (amount, at) = late.map_or((amount, at), |(paid_at, amount)| (amount, paid_at));
        match (&mut order.buyer, buyer) {
            (None, Some(buyer)) => {
                let mut person = self.person(buyer)?;
                person.email = person.email.or(order.email.take());
                order.record.buyer = Some(person.customer.clone());
                order.buyer = Some(person);
            }
            (Some(person), Some(buyer)) if person.email.is_none() => person.email = self.person(buyer)?.email,
            _ => {}
        }
        let is_news = order.record.pay(amount, at) || late.is_some();
        let (true, Some(person)) = (is_news, order.buyer.clone()) else {
            rows::put(self.tx, &order)?;
            return Ok(order.attribution);
        };
        let found = if order.record.is_imported { None } else { self.candidate(&mut order, &person, at)? };
        if let Some(attribution) = found {
            let referrer = self.referrer(&attribution.referrer)?;
            let has_bought = rows::has_bought(self.tx, &person, id)?;
            let facts = Payment {
                attribution: self.follow(&attribution, &person.customer)?,
                referrer: &referrer,
                referee: &person,
                order: &order.record,
                has_bought,
            };
            let decision = pay(&self.store(), facts);
            order.attribution = Some(attribution.id.clone());
            order.reason = decision.reason.map(|reason| reason.to_string());
            self.write(&attribution, decision)?;
        }
        rows::put(self.tx, &order)?;
        Ok(order.attribution)
    }

    /// The attribution that an order is weighed for: found by its buyer, or bound by its code. Why there is none goes into the order.
    fn candidate(
        &mut self,
        order: &mut OrderRow,
        person: &Person,
        at: Timestamp,
    ) -> Result<Option<Attribution>, Refused> {
        let fed = attributions::fed_by(self.tx, &order.record.id)?.map(|row| row.attribution);
        let latest = attributions::latest_of(self.tx, person)?.map(|row| row.attribution);
        let (program, code) = (&self.program.program, order.code.clone());
        match candidate(program, &order.record.id, fed.as_ref(), latest.as_ref(), code.is_some(), at) {
            Candidate::Known(row) => Ok(Some(row.clone())),
            Candidate::None => Ok(None),
            Candidate::ByCode => match self.bind_at_checkout(person, &code.unwrap_or_default(), at)? {
                Ok((attribution, _)) => Ok(Some(attribution)),
                Err(refusal) => {
                    order.reason = Some(refusal.as_str().to_owned());
                    Ok(None)
                }
            },
        }
    }

    /// An order was undone, as a whole or in part.
    fn undone(&mut self, order: OrderRow, at: Timestamp) -> Result<Option<AttributionId>, Refused> {
        rows::put(self.tx, &order)?;
        let Some(row) = attributions::fed_by(self.tx, &order.record.id)? else { return Ok(order.attribution) };
        let before = row.attribution;
        let held = self.held(&before)?;
        let names = self.names(&before)?;
        let dispatch = self.dispatch(&names, &before);
        let decision = undo(&self.program.program, before.clone(), &held, &order.record, &dispatch, at);
        let after = self.write(&before, decision)?;
        Ok(Some(after.id))
    }

    /// An attribution's grants, and which of them have run.
    fn held(&self, row: &Attribution) -> Result<Vec<Held>, Refused> {
        let mut held = Vec::new();
        for grant in grants::of_attribution(self.tx, &row.id)? {
            let states = lines::states(self.tx, &grant_id(&grant.grant.key))?;
            held.push(Held { has_run: states.contains(&LineState::Completed), grant: grant.grant });
        }
        Ok(held)
    }
}
