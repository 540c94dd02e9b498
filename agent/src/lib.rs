//! `flux-agent`: a daemon beside one Minecraft server. It takes commands from a store, runs them in the game over RCON, keeps those that wait for a
//! player, and reports every outcome. The rooms and the ways between them: `docs/explanation/architecture.md`.

pub mod cli;
pub mod config;
pub mod control;
pub mod daemon;
pub mod exit;
pub mod game;
pub mod journal;
pub mod limits;
mod pulse;
mod reload;
mod shared;
pub mod telemetry;
pub mod upstream;

pub use daemon::{Resources, run};
pub use pulse::Pulse;
pub use reload::{Loader, Reloaded};
pub use shared::{Phase, Shared};

/// This program's version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
