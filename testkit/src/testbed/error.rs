//! [`TestbedError`]: everything that can go wrong while the three programs run.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// An error of the testbed.
#[derive(Debug, thiserror::Error)]
pub enum TestbedError {
    /// A state did not come in time.
    #[error("{what} did not happen within {limit:?}")]
    Waited {
        /// The state that was expected.
        what: String,
        /// The time limit.
        limit: Duration,
    },
    /// A program is missing.
    #[error("{} is missing: build it with `cargo build --release --workspace`", .0.display())]
    Missing(PathBuf),
    /// A program could not be built.
    #[error("cargo could not build the programs (it ended with {0})")]
    Build(std::process::ExitStatus),
    /// A program ended when it should not have.
    #[error("{program} ended with {status}; its log is {}", log.display())]
    Ended {
        /// The program.
        program: String,
        /// The way in which it ended.
        status: std::process::ExitStatus,
        /// The program's log file.
        log: PathBuf,
    },
    /// The companion refused a call.
    #[error("{method} {path} was answered {status}: {body}")]
    Refused {
        /// The method.
        method: String,
        /// The path.
        path: String,
        /// The status.
        status: u16,
        /// The body of the answer.
        body: serde_json::Value,
    },
    /// An answer lacks a field.
    #[error("{0}")]
    Answer(String),
    /// An HTTP error.
    #[error("HTTP: {0}")]
    Http(#[from] hyper::Error),
    /// An error of the game's control port.
    #[error(transparent)]
    Game(#[from] crate::Error),
    /// An error of the operating system.
    #[error("{what}: {source}")]
    Io {
        /// The attempted action.
        what: String,
        /// The operating system's error.
        source: io::Error,
    },
}

impl TestbedError {
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> TestbedError {
        let what = what.into();
        move |source| TestbedError::Io { what, source }
    }
}
