//! A reward for one side and trigger of an attribution, with its terms and status.

use crate::{AttributionId, Benefit, CustomerId, OnReturn, OrderTiming, Reason, RewardCommand, RuleId, Side, Trigger};
use flux_protocol::OrderId;
use jiff::Timestamp;
use std::fmt;

/// The identity of a grant: an attribution rewards each side at most once for each trigger.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GrantKey {
    /// The attribution.
    pub attribution: AttributionId,
    /// The rewarded side.
    pub side: Side,
    /// The event that earned the reward.
    pub trigger: Trigger,
}

impl fmt::Display for GrantKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}.{}", self.attribution, self.side, self.trigger)
    }
}

/// The terms as they were when the reward was earned: later edits never change them (D-03).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// The benefit. Its expiry and automatic application are fixed.
    pub benefit: Option<Benefit>,
    /// The commands.
    pub commands: Vec<RewardCommand>,
    /// The time at which the reward falls due.
    pub timing: OrderTiming,
    /// The parts that a reversal takes back.
    pub on_return: OnReturn,
    /// The rule.
    pub rule: RuleId,
    /// The version of the rule.
    pub rule_version: u64,
    /// The ladder step.
    pub ladder_step: Option<u32>,
    /// The number of this successful referral among the referrer's, from 1: `{count}`.
    pub count: u32,
}

/// The time of issue and the expiry of a reward.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Issue {
    /// The time of issue.
    pub at: Timestamp,
    /// The last moment at which it can be used.
    pub expires_at: Option<Timestamp>,
}

/// The status of a grant.
///
/// ```text
/// scheduled ──due──▶ issued ──redeemed──▶ used
///     └──void──▶ cancelled   ├──now > expiresAt──▶ expired
///                            └──void, recoverable, unused──▶ revoked
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GrantStatus {
    /// Not yet issued.
    Scheduled {
        /// The due time; unset until the order is completed.
        due_at: Option<Timestamp>,
    },
    /// Issued.
    Issued(Issue),
    /// Its code was redeemed on this order.
    Used(Issue, OrderId),
    /// Its code was not used in time.
    Expired(Issue),
    /// Taken back.
    Revoked(Issue),
    /// Never issued: reversed while scheduled, or skipped.
    Cancelled {
        /// The reason, if the grant was skipped.
        skipped: Option<Reason>,
    },
}

impl GrantStatus {
    /// The status as text, in JSON and in the database.
    pub fn as_str(&self) -> &'static str {
        match self {
            GrantStatus::Scheduled { .. } => "scheduled",
            GrantStatus::Issued(_) => "issued",
            GrantStatus::Used(..) => "used",
            GrantStatus::Expired(_) => "expired",
            GrantStatus::Revoked(_) => "revoked",
            GrantStatus::Cancelled { .. } => "cancelled",
        }
    }
}

/// A scheduled, issued, reversed or skipped reward.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The identity of the grant.
    pub key: GrantKey,
    /// The rewarded customer.
    pub customer: CustomerId,
    /// The terms.
    pub terms: Terms,
    /// The stored status.
    pub status: GrantStatus,
}

impl Grant {
    /// Returns the status at the given time, independent of sweeps (D-16).
    pub fn status_at(&self, at: Timestamp) -> GrantStatus {
        match &self.status {
            GrantStatus::Issued(issue) | GrantStatus::Expired(issue) => match issue.expires_at {
                Some(end) if at > end => GrantStatus::Expired(*issue),
                _ => GrantStatus::Issued(*issue),
            },
            other => other.clone(),
        }
    }

    /// Returns whether it counts toward the referrer's cap (D-08) and is listed by default (C-19).
    pub fn is_live(&self) -> bool {
        !matches!(self.status, GrantStatus::Revoked(_) | GrantStatus::Cancelled { .. })
    }
}
