use crate::words::words;
use crate::{AttributionId, Code, CustomerId, Money, PositiveMoney};
use flux_protocol::OrderId;
use jiff::Timestamp;

words! {
    /// Why something was refused, skipped or undone. The list is closed.
    Reason {
        /// The order was paid back.
        Refunded = "refunded",
        /// The order was called off.
        Cancelled = "cancelled",
        /// The bank took the money back.
        Chargeback = "chargeback",
        /// The goods came back.
        Returned = "returned",
        /// Referrer and referee are one person.
        SelfReferral = "self_referral",
        /// The referee has registered already.
        ExistingCustomer = "existing_customer",
        /// The referee has referred the referrer.
        Circular = "circular",
        /// The referrer has had as many rewards as there are, in all or today.
        CapReached = "cap_reached",
        /// The order is too small.
        BelowMinimum = "below_minimum",
        /// The buyer has ordered before.
        NotFirstPurchase = "not_first_purchase",
        /// The order's currency is not the program's.
        CurrencyMismatch = "currency_mismatch",
        /// The program is off.
        ProgramDisabled = "program_disabled",
        /// No rule is active for the referrer, or none that rewards this.
        NoRule = "no_rule",
        /// A deadline has passed.
        TooLate = "too_late",
        /// The order cost nothing.
        ZeroAmount = "zero_amount",
        /// An admin said so.
        Admin = "admin",
    }
}

words! {
    /// How the friend came in.
    Channel {
        /// Through the link, at registration or a guest's checkout.
        Link = "link",
        /// With the code, typed at registration.
        CodeSignup = "codeSignup",
        /// With the code, typed at checkout.
        CodeCheckout = "codeCheckout",
    }
}

/// Where an attribution is.
///
/// ```text
/// (none) ──bind──▶ pending ──order meets every test──▶ qualified ──all due grants issued──▶ rewarded
///                     └──now > expiresAt──▶ expired           pending, qualified, rewarded ──undone──▶ voided
/// ```
/// `Expired` is what a sweep wrote down; what counts is [`Attribution::status_at`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Bound; nothing was ordered yet that counts.
    Pending,
    /// The order counts; a reward is still to come, or was skipped for this reason.
    Qualified(Option<Reason>),
    /// Everything that was due is issued.
    Rewarded,
    /// Too late.
    Expired,
    /// Undone. Final.
    Voided(Reason),
}

impl Status {
    /// The word in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Pending => "pending",
            Status::Qualified(_) => "qualified",
            Status::Rewarded => "rewarded",
            Status::Expired => "expired",
            Status::Voided(_) => "voided",
        }
    }

    /// The reason that goes with it.
    pub fn reason(self) -> Option<Reason> {
        match self {
            Status::Qualified(reason) => reason,
            Status::Voided(reason) => Some(reason),
            Status::Pending | Status::Rewarded | Status::Expired => None,
        }
    }

    /// The status that these words name.
    pub fn from_words(status: &str, reason: Option<Reason>) -> Option<Status> {
        Some(match (status, reason) {
            ("pending", _) => Status::Pending,
            ("qualified", reason) => Status::Qualified(reason),
            ("rewarded", _) => Status::Rewarded,
            ("expired", _) => Status::Expired,
            ("voided", Some(reason)) => Status::Voided(reason),
            _ => return None,
        })
    }

    /// Whether it counts among the referrer's successful referrals.
    pub fn is_successful(self) -> bool {
        matches!(self, Status::Qualified(_) | Status::Rewarded)
    }
}

/// The order that made an attribution qualify.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purchase {
    /// Which.
    pub order: OrderId,
    /// What it cost.
    pub amount: Money,
    /// What was paid back of it so far, in minor units.
    pub refunded: i64,
    /// The minimum when it was paid: what is left is tested against it (D-11).
    pub minimum: Option<PositiveMoney>,
}

impl Purchase {
    /// What is left of it: the revenue that it counts for.
    pub fn remainder(&self) -> Money {
        self.amount.less(self.refunded)
    }

    /// Whether what is left would still have qualified.
    pub fn still_counts(&self) -> bool {
        let left = self.remainder().amount();
        left > 0 && self.minimum.is_none_or(|minimum| left >= minimum.amount())
    }
}

/// Who brought whom, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribution {
    /// Its id.
    pub id: AttributionId,
    /// The code of the link.
    pub code: Code,
    /// Who brought the friend.
    pub referrer: CustomerId,
    /// The friend.
    pub referee: CustomerId,
    /// How they came in.
    pub door: Channel,
    /// When they clicked, where that is known.
    pub clicked_at: Option<Timestamp>,
    /// When they were bound.
    pub bound_at: Timestamp,
    /// When they registered; unset, a registration is still to come and counts once.
    pub registered_at: Option<Timestamp>,
    /// The last moment at which an order counts; fixed at the bind.
    pub expires_at: Option<Timestamp>,
    /// Where it is, as written down.
    pub status: Status,
    /// The order that made it qualify.
    pub purchase: Option<Purchase>,
}

impl Attribution {
    /// Where it is at this moment, whether or not a sweep has run since (R2-29, D-16).
    pub fn status_at(&self, at: Timestamp) -> Status {
        match (self.status, self.expires_at) {
            (Status::Pending | Status::Expired, Some(end)) if at > end => Status::Expired,
            (Status::Expired, _) => Status::Pending,
            (status, _) => status,
        }
    }

    /// Whether this order made it qualify.
    pub fn is_qualified_by(&self, order: &OrderId) -> bool {
        self.purchase.as_ref().is_some_and(|purchase| purchase.order == *order)
    }
}
