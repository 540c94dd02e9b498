//! The companion over its own API, its hub and its database.

#![expect(clippy::expect_used, clippy::panic, reason = "tests and their helpers")]

mod bad_input;
mod bench;
mod commands;
mod config;
mod database;
mod fencing;
mod hub;
mod orders;
mod removal;
mod reports;
mod servers;
mod socket;
