use crate::words::words;
use crate::{CustomerId, Money, Reason};
use flux_protocol::OrderId;
use jiff::Timestamp;

words! {
    /// How an order was undone (D-09).
    ReversalKind {
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
    fn from(undoing: ReversalKind) -> Reason {
        match undoing {
            ReversalKind::Refunded => Reason::Refunded,
            ReversalKind::Cancelled => Reason::Cancelled,
            ReversalKind::Chargeback => Reason::Chargeback,
            ReversalKind::Returned => Reason::Returned,
        }
    }
}

/// What is known of an order (a checkout session), in whichever order the news came in.
///
/// One of which only the undoing is known is a tombstone: its late payment rewards nobody (R2-27).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRecord {
    /// Which.
    pub id: OrderId,
    /// Who buys, where that is known.
    pub buyer: Option<CustomerId>,
    /// When it was paid, and what it cost.
    pub paid: Option<(Timestamp, Money)>,
    /// When it was completed.
    pub completed_at: Option<Timestamp>,
    /// How and when it was undone as a whole.
    pub undone: Option<(ReversalKind, Timestamp)>,
    /// What was paid back so far, in minor units.
    pub refunded: i64,
    /// Whether it was placed before the program's time.
    pub is_imported: bool,
}

impl OrderRecord {
    /// An order of which nothing is known.
    pub fn new(id: OrderId) -> OrderRecord {
        OrderRecord { id, buyer: None, paid: None, completed_at: None, undone: None, refunded: 0, is_imported: false }
    }

    /// It was paid. The answer is whether that is news: only then is it weighed ([`crate::pay`]), so that the same payment heard again after
    /// a later bind earns nothing that it has not earned the first time.
    #[must_use]
    pub fn pay(&mut self, amount: Money, at: Timestamp) -> bool {
        let is_news = self.paid.is_none();
        self.paid.get_or_insert((at, amount));
        is_news
    }

    /// It was completed. The first news of it counts.
    pub fn complete(&mut self, at: Timestamp) {
        self.completed_at.get_or_insert(at);
    }

    /// It was undone as a whole. The first news of it counts.
    pub fn undo(&mut self, undoing: ReversalKind, at: Timestamp) {
        self.undone.get_or_insert((undoing, at));
    }

    /// So much of it was paid back in all: refunds are summed, and a total that is known already changes nothing (D-11).
    pub fn refund(&mut self, total: i64) {
        self.refunded = self.refunded.max(total);
    }

    /// Whether a later order of this buyer is not their first: paid, imported, or placed and called off (R3-09 to R3-11); not if it cost
    /// nothing (D-05), and not if only its payment failed.
    pub fn is_purchase(&self) -> bool {
        let is_free = self.paid.is_some_and(|(_, amount)| amount.amount() == 0);
        let was_called_off = matches!(self.undone, Some((ReversalKind::Cancelled, _)));
        !is_free && (self.paid.is_some() || self.is_imported || was_called_off)
    }
}
