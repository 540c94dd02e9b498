//! A Minecraft server as an RCON client sees it.
//!
//! The [`World`] is pure: a line in, a text out. [`Game`] shares one world between RCON connections, tests and the control port, and keeps
//! it in a file. Lines run one after the other, in the order in which they came, over all connections, as on the game's main thread.

mod accept;
mod command;
mod faults;
mod handle;
mod items;
pub mod limits;
mod parse;
mod player;
mod reader;
mod run;
mod save;
mod server;
#[cfg(test)]
mod texts;
mod world;

pub use accept::{Accept, ByteStream};
pub use faults::{Fault, Faults};
pub use handle::{Game, Settings};
pub use player::{Player, offline_uuid};
pub use world::{Effect, World};
