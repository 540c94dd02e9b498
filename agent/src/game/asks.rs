use super::Lost;
use super::executor::{Executor, Trouble};
use crate::Shared;
use crate::journal::{Note, When};
use flux_delivery::CommandLine;
use flux_delivery::job::{Job, JobOutcome, JobState};
use flux_protocol::{CommandId, FailReason};
use flux_rcon::Outcome;
use tokio::sync::oneshot;

/// What the admin asks of the game. The game's task answers between two jobs: one line in flight, and no job changes under its hands.
#[derive(Debug)]
pub struct Ask {
    /// What.
    pub wish: Wish,
    /// Where the answer goes.
    pub reply: oneshot::Sender<Result<String, AskError>>,
}

/// See [`Ask`].
#[derive(Debug, Clone)]
pub enum Wish {
    /// Run this line; the answer is the game's.
    Line(CommandLine),
    /// Run a held job once more.
    Retry(CommandId),
    /// Close a job that waits unsent, and why.
    Drop(CommandId, String),
}

/// Why a wish is not fulfilled.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AskError {
    /// There is no connection to the game.
    #[error("the game cannot be reached: {0}")]
    Offline(String),
    /// The job is not in a state for it, or there is none.
    #[error("{0}")]
    Refused(String),
}

impl Executor {
    pub(super) async fn fulfil(&mut self, ask: Ask) -> Result<(), Trouble> {
        let Ask { wish, reply } = ask;
        // Whoever asked may have gone away meanwhile.
        match wish {
            Wish::Line(line) => {
                tracing::info!(line = %line, "line sent by hand");
                let (answer, lost) = self.run_by_hand(&line).await;
                let _ = reply.send(answer);
                lost.map_or(Ok(()), |lost| Err(Trouble::Lost(lost)))
            }
            Wish::Retry(id) => {
                if let Some(refusal) = refusal_of_retry(&self.shared, &id) {
                    let _ = reply.send(Err(refusal));
                    return Ok(());
                }
                let outcome = self.retry(&id).await;
                let answer = outcome.as_ref().map(|()| "it runs once more".to_owned());
                let _ = reply
                    .send(answer.map_err(|_| AskError::Offline("it did not answer, or the journal failed".into())));
                outcome
            }
            Wish::Drop(id, reason) => {
                let _ = reply.send(drop_job(&self.shared, &id, &reason));
                Ok(())
            }
        }
    }

    async fn run_by_hand(&mut self, line: &CommandLine) -> (Result<String, AskError>, Option<Lost>) {
        let lost = match self.connection.run(line.as_str()).await {
            Outcome::Replied(answer) => return (Ok(answer), None),
            Outcome::NotSent(refusal) => format!("the line was not sent: {refusal}"),
            Outcome::Rejected => {
                "the game no longer takes this connection as logged in; the line did not run".to_owned()
            }
            Outcome::Unknown(cause) => format!("the answer was lost, the line may have run: {cause}"),
        };
        (Err(AskError::Offline(lost.clone())), Some(Lost::Connection(lost)))
    }

    /// Its marks go first: a mark of the earlier run would be taken for the new one's.
    async fn retry(&mut self, id: &CommandId) -> Result<(), Trouble> {
        let Some(row) = self.shared.journal().job(id)? else { return Ok(()) };
        self.forget_marks(id).await?;
        if self.decide(&row, Note::new("retried_by_hand", None), When::Now, Job::retried_by_hand)? {
            tracing::info!(command.id = %id, attempt = %row.job.attempt, "command retried by hand");
        }
        Ok(())
    }
}

/// While there is no game: what needs none is done, what needs one is refused.
pub(super) fn answer_offline(shared: &Shared, ask: Ask) {
    let answer = match ask.wish {
        Wish::Drop(id, reason) => drop_job(shared, &id, &reason),
        Wish::Retry(id) => Err(refusal_of_retry(shared, &id).unwrap_or_else(|| offline(shared))),
        Wish::Line(_) => Err(offline(shared)),
    };
    let _ = ask.reply.send(answer);
}

fn offline(shared: &Shared) -> AskError {
    AskError::Offline(shared.game.borrow().error.clone().unwrap_or_else(|| "it has not been reached yet".into()))
}

/// Why this job cannot be retried by hand: only what is held, and known so to the store, can.
fn refusal_of_retry(shared: &Shared, id: &CommandId) -> Option<AskError> {
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
                "the store has not acknowledged yet that it is held; try again when it has".into()
            }
            _ => "only a held command (failed, uncertain) is retried here; every other one is retried at the store"
                .into(),
        },
    };
    Some(AskError::Refused(text))
}

fn drop_job(shared: &Shared, id: &CommandId, reason: &str) -> Result<String, AskError> {
    let refused = |text: String| Err(AskError::Refused(text));
    let now = shared.now();
    let mut journal = shared.journal();
    let row = match journal.job(id) {
        Err(error) => return refused(error.to_string()),
        Ok(None) => return refused(format!("the journal knows no command {id}")),
        Ok(Some(row)) if !row.job.is_waiting() => {
            return refused("only what waits unsent (queued, awaiting_player) can be dropped".into());
        }
        Ok(Some(row)) => row,
    };
    let note = Note::new("dropped_by_hand", Some(reason));
    if let Err(error) = journal.change(id, now, note, When::Now, |job| job.is_waiting().then(|| job.dropped())) {
        return refused(error.to_string());
    }
    tracing::info!(command.id = %id, attempt = %row.job.attempt, reason, "command dropped by hand");
    shared.wake_outbox.notify_one();
    Ok("it is reported as cancelled".to_owned())
}
