//! Changes of one job. Each is one transaction, which checks that the job still is what the caller decided on.

use super::row::{COLUMNS, report_key, state_and_reason};
use super::{JobRow, Journal, JournalError};
use crate::limits::MARKERS_PER_JOB;
use flux_delivery::game_clock::ClockPair;
use flux_delivery::job::{Job, JobState};
use flux_delivery::marker::MarkerKey;
use flux_protocol::{CommandId, FailReason};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

/// Time of the next look at an open job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wake {
    /// As soon as its turn comes.
    Now,
    /// Not before this time.
    At(Timestamp),
    /// At the join of its player.
    OnJoin,
}

/// A job that has expired, as it was when that was decided.
#[derive(Debug, Clone, Copy)]
pub struct Expired<'a> {
    /// Its id.
    pub id: &'a CommandId,
    /// The job at the decision.
    pub decided_on: Job,
}

/// A line that is about to be sent.
#[derive(Debug, Clone, Copy)]
pub struct Intent<'a> {
    /// The exact line.
    pub line: &'a str,
    /// The execution marker that it leaves in the game.
    pub marker: Option<&'a MarkerKey>,
    /// The game's clock beside this machine's.
    pub clock: Option<&'a ClockPair>,
}

/// An entry for a job's history.
#[derive(Debug, Clone, Default)]
pub struct Note<'a> {
    event: &'a str,
    detail: Option<&'a str>,
    output: Option<&'a str>,
    obstacle: Option<&'a str>,
}

impl<'a> Note<'a> {
    /// An event, and a detail for the admin.
    pub fn new(event: &'a str, detail: Option<&'a str>) -> Note<'a> {
        Note { event, detail, ..Note::default() }
    }

    /// Adds the game's answer, which the report carries.
    pub fn with_output(self, output: &'a str) -> Note<'a> {
        Note { output: Some(output), ..self }
    }

    /// Adds why the job waits for its player, where the reason does not say it. The report carries it.
    pub fn with_obstacle(self, obstacle: Option<&'a str>) -> Note<'a> {
        Note { obstacle, ..self }
    }
}

impl Journal {
    /// Applies a rule to a job's current state and commits the result. The rule returns `None` if the job has changed since the decision (a revoke or
    /// a higher attempt arrived): then nothing is written. Returns the job after the change, if there was one.
    pub fn transition(
        &mut self,
        id: &CommandId,
        now: Timestamp,
        note: Note<'_>,
        when: Wake,
        rule: impl FnOnce(Job) -> Option<Job>,
    ) -> Result<Option<Job>, JournalError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let Some(job) = load(&transaction, id)?.and_then(|row| rule(row.job)) else { return Ok(None) };
        save(&transaction, id, &job, note.obstacle, when, now)?;
        if let Some(output) = note.output {
            let kept: String = output.chars().take(flux_protocol::limits::OUTPUT_CHARS).collect();
            transaction
                .prepare_cached("UPDATE job SET output = ?2, judged_by = NULLIF(?3, ?2) WHERE id = ?1")?
                .execute(params![id.as_str(), kept, note.detail])?;
        }
        append_history(&transaction, id, &job, now, note.event, note.detail)?;
        transaction.commit()?;
        Ok(Some(job))
    }

    /// Fails expired jobs in one commit; a job that has changed since the decision is left alone. Returns the ids of the others.
    pub fn expire(&mut self, jobs: &[Expired<'_>], now: Timestamp) -> Result<Vec<CommandId>, JournalError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut expired = Vec::with_capacity(jobs.len());
        for Expired { id, decided_on } in jobs {
            if load(&transaction, id)?.is_some_and(|row| row.job == *decided_on) {
                let job = decided_on.refused(FailReason::Expired);
                save(&transaction, id, &job, None, Wake::Now, now)?;
                append_history(&transaction, id, &job, now, "expired", None)?;
                expired.push((*id).clone());
            }
        }
        transaction.commit()?;
        Ok(expired)
    }

    /// Commits the intent to send a line, before its first byte is sent. Returns false if the job is no longer `decided_on`: then nothing may be sent.
    /// A job that is already running (the game could not parse its line with the marker) is sent once more, without a marker.
    pub fn record_intent(
        &mut self,
        id: &CommandId,
        decided_on: Job,
        now: Timestamp,
        intent: &Intent<'_>,
    ) -> Result<bool, JournalError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let Some(row) = load(&transaction, id)?.filter(|row| row.job == decided_on) else { return Ok(false) };
        let job = if decided_on.is_waiting() { decided_on.started() } else { decided_on };
        save(&transaction, id, &job, None, Wake::Now, now)?;
        transaction
            .prepare_cached(
                "UPDATE job SET line = ?2, has_marker = ?3, sent_clock = ?4, markers = ?5, sends = sends + 1, output = NULL, judged_by = NULL WHERE id = ?1",
            )?
            .execute(params![
                id.as_str(),
                intent.line,
                intent.marker.is_some(),
                intent.clock.map(super::row::clock_text),
                markers_text(&row.markers, intent.marker),
            ])?;
        append_history(&transaction, id, &job, now, "running", Some(intent.line))?;
        transaction.commit()?;
        Ok(true)
    }

    /// Sets the time of the next look at a waiting job, if it still is `decided_on`. Its state stays.
    pub fn reschedule(&mut self, id: &CommandId, decided_on: Job, when: Wake) -> Result<(), JournalError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if load(&transaction, id)?.is_some_and(|row| row.job == decided_on) {
            let (ready, wake_at) = schedule(&decided_on, when);
            transaction.prepare_cached("UPDATE job SET ready = ?2, wake_at = ?3 WHERE id = ?1")?.execute(params![
                id.as_str(),
                ready,
                wake_at
            ])?;
            transaction.commit()?;
        }
        Ok(())
    }

    /// Adds an entry to a job's history. The job itself does not change.
    pub fn annotate(&mut self, id: &CommandId, now: Timestamp, event: &str, detail: &str) -> Result<(), JournalError> {
        match load(&self.connection, id)? {
            Some(row) => append_history(&self.connection, id, &row.job, now, event, Some(detail)),
            None => Ok(()),
        }
    }

    /// Reads one job.
    pub fn job(&self, id: &CommandId) -> Result<Option<JobRow>, JournalError> {
        load(&self.connection, id)
    }
}

