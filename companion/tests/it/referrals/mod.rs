//! The referral rules over the API: what needs a database, a clock or a queue. What they decide is tested in `crates/referrals/rules`.

mod code_rewards;
mod command_rewards;
mod concurrency;
mod counters;
mod edges;
mod fixture;
mod links;
mod orders;
mod persons;
mod registration_rewards;
mod settings;
mod tiered_rules;
