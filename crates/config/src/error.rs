//! What can be wrong with a config file, in the words the admin reads.

use std::{fmt, io, path::PathBuf};

use thiserror::Error;

use crate::limits;

/// Why there is no config. The text is whole: it needs no cause printed after it.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// There is no such file.
    #[error("no config file at {}: write one there, or name another with --config FILE", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// There is one, and it cannot be read.
    #[error("{}: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What stands in the way.
        reason: FileError,
    },
    /// It was read, and there are mistakes in it.
    #[error(transparent)]
    Mistakes(#[from] ConfigErrors),
}

/// Why a file could not be read; the text goes after the file's name.
#[derive(Debug, Error)]
pub enum FileError {
    /// There is no such file.
    #[error("does not exist")]
    Missing,
    /// The system refused.
    #[error("cannot be read: {0}")]
    Refused(io::Error),
    /// It is larger than the limit, in bytes.
    #[error("is larger than {0} bytes")]
    TooLarge(u64),
    /// It is not UTF-8.
    #[error("is not UTF-8 text")]
    NotText,
}

/// Every mistake in one config file. Displays one a line, sorted by place, without a newline at the end.
#[derive(Debug)]
pub struct ConfigErrors {
    path: PathBuf,
    mistakes: Vec<Mistake>,
}

/// One mistake: where it is, whose it is (a dotted path such as `rcon.timeout`; empty for the file's), and what it is.
#[derive(Debug)]
pub(crate) struct Mistake {
    pub(crate) location: Location,
    pub(crate) key: String,
    pub(crate) message: String,
}

/// A place in the file; both count from 1, the column in characters.
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
