//! Read-only queries about the queue, for the admin.

use super::row::{COLUMNS, time};
use super::{JobRow, Journal, JournalError, files, schema};
use flux_protocol::{Command, CommandId, ServerId};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use std::path::Path;

/// Everything that the journal knows about one job.
#[derive(Debug, Clone)]
pub struct JobDetails {
    /// The row.
    pub row: JobRow,
    /// The game's answer.
    pub output: Option<String>,
    /// The rule that judged it.
    pub judged_by: Option<String>,
    /// True if the store has acknowledged the current state.
    pub acknowledged: bool,
    /// The history, oldest entry first.
    pub history: Vec<HistoryEntry>,
}

/// An entry of a job's history.
#[derive(Debug, Clone)]
pub struct HistoryEntry {
    /// Its time.
    pub at: Timestamp,
    /// The attempt at that time.
    pub attempt: u32,
    /// Name of the event.
    pub event: String,
    /// Details of the event.
    pub detail: Option<String>,
}

/// The jobs of a listing.
#[derive(Debug, Clone, Copy)]
pub struct JobFilter<'f> {
    /// Their states.
    pub state: StateFilter<'f>,
    /// Only jobs of this order.
    pub order: Option<&'f str>,
    /// Only jobs of this player, in any case.
    pub player: Option<&'f str>,
}

/// The states of a listing.
#[derive(Debug, Clone, Copy)]
pub enum StateFilter<'f> {
    /// All states of jobs that are not finished.
    Open,
    /// All states.
    All,
    /// This state.
    Only(&'f str),
}

impl Journal {
    /// The jobs that match, in the store's order. An order is found until the job's details are pruned.
    pub fn list(&self, filter: &JobFilter<'_>, limit: usize) -> Result<Vec<JobRow>, JournalError> {
        let (all, state) = match filter.state {
            StateFilter::Open => (false, None),
            StateFilter::All => (true, None),
            StateFilter::Only(state) => (false, Some(state)),
        };
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM job
             WHERE (?1 OR CASE WHEN ?2 IS NULL THEN is_open = 1 ELSE state = ?2 END)
               AND (?3 IS NULL OR player_key = ?3) AND (?4 IS NULL OR command ->> 'orderId' = ?4)
             ORDER BY sequence LIMIT ?5"
        ))?;
        let player = filter.player.map(str::to_lowercase);
        let mut rows = statement.query(params![all, state, player, filter.order, limit as i64])?;
        let mut jobs = Vec::new();
        while let Some(row) = rows.next()? {
            jobs.push(JobRow::read(row)?);
        }
        Ok(jobs)
    }

    /// The ids that begin with a text, up to `limit`; only the id itself if it is one.
    pub fn ids_beginning_with(&self, text: &CommandId, limit: usize) -> Result<Vec<CommandId>, JournalError> {
        if self.job(text)?.is_some() {
            return Ok(vec![text.clone()]);
        }
        // No character of an id comes after a tilde.
        let sql = "SELECT id FROM job WHERE id >= ?1 AND id < ?1 || '~' ORDER BY id LIMIT ?2";
        let mut statement = self.connection.prepare_cached(sql)?;
        let ids = statement.query_map(params![text.as_str(), limit as i64], |row| row.get::<_, String>(0))?;
        ids.filter_map(|id| id.map(|id| id.parse().ok()).transpose()).collect::<Result<_, _>>().map_err(Into::into)
    }

    /// Reads a job with its history.
    pub fn details(&self, id: &CommandId) -> Result<Option<JobDetails>, JournalError> {
        let Some(row) = self.job(id)? else { return Ok(None) };
        let (output, judged_by, acknowledged) = self.connection.query_row(
            "SELECT output, judged_by, acked_key IS report_key FROM job WHERE id = ?1",
            [id.as_str()],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )?;
        let mut statement = self
            .connection
            .prepare_cached("SELECT at, attempt, event, detail FROM history WHERE job_id = ?1 ORDER BY rowid")?;
        let history = statement.query_map([id.as_str()], |row| {
            Ok(HistoryEntry { at: time(row.get(0)?), attempt: row.get(1)?, event: row.get(2)?, detail: row.get(3)? })
        })?;
        let history = history.collect::<Result<_, _>>()?;
        Ok(Some(JobDetails { row, output, judged_by, acknowledged, history }))
    }

    /// Checks, without changing it, that a journal which no daemon has open is undamaged, of a known version, and this server's.
    /// Returns false if there is no journal.
    pub fn inspect(state_dir: &Path, server: &ServerId) -> Result<bool, JournalError> {
        Ok(open_own(state_dir, server)?.is_some())
    }

    /// Passes every command that the journal still has to `each`, without changing anything. A daemon may be using the journal.
    pub fn each_command(
        state_dir: &Path,
        server: &ServerId,
        each: &mut dyn FnMut(&Command),
    ) -> Result<(), JournalError> {
        let Some(connection) = open_own(state_dir, server)? else { return Ok(()) };
        let mut statement = connection.prepare("SELECT id, command FROM job WHERE command IS NOT NULL")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (id, text): (String, String) = (row.get(0)?, row.get(1)?);
            let command =
                serde_json::from_str(&text).map_err(|error| JournalError::Row { id, problem: error.to_string() })?;
            each(&command);
        }
        Ok(())
    }
}

/// Opens the journal for reading, if there is one, and checks that it is this server's.
fn open_own(state_dir: &Path, server: &ServerId) -> Result<Option<Connection>, JournalError> {
    let Some(path) = files::find(state_dir)? else { return Ok(None) };
    let connection = schema::open_read_only(&path)?;
    let sql = "SELECT value FROM meta WHERE key = 'server_id'";
    let owner: Option<String> = connection.query_row(sql, [], |row| row.get(0)).optional()?;
    match owner {
        Some(journal) if journal != server.as_str() => {
            Err(JournalError::OtherServer { path, journal, token: server.to_string() })
        }
        _ => Ok(Some(connection)),
    }
}
