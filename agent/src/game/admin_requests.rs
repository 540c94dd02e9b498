//! Requests of the admin to the game: run a line, retry a held job, drop a waiting one.
//!
//! The game loop handles them between two jobs, so that one line is in flight and no job changes while it runs.

use super::connection::GameConnection;
use super::error::{Disconnect, StepError};
use super::job_writer::JobWriter;
use super::markers::Markers;
use crate::journal::{Note, Wake};
use crate::state::{AdminAction, AdminRequest, AdminRequestError, Shared};
use flux_delivery::CommandLine;
use flux_delivery::job::{Job, JobOutcome, JobState};
use flux_protocol::{CommandId, FailReason};
use flux_rcon::Outcome;
use std::sync::Arc;

/// Handles requests while the game is connected.
pub(super) struct AdminRequests {
    shared: Arc<Shared>,
    writer: JobWriter,
    markers: Markers,
}

impl AdminRequests {
    pub(super) fn new(shared: Arc<Shared>, writer: JobWriter, markers: Markers) -> AdminRequests {
        AdminRequests { shared, writer, markers }
    }

    /// Handles one request and answers it.
    pub(super) async fn handle(&self, request: AdminRequest, connection: &mut GameConnection) -> Result<(), StepError> {
        let AdminRequest { action, reply } = request;
        // A failed reply means that the client went away.
        match action {
            AdminAction::RunLine(line) => {
                tracing::info!(line = %line, "line sent by hand");
                let (answer, disconnect) = run_line(&line, connection).await;
                let _ = reply.send(answer);
                disconnect.map_or(Ok(()), |reason| Err(StepError::Disconnected(reason)))
            }
            AdminAction::Retry(id) => {
                if let Some(refusal) = refusal_of_retry(&self.shared, &id) {
                    let _ = reply.send(Err(refusal));
                    return Ok(());
                }
                let outcome = self.retry(&id, connection).await;
                let answer = outcome.as_ref().map(|()| "it runs once more".to_owned());
                let _ =
                    reply
                        .send(answer.map_err(|_| {
                            AdminRequestError::Offline("it did not answer, or the journal failed".into())
                        }));
                outcome
            }
            AdminAction::Drop(id, reason) => {
                let _ = reply.send(drop_job(&self.shared, &id, &reason));
                Ok(())
            }
        }
    }

    /// Removes the job's markers first: a marker of the earlier run would be taken for the new one's.
    async fn retry(&self, id: &CommandId, connection: &mut GameConnection) -> Result<(), StepError> {
        let Some(row) = self.shared.journal().job(id)? else { return Ok(()) };
        self.markers.remove_of(id, connection).await?;
        let note = Note::new("retried_by_hand", None);
        if self.writer.transition_if_unchanged(&row, note, Wake::Now, Job::retried_by_hand)? {
            tracing::info!(command.id = %id, order.id = row.order_id(), player.name = row.player_name(), attempt = %row.job.attempt, "command retried by hand");
        }
        Ok(())
    }
}

async fn run_line(
    line: &CommandLine,
    connection: &mut GameConnection,
) -> (Result<String, AdminRequestError>, Option<Disconnect>) {
    let error = match connection.run(line.as_str()).await {
        Outcome::Replied(answer) => return (Ok(answer), None),
        Outcome::NotSent(refusal) => format!("the line was not sent: {refusal}"),
        Outcome::Rejected => "the game no longer accepts this connection as logged in; the line did not run".to_owned(),
        Outcome::Unknown(cause) => format!("the answer was lost, the line may have run: {cause}"),
    };
    (Err(AdminRequestError::Offline(error.clone())), Some(Disconnect::Failed(error)))
}

/// Handles a request while there is no connection to the game: dropping a job needs none.
pub(super) fn handle_offline(shared: &Shared, request: AdminRequest) {
    let answer = match request.action {
        AdminAction::Drop(id, reason) => drop_job(shared, &id, &reason),
        AdminAction::Retry(id) => Err(refusal_of_retry(shared, &id).unwrap_or_else(|| offline(shared))),
        AdminAction::RunLine(_) => Err(offline(shared)),
    };
    let _ = request.reply.send(answer);
}

fn offline(shared: &Shared) -> AdminRequestError {
    let error = shared.game.borrow().error.clone();
    AdminRequestError::Offline(error.unwrap_or_else(|| "no connection has been made yet".into()))
}

/// The reason a job cannot be retried by hand: it must be held, and the store must know that it is.
fn refusal_of_retry(shared: &Shared, id: &CommandId) -> Option<AdminRequestError> {
    let found = shared.journal().details(id);
    let text = match found {
        Err(error) => error.to_string(),
        Ok(None) => format!("the journal knows no command {id}"),
        Ok(Some(details)) => match details.row.job.state {
            JobState::Done(JobOutcome::Failed(FailReason::Uncertain)) if details.row.command.is_none() => {
                "its details are pruned (delivery.keep_history); retry it at the store".into()
            }
            JobState::Done(JobOutcome::Failed(FailReason::Uncertain)) if details.acknowledged => return None,
            JobState::Done(JobOutcome::Failed(FailReason::Uncertain)) => {
                "the store has not acknowledged yet that it is held; try again later".into()
            }
            _ => "only a held command (failed, uncertain) can be retried here; retry others at the store".into(),
        },
    };
    Some(AdminRequestError::Refused(text))
}

fn drop_job(shared: &Shared, id: &CommandId, reason: &str) -> Result<String, AdminRequestError> {
    let refused = |text: String| Err(AdminRequestError::Refused(text));
    let now = shared.now();
    let mut journal = shared.journal();
    let row = match journal.job(id) {
        Err(error) => return refused(error.to_string()),
        Ok(None) => return refused(format!("the journal knows no command {id}")),
        Ok(Some(row)) if !row.job.is_waiting() => {
            return refused("only a command that has not been sent (queued, awaiting_player) can be dropped".into());
        }
        Ok(Some(row)) => row,
    };
    let note = Note::new("dropped_by_hand", Some(reason));
    if let Err(error) = journal.transition(id, now, note, Wake::Now, |job| job.is_waiting().then(|| job.dropped())) {
        return refused(error.to_string());
    }
    tracing::info!(command.id = %id, order.id = row.order_id(), player.name = row.player_name(), attempt = %row.job.attempt, reason, "command dropped by hand");
    shared.wake_outbox.notify_one();
    Ok("it is reported as cancelled".to_owned())
}
