//! The answers of `queue list` and `queue show`.

use super::RequestError;
use crate::journal::{JobDetails, JobFilter, JobRow};
use crate::limits::LISTED_JOBS;
use crate::state::Shared;
use flux_delivery::marker::unmarked;
use flux_protocol::CommandId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A listing of the queue.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueueList {
    /// The jobs, in the store's order.
    pub jobs: Vec<QueueJob>,
    /// True if there are more jobs than one listing holds.
    pub more: bool,
}

/// A job in a listing.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueueJob {
    /// The command's id.
    pub id: String,
    /// The current attempt.
    pub attempt: u32,
    /// `queued`, `awaiting_player`, `running`, `uncertain`, `completed`, `failed`, `cancelled`.
    pub state: String,
    /// The reason it waits or failed.
    pub reason: Option<String>,
    /// The order that it belongs to.
    #[serde(default)]
    pub order_id: Option<String>,
    /// Name of its player.
    pub player: Option<String>,
    /// The last line sent, without the agent's marker; else the template.
    pub command: Option<String>,
    /// Time of the first receipt of the id.
    pub received_at: Timestamp,
    /// Time of the last change of its state.
    pub changed_at: Timestamp,
}

/// A job with its history.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueueShow {
    /// The job.
    #[serde(flatten)]
    pub job: QueueJob,
    /// True if the player must be online.
    pub require_online: bool,
    /// Free inventory slots that the player must have.
    pub required_slots: Option<u8>,
    /// Seconds from the first receipt to the earliest run.
    pub delay_seconds: Option<u32>,
    /// Time after which it must not run.
    pub expires_at: Option<Timestamp>,
    /// The sentence about a wait that its reason does not give.
    #[serde(default)]
    pub obstacle: Option<String>,
    /// The game's answer.
    pub output: Option<String>,
    /// The rule that judged the answer.
    pub judged_by: Option<String>,
    /// The line as it was sent, if the agent added a marker to it.
    #[serde(default)]
    pub sent_line: Option<String>,
    /// True if the store has acknowledged the current state.
    pub acknowledged: bool,
    /// The history, oldest event first.
    pub history: Vec<QueueEvent>,
}

/// An event in a job's history.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct QueueEvent {
    /// Its time.
    pub at: Timestamp,
    /// The attempt at that time.
    pub attempt: u32,
    /// Name of the event.
    pub event: String,
    /// Details of the event.
    pub detail: Option<String>,
}

pub(super) fn list(shared: &Shared, filter: &JobFilter<'_>) -> Result<QueueList, RequestError> {
    let mut jobs = shared.journal().list(filter, LISTED_JOBS + 1)?;
    let more = jobs.len() > LISTED_JOBS;
    jobs.truncate(LISTED_JOBS);
    Ok(QueueList { jobs: jobs.iter().map(QueueJob::of).collect(), more })
}

pub(super) fn show(shared: &Shared, id: &CommandId) -> Result<QueueShow, RequestError> {
    let details = shared.journal().details(id)?;
    details.map(QueueShow::of).ok_or_else(|| RequestError::failed(format!("the journal knows no command {id}")))
}

/// The id that begins with a text. A text that begins none is returned, so that the request itself says so.
pub(super) fn whole_id(shared: &Shared, text: CommandId) -> Result<CommandId, RequestError> {
    let mut found = shared.journal().ids_beginning_with(&text, 2)?;
    match (found.pop(), found.pop()) {
        (None, _) => Ok(text),
        (Some(id), None) => Ok(id),
        (Some(one), Some(other)) => Err(RequestError::failed(format!(
            "{text} begins more than one id, such as {other} and {one}: give more of it"
        ))),
    }
}

impl QueueJob {
    fn of(row: &JobRow) -> QueueJob {
        let (state, reason) = row.state_and_reason();
        let command = row.command.as_ref();
        QueueJob {
            id: row.id.to_string(),
            attempt: row.job.attempt.get(),
            state: state.to_owned(),
            reason: reason.map(str::to_owned),
            order_id: command.and_then(|command| command.order_id.as_ref()).map(ToString::to_string),
            player: command.and_then(|command| command.player.as_ref()).map(|player| player.name.clone()),
            command: row
                .line
                .as_deref()
                .map(unmarked)
                .map(str::to_owned)
                .or_else(|| command.map(|command| command.command.clone())),
            received_at: row.received_at,
            changed_at: row.changed_at,
        }
    }
}

impl QueueShow {
    fn of(details: JobDetails) -> QueueShow {
        let command = details.row.command.as_ref();
        QueueShow {
            job: QueueJob::of(&details.row),
            require_online: command.is_some_and(|command| command.require_online),
            required_slots: command.and_then(|command| command.required_slots),
            delay_seconds: command.and_then(|command| command.delay_seconds),
            expires_at: command.and_then(|command| command.expires_at),
            obstacle: details.row.obstacle.clone(),
            output: details.output,
            judged_by: details.judged_by,
            sent_line: details.row.line.clone().filter(|line| unmarked(line) != line),
            acknowledged: details.acknowledged,
            history: details
                .history
                .into_iter()
                .map(|entry| QueueEvent {
                    at: entry.at,
                    attempt: entry.attempt,
                    event: entry.event,
                    detail: entry.detail,
                })
                .collect(),
        }
    }
}
