//! The API's enums, and their conversion from and to the types of the rules.

use flux_referral_rules::{Channel, Completion, PartialReturn, ReversalKind, Side, Trigger};
use serde::{Deserialize, Serialize};

/// The rewarded side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum SideDto {
    /// The referrer.
    Referrer,
    /// The referee.
    Referee,
}

/// The event that earns a reward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum TriggerDto {
    /// The referee's registration.
    Registration,
    /// The referee's first order that counts.
    FirstOrder,
}

/// The status of an attribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum StatusDto {
    /// Bound, without an order that counts so far.
    Pending,
    /// An order counts. A reward is outstanding, or was skipped.
    Qualified,
    /// All due rewards are issued.
    Rewarded,
    /// Voided after a reversal, or by an admin.
    Voided,
    /// No order counted before the deadline.
    Expired,
}

/// The channel through which the referee arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ChannelDto {
    /// The link.
    Link,
    /// The code, typed at registration.
    CodeSignup,
    /// The code, typed at checkout.
    CodeCheckout,
}

/// The kind of an order's reversal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ReversalDto {
    /// The order was refunded.
    #[default]
    Refunded,
    /// The order was cancelled.
    Cancelled,
    /// The bank reversed the payment.
    Chargeback,
    /// The goods were returned.
    Returned,
}

/// The effect of a return of a part of the order, as long as the rest counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum PartialDto {
    /// Everything is kept.
    Keep,
    /// Points and store credit are taken back in proportion, if `recoverPoints` is on. Codes and commands are kept.
    Proportional,
    /// It counts as a return of the whole order.
    All,
}

/// The completion of an order that a reward waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum CompletionDto {
    /// The order is reported as completed.
    Told,
    /// All commands of the order have completed, or it is reported as completed before.
    Delivered,
}

/// The present day, week (from Monday), month or year of the store's calendar; or all time.
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
    /// All time.
    #[default]
    All,
}

impl From<SideDto> for Side {
    fn from(value: SideDto) -> Side {
        match value {
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
    fn from(value: TriggerDto) -> Trigger {
        match value {
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
    fn from(value: ReversalDto) -> ReversalKind {
        match value {
            ReversalDto::Refunded => ReversalKind::Refunded,
            ReversalDto::Cancelled => ReversalKind::Cancelled,
            ReversalDto::Chargeback => ReversalKind::Chargeback,
            ReversalDto::Returned => ReversalKind::Returned,
        }
    }
}

impl From<PartialDto> for PartialReturn {
    fn from(value: PartialDto) -> PartialReturn {
        match value {
            PartialDto::Keep => PartialReturn::Keep,
            PartialDto::Proportional => PartialReturn::Proportional,
            PartialDto::All => PartialReturn::All,
        }
    }
}

impl From<PartialReturn> for PartialDto {
    fn from(value: PartialReturn) -> PartialDto {
        match value {
            PartialReturn::Keep => PartialDto::Keep,
            PartialReturn::Proportional => PartialDto::Proportional,
            PartialReturn::All => PartialDto::All,
        }
    }
}

impl From<CompletionDto> for Completion {
    fn from(value: CompletionDto) -> Completion {
        match value {
            CompletionDto::Told => Completion::Told,
            CompletionDto::Delivered => Completion::Delivered,
        }
    }
}

impl From<Completion> for CompletionDto {
    fn from(value: Completion) -> CompletionDto {
        match value {
            Completion::Told => CompletionDto::Told,
            Completion::Delivered => CompletionDto::Delivered,
        }
    }
}

impl StatusDto {
    /// The stored status.
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
