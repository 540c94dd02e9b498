//! Tests of `flux-agent` as a process.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod commands;
mod daemon;
mod documents;
mod full_journal;
mod hostile_store;
mod hostile_text;
mod local_users;
mod secrets;
mod session_store;
mod store_answers;
mod support;
