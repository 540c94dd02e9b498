//! Tests of `flux-agent` as a process.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod commands;
mod store_answers;
mod support;
