//! The rules' words as JSON has them.

use flux_referral_rules::{Channel, ReversalKind, Side, Trigger};
use serde::{Deserialize, Serialize};

/// Whose reward it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum SideDto {
    /// Who brought the friend.
    Referrer,
    /// The friend.
    Referee,
}

/// What earns a reward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum TriggerDto {
    /// The friend's own registration.
    Registration,
    /// The friend's first order that counts.
    FirstOrder,
}

/// Where an attribution is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum StatusDto {
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
pub enum ChannelDto {
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
pub enum ReversalDto {
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

impl From<SideDto> for Side {
    fn from(word: SideDto) -> Side {
        match word {
            SideDto::Referrer => Side::Referrer,
            SideDto::Referee => Side::Referee,
        }
    }
}

impl From<Side> for SideDto {
    fn from(side: Side) -> SideDto {
        match side {
            Side::Referrer => SideDto::Referrer,
            Side::Referee => SideDto::Referee,
        }
    }
}

impl From<TriggerDto> for Trigger {
    fn from(word: TriggerDto) -> Trigger {
        match word {
            TriggerDto::Registration => Trigger::Registration,
            TriggerDto::FirstOrder => Trigger::FirstOrder,
        }
    }
}

impl From<Trigger> for TriggerDto {
    fn from(trigger: Trigger) -> TriggerDto {
        match trigger {
            Trigger::Registration => TriggerDto::Registration,
            Trigger::FirstOrder => TriggerDto::FirstOrder,
        }
    }
}

impl From<Channel> for ChannelDto {
    fn from(channel: Channel) -> ChannelDto {
        match channel {
            Channel::Link => ChannelDto::Link,
            Channel::CodeSignup => ChannelDto::CodeSignup,
            Channel::CodeCheckout => ChannelDto::CodeCheckout,
        }
    }
}

impl From<ReversalDto> for ReversalKind {
    fn from(word: ReversalDto) -> ReversalKind {
        match word {
            ReversalDto::Refunded => ReversalKind::Refunded,
            ReversalDto::Cancelled => ReversalKind::Cancelled,
            ReversalDto::Chargeback => ReversalKind::Chargeback,
            ReversalDto::Returned => ReversalKind::Returned,
        }
    }
}

impl StatusDto {
    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            StatusDto::Pending => "pending",
            StatusDto::Qualified => "qualified",
            StatusDto::Rewarded => "rewarded",
            StatusDto::Voided => "voided",
            StatusDto::Expired => "expired",
        }
    }
}

impl From<flux_referral_rules::Status> for StatusDto {
    fn from(status: flux_referral_rules::Status) -> StatusDto {
        use flux_referral_rules::Status;
        match status {
            Status::Pending => StatusDto::Pending,
            Status::Qualified(_) => StatusDto::Qualified,
            Status::Rewarded => StatusDto::Rewarded,
            Status::Voided(_) => StatusDto::Voided,
            Status::Expired => StatusDto::Expired,
        }
    }
}
