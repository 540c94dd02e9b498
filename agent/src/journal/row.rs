//! A job as stored: one row of the table `job`, and the texts of its columns.

use super::JournalError;
use flux_delivery::game_clock::ClockPair;
use flux_delivery::job::{Job, JobOutcome, JobState};
use flux_delivery::marker::MarkerKey;
use flux_protocol::{Attempt, Command, CommandId, FailReason, WaitReason};
use jiff::Timestamp;
use rusqlite::Row;

/// A stored job.
#[derive(Debug, Clone)]
pub struct JobRow {
    /// Id of the command.
    pub id: CommandId,
    /// State of the job, for the delivery rules.
    pub job: Job,
    /// Time of the first receipt of the id.
    pub received_at: Timestamp,
    /// Time of the last change of its state.
    pub changed_at: Timestamp,
    /// The command as the store sent it; `None` for the revocation of an unknown command, and after pruning.
    pub command: Option<Command>,
    /// The last line sent.
    pub line: Option<String>,
    /// True if that line was sent with an execution marker.
    pub has_marker: bool,
    /// Execution markers that may be in the game, oldest first.
    pub markers: Vec<MarkerKey>,
    /// The game's clock beside this machine's, near that send.
    pub sent_clock: Option<ClockPair>,
    /// Number of times a line of it was sent.
    pub sends: u32,
    /// The sentence about a wait that its reason does not give.
    pub obstacle: Option<String>,
}

pub(super) const COLUMNS: &str = "id, attempt, state, reason, unresolved, from_other_journal, revoked, received_at, changed_at, command, line, has_marker, sent_clock, sends, markers, obstacle";

impl JobRow {
    pub(super) fn read(row: &Row<'_>) -> Result<JobRow, JournalError> {
        let id: String = row.get(0)?;
        let bad = |problem: String| JournalError::Row { id: id.clone(), problem };
        let (state, reason): (String, Option<String>) = (row.get(2)?, row.get(3)?);
        let attempt = Attempt::new(row.get(1)?).ok_or_else(|| bad("attempt 0".into()))?;
        let state = state_from(&state, reason.as_deref()).ok_or_else(|| bad(format!("state {state} {reason:?}")))?;
        let command: Option<String> = row.get(9)?;
        let command =
            command.map(|text| serde_json::from_str(&text)).transpose().map_err(|error| bad(error.to_string()))?;
        let (clock, markers): (Option<String>, String) = (row.get(12)?, row.get(14)?);
        Ok(JobRow {
            job: Job { attempt, state, unresolved: row.get(4)?, from_other_journal: row.get(5)?, revoked: row.get(6)? },
            received_at: time(row.get(7)?),
            changed_at: time(row.get(8)?),
            command,
            line: row.get(10)?,
            has_marker: row.get(11)?,
            markers: markers.split_whitespace().map(MarkerKey::from_name).collect(),
            sends: row.get(13)?,
            obstacle: row.get(15)?,
            sent_clock: clock.as_deref().and_then(clock_from),
            id: id.parse().map_err(|error: flux_protocol::InvalidId| bad(error.to_string()))?,
        })
    }
}

impl JobRow {
    /// The order that it belongs to, until its details are pruned.
    pub fn order_id(&self) -> Option<&str> {
        Some(self.command.as_ref()?.order_id.as_ref()?.as_str())
    }

    /// Name of its player as the store spells it, until its details are pruned.
    pub fn player_name(&self) -> Option<&str> {
        Some(&self.command.as_ref()?.player.as_ref()?.name)
    }

    /// State and reason as the journal names them.
    pub fn state_and_reason(&self) -> (&'static str, Option<&'static str>) {
        state_and_reason(self.job.state)
    }
}

pub(super) fn time(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH)
}

pub(super) fn state_and_reason(state: JobState) -> (&'static str, Option<&'static str>) {
    match state {
        JobState::Queued => ("queued", None),
        JobState::AwaitingPlayer(reason) => ("awaiting_player", Some(reason.as_str())),
        JobState::Running => ("running", None),
        JobState::Uncertain => ("uncertain", None),
        JobState::Done(JobOutcome::Completed) => ("completed", None),
        JobState::Done(JobOutcome::Failed(reason)) => ("failed", Some(reason.as_str())),
        JobState::Done(JobOutcome::Cancelled) => ("cancelled", None),
    }
}

fn state_from(state: &str, reason: Option<&str>) -> Option<JobState> {
    Some(match state {
        "queued" => JobState::Queued,
        "running" => JobState::Running,
        "uncertain" => JobState::Uncertain,
        "completed" => JobState::Done(JobOutcome::Completed),
        "cancelled" => JobState::Done(JobOutcome::Cancelled),
        "awaiting_player" => JobState::AwaitingPlayer(reason?.parse::<WaitReason>().ok()?),
        "failed" => JobState::Done(JobOutcome::Failed(reason?.parse::<FailReason>().ok()?)),
        _ => return None,
    })
}

pub(super) fn clock_text(clock: &ClockPair) -> String {
    format!("{} {} {}", clock.boot_id, clock.since_boot_ms, clock.gametime_ticks)
}

fn clock_from(text: &str) -> Option<ClockPair> {
    let mut parts = text.split(' ');
    let boot_id = parts.next()?.to_owned();
    Some(ClockPair { boot_id, since_boot_ms: parts.next()?.parse().ok()?, gametime_ticks: parts.next()?.parse().ok()? })
}

/// Attempt, status, reason and obstacle in one text. An acknowledgement is for exactly this text (rule 3).
pub(super) fn report_key(job: &Job, obstacle: Option<&str>) -> String {
    let state = job.report_state();
    let obstacle = obstacle.map(|text| format!(" {text}")).unwrap_or_default();
    format!("{} {} {}{obstacle}", job.attempt, state.status(), state.reason().unwrap_or("-"))
}
