//! The command line: one file a command. stdout is for results, stderr for everything else.

mod check;
mod run;
mod status;
mod version;

use crate::config::{Config, DEFAULT_PATH, Directories, SecretSources};
use crate::exit::Exit;
use clap::{Parser, Subcommand};
use std::path::{Path, PathBuf};

/// Runs what your store sells on your Minecraft server.
#[derive(Debug, Parser)]
#[command(name = "flux-agent", version, about, disable_help_subcommand = true)]
pub struct Cli {
    /// The configuration.
    #[arg(long, global = true, default_value = DEFAULT_PATH, value_name = "FILE")]
    config: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The daemon; logs to stderr.
    Run,
    /// Checks the configuration, and with --online the game and the store.
    Check {
        /// Also try RCON and the store's token.
        #[arg(long)]
        online: bool,
    },
    /// How the running daemon is: is it working, and if not, what to do.
    Status {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// This program's version.
    Version {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

impl Cli {
    /// Does what was asked.
    pub fn execute(self) -> Exit {
        match self.command {
            Command::Run => run::run(&self.config),
            Command::Check { online } => check::run(&self.config, online),
            Command::Status { json } => status::run(&self.config, json),
            Command::Version { json } => version::run(json),
        }
    }
}

/// Reads the config, or says what is wrong with it.
fn load(path: &Path) -> Result<Config, Exit> {
    Config::load(path, &SecretSources::from_process(), &Directories::from_process())
        .map_err(|error| complain(&error, Exit::Config))
}

fn complain(error: &dyn std::fmt::Display, exit: Exit) -> Exit {
    eprintln!("flux-agent: {error}");
    exit
}
