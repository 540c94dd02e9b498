//! The control socket: how the command line asks the daemon. One line of JSON each way, then the connection closes.

mod client;
mod server;
mod status;

pub use client::{ControlError, ask};
pub use server::{Listener, bind, serve};
pub use status::{GameStatus, JournalStatus, Status, StoreStatus};

use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Request {
    /// How everything is.
    Status,
}

/// The socket in a runtime directory.
pub fn socket_path(runtime_dir: &Path) -> PathBuf {
    runtime_dir.join("control.sock")
}
