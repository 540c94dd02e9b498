//! The referral rules, requirement by requirement. Each test's doc comment names its requirements in `docs/spec/referrals.md`.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests stand outside #[test] functions")]

mod binding;
mod bounds;
mod builders;
mod code_rewards;
mod command_rewards;
mod decisions;
mod examples;
mod fake_accounts;
mod fake_store;
mod invariants;
mod mail_names;
mod model;
mod registration_rewards;
mod reversals;
mod settings;
mod texts;
mod tiered_rules;
mod values;
