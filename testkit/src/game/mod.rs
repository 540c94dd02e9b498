//! A Minecraft server as an RCON client sees it.
//!
//! The [`World`] is pure: it takes a line and returns a text. [`Game`] shares one world between RCON connections, tests and the control port,
//! and keeps it in a file. Lines of all connections run one after the other in the order of arrival, as on the game's main thread.

mod accept;
mod command;
mod dialect;
mod faults;
mod handle;
mod items;
mod life;
pub mod limits;
mod log;
mod parse;
mod player;
mod plugins;
mod reader;
mod run;
mod save;
mod server;
#[cfg(test)]
mod texts;
mod world;

pub use accept::{Accept, ByteStream};
pub use dialect::Flavour;
pub use faults::{Fault, Faults};
pub use handle::{Game, Settings};
pub use life::Restart;
pub use player::{Player, offline_uuid};
pub use world::{Effect, World};
