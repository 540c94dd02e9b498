//! The errors of the journal, with advice for the admin.

use flux_config::Exposure;
use flux_platform::FileChange;
use std::path::PathBuf;

/// An error of the journal.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The state directory cannot be used.
    #[error("cannot use the state directory {path}: {cause}; make it with the agent's user as owner, or set state_dir")]
    Directory {
        /// The path.
        path: PathBuf,
        /// The operating system's error.
        cause: std::io::Error,
    },
    /// Other users may write the state directory: they could replace the journal, or lay links in it.
    #[error(
        "the state directory {path} {exposure}; or set state_dir to a directory of the agent's own, or run the agent as its owner"
    )]
    Exposed {
        /// The path.
        path: PathBuf,
        /// The finding.
        exposure: Exposure,
    },
    /// A link lies in the place of a file of the journal.
    #[error(
        "{path} is a link, and the journal is not used through links: remove it, or set state_dir to the directory where its target is"
    )]
    Link {
        /// The path.
        path: PathBuf,
    },
    /// Another daemon has the journal open.
    #[error("the journal {path} is in use by another flux-agent (pid {pid}); one journal serves one daemon")]
    InUse {
        /// The path.
        path: PathBuf,
        /// Process id of the other daemon, from its lock file.
        pid: String,
    },
    /// The file belongs to another user, or is read-only.
    #[error(
        "the journal {path} cannot be opened for writing: {problem}. The agent's user must own the file and its directory, on a writable disk"
    )]
    NotPermitted {
        /// The path.
        path: PathBuf,
        /// SQLite's error.
        problem: String,
    },
    /// The file is damaged, or not a journal.
    #[error(
        "the journal {path} is damaged: {problem}. Nothing was changed. Move it away (do not delete it: it records what has run) \
         and start again: the store then offers all open commands again, and the agent holds those that may have run as uncertain"
    )]
    Damaged {
        /// The path.
        path: PathBuf,
        /// SQLite's error.
        problem: String,
    },
    /// The path names another file than the open journal, or none.
    #[error(
        "the journal {path} was {change} while it was open: nothing runs and nothing new is accepted. The next start uses the file that is there then; \
         an older copy does not know what has run since"
    )]
    FileChanged {
        /// The path.
        path: PathBuf,
        /// Its change.
        change: FileChange,
    },
    /// A newer flux-agent wrote the journal.
    #[error(
        "the journal {path} has schema {found}; this flux-agent supports up to {known}. Nothing was changed; install the newer version again"
    )]
    Newer {
        /// The path.
        path: PathBuf,
        /// Version of the file's schema.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// The journal belongs to another server.
    #[error(
        "the journal {path} belongs to server {journal}, the token to server {token}: use that server's token, or another state_dir"
    )]
    OtherServer {
        /// The path.
        path: PathBuf,
        /// The server of the journal.
        journal: String,
        /// The server of the token.
        token: String,
    },
    /// SQLite failed: most often the disk is full or read-only.
    #[error("the journal cannot be written or read: {0}; look at the disk's free space and the file's owner")]
    Storage(#[from] rusqlite::Error),
    /// A row has a value that this program does not write.
    #[error("the journal's row {id} cannot be understood: {problem}")]
    Row {
        /// Id of the job.
        id: String,
        /// The problem.
        problem: String,
    },
}
