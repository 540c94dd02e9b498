//! Weighs an order: whose it is, for which attribution, and what it earns or undoes.

use super::bind::Comer;
use super::orders::{Buyer, said};
use super::sessions::Payer;
use super::{ServiceError, Work};
use flux_protocol::OrderId;
use flux_referral_rules::{
    Attribution, AttributionId, Candidate, CustomerId, Door, EmailKey, Held, LineState, Money, Payment, Person,
    candidate, pay, void as undo,
};
use flux_referrals::model::grant_id;
use flux_referrals::storage::orders::{self as rows, OrderRow};
use flux_referrals::storage::{attributions, grants, lines, people};
use jiff::Timestamp;

impl Work<'_> {
    pub(super) fn order(&self, id: &OrderId) -> Result<OrderRow, ServiceError> {
        Ok(rows::find(self.tx, id)?.unwrap_or_else(|| OrderRow::new(id.clone())))
    }

    /// Whose payment it is: who the checkout said would buy, else who the storefront names now, by id or by address.
    pub(super) fn payer(&self, order: &OrderRow, payer: &Payer) -> Result<Option<CustomerId>, ServiceError> {
        match (order.record.buyer.as_ref().or(payer.customer.as_ref()), payer.address()) {
            (Some(customer), _) => Ok(Some(customer.clone())),
            (None, Some(address)) => Ok(people::by_email(self.tx, &address)?),
            (None, None) => Ok(None),
        }
    }

    /// Who buys: the customer's own player before the order's, which may be a present's.
    pub(super) fn person(&self, buyer: &Buyer) -> Result<Person, ServiceError> {
        let known = self.customer(&buyer.customer)?.person;
        let ordered = buyer.player.as_ref().map(said);
        Ok(Person {
            customer: buyer.customer.clone(),
            email: buyer.email.as_deref().and_then(EmailKey::of).or(known.email),
            player: known.player.or(ordered),
        })
    }

    pub(super) fn bind_at_checkout(
        &mut self,
        person: &Person,
        code: &str,
        at: Timestamp,
    ) -> Result<Result<(Attribution, bool), flux_referral_rules::Refusal>, ServiceError> {
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
    pub(super) fn pay(
        &mut self,
        id: &OrderId,
        buyer: Option<&Buyer>,
        amount: Money,
        at: Timestamp,
    ) -> Result<Option<AttributionId>, ServiceError> {
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
    ) -> Result<Option<Attribution>, ServiceError> {
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
    pub(super) fn undone(&mut self, order: OrderRow, at: Timestamp) -> Result<Option<AttributionId>, ServiceError> {
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
    pub(super) fn held(&self, row: &Attribution) -> Result<Vec<Held>, ServiceError> {
        let mut held = Vec::new();
        for grant in grants::of_attribution(self.tx, &row.id)? {
            let states = lines::states(self.tx, &grant_id(&grant.grant.key))?;
            held.push(Held { has_run: states.contains(&LineState::Completed), grant: grant.grant });
        }
        Ok(held)
    }
}
