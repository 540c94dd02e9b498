//! A game server to try things on, and the quickstart.
//!
//! [`game`] is a Minecraft server as an RCON client sees it: vanilla 1.21.4's texts, its wire quirks, players who come and go, and faults
//! on demand. [`control`] lets another process play with it. [`stage`] has
//! the three real programs play together.

pub mod control;
mod error;
pub mod game;
pub mod stage;

pub use error::Error;
