//! The errors of a config file, with the texts for the admin.

use std::{fmt, io, path::PathBuf};

use thiserror::Error;

use crate::access::Exposure;
use crate::exit_code::ExitCode;
use crate::limits;

/// A config that cannot be used. The text is complete; do not print a cause after it.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file does not exist.
    #[error("no config file at {}: write one there, or name another with --config FILE", path.display())]
    Missing {
        /// The path of the file.
        path: PathBuf,
    },
    /// The file cannot be read.
    #[error("{}: {reason}", path.display())]
    Unreadable {
        /// The path of the file.
        path: PathBuf,
        /// The reason.
        reason: FileError,
    },
    /// The file has mistakes.
    #[error(transparent)]
    Invalid(#[from] ConfigErrors),
}

impl ConfigError {
    /// The program's exit code: a file that the system does not let this user read is not a wrong config.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Unreadable { reason: FileError::Refused(cause), .. }
                if cause.kind() == io::ErrorKind::PermissionDenied =>
            {
                ExitCode::Permission
            }
            _ => ExitCode::Config,
        }
    }
}

/// A file that could not be read. The message follows the path of the file.
#[derive(Debug, Error)]
pub enum FileError {
    /// The file does not exist.
    #[error("does not exist")]
    Missing,
    /// The operating system refused.
    #[error("cannot be read: {0}")]
    Refused(io::Error),
    /// The path leads to a directory, a FIFO or a device.
    #[error("is not a regular file")]
    NotRegular,
    /// Somebody else may write the file.
    #[error("{0}")]
    Exposed(Exposure),
    /// The file is larger than this limit in bytes.
    #[error("is larger than {0} bytes")]
    TooLarge(u64),
    /// The file is not UTF-8.
    #[error("is not UTF-8 text")]
    NotText,
}

/// All mistakes of one config file, displayed one per line and sorted by place, without a final newline.
#[derive(Debug)]
pub struct ConfigErrors {
    path: PathBuf,
    mistakes: Vec<Mistake>,
}

/// One mistake: its place, its key (a dotted path such as `rcon.timeout`, empty for the file), and its message.
#[derive(Debug)]
pub(crate) struct Mistake {
    pub(crate) location: Location,
    pub(crate) key: String,
    pub(crate) message: String,
}

/// A place in the file. Line and column count from 1, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Location {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Location {
    pub(crate) const START: Self = Self { line: 1, column: 1 };
}

impl ConfigErrors {
    pub(crate) fn new(path: PathBuf, mut mistakes: Vec<Mistake>) -> Self {
        mistakes.sort_by_key(|mistake| mistake.location);
        Self { path, mistakes }
    }
}

impl std::error::Error for ConfigErrors {}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mistake) in self.mistakes.iter().take(limits::PRINTED_MISTAKES).enumerate() {
            let Mistake { location: Location { line, column }, key, message } = mistake;
            let newline = if index == 0 { "" } else { "\n" };
            let colon = if key.is_empty() { "" } else { ": " };
            write!(out, "{newline}{}:{line}:{column}: {key}{colon}{message}", self.path.display())?;
        }
        match self.mistakes.len().saturating_sub(limits::PRINTED_MISTAKES) {
            0 => Ok(()),
            more => write!(out, "\nand {more} more"),
        }
    }
}
