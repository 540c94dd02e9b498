//! A game server to try things on, and the quickstart.
//!
//! [`game`] is a Minecraft server as an RCON client sees it: vanilla 1.21.4's texts and wire quirks, or those of Paper, Spigot, Fabric and
//! Forge, with plugins or without; players who come and go, a log that rotates, faults and restarts on demand. [`control`] lets another
//! process play with it. [`testbed`] has the three real programs play together.

pub mod control;
mod error;
pub mod game;
pub mod testbed;

pub use error::Error;
