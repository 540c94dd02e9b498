//! The referral rules over the API: the parts that need a database, a clock or a queue. `crates/referrals/rules` tests the decisions themselves.

mod binding;
mod code_rewards;
mod codes_to_mail;
mod command_rewards;
mod concurrency;
mod counters;
mod edges;
pub(crate) mod fixture;
mod invitations;
mod links;
mod mails;
mod orders;
mod persons;
mod registration_rewards;
mod sessions;
mod settings;
mod tiered_rules;
