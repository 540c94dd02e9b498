//! [`TestbedError`]: everything that can go wrong while the three programs run.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// What can go wrong on the testbed.
#[derive(Debug, thiserror::Error)]
pub enum TestbedError {
    /// A state did not come.
    #[error("{what} did not happen within {limit:?}")]
    Waited {
        /// What was waited for.
        what: String,
        /// How long.
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
        /// Which.
        program: String,
        /// How.
        status: std::process::ExitStatus,
        /// Where it says why.
        log: PathBuf,
    },
    /// The companion refused.
    #[error("{method} {path} was answered {status}: {body}")]
    Refused {
        /// The call.
        method: String,
        /// The call.
        path: String,
        /// The status.
        status: u16,
        /// The answer.
        body: serde_json::Value,
    },
    /// An answer lacks what it should have.
    #[error("{0}")]
    Answer(String),
    /// Something with HTTP.
    #[error("HTTP: {0}")]
    Http(#[from] hyper::Error),
    /// Something with the game's control port.
    #[error(transparent)]
    Game(#[from] crate::Error),
    /// Something in the operating system.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// What the operating system says.
        source: io::Error,
    },
}

impl TestbedError {
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> TestbedError {
        let what = what.into();
        move |source| TestbedError::Io { what, source }
    }
}
