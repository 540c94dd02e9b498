//! The client against a scripted game: one test for each behaviour of vanilla, Paper and other servers that concerns it.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

mod failures;
mod fake_game;
mod login;
mod replies;
mod server_quirks;
