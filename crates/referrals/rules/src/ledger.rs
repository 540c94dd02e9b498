//! Ledger entries of points and store credit, balances, and spending.

use crate::string_enum::string_enum;
use crate::{Benefit, Currency, CustomerId, Grant, PartialReturn, Points, Purchase, Reason, Trigger, ValidationError};
use jiff::Timestamp;

/// The unit of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// Points.
    Points,
    /// Store credit, in minor units of this currency.
    Credit(Currency),
}

string_enum! {
    /// The cause of a balance change.
    pub enum Cause {
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
    /// The owner of the account.
    pub customer: CustomerId,
    /// The unit.
    pub unit: Unit,
    /// The change of the balance.
    pub delta: i64,
    /// The cause.
    pub cause: Cause,
    /// The grant's key, with the refunded sum if a part was returned; or the spender's reference.
    pub reference: String,
    /// The reason for taking a reward back.
    pub reason: Option<Reason>,
    /// The time of the entry.
    pub at: Timestamp,
}

impl LedgerEntry {
    /// The credit of a grant; `None` for one without points or credit.
    pub(crate) fn of_grant(grant: &Grant, at: Timestamp) -> Option<LedgerEntry> {
        let (unit, delta) = match &grant.terms.benefit {
            Some(Benefit::Points(points)) => (Unit::Points, points.get()),
            Some(Benefit::StoreCredit(money)) => (Unit::Credit(money.currency()), money.amount()),
            Some(Benefit::Discount(_)) | None => return None,
        };
        let (customer, reference) = (grant.customer.clone(), grant.key.to_string());
        Some(LedgerEntry { customer, unit, delta, cause: Cause::Grant, reference, reason: None, at })
    }

    /// The reversal of all that is left of a grant's credit, even if it is already spent (R4-28). `before` is the order
    /// as of its last refund of a part.
    pub(crate) fn of_recovery(
        grant: &Grant,
        before: Option<&Purchase>,
        reason: Reason,
        at: Timestamp,
    ) -> Option<LedgerEntry> {
        let given = LedgerEntry::of_grant(grant, at)?;
        let left = given.delta - taken_share(grant, before, given.delta);
        Some(LedgerEntry { delta: -left, cause: Cause::Recover, reason: Some(reason), ..given })
    }

    /// The reversal of the share that the refunds from `before` to `after` take back (D-30); `None` if there is none.
    pub(crate) fn of_share(
        grant: &Grant,
        before: Option<&Purchase>,
        after: &Purchase,
        at: Timestamp,
    ) -> Option<LedgerEntry> {
        let given = LedgerEntry::of_grant(grant, at)?;
        let share = taken_share(grant, Some(after), given.delta) - taken_share(grant, before, given.delta);
        let (cause, reason) = (Cause::Recover, Some(Reason::Refunded));
        let reference = format!("{}/{}", given.reference, after.refunded);
        (share > 0).then_some(LedgerEntry { delta: -share, cause, reason, reference, ..given })
    }
}

/// The share of a grant's credit that refunds of a part have taken back.
fn taken_share(grant: &Grant, purchase: Option<&Purchase>, given: i64) -> i64 {
    let terms = grant.terms.on_return;
    let is_shared = grant.key.trigger == Trigger::FirstOrder
        && terms.recover_points
        && terms.partial == PartialReturn::Proportional;
    purchase.filter(|_| is_shared).map_or(0, |purchase| purchase.refunded_share(given))
}

/// An account's balance: the sum of its entries in this unit. It may be below zero (D-12).
pub fn balance<'a>(entries: impl IntoIterator<Item = &'a LedgerEntry>, unit: Unit) -> Result<i64, ValidationError> {
    let deltas = entries.into_iter().filter(|entry| entry.unit == unit).map(|entry| entry.delta);
    let sum = deltas.fold(0_i128, |sum, delta| sum + i128::from(delta));
    i64::try_from(sum).map_err(|_| ValidationError::Overflow)
}

/// The result of spending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spent {
    /// Add this entry.
    Now(LedgerEntry),
    /// The same reference has spent the same already.
    Before,
    /// The same reference has spent something else (409).
    OtherAmount,
    /// The balance is too low (409).
    NotEnough,
}

/// Spends at most the balance (D-12), once per reference. `before` is the earlier entry of this reference.
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
            reason: None,
            at,
        }),
    }
}
