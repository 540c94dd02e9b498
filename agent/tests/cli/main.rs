//! Tests of `flux-agent` as a process.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod commands;
mod daemon;
mod documents;
mod full_journal;
mod hostile_store;
mod local_users;
mod secrets;
mod store_answers;
mod support;
