//! The limits of the referral events. Those of the rules are in `flux_referral_rules::limits`.

use std::time::Duration;

/// Rows that a sweep changes in one transaction.
pub const SWEEP_ROWS: u32 = 500;
/// Rewards or ledger entries in one answer, the newest first.
pub const REWARDS_SHOWN: u32 = 1_000;
/// Rewards on a customer's panel, the newest first.
pub const PANEL_REWARDS: u32 = 100;
/// Discounts of one customer that are compared to find the best.
pub const DISCOUNTS_COMPARED: u32 = 1_000;
/// The time for which single clicks are kept: 90 days.
pub const CLICKS_KEPT: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// Requests per second of one visitor to the public links, which need no key.
pub const VISITS_PER_SECOND: u32 = 20;
