//! The client against a scripted game: one test per fact about vanilla, Paper and their relatives that concerns a client.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

mod failures;
mod fake_game;
mod login;
mod replies;
mod server_quirks;
