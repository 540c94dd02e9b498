//! The control socket, over which the command line talks to the daemon. A connection carries one request and one answer, each a line of JSON.

mod answer;
mod client;
mod queue;
mod server;
mod status;
mod status_text;

pub use client::{ControlError, ask};
pub use queue::{QueueEvent, QueueJob, QueueList, QueueShow};
pub use server::{BindError, Listener, bind, serve};
pub use status::{ConfigStatus, GameStatus, JournalStatus, Status, StoreStatus};

use crate::journal::JournalError;
use crate::limits::CONTROL_DEADLINE;
use flux_config::exit_code::ExitCode;
use flux_protocol::CommandId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A request of the command line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Request {
    /// The daemon's state. Answer: [`Status`].
    Status,
    /// Lists jobs. Answer: [`QueueList`].
    QueueList {
        /// Only jobs in this state; `None` lists all open jobs.
        state: Option<String>,
        /// Finished jobs too.
        #[serde(default)]
        all: bool,
        /// Only jobs of this order.
        #[serde(default)]
        order: Option<String>,
        /// Only jobs of this player.
        player: Option<String>,
    },
    /// Shows one job. Answer: [`QueueShow`].
    QueueShow {
        /// Id of the command, or the beginning of one.
        id: CommandId,
    },
    /// Runs a held job once more. Answer: a text.
    QueueRetry {
        /// Id of the command, or the beginning of one.
        id: CommandId,
    },
    /// Cancels a job that has not been sent. Answer: a text.
    QueueDrop {
        /// Id of the command, or the beginning of one.
        id: CommandId,
        /// The reason, for the job's history.
        reason: String,
    },
    /// Polls the store now. Answer: the number of items received.
    Poll,
    /// Lists the players online. Answer: [`Players`].
    Players,
    /// Runs one line in the game. Answer: the game's answer.
    Rcon {
        /// The line.
        line: String,
        /// True if the policy may block it.
        policy: bool,
    },
    /// Reloads the configuration. Answer: [`crate::ReloadOutcome`].
    Reload,
}

impl Request {
    /// Deadline of the answer, given `rcon.timeout`. A request to the game first waits for the line in flight.
    pub fn deadline(&self, rcon_timeout: Duration) -> Duration {
        match self {
            Request::Status
            | Request::QueueList { .. }
            | Request::QueueShow { .. }
            | Request::Players
            | Request::Reload => CONTROL_DEADLINE,
            Request::Poll => crate::limits::REST_DEADLINE * 2 + CONTROL_DEADLINE,
            Request::QueueRetry { .. } | Request::QueueDrop { .. } | Request::Rcon { .. } => {
                rcon_timeout * 4 + CONTROL_DEADLINE
            }
        }
    }
}

/// The last player list of the game.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Players {
    /// Their names, as the game spells them.
    pub players: Vec<String>,
    /// The command that lists players.
    pub source: Option<String>,
    /// Time of the list.
    pub at: Option<Timestamp>,
}

/// A failed request.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RequestError {
    /// The error text, for the admin.
    pub text: String,
    /// The exit code of the command.
    pub exit: ExitCode,
}

impl RequestError {
    pub(crate) fn failed(text: String) -> RequestError {
        RequestError { text, exit: ExitCode::Failed }
    }
}

impl From<JournalError> for RequestError {
    fn from(error: JournalError) -> Self {
        RequestError::failed(error.to_string())
    }
}

/// An answer on the socket.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer<T> {
    Done(T),
    Refused(RequestError),
}

/// The socket in a runtime directory.
pub fn socket_path(runtime_dir: &Path) -> PathBuf {
    runtime_dir.join("control.sock")
}
