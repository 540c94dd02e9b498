//! The funnel of attributions and the top referrers.

use crate::{Attribution, Currency, CustomerId, Status, ValidationError, limits};
use jiff::{SignedDuration, Timestamp};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The number of attributions per status, and their revenue (R0-17, R2-31).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Funnel {
    /// Bound, and an order can still come.
    pub pending: u64,
    /// An order counts, a reward is still to come or was skipped.
    pub qualified: u64,
    /// Rewarded.
    pub rewarded: u64,
    /// Voided.
    pub voided: u64,
    /// Expired.
    pub expired: u64,
    /// The revenue of rewarded referrals minus refunds, in minor units per currency (R2-32, D-11).
    pub revenue: BTreeMap<Currency, i64>,
}

impl Funnel {
    /// Sums up attributions as they are at this moment (D-16).
    pub fn of<'a>(rows: impl IntoIterator<Item = &'a Attribution>, now: Timestamp) -> Result<Funnel, ValidationError> {
        let mut funnel = Funnel::default();
        for row in rows {
            *match row.status_at(now) {
                Status::Pending => &mut funnel.pending,
                Status::Qualified(_) => &mut funnel.qualified,
                Status::Rewarded => &mut funnel.rewarded,
                Status::Voided(_) => &mut funnel.voided,
                Status::Expired => &mut funnel.expired,
            } += 1;
            let remainder = row.purchase.as_ref().filter(|_| row.status == Status::Rewarded).map(|p| p.remainder());
            if let Some(money) = remainder {
                let sum = funnel.revenue.entry(money.currency()).or_default();
                *sum = sum.checked_add(money.amount()).ok_or(ValidationError::Overflow)?;
            }
        }
        Ok(funnel)
    }

    /// All referrals.
    pub fn total(&self) -> u64 {
        self.pending + self.qualified + self.rewarded + self.voided + self.expired
    }

    /// Those that have succeeded.
    pub fn successful(&self) -> u64 {
        self.qualified + self.rewarded
    }
}

/// Returns whether a counted click is one of the last 30 days (R2-31), the moment 30 days ago included.
pub fn is_recent_click(at: Timestamp, now: Timestamp) -> bool {
    let days = SignedDuration::from_hours(24 * limits::RECENT_CLICK_DAYS);
    at <= now && now.duration_since(at) <= days
}

/// A referrer among the best.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopReferrer {
    /// The referrer.
    pub customer: CustomerId,
    /// The number of successful referrals.
    pub successful: u64,
    /// The bind time of the latest successful referral.
    pub last_at: Timestamp,
}

/// The referrers with the most successful referrals (R0-17); among equals, the latest referral first, then by id.
pub fn top_referrers<'a>(rows: impl IntoIterator<Item = &'a Attribution>, limit: usize) -> Vec<TopReferrer> {
    let mut of: BTreeMap<&CustomerId, (u64, Timestamp)> = BTreeMap::new();
    for row in rows.into_iter().filter(|row| row.status.is_successful()) {
        let (count, last) = of.entry(&row.referrer).or_insert((0, row.bound_at));
        *count += 1;
        *last = row.bound_at.max(*last);
    }
    let mut top: Vec<TopReferrer> = of
        .into_iter()
        .map(|(customer, (successful, last_at))| TopReferrer { customer: customer.clone(), successful, last_at })
        .collect();
    top.sort_by_key(|one| Reverse((one.successful, one.last_at)));
    top.truncate(limit);
    top
}
