//! The facts known about an order, independent of their order of arrival.

use crate::string_enum::string_enum;
use crate::{CustomerId, Money, Reason};
use flux_protocol::OrderId;
use jiff::Timestamp;

string_enum! {
    /// The kind of an order's reversal (D-09).
    pub enum ReversalKind {
        /// It was paid back.
        Refunded = "refunded",
        /// It was called off.
        Cancelled = "cancelled",
        /// The bank took the money back.
        Chargeback = "chargeback",
        /// The goods came back.
        Returned = "returned",
    }
}

impl From<ReversalKind> for Reason {
    fn from(reversal: ReversalKind) -> Reason {
        match reversal {
            ReversalKind::Refunded => Reason::Refunded,
            ReversalKind::Cancelled => Reason::Cancelled,
            ReversalKind::Chargeback => Reason::Chargeback,
            ReversalKind::Returned => Reason::Returned,
        }
    }
}

/// The known facts about an order (a checkout session). Their order of arrival does not matter.
///
/// A reversal without a payment is a tombstone: a later payment earns no reward (R2-27).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRecord {
    /// The order's id.
    pub id: OrderId,
    /// The buyer, if known.
    pub buyer: Option<CustomerId>,
    /// The time of payment and the price.
    pub paid: Option<(Timestamp, Money)>,
    /// The time of completion.
    pub completed_at: Option<Timestamp>,
    /// The kind and the time of a full reversal.
    pub undone: Option<(ReversalKind, Timestamp)>,
    /// The sum refunded so far, in minor units.
    pub refunded: i64,
    /// True if the order is imported from before the program started.
    pub is_imported: bool,
}

impl OrderRecord {
    /// An order without known facts.
    pub fn new(id: OrderId) -> OrderRecord {
        OrderRecord { id, buyer: None, paid: None, completed_at: None, undone: None, refunded: 0, is_imported: false }
    }

    /// Records the payment and returns whether it is new. Only a new payment is evaluated ([`crate::pay`]), so that
    /// a repeat after a later bind earns nothing more.
    #[must_use]
    pub fn pay(&mut self, amount: Money, at: Timestamp) -> bool {
        let is_news = self.paid.is_none();
        self.paid.get_or_insert((at, amount));
        is_news
    }

    /// Records the completion. Only the first one counts.
    pub fn complete(&mut self, at: Timestamp) {
        self.completed_at.get_or_insert(at);
    }

    /// Records a full reversal. Only the first one counts.
    pub fn undo(&mut self, reversal: ReversalKind, at: Timestamp) {
        self.undone.get_or_insert((reversal, at));
    }

    /// Records the total of all refunds. A total that is not higher changes nothing (D-11).
    pub fn refund(&mut self, total: i64) {
        self.refunded = self.refunded.max(total);
    }

    /// Returns whether nothing is left of the order: it was reversed, or refunds reach its price.
    pub fn is_reversed(&self) -> bool {
        let is_paid_back = |(_, price): (Timestamp, Money)| price.amount() > 0 && self.refunded >= price.amount();
        self.undone.is_some() || self.paid.is_some_and(is_paid_back)
    }

    /// Returns whether this order counts as a purchase: paid, imported, or cancelled (R3-09 to R3-11).
    /// A free order (D-05) or a failed payment does not count.
    pub fn is_purchase(&self) -> bool {
        let is_free = self.paid.is_some_and(|(_, amount)| amount.amount() == 0);
        let was_called_off = matches!(self.undone, Some((ReversalKind::Cancelled, _)));
        !is_free && (self.paid.is_some() || self.is_imported || was_called_off)
    }
}
