//! The command line.

mod backup;
mod check;
mod corrections;
mod error;
mod init;
mod keys;
mod mails;
mod serve;
mod servers;

pub use error::CliError;

use crate::config::{Config, DEFAULT_PATH};
use crate::services::Audit;
use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use flux_delivery::command::{CommandStatus, Given};
use flux_protocol::{CommandId, FailReason, OrderId, ServerId};
use flux_shop::{Actor, Address, Label, MailStatus, PackageId, PlayerName, PlayerUuid, RetryAs, Role, StringEnum};
use flux_storage::Db;
use flux_terminal::escape_json;
use jiff::Timestamp;
use serde::Serialize;
use std::path::PathBuf;

/// The program's name.
const PROGRAM: &str = "flux-companion";

/// A slim store server: servers and tokens, orders to commands, delivered to flux agents.
#[derive(Debug, Parser)]
#[command(name = "flux-companion", version, arg_required_else_help = true)]
pub struct Arguments {
    /// The config file.
    #[arg(long, value_name = "FILE", default_value = DEFAULT_PATH, global = true)]
    config: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Create the database and the first admin key, which is printed once, alone on stdout.
    Init,
    /// Serve until SIGTERM or SIGINT.
    Serve,
    /// Check the config and the database.
    Check {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// The game servers.
    #[command(subcommand)]
    Server(ServerCommand),
    /// The API keys.
    #[command(subcommand)]
    Key(KeyCommand),
    /// The commands in the queue. A running companion sends what changes within 30 s.
    #[command(subcommand, name = "command")]
    Queued(QueuedCommand),
    /// The orders.
    #[command(subcommand)]
    Order(OrderCommand),
    /// The mails.
    #[command(subcommand)]
    Mail(MailCommand),
    /// Copy the database to a new file, also while it is served.
    Backup {
        /// The copy. It must not exist yet.
        file: PathBuf,
    },
    /// Replace the database with a backup; the companion must not run. The old database is kept beside it.
    Restore {
        /// The backup.
        file: PathBuf,
    },
    /// Print the API's OpenAPI document.
    Openapi,
    /// Print a config with every key and its default.
    PrintDefaultConfig,
    /// Print the config's JSON Schema, for editors.
    ConfigSchema,
    /// Print a shell's completions.
    Completions {
        /// The shell.
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Print the manual page.
    Man,
    /// Print the version.
    Version {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
enum ServerCommand {
    /// Add a server. Its token is printed once, alone on stdout.
    Add {
        /// The name for people.
        name: Label,
        /// The address that players connect to.
        #[arg(long)]
        address: Address,
    },
    /// List the servers.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Give a server a new token, printed once, alone on stdout. A running companion ends the old one's session at its next call.
    Token {
        /// The server's id, or its beginning.
        id: ServerId,
    },
    /// Remove a server whose agent is gone. While it is connected, use the API, which waits for the agent's reports.
    Remove {
        /// The server's id, or its beginning.
        id: ServerId,
        /// Close open commands as cancelled. They may have run.
        #[arg(long)]
        force: bool,
    },
}

#[derive(Debug, Subcommand)]
enum KeyCommand {
    /// Add a key, printed once, alone on stdout.
    Add {
        /// Its name. Events show it as the actor.
        name: Label,
        /// The key's permissions.
        #[arg(long, value_enum)]
        role: RoleArgument,
    },
    /// List the keys, without their secrets.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// End a key at once.
    Revoke {
        /// Its name.
        name: Label,
    },
}

#[derive(Debug, Subcommand)]
enum QueuedCommand {
    /// Retry failed commands: one by its id, or all that match. Without --expect, it only counts those that match.
    Retry(RetryArguments),
    /// Settle an uncertain command, after a look in the game.
    Settle {
        /// The command's id.
        id: CommandId,
        /// The result.
        #[arg(value_enum)]
        given: SettleArgument,
    },
}

#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("which").required(true).multiple(true)
    .args(["id", "server", "package", "player", "reason", "from", "to"]))]
struct RetryArguments {
    /// The command's id.
    #[arg(conflicts_with_all = ["server", "package", "player", "reason", "from", "to", "expect", "includes_uncertain"])]
    id: Option<CommandId>,
    /// The text that is sent.
    #[arg(long, value_enum, default_value = "sold")]
    r#as: RetryAsArgument,
    /// Commands for this server, by its id.
    #[arg(long)]
    server: Option<ServerId>,
    /// Commands of this package, by its id.
    #[arg(long)]
    package: Option<PackageId>,
    /// Commands for this player, in any case.
    #[arg(long)]
    player: Option<PlayerName>,
    /// Commands that failed for this reason.
    #[arg(long, value_parser = fail_reason)]
    reason: Option<FailReason>,
    /// Commands created at this time or later, such as 2026-11-27T00:00:00Z.
    #[arg(long, value_name = "TIME")]
    from: Option<Timestamp>,
    /// Commands created before this time.
    #[arg(long, value_name = "TIME")]
    to: Option<Timestamp>,
    /// Retry them, if this many match.
    #[arg(long, value_name = "NUMBER")]
    expect: Option<u64>,
    /// Retry uncertain ones as well: they may have run, and would run twice.
    #[arg(long)]
    includes_uncertain: bool,
}

fn fail_reason(text: &str) -> Result<FailReason, String> {
    match CommandStatus::parse("failed", Some(text)) {
        Some(CommandStatus::Failed(reason)) => Ok(reason),
        _ => Err("is no reason of a failed command".to_owned()),
    }
}

/// The text that a retry sends.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum RetryAsArgument {
    /// As it was sold.
    Sold,
    /// As the package is now.
    Now,
}

impl From<RetryAsArgument> for RetryAs {
    fn from(text: RetryAsArgument) -> RetryAs {
        match text {
            RetryAsArgument::Sold => RetryAs::Sold,
            RetryAsArgument::Now => RetryAs::Now,
        }
    }
}

/// The word of a person about an uncertain command.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum SettleArgument {
    /// The player has what it gives: it is completed.
    Given,
    /// The player has not: it is failed, and can be retried.
    NotGiven,
}

