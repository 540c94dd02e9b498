//! The referral rules over the API: what needs a database, a clock or a queue. What they decide is tested in `crates/referrals`.

mod counters;
mod edges;
mod fences;
mod fluxstore;
mod links;
mod member;
mod orders;
mod persons;
mod rijoy;
mod ripllo;
mod settings;
mod shop;
mod upgrade;
