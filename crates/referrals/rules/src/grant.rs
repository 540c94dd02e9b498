use crate::{AttributionId, Benefit, CustomerId, OnReturn, OrderTiming, Reason, RewardCommand, RuleId, Side, Trigger};
use flux_protocol::OrderId;
use jiff::Timestamp;
use std::fmt;

/// What makes a grant the one it is: an attribution rewards each side at most once for each trigger.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GrantKey {
    /// Of which attribution.
    pub attribution: AttributionId,
    /// Whose.
    pub side: Side,
    /// For what.
    pub trigger: Trigger,
}

impl fmt::Display for GrantKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}.{}", self.attribution, self.side, self.trigger)
    }
}

/// The terms as they were when the reward was earned: later edits never reach it (D-03).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// What is given, beside commands; its expiry and whether it applies by itself are settled.
    pub benefit: Option<Benefit>,
    /// The commands.
    pub commands: Vec<RewardCommand>,
    /// When it is given.
    pub timing: OrderTiming,
    /// What is taken back.
    pub on_return: OnReturn,
    /// By which rule.
    pub rule: RuleId,
    /// In which version.
    pub rule_version: u64,
    /// By which step of its ladder.
    pub ladder_step: Option<u32>,
    /// Which successful referral of the referrer this is, from 1: `{count}`.
    pub count: u32,
}

/// When a reward was issued and how long it is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Issue {
    /// When.
    pub at: Timestamp,
    /// The last moment at which it can be used.
    pub expires_at: Option<Timestamp>,
}

/// Where a grant is.
///
/// ```text
/// scheduled ──due──▶ issued ──redeemed──▶ used
///     └──void──▶ cancelled   ├──now > expiresAt──▶ expired
///                            └──void, recoverable, unused──▶ revoked
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GrantStatus {
    /// To come: then, or when the order is completed.
    Scheduled {
        /// When; unset while it is not known.
        due_at: Option<Timestamp>,
    },
    /// Given.
    Issued(Issue),
    /// Its code was redeemed on this order.
    Used(Issue, OrderId),
    /// Its code was not used in time.
    Expired(Issue),
    /// Taken back.
    Revoked(Issue),
    /// Never given: undone while it waited, or skipped for this reason.
    Cancelled {
        /// Why it was not even begun.
        skipped: Option<Reason>,
    },
}

impl GrantStatus {
    /// The word in JSON and in the database.
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

/// A reward that somebody was given, is to be given, or was not given and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// What makes it the one it is.
    pub key: GrantKey,
    /// Who is rewarded.
    pub customer: CustomerId,
    /// The terms.
    pub terms: Terms,
    /// Where it is, as written down.
    pub status: GrantStatus,
}

impl Grant {
    /// Where it is at this moment, whether or not a sweep has run since (D-16).
    pub fn status_at(&self, at: Timestamp) -> GrantStatus {
        match &self.status {
            GrantStatus::Issued(issue) | GrantStatus::Expired(issue) => match issue.expires_at {
                Some(end) if at > end => GrantStatus::Expired(*issue),
                _ => GrantStatus::Issued(*issue),
            },
            other => other.clone(),
        }
    }

    /// Whether it takes a place under the referrer's cap (D-08), and whether its customer sees it without asking for all (C-19).
    pub fn is_live(&self) -> bool {
        !matches!(self.status, GrantStatus::Revoked(_) | GrantStatus::Cancelled { .. })
    }
}
