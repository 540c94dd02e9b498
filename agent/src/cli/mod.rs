//! The command line; each group of commands has a file. Results go to stdout, everything else to stderr.

mod check;
mod documents;
mod game;
mod output;
mod policy;
mod policy_suggest;
mod queue;
mod run;
mod status;
mod store;
mod token;

use crate::config::{Config, ControlSettings, DEFAULT_PATH, Directories, secret_sources};
use crate::control::{ControlError, Request, ask};
use crate::limits::CONTROL_DEADLINE;
use clap::{Parser, Subcommand};
use clap_complete::Shell;
use flux_config::exit_code::ExitCode;
use flux_protocol::{CommandId, ServerToken};
use flux_terminal::mask_from_now_on;
use output::fail;
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};

/// Runs what your store sells on your Minecraft server.
///
/// Exit codes: 0 done, 1 failed, 64 command line, 65 damaged journal, 69 store, game or daemon unreachable, 70 internal, 73 cannot create, 77
/// permission, 78 configuration.
#[derive(Debug, Parser)]
#[command(name = "flux-agent", version, about)]
pub struct Cli {
    /// Path of the configuration.
    #[arg(long, global = true, default_value = DEFAULT_PATH, value_name = "FILE")]
    config: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon; it logs to stderr, or to systemd's journal.
    Run,
    /// Check the configuration; with --online also the game, the store, the player list, permissions, the journal and the clock.
    Check {
        /// Also check everything that the configuration refers to.
        #[arg(long)]
        online: bool,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show the state of the running daemon, with advice on errors.
    Status {
        /// Show it again every 2 s, until Ctrl-C.
        #[arg(long, conflicts_with = "json")]
        watch: bool,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// List, show, retry or drop the daemon's jobs.
    #[command(subcommand)]
    Queue(Queue),
    /// Poll the store now.
    Poll {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show the players online, the source of the list, and its age.
    Players {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Run one line in the game, over the connection of the daemon if it runs.
    Rcon {
        /// Send the line even if the policy blocks it.
        #[arg(long)]
        no_policy: bool,
        /// As JSON.
        #[arg(long)]
        json: bool,
        /// The line.
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        line: Vec<String>,
    },
    /// Test a line against the policy.
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Test how the agent judges an answer of the game.
    #[command(subcommand)]
    Answer(AnswerCommand),
    /// Manage the store's token.
    #[command(subcommand)]
    Token(TokenCommand),
    /// Make the daemon reload its configuration.
    Reload {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Print the example configuration: every key with its default.
    PrintDefaultConfig,
    /// Print the JSON schema of the configuration, for editors.
    ConfigSchema,
    /// Print completions for a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Print the manual page.
    Man,
    /// Print the version.
    Version {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
enum Queue {
    /// List open jobs, or the jobs in one state.
    List {
        /// Only jobs in this state.
        #[arg(long, value_parser = ["queued", "awaiting_player", "running", "uncertain", "completed", "failed", "cancelled"])]
        state: Option<String>,
        /// Finished jobs too.
        #[arg(long, conflicts_with = "state")]
        all: bool,
        /// Only jobs of this order.
        #[arg(long)]
        order: Option<String>,
        /// Only jobs of this player.
        #[arg(long)]
        player: Option<String>,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show a job with its history.
    Show {
        /// The command's id, or its beginning.
        id: CommandId,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Run a held job (failed, uncertain) once more.
    Retry {
        /// The command's id, or its beginning.
        id: CommandId,
    },
    /// Cancel a job that has not been sent, and report it as cancelled.
    Drop {
        /// The command's id, or its beginning.
        id: CommandId,
        /// The reason, for the job's history.
        #[arg(long)]
        reason: String,
    },
}

#[derive(Debug, Subcommand)]
enum PolicyCommand {
    /// Show whether a line may run, and the rule that decides.
    Test {
        /// As JSON. It comes before the line.
        #[arg(long)]
        json: bool,
        /// The line.
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        line: Vec<String>,
    },
    /// Print an allow-list for policy.mode strict, made of what the store has sent and sells.
    Suggest {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
enum AnswerCommand {
    /// Show whether an answer means that the command ran, and the rule that decides.
    Test {
        /// As JSON. It comes before the answer.
        #[arg(long)]
        json: bool,
        /// The game's answer.
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        text: Vec<String>,
    },
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// Read a new token from stdin or a prompt, test it at the store, write it to store.token_file, and make the daemon use it.
    Set,
}

impl Cli {
    /// Executes the command.
    pub fn execute(self) -> ExitCode {
        flux_platform::protect_process();
        let path = &self.config;
        let done = match self.command {
            Command::Run => Ok(run::run(path)),
            Command::Check { online, json } => check::run(path, online, json),
            Command::Status { watch: true, .. } => status::watch(path),
            Command::Status { watch: false, json } => status::run(path, json),
            Command::Queue(Queue::List { state, all, order, player, json }) => {
                queue::list(path, Request::QueueList { state, all, order, player }, json)
            }
            Command::Queue(Queue::Show { id, json }) => queue::show(path, id, json),
            Command::Queue(Queue::Retry { id }) => queue::settle(path, Request::QueueRetry { id }),
            Command::Queue(Queue::Drop { id, reason }) => queue::settle(path, Request::QueueDrop { id, reason }),
            Command::Poll { json } => store::poll(path, json),
            Command::Players { json } => game::players(path, json),
            Command::Rcon { no_policy, json, line } => game::rcon(path, &line.join(" "), !no_policy, json),
            Command::Policy(PolicyCommand::Test { json, line }) => policy::test_line(path, &line.join(" "), json),
            Command::Policy(PolicyCommand::Suggest { json }) => policy_suggest::run(path, json),
            Command::Answer(AnswerCommand::Test { json, text }) => policy::test_answer(path, &text.join(" "), json),
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

/// Reads the config, or prints its errors.
fn load(path: &Path) -> Result<Config, ExitCode> {
    let config = Config::load(path, &secret_sources(path), &Directories::from_process(path));
    config.inspect(|config| mask_token(&config.store.token)).map_err(|error| fail(&error, error.exit_code()))
}

/// Masks a token in all output, for a store may repeat it. The server's id in it is no secret.
fn mask_token(token: &ServerToken) {
    mask_from_now_on(token.secret().clone());
}

/// The daemon of a config, as the command line reaches it. The config may be wrong, or lack its secrets: only
/// `runtime_dir` matters.
struct Daemon<'p> {
    path: &'p Path,
    settings: ControlSettings,
}

impl Daemon<'_> {
    fn of(path: &Path) -> Daemon<'_> {
        Daemon { path, settings: ControlSettings::read(path, &Directories::from_process(path)) }
    }

    /// Sends a request to the daemon.
    fn ask<T: DeserializeOwned>(&self, request: &Request) -> Result<T, ControlError> {
        let deadline = request.deadline(self.settings.rcon_timeout) + CONTROL_DEADLINE;
        ask(&self.settings.runtime_dir, request, deadline)
    }

    /// Sends a request to the daemon, or prints the error. Without a daemon, the mistakes of the config come first.
    fn request<T: DeserializeOwned>(&self, request: &Request) -> Result<T, ExitCode> {
        self.ask(request).map_err(|error| {
            if matches!(error, ControlError::NotRunning { .. })
                && let Err(exit) = load(self.path)
            {
                return exit;
            }
            fail(&error, exit_of(&error))
        })
    }
}

fn exit_of(error: &ControlError) -> ExitCode {
    match error {
        ControlError::Permission { .. } => ExitCode::Permission,
        ControlError::Refused(refused) => refused.exit,
        ControlError::NotRunning { .. } | ControlError::Answer { .. } => ExitCode::Unreachable,
    }
}

/// Runs a future to completion, for commands that use the network without the daemon.
fn block_on<T>(work: impl Future<Output = T>) -> Result<T, ExitCode> {
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => Ok(runtime.block_on(work)),
        Err(error) => Err(fail(&error, ExitCode::Internal)),
    }
}
