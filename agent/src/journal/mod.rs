//! The journal: the agent's memory, and the only SQL of the agent.
//!
//! One row per command id, in SQLite with a write-ahead log and `synchronous = FULL`: when a method that changes something returns, the change is on disk.
//! The methods block: nothing may happen between a commit and its consequences.
//!
//! The agent commits a command before it acknowledges it, the intent to send a line before it sends the first byte, and an outcome before it reports it.
//! Id, attempt and outcome of a finished command stay for 90 days, to prevent a second run. The file uses the space of removed rows again.

mod change;
mod error;
mod files;
mod intake;
mod lock;
mod queue;
mod reports;
mod room;
mod row;
mod schedule;
mod schema;
mod settled;
#[cfg(test)]
mod tests;

pub use change::{Expired, Intent, Note, Wake};
pub use error::JournalError;
pub use intake::ReceivedItem;
pub use queue::{HistoryEntry, JobDetails, JobFilter, StateFilter};
pub use reports::{Counts, PendingReport, Unreported};
pub use room::{Room, RoomLimits};
pub use row::JobRow;
pub use schedule::RecentDelivery;

use crate::limits::RECOVERED_PER_COMMIT;
use flux_config::Exposure;
use flux_platform::{Entropy, OpenedFile};
use flux_protocol::{JournalId, ServerId};
use jiff::Timestamp;
use lock::JournalLock;
use rusqlite::{Connection, OptionalExtension, params};
use std::path::{Path, PathBuf};

const ID_ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// The open journal.
#[derive(Debug)]
pub struct Journal {
    connection: Connection,
    id: JournalId,
    folder: PathBuf,
    file: OpenedFile,
    _lock: JournalLock,
}

impl Journal {
    /// Opens `state_dir/journal.db`, or creates it for this server, and recovers the jobs of an earlier run: a job found `running` becomes uncertain, and
    /// every open job is on startup hold until the store acknowledges it (rule 8).
    pub fn open(
        state_dir: &Path,
        server: &ServerId,
        entropy: &dyn Entropy,
        now: Timestamp,
    ) -> Result<Journal, JournalError> {
        let folder = files::prepare(state_dir)?;
        let path = state_dir.join(files::DATABASE);
        let lock = JournalLock::take(&folder, &path)?;
        let mut connection = schema::open(&folder.join(files::DATABASE))?;
        let file = schema::opened(&path)?;
        let id = load_or_create_identity(&mut connection, &path, server, entropy)?;
        let mut journal = Journal { connection, id, folder, file, _lock: lock };
        journal.recover(now)?;
        Ok(journal)
    }

    /// The finding about a state directory that other users may read; `None` for one that is private or not created yet.
    /// Root looks at it as its owner's.
    ///
    /// # Errors
    ///
    /// Other users may write the directory: [`open`](Self::open) refuses it.
    pub fn exposure(state_dir: &Path) -> Result<Option<Exposure>, JournalError> {
        files::exposure(state_dir, files::user_of(state_dir))
    }

    /// The id that was created with this journal.
    pub fn id(&self) -> &JournalId {
        &self.id
    }

    /// The journal's file, to notice that its path names another one.
    pub fn file(&self) -> &OpenedFile {
        &self.file
    }

    /// True if the store has removed the server: then nothing runs.
    pub fn is_removed(&self) -> Result<bool, JournalError> {
        Ok(meta(&self.connection, "server_removed")?.is_some())
    }

    /// Stores whether the store has removed the server.
    pub fn set_removed(&mut self, removed: bool) -> Result<(), JournalError> {
        if removed {
            self.connection.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('server_removed', '1')", [])?;
        } else {
            self.connection.execute("DELETE FROM meta WHERE key = 'server_removed'", [])?;
        }
        Ok(())
    }

    /// One commit for some of the rows: together they would fill SQLite's log with as much again as the journal has.
    fn put_on_startup_hold(&mut self, state: &str) -> Result<(), JournalError> {
        let next = "SELECT max(rowid) FROM (SELECT rowid FROM job WHERE is_open = 1 AND state = ?1 AND rowid > ?2 ORDER BY rowid LIMIT ?3)";
        let hold = "UPDATE job SET startup_hold = 1, acked_key = NULL WHERE is_open = 1 AND state = ?1 AND rowid > ?2 AND rowid <= ?3
                    AND (startup_hold = 0 OR acked_key IS NOT NULL)";
        let mut done = i64::MIN;
        loop {
            let some = params![state, done, RECOVERED_PER_COMMIT as i64];
            let Some(last) = self.connection.query_row(next, some, |row| row.get::<_, Option<i64>>(0))? else {
                return Ok(());
            };
            self.connection.execute(hold, params![state, done, last])?;
            done = last;
        }
    }

    fn recover(&mut self, now: Timestamp) -> Result<(), JournalError> {
        for row in self.open_in("running", usize::MAX >> 1)? {
            self.transition(&row.id, now, Note::new("found_running", None), Wake::Now, |job| Some(job.answer_lost()))?;
        }
        for state in ["queued", "awaiting_player", "uncertain"] {
            self.put_on_startup_hold(state)?;
        }
        self.reset_wake_times(now)
    }
}

/// Reads the journal's id. A new file gets an id, and is bound to this server.
fn load_or_create_identity(
    connection: &mut Connection,
    path: &Path,
    server: &ServerId,
    entropy: &dyn Entropy,
) -> Result<JournalId, JournalError> {
    if let Some(known) = meta(connection, "server_id")? {
        if known != server.as_str() {
            return Err(JournalError::OtherServer { path: path.to_owned(), journal: known, token: server.to_string() });
        }
        let id = meta(connection, "journal_id")?.and_then(|id| id.parse().ok());
        return id.ok_or_else(|| JournalError::Damaged { path: path.to_owned(), problem: "it has no id".into() });
    }
    let id = format!("jrn_{}", entropy.text(ID_ALPHABET, 24));
    let transaction = connection.transaction()?;
    transaction.execute(
        "INSERT INTO meta (key, value) VALUES ('server_id', ?1), ('journal_id', ?2)",
        params![server.as_str(), id],
    )?;
    transaction.commit()?;
    id.parse().map_err(|_| JournalError::Row { id, problem: "not an id".into() })
}

fn meta(connection: &Connection, key: &str) -> Result<Option<String>, JournalError> {
    let mut statement = connection.prepare_cached("SELECT value FROM meta WHERE key = ?1")?;
    Ok(statement.query_row([key], |row| row.get(0)).optional()?)
}