impl From<SettleArgument> for Given {
    fn from(word: SettleArgument) -> Given {
        match word {
            SettleArgument::Given => Given::Yes,
            SettleArgument::NotGiven => Given::No,
        }
    }
}

#[derive(Debug, Subcommand)]
enum OrderCommand {
    /// Correct a paid order's player. Commands that have not run go to the right one.
    Player {
        /// The order's id.
        id: OrderId,
        /// The right player's name.
        name: PlayerName,
        /// The right player's UUID.
        #[arg(long)]
        uuid: Option<PlayerUuid>,
    },
}

#[derive(Debug, Subcommand)]
enum MailCommand {
    /// Send a test mail now, with the config's `mail` section.
    Test {
        /// The mailbox's address.
        address: String,
    },
    /// Send mails again to a mailbox that has unsubscribed.
    Resubscribe {
        /// The mailbox's address.
        address: String,
    },
    /// List the newest mails, with what has become of each.
    List {
        /// Those with this status: waiting, put_off, sent, given_up or skipped.
        #[arg(long, value_parser = mail_status)]
        status: Option<MailStatus>,
        /// The longest list.
        #[arg(long, value_name = "NUMBER", default_value = "100")]
        limit: u32,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

fn mail_status(text: &str) -> Result<MailStatus, String> {
    text.parse().map_err(|_| format!("must be one of {}", MailStatus::WORDS.join(", ")))
}

/// A key's role, as the command line names it.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum RoleArgument {
    /// Everything.
    Admin,
    /// A storefront's back end: orders, reading packages, the state of commands.
    Store,
}

impl From<RoleArgument> for Role {
    fn from(role: RoleArgument) -> Role {
        match role {
            RoleArgument::Admin => Role::Admin,
            RoleArgument::Store => Role::Storefront,
        }
    }
}

/// Runs the command.
pub fn run(arguments: Arguments) -> Result<(), CliError> {
    flux_platform::protect_process();
    let path = arguments.config;
    match arguments.command {
        Command::Openapi => print(&crate::http::document(None).to_pretty_json().map_err(|_| CliError::Internal)?),
        Command::PrintDefaultConfig => print(crate::config::example().trim_end()),
        Command::ConfigSchema => print(crate::config::SCHEMA.trim_end()),
        Command::Completions { shell } => print(&flux_terminal::completions(Arguments::command(), PROGRAM, shell)),
        Command::Man => print(&flux_terminal::manual_page(&Arguments::command()).map_err(|_| CliError::Internal)?),
        Command::Version { json } => version(json),
        Command::Backup { file } => backup::backup(&Config::load(&path)?, &file),
        Command::Restore { file } => backup::restore(&Config::load(&path)?, &file),
        Command::Init => init::run(&Config::load(&path)?),
        Command::Serve => serve::run(&path, Config::load(&path)?),
        Command::Check { json } => check::run(&path, &Config::load(&path)?, json),
        Command::Server(command) => servers::run(&Config::load(&path)?, command),
        Command::Queued(command) => corrections::command(&Config::load(&path)?, command),
        Command::Order(command) => corrections::order(&Config::load(&path)?, command),
        Command::Mail(command) => mails::run(&Config::load(&path)?, command),
        Command::Key(command) => keys::run(&Config::load(&path)?, command),
    }
}

fn version(json: bool) -> Result<(), CliError> {
    let version = env!("CARGO_PKG_VERSION");
    if json {
        return print_json(&serde_json::json!({"name": "flux-companion", "version": version,
            "protocolVersion": flux_protocol::PROTOCOL_VERSION}));
    }
    print(&format!("flux-companion {version} (protocol {})", flux_protocol::PROTOCOL_VERSION))
}

/// Opens the database and runs one piece of work on it. A serving companion may have it open at the same time.
fn with_database<R>(config: &Config, work: impl AsyncFnOnce(&Db, Audit) -> Result<R, CliError>) -> Result<R, CliError> {
    let db = Db::open_in_place(&config.database)?;
    let by = Audit { actor: Actor::cli() };
    runtime()?.block_on(work(&db, by))
}

fn runtime() -> Result<tokio::runtime::Runtime, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|_| CliError::Internal)
}

fn print(text: &str) -> Result<(), CliError> {
    flux_terminal::print(text);
    Ok(())
}

fn print_json(value: &impl Serialize) -> Result<(), CliError> {
    print(&escape_json(&serde_json::to_string_pretty(value).map_err(|_| CliError::Internal)?))
}
