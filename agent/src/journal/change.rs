use super::row::{COLUMNS, report_key, state_words};
use super::{JobRow, Journal, JournalError};
use flux_delivery::job::Job;
use flux_delivery::proof::ClockPair;
use flux_protocol::CommandId;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

/// When an open job is to be looked at next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// At once, in its turn.
    Now,
    /// Not before.
    At(Timestamp),
    /// When its player joins.
    OnJoin,
}

/// A line of a job's history.
#[derive(Debug, Clone, Default)]
pub struct Note<'a> {
    event: &'a str,
    detail: Option<&'a str>,
    output: Option<&'a str>,
}

impl<'a> Note<'a> {
    /// What happened, and the admin's detail of it.
    pub fn new(event: &'a str, detail: Option<&'a str>) -> Note<'a> {
        Note { event, detail, output: None }
    }

    /// With the game's answer, which the report carries.
    pub fn with_output(self, output: &'a str) -> Note<'a> {
        Note { output: Some(output), ..self }
    }
}

impl Journal {
    /// Applies a rule to a job and commits what comes of it. Returns the job after it; `None` when there is no such job.
    pub fn change(
        &mut self,
        id: &CommandId,
        now: Timestamp,
        note: Note<'_>,
        when: When,
        rule: impl FnOnce(Job) -> Job,
    ) -> Result<Option<Job>, JournalError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let Some(row) = load(&transaction, id)? else { return Ok(None) };
        let job = rule(row.job);
        save(&transaction, id, &job, when, now)?;
        if let Some(output) = note.output {
            let kept: String = output.chars().take(flux_protocol::limits::OUTPUT_CHARS).collect();
            transaction.execute(
                "UPDATE job SET output = ?2, judged_by = ?3 WHERE id = ?1",
                params![id.as_str(), kept, note.detail],
            )?;
        }
        remember(&transaction, id, &job, now, note.event, note.detail)?;
        transaction.commit()?;
        Ok(Some(job))
    }

    /// The intent: the exact line, and whether it will leave a mark, on disk before its first byte is sent.
    pub fn start(
        &mut self,
        id: &CommandId,
        now: Timestamp,
        line: &str,
        marked: bool,
        clock: Option<&ClockPair>,
    ) -> Result<(), JournalError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let Some(row) = load(&transaction, id)? else { return Ok(()) };
        // A line that did not parse behind its mark is running already and goes once more, plain.
        let job = if row.job.is_waiting() { row.job.started() } else { row.job };
        save(&transaction, id, &job, When::Now, now)?;
        transaction.execute(
            "UPDATE job SET line = ?2, marked = ?3, sent_clock = ?4, output = NULL, judged_by = NULL WHERE id = ?1",
            params![id.as_str(), line, marked, clock.map(super::row::clock_text)],
        )?;
        remember(&transaction, id, &job, now, "running", Some(line))?;
        transaction.commit()?;
        Ok(())
    }

    /// One job.
    pub fn job(&self, id: &CommandId) -> Result<Option<JobRow>, JournalError> {
        load(&self.connection, id)
    }
}

pub(super) fn load(connection: &Connection, id: &CommandId) -> Result<Option<JobRow>, JournalError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM job WHERE id = ?1"))?;
    statement.query_row([id.as_str()], |row| Ok(JobRow::read(row))).optional()?.transpose()
}

/// Writes the rules' view of a job, and when it is to be looked at.
pub(super) fn save(
    connection: &Connection,
    id: &CommandId,
    job: &Job,
    when: When,
    now: Timestamp,
) -> Result<(), JournalError> {
    let (state, reason) = state_words(job.state);
    let (ready, wake_at) = match when {
        _ if !job.is_waiting() => (false, None),
        When::Now => (true, None),
        When::At(at) => (false, Some(at.as_millisecond())),
        When::OnJoin => (false, None),
    };
    let mut statement = connection.prepare_cached(
        "UPDATE job SET attempt = ?2, state = ?3, reason = ?4, unresolved = ?5, foreign_ = ?6, revoked = ?7, ready = ?8, wake_at = ?9, report_key = ?10,
         changed_at = ?11, careful = careful AND ?12 WHERE id = ?1",
    )?;
    statement.execute(params![
        id.as_str(),
        job.attempt.get(),
        state,
        reason,
        job.unresolved,
        job.foreign,
        job.revoked,
        ready,
        wake_at,
        report_key(job),
        now.as_millisecond(),
        job.is_open(),
    ])?;
    Ok(())
}

pub(super) fn remember(
    connection: &Connection,
    id: &CommandId,
    job: &Job,
    now: Timestamp,
    event: &str,
    detail: Option<&str>,
) -> Result<(), JournalError> {
    let mut statement = connection
        .prepare_cached("INSERT INTO history (job_id, at, attempt, event, detail) VALUES (?1, ?2, ?3, ?4, ?5)")?;
    statement.execute(params![id.as_str(), now.as_millisecond(), job.attempt.get(), event, detail])?;
    Ok(())
}
