//! `flux-agent`: a daemon beside one Minecraft server. It takes commands from a store, runs them in the game over RCON, keeps those that wait for a
//! player, and reports every outcome. The modules and their rules: `docs/explanation/architecture.md`.

pub mod cli;
pub mod config;
pub mod control;
pub mod daemon;
pub mod game;
pub mod journal;
pub mod limits;
pub mod reload;
pub mod state;
pub mod telemetry;
pub mod upstream;

pub use daemon::{Resources, run};
pub use reload::ReloadOutcome;
pub use state::{Loader, Phase, Shared};

/// This program's version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
