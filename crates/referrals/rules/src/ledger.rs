use crate::words::words;
use crate::{Benefit, Currency, CustomerId, Grant, Points, ValidationError};
use jiff::Timestamp;

/// What an account counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// Points.
    Points,
    /// Store credit, in minor units of this currency.
    Credit(Currency),
}

words! {
    /// Why a balance changed.
    Cause {
        /// A reward.
        Grant = "grant",
        /// Points were spent.
        Spend = "spend",
        /// A reward was taken back.
        Recover = "recover",
    }
}

/// One line of a customer's account; lines are only ever added. Cause and reference together are unique.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerEntry {
    /// Whose.
    pub customer: CustomerId,
    /// Of what.
    pub unit: Unit,
    /// How much more; negative, less.
    pub delta: i64,
    /// Why.
    pub cause: Cause,
    /// What for: the grant, or the spender's reference.
    pub reference: String,
    /// When.
    pub at: Timestamp,
}

impl LedgerEntry {
    /// What a grant credits; `None` for one without points or credit.
    pub(crate) fn of_grant(grant: &Grant, at: Timestamp) -> Option<LedgerEntry> {
        let (unit, delta) = match &grant.terms.benefit {
            Some(Benefit::Points(points)) => (Unit::Points, points.get()),
            Some(Benefit::StoreCredit(money)) => (Unit::Credit(money.currency()), money.amount()),
            Some(Benefit::Discount(_)) | None => return None,
        };
        let (customer, reference) = (grant.customer.clone(), grant.key.to_string());
        Some(LedgerEntry { customer, unit, delta, cause: Cause::Grant, reference, at })
    }

    /// What takes a grant's credit back in full, though it may be spent (R4-28).
    pub(crate) fn of_recovery(grant: &Grant, at: Timestamp) -> Option<LedgerEntry> {
        let given = LedgerEntry::of_grant(grant, at)?;
        Some(LedgerEntry { delta: -given.delta, cause: Cause::Recover, ..given })
    }
}

/// An account's balance: the sum of its entries in this unit. It may be below zero (D-12).
pub fn balance<'a>(entries: impl IntoIterator<Item = &'a LedgerEntry>, unit: Unit) -> Result<i64, ValidationError> {
    let deltas = entries.into_iter().filter(|entry| entry.unit == unit).map(|entry| entry.delta);
    let sum = deltas.fold(0_i128, |sum, delta| sum + i128::from(delta));
    i64::try_from(sum).map_err(|_| ValidationError::Overflow)
}

/// What became of spending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spent {
    /// Write this.
    Now(LedgerEntry),
    /// The same reference has spent the same already.
    Before,
    /// The same reference has spent something else (409).
    OtherAmount,
    /// There are not enough (409).
    NotEnough,
}

/// Spends points: only what is there (D-12), once per reference. `before` is the entry that this reference has made.
pub fn spend(
    customer: &CustomerId,
    balance: i64,
    before: Option<&LedgerEntry>,
    points: Points,
    reference: &str,
    at: Timestamp,
) -> Spent {
    match before {
        Some(entry) if entry.delta == -points.get() && entry.customer == *customer => Spent::Before,
        Some(_) => Spent::OtherAmount,
        None if balance < points.get() => Spent::NotEnough,
        None => Spent::Now(LedgerEntry {
            customer: customer.clone(),
            unit: Unit::Points,
            delta: -points.get(),
            cause: Cause::Spend,
            reference: reference.to_owned(),
            at,
        }),
    }
}
