//! A game server for experiments and tests, and the quickstart.
//!
//! [`game`] is a Minecraft server as an RCON client sees it: the texts and wire quirks of vanilla 1.21.4, or those of Paper, Spigot, Fabric and
//! Forge, with or without plugins; players who come and go, a log that rotates, faults and restarts on demand. [`control`] lets another
//! process control it. [`testbed`] runs the three real programs together.

pub mod control;
mod error;
pub mod game;
pub mod testbed;

pub use error::Error;
