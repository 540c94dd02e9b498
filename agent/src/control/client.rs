use super::{Answer, Request, RequestError, socket_path};
use serde::de::DeserializeOwned;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why the daemon did not answer.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// Nobody listens.
    #[error("no flux-agent answers at {path}: {cause}. Is it running (systemctl status flux-agent), with this config?")]
    NotRunning {
        /// The socket.
        path: PathBuf,
        /// What the operating system says.
        cause: io::Error,
    },
    /// Not allowed.
    #[error("no permission to ask the flux-agent at {path}: use sudo, or join the socket's group")]
    Permission {
        /// The socket.
        path: PathBuf,
    },
    /// The daemon refused.
    #[error("{}", .0.text)]
    Refused(RequestError),
    /// What came is no answer.
    #[error("the flux-agent at {path} gave no answer that can be understood: {problem}")]
    Answer {
        /// The socket.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
}

/// Asks the daemon in this runtime directory, and waits for its answer at most so long.
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
