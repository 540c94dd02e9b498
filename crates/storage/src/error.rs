//! The ways in which the database fails, in words for an admin.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// Why the database did not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// There is no file.
    #[error("there is no database at {}: run `flux-companion init`", .0.display())]
    Missing(PathBuf),
    /// There is one already.
    #[error("{} is there already: `init` makes a new database and overwrites none", .0.display())]
    Exists(PathBuf),
    /// The file cannot be created.
    #[error("cannot create {}: {cause}", path.display())]
    CannotCreate {
        /// The file.
        path: PathBuf,
        /// What stands in the way.
        cause: Arc<io::Error>,
    },
    /// The system does not let us.
    #[error("{} cannot be opened for writing: give this user the rights to it and to its folder", .0.display())]
    Permission(PathBuf),
    /// Another process works with it.
    #[error("another flux-companion serves {}: stop it first", .0.display())]
    InUse(PathBuf),
    /// A newer companion has written it.
    #[error(
        "the database has version {found}, and this program knows versions up to {known}: install the newer flux-companion again"
    )]
    Newer {
        /// What the file says.
        found: i64,
        /// What this program knows.
        known: i64,
    },
    /// The file is no database, or a broken one.
    #[error("the database is damaged ({0}): put the last backup in its place")]
    Damaged(String),
    /// A row holds what this program never writes.
    #[error("the database holds what this program never writes: {0}")]
    BadRow(&'static str),
    /// Too many writes wait.
    #[error("the database is busy: too many writes wait")]
    Busy,
    /// The writer is gone: the program is about to stop.
    #[error("the database is closed")]
    Closed,
    /// The disk is full, or fails.
    #[error("the disk failed: {0}")]
    Disk(String),
    /// A mistake of this program's own in a statement.
    #[error("a statement is wrong: {0}")]
    Statement(&'static str),
    /// A mistake of this program's own, or one of SQLite's that has no better place.
    #[error("the database refused: {0}")]
    Sqlite(Arc<rusqlite::Error>),
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Error {
        use rusqlite::ErrorCode as Code;
        match error.sqlite_error_code() {
            Some(Code::NotADatabase | Code::DatabaseCorrupt) => Error::Damaged(error.to_string()),
            Some(Code::DatabaseBusy | Code::DatabaseLocked) => Error::Busy,
            Some(Code::DiskFull | Code::SystemIoFailure) => Error::Disk(error.to_string()),
            _ => Error::Sqlite(Arc::new(error)),
        }
    }
}
