//! The command line: one file a command. stdout is for results, stderr for everything else.

mod check;
mod documents;
mod game;
mod output;
mod policy;
mod queue;
mod run;
mod status;
mod store;
mod table;
mod token;

use crate::config::{Config, DEFAULT_PATH, Directories, secret_sources};
use crate::control::{ControlError, Request, ask};
use crate::limits::CONTROL_DEADLINE;
use clap::{Parser, Subcommand};
use clap_complete::Shell;
use flux_config::exit_code::ExitCode;
use flux_protocol::CommandId;
use output::fail;
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};

/// Runs what your store sells on your Minecraft server.
///
/// ExitCode codes: 0 done, 1 failed, 64 command line, 65 damaged journal, 69 store, game or daemon unreachable, 70 internal, 73 cannot create, 77
/// permission, 78 configuration.
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
    /// The daemon; logs to stderr, or to systemd's journal.
    Run,
    /// Checks the configuration; with --online also the game, the store, who is online, permissions, the journal and the clock.
    Check {
        /// Also what the configuration leads to.
        #[arg(long)]
        online: bool,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// How the running daemon is: is it working, and if not, what to do.
    Status {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// The jobs that the daemon has.
    #[command(subcommand)]
    Queue(Queue),
    /// Asks the store now.
    Poll,
    /// Who is online, from which source, and how old that is.
    Players {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Runs one line in the game, over the daemon's own connection when it runs.
    Rcon {
        /// Send it also when the policy would block it.
        #[arg(long)]
        no_policy: bool,
        /// The line.
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        line: Vec<String>,
    },
    /// What the policy says of a line.
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// What is made of an answer of the game.
    #[command(subcommand)]
    Answer(AnswerCommand),
    /// The store's token.
    #[command(subcommand)]
    Token(TokenCommand),
    /// Has the daemon read its configuration again.
    Reload {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Prints the example configuration: every key with its default.
    PrintDefaultConfig,
    /// Prints the JSON schema of the configuration, for editors.
    ConfigSchema,
    /// Prints completions for a shell.
    Completions {
        /// Which.
        shell: Shell,
    },
    /// Prints the manual page.
    Man,
    /// This program's version.
    Version {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
enum Queue {
    /// Open jobs, or those in one state.
    List {
        /// Only this state.
        #[arg(long, value_parser = ["queued", "awaiting_player", "running", "uncertain", "completed", "failed", "cancelled"])]
        state: Option<String>,
        /// Only this player's.
        #[arg(long)]
        player: Option<String>,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// One job's whole life.
    Show {
        /// The command's id.
        id: CommandId,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Runs a held job (failed, uncertain) once more.
    Retry {
        /// The command's id.
        id: CommandId,
    },
    /// Reports a job that waits unsent as cancelled.
    Drop {
        /// The command's id.
        id: CommandId,
        /// Why: for the job's history.
        #[arg(long)]
        reason: String,
    },
}

#[derive(Debug, Subcommand)]
enum PolicyCommand {
    /// Says whether this line may run, and which rule decides.
    Test {
        /// The line.
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        line: Vec<String>,
    },
}

#[derive(Debug, Subcommand)]
enum AnswerCommand {
    /// Says whether this answer means that the command ran, and which rule decides.
    Test {
        /// The game's answer.
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        text: Vec<String>,
    },
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// Takes a new token from stdin or a prompt, tries it at the store, writes it into store.token_file, and has the daemon use it.
    Set,
}

impl Cli {
    /// Does what was asked.
    pub fn execute(self) -> ExitCode {
        let path = &self.config;
        let done = match self.command {
            Command::Run => Ok(run::run(path)),
            Command::Check { online, json } => check::run(path, online, json),
            Command::Status { json } => status::run(path, json),
            Command::Queue(Queue::List { state, player, json }) => queue::list(path, state, player, json),
            Command::Queue(Queue::Show { id, json }) => queue::show(path, id, json),
            Command::Queue(Queue::Retry { id }) => queue::settle(path, Request::QueueRetry { id }),
            Command::Queue(Queue::Drop { id, reason }) => queue::settle(path, Request::QueueDrop { id, reason }),
            Command::Poll => store::poll(path),
            Command::Players { json } => game::players(path, json),
            Command::Rcon { no_policy, line } => game::rcon(path, &line.join(" "), !no_policy),
            Command::Policy(PolicyCommand::Test { line }) => policy::test_line(path, &line.join(" ")),
            Command::Answer(AnswerCommand::Test { text }) => policy::test_answer(path, &text.join(" ")),
            Command::Token(TokenCommand::Set) => token::set(path),
            Command::Reload { json } => store::reload(path, json),
            Command::PrintDefaultConfig => Ok(documents::example()),
            Command::ConfigSchema => Ok(documents::schema()),
            Command::Completions { shell } => Ok(documents::completions(shell)),
            Command::Man => Ok(documents::man()),
            Command::Version { json } => Ok(documents::version(json)),
        };
        done.unwrap_or_else(|exit| exit)
    }
}

/// Reads the config, or says what is wrong with it.
fn load(path: &Path) -> Result<Config, ExitCode> {
    Config::load(path, &secret_sources(path), &Directories::from_process(path))
        .map_err(|error| fail(&error, ExitCode::Config))
}

/// Asks the daemon.
fn ask_daemon<T: DeserializeOwned>(config: &Config, request: &Request) -> Result<T, ControlError> {
    ask(&config.runtime_dir, request, request.deadline(config.rcon.timeout) + CONTROL_DEADLINE)
}

/// Asks the daemon, or says why it does not answer.
fn request_or_exit<T: DeserializeOwned>(config: &Config, request: &Request) -> Result<T, ExitCode> {
    ask_daemon(config, request).map_err(|error| fail(&error, exit_of(&error)))
}

fn exit_of(error: &ControlError) -> ExitCode {
    match error {
        ControlError::Permission { .. } => ExitCode::Permission,
        ControlError::Refused(refused) => refused.exit,
        ControlError::NotRunning { .. } | ControlError::Answer { .. } => ExitCode::Unreachable,
    }
}

/// For what this program does itself over the network.
fn block_on<T>(work: impl Future<Output = T>) -> Result<T, ExitCode> {
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => Ok(runtime.block_on(work)),
        Err(error) => Err(fail(&error, ExitCode::Internal)),
    }
}
