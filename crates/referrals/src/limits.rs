//! The limits of the referral events. Those of the rules are in `flux_referral_rules::limits`.

use std::time::Duration;

/// Rows that a sweep changes in one transaction.
pub const SWEEP_ROWS: u32 = 500;
/// Rewards or ledger entries in one answer, the newest first.
pub const REWARDS_SHOWN: u32 = 1_000;
/// Rewards on a customer's panel, the newest first.
pub const PANEL_REWARDS: u32 = 100;
/// Rewards, referees or links that are counted for the end of a rule; further ones are not.
pub const RULE_ENDS_COUNTED: u32 = 100_000;
/// Rewards, referees or links that are listed for the end of a rule, the oldest first.
pub const RULE_ENDS_LISTED: usize = 100;
/// Discounts of one customer that are compared to find the best.
pub const DISCOUNTS_COMPARED: u32 = 1_000;
/// The time for which single clicks are kept: 90 days.
pub const CLICKS_KEPT: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// Single clicks that are kept: about 20 MB.
pub const CLICKS_STORED: i64 = 100_000;
/// The time that the two limits of invitations count: 24 hours.
pub const INVITATIONS_WITHIN: Duration = Duration::from_secs(24 * 60 * 60);
/// Invitations that one customer may send within that time.
pub const INVITATIONS_OF_CUSTOMER: u32 = 10;
/// Invitations that one mailbox may get within that time, from all customers.
pub const INVITATIONS_TO_RECIPIENT: u32 = 2;
/// Requests per second of one visitor to the public links, which need no key.
pub const VISITS_PER_SECOND: u32 = 20;
