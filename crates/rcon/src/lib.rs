//! Minecraft RCON: a codec, and a client that reports how far a command got.
//!
//! RCON has no status codes. If the answer to a command is lost, the command may or may not have run, and running it again
//! may give a player the same item twice. `Connection::run` therefore ends in one of four `Outcome`s, and only two of
//! them (`NotSent` and `Rejected`) allow sending the command again without
//! asking the game first.
//!
//! It handles the quirks of real servers: answers split at 4,096 UTF-16 units without an end, requests that must arrive
//! in one read, late and duplicate answers. It does not reconnect, retry or judge whether a command succeeded.
//!
//! # Example
//!
#![cfg_attr(feature = "client", doc = "```no_run")]
#![cfg_attr(not(feature = "client"), doc = "```ignore")]
//! use std::time::Duration;
//!
//! use flux_rcon::{Connection, Outcome, Timeouts};
//!
//! # async fn run() -> Result<(), flux_rcon::ConnectError> {
//! let timeouts = Timeouts::each(Duration::from_secs(10));
//! let mut game = Connection::open("127.0.0.1:25575", &"password".into(), timeouts).await?;
//! match game.run("give Steve diamond 5").await {
//!     Outcome::Replied(answer) => println!("the game answered: {answer}"),
//!     Outcome::NotSent(why) => println!("not sent, safe to send again: {why}"),
//!     Outcome::Rejected => println!("not logged in, safe to send again"),
//!     Outcome::Unknown(why) => println!("it may have run: {why}"),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! | feature | default | adds |
//! | --- | --- | --- |
//! | `client` | yes | `Connection` and its errors, on tokio |
//!
//! Without it only the pure [`codec`] remains.

pub mod codec;

#[cfg(feature = "client")]
mod connection;
#[cfg(feature = "client")]
mod login;
#[cfg(feature = "client")]
mod outcome;
#[cfg(feature = "client")]
mod packet_stream;

#[cfg(feature = "client")]
pub use connection::{Connection, MAX_COMMAND_BYTES, MAX_REPLY_BYTES, Timeouts};
#[cfg(feature = "client")]
pub use outcome::{ConnectError, Outcome, ReplyError, SendRejected};
