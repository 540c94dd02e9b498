//! The control socket: how the command line asks the daemon. One line of JSON each way, then the connection closes.

mod answer;
mod client;
mod queue;
mod server;
mod status;

pub use client::{ControlError, ask};
pub use queue::{QueueEvent, QueueJob, QueueList, QueueShow};
pub use server::{Listener, bind, serve};
pub use status::{ConfigStatus, GameStatus, JournalStatus, Status, StoreStatus, short};

use crate::journal::JournalError;
use crate::limits::CONTROL_DEADLINE;
use flux_config::exit_code::ExitCode;
use flux_protocol::CommandId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Request {
    /// How everything is: [`Status`].
    Status,
    /// Jobs: [`QueueList`].
    QueueList {
        /// In this state; all open ones without.
        state: Option<String>,
        /// Of this player.
        player: Option<String>,
    },
    /// One job: [`QueueShow`].
    QueueShow {
        /// Which.
        id: CommandId,
    },
    /// Run a held job once more: a text.
    QueueRetry {
        /// Which.
        id: CommandId,
    },
    /// Close a job that waits: a text.
    QueueDrop {
        /// Which.
        id: CommandId,
        /// For the history.
        reason: String,
    },
    /// AdminRequest the store now: how many items it result.
    Poll,
    /// Who is online: [`Players`].
    Players,
    /// One line for the game: its answer.
    Rcon {
        /// The line.
        line: String,
        /// Whether the policy judges it.
        policy: bool,
    },
    /// Read the configuration again: [`crate::ReloadOutcome`].
    Reload,
}

impl Request {
    /// How long its answer may take, given `rcon.timeout`: what asks the game waits for the line in flight first.
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

/// Who is online, as the game said last.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Players {
    /// Their names, as the game spells them.
    pub players: Vec<String>,
    /// How the game is asked.
    pub source: Option<String>,
    /// When it said so.
    pub at: Option<Timestamp>,
}

/// Why a request is not fulfilled, and how the command ends then.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RequestError {
    /// For the admin.
    pub text: String,
    /// The exit code.
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

/// What goes over the socket.
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
