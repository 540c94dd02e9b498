//! Referrals around the pure rules (`flux_referral_rules`): settings in their JSON shapes, and the tables.

pub mod model;
pub mod storage;
