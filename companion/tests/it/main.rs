//! Tests of the companion through its API, its hub, its command line and its database.

#![expect(clippy::expect_used, clippy::panic, reason = "tests and their helpers")]

mod agent_policies;
mod any_server;
mod backup;
mod bad_input;
mod cli;
mod commands;
mod config;
mod config_errors;
mod connections;
mod corrections;
mod customers;
mod database;
mod events;
mod failing_statements;
mod fencing;
mod given_times;
mod hub;
mod jobs;
mod load;
mod mail;
mod mail_failures;
mod mail_server;
mod mail_unsubscribe;
mod negotiation;
mod openapi;
mod orders;
mod postgres;
mod referrals;
mod refunds;
mod removal;
mod reports;
mod retries;
mod seats;
mod servers;
mod servers_of_packages;
mod socket;
mod statements;
mod stored_rows;
mod systemd;
mod take_backs;
mod test_app;
mod tiers;
mod webhook;
mod wrong_keys;
