//! Every limit of the referral events; those of the rules are in `flux_referral_rules::limits`.

use std::time::Duration;

/// Rows of the referrals that one sweep does in one transaction.
pub const SWEEP_ROWS: u32 = 500;
/// The most rewards, or lines of a ledger, that one answer shows: the newest.
pub const REWARDS_SHOWN: u32 = 1_000;
/// Rewards that a customer's panel shows: the newest.
pub const PANEL_REWARDS: u32 = 100;
/// Discounts of one customer that are compared for the best.
pub const DISCOUNTS_COMPARED: u32 = 1_000;
/// How long counted clicks are kept one by one: 90 days.
pub const CLICKS_KEPT: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// Requests a second of one visitor who has no key: the public links.
pub const VISITS_PER_SECOND: u32 = 20;