pub(super) fn load(connection: &Connection, id: &CommandId) -> Result<Option<JobRow>, JournalError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM job WHERE id = ?1"))?;
    statement.query_row([id.as_str()], |row| Ok(JobRow::read(row))).optional()?.transpose()
}

/// Writes a job's state and the time of its next look. A changed report key clears the acknowledgement, even if the store acknowledged an equal key
/// earlier: it may have received the state in between.
pub(super) fn save(
    connection: &Connection,
    id: &CommandId,
    job: &Job,
    obstacle: Option<&str>,
    when: Wake,
    now: Timestamp,
) -> Result<(), JournalError> {
    let obstacle = obstacle.filter(|_| matches!(job.state, JobState::AwaitingPlayer(_)));
    let (state, reason) = state_and_reason(job.state);
    let (ready, wake_at) = schedule(job, when);
    let mut statement = connection.prepare_cached(
        "UPDATE job SET attempt = ?2, state = ?3, reason = ?4, unresolved = ?5, from_other_journal = ?6, revoked = ?7, ready = ?8, wake_at = ?9,
         acked_key = CASE WHEN report_key = ?10 THEN acked_key END, sent_at = CASE WHEN report_key = ?10 THEN sent_at END, report_key = ?10,
         changed_at = ?11, startup_hold = startup_hold AND ?12, obstacle = ?13 WHERE id = ?1",
    )?;
    statement.execute(params![
        id.as_str(),
        job.attempt.get(),
        state,
        reason,
        job.unresolved,
        job.from_other_journal,
        job.revoked,
        ready,
        wake_at,
        report_key(job, obstacle),
        now.as_millisecond(),
        job.is_open(),
        obstacle,
    ])?;
    Ok(())
}

/// The markers that may be in the game from now on.
fn markers_text(left: &[MarkerKey], new: Option<&MarkerKey>) -> String {
    let markers: Vec<&str> = left.iter().chain(new).map(MarkerKey::as_str).collect();
    markers[markers.len().saturating_sub(MARKERS_PER_JOB)..].join(" ")
}

fn schedule(job: &Job, when: Wake) -> (bool, Option<i64>) {
    match when {
        _ if !job.is_waiting() => (false, None),
        Wake::Now => (true, None),
        Wake::At(at) => (false, Some(at.as_millisecond())),
        Wake::OnJoin => (false, None),
    }
}

pub(super) fn append_history(
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
