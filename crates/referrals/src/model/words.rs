//! The rules' words as JSON has them.

use flux_referral_rules::{Door, ReversalKind, Side, Trigger};
use serde::{Deserialize, Serialize};

/// Whose reward it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum SideWord {
    /// Who brought the friend.
    Referrer,
    /// The friend.
    Referee,
}

/// What earns a reward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum TriggerWord {
    /// The friend's own registration.
    Registration,
    /// The friend's first order that counts.
    FirstOrder,
}

/// Where an attribution is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum StatusWord {
    /// Bound; nothing was ordered yet that counts.
    Pending,
    /// The order counts; a reward is still to come, or was skipped.
    Qualified,
    /// Everything that was due is issued.
    Rewarded,
    /// Undone.
    Voided,
    /// Too late.
    Expired,
}

/// How the friend came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum DoorWord {
    /// Through the link.
    Link,
    /// With the code, typed at registration.
    CodeSignup,
    /// With the code, typed at checkout.
    CodeCheckout,
}

/// How an order was undone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum UndoWord {
    /// It was paid back.
    #[default]
    Refunded,
    /// It was called off.
    Cancelled,
    /// The bank took the money back.
    Chargeback,
    /// The goods came back.
    Returned,
}

/// The store's day, week (from Monday), month or year that is now; or all time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Period {
    /// Today.
    Day,
    /// This week.
    Week,
    /// This month.
    Month,
    /// This year.
    Year,
    /// Ever.
    #[default]
    All,
}

impl From<SideWord> for Side {
    fn from(word: SideWord) -> Side {
        match word {
            SideWord::Referrer => Side::Referrer,
            SideWord::Referee => Side::Referee,
        }
    }
}

impl From<Side> for SideWord {
    fn from(side: Side) -> SideWord {
        match side {
            Side::Referrer => SideWord::Referrer,
            Side::Referee => SideWord::Referee,
        }
    }
}

impl From<TriggerWord> for Trigger {
    fn from(word: TriggerWord) -> Trigger {
        match word {
            TriggerWord::Registration => Trigger::Registration,
            TriggerWord::FirstOrder => Trigger::FirstOrder,
        }
    }
}

impl From<Trigger> for TriggerWord {
    fn from(trigger: Trigger) -> TriggerWord {
        match trigger {
            Trigger::Registration => TriggerWord::Registration,
            Trigger::FirstOrder => TriggerWord::FirstOrder,
        }
    }
}

impl From<Door> for DoorWord {
    fn from(door: Door) -> DoorWord {
        match door {
            Door::Link => DoorWord::Link,
            Door::CodeSignup => DoorWord::CodeSignup,
            Door::CodeCheckout => DoorWord::CodeCheckout,
        }
    }
}

impl From<UndoWord> for ReversalKind {
    fn from(word: UndoWord) -> ReversalKind {
        match word {
            UndoWord::Refunded => ReversalKind::Refunded,
            UndoWord::Cancelled => ReversalKind::Cancelled,
            UndoWord::Chargeback => ReversalKind::Chargeback,
            UndoWord::Returned => ReversalKind::Returned,
        }
    }
}

impl StatusWord {
    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            StatusWord::Pending => "pending",
            StatusWord::Qualified => "qualified",
            StatusWord::Rewarded => "rewarded",
            StatusWord::Voided => "voided",
            StatusWord::Expired => "expired",
        }
    }
}

impl From<flux_referral_rules::Status> for StatusWord {
    fn from(status: flux_referral_rules::Status) -> StatusWord {
        use flux_referral_rules::Status;
        match status {
            Status::Pending => StatusWord::Pending,
            Status::Qualified(_) => StatusWord::Qualified,
            Status::Rewarded => StatusWord::Rewarded,
            Status::Voided(_) => StatusWord::Voided,
            Status::Expired => StatusWord::Expired,
        }
    }
}
