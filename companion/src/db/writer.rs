//! The writer: one thread, a bounded queue, and a transaction for all that waits.
//!
//! A disk flush costs milliseconds whatever the transaction holds, so what has queued up shares one: each job runs in its
//! own savepoint, then all are committed, and only then is anybody answered. A job that fails takes nothing with it.

use super::DbError;
use crate::limits;
use rusqlite::{Connection, TransactionBehavior};
use std::panic::{AssertUnwindSafe, catch_unwind};
use tokio::sync::{mpsc, oneshot};

/// What a job does, and whom it then tells; `Err` undoes the job.
type Job = Box<dyn FnOnce(&Connection) -> (Outcome, Tell) + Send>;
/// Called after the commit, with its error if it failed.
type Tell = Box<dyn FnOnce(Option<DbError>) + Send>;

#[derive(PartialEq)]
enum Outcome {
    Keep,
    Undo,
}

/// The queue's entrance. The thread ends when all entrances are gone.
#[derive(Clone)]
pub(super) struct Writer {
    queue: mpsc::Sender<Job>,
}

impl Writer {
    /// Starts the thread. The receiver resolves when the thread has ended.
    pub(super) fn start(connection: Connection) -> Result<(Writer, oneshot::Receiver<()>), DbError> {
        let (queue, jobs) = mpsc::channel(limits::WRITE_QUEUE);
        let (ended, end) = oneshot::channel();
        let run = move || {
            work(connection, jobs);
            drop(ended);
        };
        let started = std::thread::Builder::new().name("db-writer".to_owned()).spawn(run);
        started.map_err(|error| DbError::Disk(error.to_string()))?;
        Ok((Writer { queue }, end))
    }

    /// Queues a job and waits for its commit.
    pub(super) async fn write<R, E, F>(&self, work: F) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<DbError> + Send + 'static,
        F: FnOnce(&Connection) -> Result<R, E> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let result = work(connection);
            let outcome = if result.is_ok() { Outcome::Keep } else { Outcome::Undo };
            let tell = move |failure: Option<DbError>| {
                let result = match failure {
                    Some(error) if result.is_ok() => Err(error.into()),
                    _ => result,
                };
                // Whoever asked may have gone; what was written stays.
                let _ = reply.send(result);
            };
            (outcome, Box::new(tell))
        });
        match self.queue.send_timeout(job, limits::WRITE_QUEUE_WAIT).await {
            Ok(()) => answer.await.unwrap_or_else(|_| Err(DbError::Closed.into())),
            Err(mpsc::error::SendTimeoutError::Timeout(_)) => Err(DbError::Busy.into()),
            Err(mpsc::error::SendTimeoutError::Closed(_)) => Err(DbError::Closed.into()),
        }
    }
}

fn work(mut connection: Connection, mut jobs: mpsc::Receiver<Job>) {
    let mut group = Vec::with_capacity(limits::GROUP_COMMIT);
    while jobs.blocking_recv_many(&mut group, limits::GROUP_COMMIT) > 0 {
        let mut told = Vec::with_capacity(group.len());
        let failure = run_group(&mut connection, group.drain(..), &mut told).err();
        if let Some(error) = &failure {
            tracing::error!(error = %error, "a transaction failed");
        }
        for tell in told {
            tell(failure.clone());
        }
    }
    // Leaves one file behind, where nobody else has it open.
    if let Err(error) = connection.close() {
        tracing::warn!(error = %error.1, "the database did not close");
    }
}

fn run_group(
    connection: &mut Connection,
    jobs: impl Iterator<Item = Job>,
    told: &mut Vec<Tell>,
) -> Result<(), DbError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for job in jobs {
        told.extend(in_savepoint(&transaction, job)?);
    }
    Ok(transaction.commit()?)
}

/// Runs one job; nobody is told of one that panics, and its caller sees the closed channel.
fn in_savepoint(transaction: &Connection, job: Job) -> Result<Option<Tell>, DbError> {
    transaction.execute_batch("SAVEPOINT job")?;
    let done = catch_unwind(AssertUnwindSafe(|| job(transaction)));
    let keep = matches!(done, Ok((Outcome::Keep, _)));
    transaction.execute_batch(if keep { "RELEASE job" } else { "ROLLBACK TO job; RELEASE job" })?;
    Ok(done.ok().map(|(_, tell)| tell))
}
