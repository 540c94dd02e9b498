//! Minecraft RCON: codec and client that say how far a line got.
//!
//! RCON has no status: a line whose answer was lost may or may not have run. So [`Connection::run`] ends in one of four [`Outcome`]s,
//! and only two of them allow sending the line again without asking the game.
//!
//! The codec is pure and always there; the client needs the feature `client` (on by default).

pub mod codec;

#[cfg(feature = "client")]
mod connection;
#[cfg(feature = "client")]
mod outcome;
#[cfg(feature = "client")]
mod wire;

#[cfg(feature = "client")]
pub use connection::{Connection, MAX_COMMAND_BYTES, MAX_REPLY_BYTES, Timeouts};
#[cfg(feature = "client")]
pub use outcome::{ConnectError, Outcome, ReplyError, SendRejected};
