//! The command line's side of the control socket.

use super::{Answer, Request, RequestError, socket_path};
use serde::de::DeserializeOwned;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The reason the daemon did not answer.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// No daemon listens on the socket.
    #[error("no flux-agent answers at {path}: {cause}. Is it running (systemctl status flux-agent), with this config?")]
    NotRunning {
        /// The socket.
        path: PathBuf,
        /// The operating system's error.
        cause: io::Error,
    },
    /// This user may not use the socket.
    #[error("no permission to connect to {path}: use sudo, or join the socket's group")]
    Permission {
        /// The socket.
        path: PathBuf,
    },
    /// The daemon refused the request.
    #[error("{}", .0.text)]
    Refused(RequestError),
    /// The answer cannot be read.
    #[error("cannot read the answer of the flux-agent at {path}: {problem}")]
    Answer {
        /// The socket.
        path: PathBuf,
        /// The problem.
        problem: String,
    },
}

/// Sends a request to the daemon in this runtime directory, and waits for its answer until the deadline.
pub fn ask<T: DeserializeOwned>(runtime_dir: &Path, request: &Request, deadline: Duration) -> Result<T, ControlError> {
    let path = socket_path(runtime_dir);
    let failed = |cause: io::Error| match cause.kind() {
        io::ErrorKind::PermissionDenied => ControlError::Permission { path: path.clone() },
        _ => ControlError::NotRunning { path: path.clone(), cause },
    };
    let bad = |problem: String| ControlError::Answer { path: path.clone(), problem };
    let mut stream = UnixStream::connect(&path).map_err(failed)?;
    stream.set_read_timeout(Some(deadline)).map_err(failed)?;
    let request = serde_json::to_string(request).map_err(|error| bad(error.to_string()))?;
    writeln!(stream, "{request}").map_err(failed)?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).map_err(failed)?;
    match serde_json::from_str(&line).map_err(|error| bad(error.to_string()))? {
        Answer::Done(answer) => Ok(answer),
        Answer::Refused(refused) => Err(ControlError::Refused(refused)),
    }
}
