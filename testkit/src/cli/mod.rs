//! The command line of `flux-sandbox`.

mod ask;
mod game;

use crate::quickstart;
use clap::{Parser, Subcommand};

/// A Minecraft server as an RCON client sees it, to try things on.
#[derive(Parser)]
#[command(version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Watch an order turn into diamonds: store, agent and game, started for you.
    Quickstart(quickstart::Arguments),
    /// Run a game until it is stopped.
    Game(game::Arguments),
    #[command(flatten)]
    Ask(ask::Ask),
}

impl Cli {
    pub(crate) async fn run(self) -> Result<(), Box<dyn std::error::Error>> {
        match self.command {
            Command::Quickstart(arguments) => quickstart::run(arguments).await?,
            Command::Game(arguments) => game::run(arguments).await?,
            Command::Ask(ask) => ask::run(&ask).await?,
        }
        Ok(())
    }
}
