use std::path::PathBuf;

/// What can go wrong with the journal.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The state directory cannot be used.
    #[error("cannot use the state directory {path}: {cause}; make it with the agent's user as owner, or set state_dir")]
    Directory {
        /// Where.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// Another daemon has it.
    #[error("the journal {path} is in use by another flux-agent (pid {pid}); one journal serves one daemon")]
    InUse {
        /// Where.
        path: PathBuf,
        /// The other's process id, as it wrote it down.
        pid: String,
    },
    /// The file is somebody else's, or read-only.
    #[error(
        "the journal {path} cannot be opened for writing: {problem}. It and its directory must belong to the agent's user, on a disk that can be written to"
    )]
    NotPermitted {
        /// Where.
        path: PathBuf,
        /// What SQLite says.
        problem: String,
    },
    /// The file is no journal, or damaged.
    #[error(
        "the journal {path} is damaged: {problem}. Nothing was changed. Move it away (do not delete it: it is the memory of what has run) \
         and start again: the store then offers again what is open, and what may have run is held as uncertain"
    )]
    Damaged {
        /// Where.
        path: PathBuf,
        /// What SQLite says.
        problem: String,
    },
    /// A newer flux-agent has written it.
    #[error(
        "the journal {path} has schema {found}, this flux-agent knows up to {known}: install the newer version again. Nothing was changed"
    )]
    Newer {
        /// Where.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// It belongs to another server.
    #[error(
        "the journal {path} belongs to server {journal}, the token to server {token}: use that server's token, or another state_dir"
    )]
    OtherServer {
        /// Where.
        path: PathBuf,
        /// Whose journal.
        journal: String,
        /// Whose token.
        token: String,
    },
    /// A commit failed: a full or read-only disk, most of the time.
    #[error("the journal cannot be written or read: {0}; look at the disk's free space and the file's owner")]
    Storage(#[from] rusqlite::Error),
    /// A row that this program did not write so.
    #[error("the journal's row {id} cannot be understood: {problem}")]
    Row {
        /// Which job.
        id: String,
        /// What is wrong.
        problem: String,
    },
}
