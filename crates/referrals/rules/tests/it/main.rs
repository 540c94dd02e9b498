//! The referral rules, requirement by requirement: the number of each stands in its test's name.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests stand outside #[test] functions")]

mod bounds;
mod decisions;
mod examples;
mod fluxstore;
mod invariants;
mod kit;
mod member;
mod model;
mod rijoy;
mod ripllo;
mod settings;
mod undoing;
mod values;
mod world;
