//! The errors of the database, with texts for an admin.

use flux_platform::FileChange;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// A failure of the database.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The file does not exist.
    #[error(
        "there is no database at {}: is its disk mounted? Put a backup there with `flux-companion restore FILE`; only for a new store run `flux-companion init`",
        .0.display()
    )]
    Missing(PathBuf),
    /// The backup does not exist.
    #[error("there is no backup at {}: nothing was changed", .0.display())]
    NoBackup(PathBuf),
    /// The backup is not a database of this program, or a damaged one.
    #[error("the backup is damaged, or is not a backup ({0}): nothing was changed; take another one")]
    DamagedBackup(String),
    /// The file exists already.
    #[error("{} is there already and is not overwritten: choose another name, or move it away", .0.display())]
    Exists(PathBuf),
    /// The file cannot be created.
    #[error("cannot create {}: {cause}", path.display())]
    CannotCreate {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        cause: Arc<io::Error>,
    },
    /// The operating system denies access.
    #[error("{} cannot be opened for writing: give this user the rights to it and to its folder", .0.display())]
    Permission(PathBuf),
    /// Every user of the machine can read or change the file.
    #[error(
        "{} has customers' names and addresses, and every user of this machine can open it (mode {mode:04o}): run chmod o-rwx {}",
        path.display(), path.display()
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Another process serves the file.
    #[error("another flux-companion serves {}: stop it first", .0.display())]
    InUse(PathBuf),
    /// The path names another file than the one that was opened, or none.
    #[error(
        "{} was {change} while it was open: nothing is stored in the old file any more. The next start uses the file that is there then; `flux-companion restore` puts a backup there",
        path.display()
    )]
    FileChanged {
        /// The path.
        path: PathBuf,
        /// Its change.
        change: FileChange,
    },
    /// A newer companion has written the file.
    #[error(
        "the database has version {found}, and this program knows versions up to {known}: install the newer flux-companion again"
    )]
    Newer {
        /// The file's schema version.
        found: i64,
        /// The newest schema version that this program knows.
        known: i64,
    },
    /// The file is not a database, or a damaged one.
    #[error("the database is damaged ({0}): put the last backup in its place")]
    Damaged(String),
    /// A row holds something that this program never writes; the text names the column.
    #[error("the database holds what this program never writes: {0}")]
    BadRow(&'static str),
    /// The write queue stayed full.
    #[error("the database is busy: too many writes wait")]
    Busy,
    /// The writer has stopped: the program is about to end.
    #[error("the database is closed")]
    Closed,
    /// The disk is full, or fails.
    #[error("the disk failed: {0}")]
    Disk(String),
    /// A statement was given the wrong number of parameters: a mistake in this program.
    #[error("a statement is wrong: {0}")]
    Statement(&'static str),
    /// The engine refused a statement: a mistake in this program, or a failure that has no variant.
    #[error("the database refused: {0}")]
    Refused(Arc<str>),
}

impl Error {
    /// True if the same transaction would fail again, because the database refuses its content. Otherwise it may succeed later.
    pub fn is_about_content(&self) -> bool {
        match self {
            Error::BadRow(_) | Error::Statement(_) | Error::Refused(_) => true,
            Error::Missing(_)
            | Error::NoBackup(_)
            | Error::DamagedBackup(_)
            | Error::Exists(_)
            | Error::CannotCreate { .. }
            | Error::Permission(_)
            | Error::Exposed { .. }
            | Error::InUse(_)
            | Error::FileChanged { .. }
            | Error::Newer { .. }
            | Error::Damaged(_)
            | Error::Busy
            | Error::Closed
            | Error::Disk(_) => false,
        }
    }
}
