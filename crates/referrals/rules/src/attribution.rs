//! The record of one referral: its status, the order that qualified it, and the reasons for refusals.

use crate::string_enum::string_enum;
use crate::{AttributionId, Code, CustomerId, Money, PositiveMoney, Rule, RuleId};
use flux_protocol::OrderId;
use jiff::Timestamp;

string_enum! {
    /// The reason for a refusal, a skipped reward or a reversal. The list is closed.
    pub enum Reason {
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
        /// The referrer has reached the reward cap.
        CapReached = "cap_reached",
        /// The referrer has reached the day's limit of rewarded registrations.
        DailyLimitReached = "daily_limit_reached",
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
        /// An admin voided the referral.
        Admin = "admin",
    }
}

string_enum! {
    /// The channel through which the referee arrived.
    pub enum Channel {
        /// Through the link, at registration or a guest's checkout.
        Link = "link",
        /// With the code, typed at registration.
        CodeSignup = "codeSignup",
        /// With the code, typed at checkout.
        CodeCheckout = "codeCheckout",
    }
}

/// The status of an attribution.
///
/// ```text
/// (none) ──bind──▶ pending ──order meets every test──▶ qualified ──all due grants issued──▶ rewarded
///                     └──now > expiresAt──▶ expired           pending, qualified, rewarded ──undone──▶ voided
/// ```
/// A sweep stores `Expired` for display. Decisions use [`Attribution::status_at`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Bound, without a qualifying order so far.
    Pending,
    /// The order counts. A reward is outstanding, or was skipped for this reason.
    Qualified(Option<Reason>),
    /// All due rewards are issued.
    Rewarded,
    /// The deadline has passed.
    Expired,
    /// Undone. Final.
    Voided(Reason),
}

impl Status {
    /// The status as text, in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Pending => "pending",
            Status::Qualified(_) => "qualified",
            Status::Rewarded => "rewarded",
            Status::Expired => "expired",
            Status::Voided(_) => "voided",
        }
    }

    /// The reason stored with the status.
    pub fn reason(self) -> Option<Reason> {
        match self {
            Status::Qualified(reason) => reason,
            Status::Voided(reason) => Some(reason),
            Status::Pending | Status::Rewarded | Status::Expired => None,
        }
    }

    /// Reads a stored status and reason.
    pub fn from_stored(status: &str, reason: Option<Reason>) -> Option<Status> {
        Some(match (status, reason) {
            ("pending", _) => Status::Pending,
            ("qualified", reason) => Status::Qualified(reason),
            ("rewarded", _) => Status::Rewarded,
            ("expired", _) => Status::Expired,
            ("voided", Some(reason)) => Status::Voided(reason),
            _ => return None,
        })
    }

    /// Returns whether it counts among the referrer's successful referrals.
    pub fn is_successful(self) -> bool {
        matches!(self, Status::Qualified(_) | Status::Rewarded)
    }
}

/// The order that made an attribution qualify.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purchase {
    /// The order's id.
    pub order: OrderId,
    /// The price of the order.
    pub amount: Money,
    /// The sum refunded so far, in minor units.
    pub refunded: i64,
    /// The remainder that still qualifies (D-11): the minimum at payment, or the whole price if a return of a part
    /// counts as one of the whole order (D-30).
    pub minimum: Option<PositiveMoney>,
}

impl Purchase {
    /// The price minus refunds: the revenue of this order.
    pub fn remainder(&self) -> Money {
        self.amount.less(self.refunded)
    }

    /// The share of `reward` that corresponds to the refunds so far, rounded down.
    pub(crate) fn refunded_share(&self, reward: i64) -> i64 {
        let refunded = i128::from(self.refunded.min(self.amount.amount()));
        let share = i128::from(reward) * refunded / i128::from(self.amount.amount().max(1));
        i64::try_from(share).unwrap_or(reward)
    }

    /// Returns whether the remainder still qualifies.
    pub fn still_counts(&self) -> bool {
        let left = self.remainder().amount();
        left > 0 && self.minimum.is_none_or(|minimum| left >= minimum.amount())
    }
}

/// A referral: the referrer, the referee and the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribution {
    /// Its id.
    pub id: AttributionId,
    /// The code of the link.
    pub code: Code,
    /// The referrer.
    pub referrer: CustomerId,
    /// The referee.
    pub referee: CustomerId,
    /// The channel through which the referee arrived.
    pub channel: Channel,
    /// The time of the click, if known.
    pub clicked_at: Option<Timestamp>,
    /// The time of the bind.
    pub bound_at: Timestamp,
    /// The time of registration. If unset, a later registration counts once.
    pub registered_at: Option<Timestamp>,
    /// The end of the window, from the click or the bind.
    pub window_ends_at: Option<Timestamp>,
    /// The rule whose valid days are part of the deadline. Unset before the registration.
    pub valid_by: Option<RuleId>,
    /// The last moment at which an order counts.
    pub expires_at: Option<Timestamp>,
    /// The stored status.
    pub status: Status,
    /// The order that qualified the attribution.
    pub purchase: Option<Purchase>,
}

impl Attribution {
    /// Applies the valid days of a rule to a registered referee (D-24). The deadline is the earlier one of the window's end and
    /// of these days from the registration. Without a registration, or once this rule has set the deadline, nothing changes,
    /// so that an edit of the rule reaches no bound referee.
    #[must_use]
    pub fn valid_under(self, rule: &Rule) -> Attribution {
        let is_open = matches!(self.status, Status::Pending | Status::Expired);
        match self.registered_at {
            Some(start) if is_open && self.valid_by.as_ref() != Some(&rule.id) => {
                let expires_at = deadline(self.window_ends_at, Some(start), rule);
                Attribution { expires_at, valid_by: Some(rule.id.clone()), ..self }
            }
            Some(_) | None => self,
        }
    }

    /// Returns the status at the given time, independent of sweeps (R2-29, D-16).
    pub fn status_at(&self, at: Timestamp) -> Status {
        match (self.status, self.expires_at) {
            (Status::Pending | Status::Expired, Some(end)) if at > end => Status::Expired,
            (Status::Expired, _) => Status::Pending,
            (status, _) => status,
        }
    }

    /// Returns whether this order qualified the attribution.
    pub fn is_qualified_by(&self, order: &OrderId) -> bool {
        self.purchase.as_ref().is_some_and(|purchase| purchase.order == *order)
    }
}

/// The earlier one of the window's end and the end of the rule's valid days from the registration (C-08).
pub(crate) fn deadline(
    window_ends_at: Option<Timestamp>,
    registered_at: Option<Timestamp>,
    rule: &Rule,
) -> Option<Timestamp> {
    let order_end = registered_at.zip(rule.order_valid).map(|(start, days)| days.after(start));
    [window_ends_at, order_end].into_iter().flatten().min()
}
