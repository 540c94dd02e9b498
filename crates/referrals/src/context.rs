//! The context of referral events besides the database.

use flux_referral_rules::StoreAddress;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The context of referral events besides the database.
#[derive(Clone)]
pub struct ReferralContext {
    /// The time zone in which the store's days begin.
    pub zone: TimeZone,
    /// The store's own addresses.
    pub address: StoreAddress,
    /// The store's name in mails and shared texts.
    pub store_name: String,
}

impl ReferralContext {
    /// The store's day at that time, as the counters name it: `2026-11-27`.
    pub(crate) fn day(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%Y-%m-%d").to_string()
    }

    /// The store's week at that time, beginning on Monday: `2026-W48`.
    pub(crate) fn week(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%G-W%V").to_string()
    }
}
