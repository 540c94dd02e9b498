//! The writer: one thread, a bounded queue, and a transaction for all that waits.
//!
//! A disk flush costs milliseconds whatever the transaction holds, so what has queued up shares one: each job runs in its
//! own savepoint, then all are committed, and only then is anybody answered. A job that fails takes nothing with it.

use super::session::Session;
use crate::limits;
use crate::{DbError, Tx};
use rusqlite::{Connection, TransactionBehavior};
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tokio::sync::{mpsc, oneshot, watch};

/// What is queued.
enum Job {
    /// One of a common transaction.
    Write(Write),
    /// By itself, outside of any transaction.
    Alone(Box<dyn FnOnce(&Connection) + Send>),
}

/// What a write does, and whom it then tells; `Err` undoes it.
type Write = Box<dyn FnOnce(&Tx<'_>) -> (Outcome, Tell) + Send>;
/// Called after the commit, with its error if it failed.
type Tell = Box<dyn FnOnce(Option<DbError>) + Send>;

#[derive(PartialEq)]
enum Outcome {
    Keep,
    Undo,
}

/// The queue's entrance. The thread ends when all entrances are gone.
#[derive(Clone)]
pub(crate) struct Writer {
    queue: mpsc::Sender<Job>,
}

impl Writer {
    /// Starts the thread, which counts its commits. The receiver resolves when the thread has ended; `lock` is held until then.
    pub(crate) fn start(
        connection: Connection,
        commits: watch::Sender<u64>,
        lock: File,
    ) -> Result<(Writer, oneshot::Receiver<()>), DbError> {
        let (queue, jobs) = mpsc::channel(limits::WRITE_QUEUE);
        let (ended, end) = oneshot::channel();
        let run = move || {
            work(connection, jobs, &commits);
            drop((lock, ended));
        };
        let started = std::thread::Builder::new().name("db-writer".to_owned()).spawn(run);
        started.map_err(|error| DbError::Disk(error.to_string()))?;
        Ok((Writer { queue }, end))
    }

    /// Queues a job and waits for its commit.
    pub(crate) async fn write<R, E, F>(&self, work: F) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<DbError> + Send + 'static,
        F: FnOnce(&Tx<'_>) -> Result<R, E> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Job::Write(Box::new(move |connection| {
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
        }));
        self.queue(job, answer).await
    }

    /// Queues work that cannot be done within a transaction, and waits for it.
    pub(crate) async fn alone<F>(&self, work: F) -> Result<(), DbError>
    where
        F: FnOnce(&Connection) -> Result<(), DbError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        // Whoever asked may have gone.
        let job = Job::Alone(Box::new(move |connection| drop(reply.send(work(connection)))));
        self.queue(job, answer).await
    }

    async fn queue<R, E: From<DbError>>(&self, job: Job, answer: oneshot::Receiver<Result<R, E>>) -> Result<R, E> {
        match self.queue.send_timeout(job, limits::WRITE_QUEUE_WAIT).await {
            Ok(()) => answer.await.unwrap_or_else(|_| Err(DbError::Closed.into())),
            Err(mpsc::error::SendTimeoutError::Timeout(_)) => Err(DbError::Busy.into()),
            Err(mpsc::error::SendTimeoutError::Closed(_)) => Err(DbError::Closed.into()),
        }
    }
}

fn work(mut connection: Connection, mut jobs: mpsc::Receiver<Job>, commits: &watch::Sender<u64>) {
    let mut group = Vec::with_capacity(limits::GROUP_COMMIT);
    while jobs.blocking_recv_many(&mut group, limits::GROUP_COMMIT) > 0 {
        let mut writes = Vec::with_capacity(group.len());
        for job in group.drain(..) {
            match job {
                Job::Write(write) => writes.push(write),
                Job::Alone(work) => {
                    commit(&mut connection, writes.drain(..), commits);
                    work(&connection);
                }
            }
        }
        commit(&mut connection, writes.drain(..), commits);
    }
    if let Err(error) = super::open::end(&connection) {
        tracing::warn!(%error, "that the database was closed in order was not written down");
    }
    // Leaves one file behind, where nobody else has it open.
    if let Err(error) = connection.close() {
        tracing::warn!(error = %error.1, "the database did not close");
    }
}

/// Does what has queued up in one transaction, then tells everybody.
fn commit(connection: &mut Connection, writes: impl ExactSizeIterator<Item = Write>, commits: &watch::Sender<u64>) {
    if writes.len() == 0 {
        return;
    }
    let mut told = Vec::with_capacity(writes.len());
    let failure = run_group(connection, writes, &mut told).err();
    match &failure {
        Some(error) => tracing::error!(error = %error, "a transaction failed"),
        None => commits.send_modify(|count| *count = count.wrapping_add(1)),
    }
    for tell in told {
        tell(failure.clone());
    }
}

fn run_group(
    connection: &mut Connection,
    jobs: impl Iterator<Item = Write>,
    told: &mut Vec<Tell>,
) -> Result<(), DbError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for job in jobs {
        told.extend(in_savepoint(&transaction, job)?);
    }
    Ok(transaction.commit()?)
}

/// Runs one job; nobody is told of one that panics, and its caller sees the closed channel.
fn in_savepoint(transaction: &Connection, job: Write) -> Result<Option<Tell>, DbError> {
    transaction.execute_batch("SAVEPOINT job")?;
    let done = catch_unwind(AssertUnwindSafe(|| job(&Tx::new(Session::new(transaction)))));
    let keep = matches!(done, Ok((Outcome::Keep, _)));
    transaction.execute_batch(if keep { "RELEASE job" } else { "ROLLBACK TO job; RELEASE job" })?;
    Ok(done.ok().map(|(_, tell)| tell))
}
