//! The writer: one thread, a bounded queue, and group commit.
//!
//! A disk flush costs milliseconds whatever the transaction holds, so all queued jobs share one: each job runs in a savepoint
//! of its own, then all are committed, and only then are the callers answered. A job that fails does not affect the others.

use super::served_file::ServedFile;
use super::session::Session;
use crate::{Error, limits};
use rusqlite::{Connection, TransactionBehavior};
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};

/// An entry of the queue.
enum Job {
    /// Runs in a transaction that it shares with others.
    Write(Write),
    /// Runs outside of any transaction.
    Exclusive(Box<dyn FnOnce(&Connection) + Send>),
}

/// Runs a write, and returns whether to keep it and how to answer its caller.
type Write = Box<dyn FnOnce(Session<'_>) -> (Outcome, Reply) + Send>;
/// Answers the caller. Called after the commit, with its error if it failed.
type Reply = Box<dyn FnOnce(Option<Error>) + Send>;

#[derive(PartialEq)]
enum Outcome {
    Keep,
    Undo,
}

/// The queue. The thread ends when all clones are dropped.
#[derive(Clone)]
pub(crate) struct Writer {
    queue: mpsc::Sender<Job>,
}

impl Writer {
    /// Starts the thread, which counts its commits. The receiver resolves when the thread has ended; `lock` is held until
    /// then. A commit fails once the path of `file` names another file.
    pub(crate) fn start(
        connection: Connection,
        commits: watch::Sender<u64>,
        lock: File,
        file: Arc<ServedFile>,
    ) -> Result<(Writer, oneshot::Receiver<()>), Error> {
        let (queue, jobs) = mpsc::channel(limits::WRITE_QUEUE);
        let (ended, end) = oneshot::channel();
        let thread = move || {
            run(connection, jobs, &commits, &file);
            drop((lock, ended));
        };
        let started = std::thread::Builder::new().name("db-writer".to_owned()).spawn(thread);
        started.map_err(|error| Error::Disk(error.to_string()))?;
        Ok((Writer { queue }, end))
    }

    /// Queues a job and waits for its commit.
    pub(crate) async fn write<R, E, F>(&self, work: F) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnOnce(Session<'_>) -> Result<R, E> + Send + 'static,
    {
        let (sender, answer) = oneshot::channel();
        let job = Job::Write(Box::new(move |session| {
            let result = work(session);
            let outcome = if result.is_ok() { Outcome::Keep } else { Outcome::Undo };
            let reply = move |failure: Option<Error>| {
                let result = match failure {
                    Some(error) if result.is_ok() => Err(error.into()),
                    _ => result,
                };
                // The caller may have gone; what was written stays.
                let _ = sender.send(result);
            };
            (outcome, Box::new(reply))
        }));
        self.queue(job, answer).await
    }

    /// Queues work that cannot run within a transaction, and waits for it.
    pub(crate) async fn run_exclusive<F>(&self, work: F) -> Result<(), Error>
    where
        F: FnOnce(&Connection) -> Result<(), Error> + Send + 'static,
    {
        let (sender, answer) = oneshot::channel();
        // The caller may have gone.
        let job = Job::Exclusive(Box::new(move |connection| drop(sender.send(work(connection)))));
        self.queue(job, answer).await
    }

    async fn queue<R, E: From<Error>>(&self, job: Job, answer: oneshot::Receiver<Result<R, E>>) -> Result<R, E> {
        match self.queue.send_timeout(job, limits::WRITE_QUEUE_WAIT).await {
            Ok(()) => answer.await.unwrap_or_else(|_| Err(Error::Closed.into())),
            Err(mpsc::error::SendTimeoutError::Timeout(_)) => Err(Error::Busy.into()),
            Err(mpsc::error::SendTimeoutError::Closed(_)) => Err(Error::Closed.into()),
        }
    }
}

fn run(mut connection: Connection, mut jobs: mpsc::Receiver<Job>, commits: &watch::Sender<u64>, file: &ServedFile) {
    let mut group = Vec::with_capacity(limits::GROUP_COMMIT);
    while jobs.blocking_recv_many(&mut group, limits::GROUP_COMMIT) > 0 {
        let mut writes = Vec::with_capacity(group.len());
        for job in group.drain(..) {
            match job {
                Job::Write(write) => writes.push(write),
                Job::Exclusive(work) => {
                    commit(&mut connection, writes.drain(..), commits, file);
                    work(&connection);
                }
            }
        }
        commit(&mut connection, writes.drain(..), commits, file);
    }
    if let Err(error) = super::open::end_serving(&connection) {
        tracing::warn!(%error, "failed to record the clean shutdown");
    }
    // Leaves a single file behind, unless another process has it open.
    if let Err(error) = connection.close() {
        tracing::warn!(error = %error.1, "failed to close the database");
    }
}

/// Runs the queued writes in one transaction, then answers their callers.
fn commit(
    connection: &mut Connection,
    writes: impl ExactSizeIterator<Item = Write>,
    commits: &watch::Sender<u64>,
    file: &ServedFile,
) {
    if writes.len() == 0 {
        return;
    }
    let mut replies = Vec::with_capacity(writes.len());
    let failure = run_group(connection, writes, &mut replies).err().map(|error| file.instead_of(error));
    match &failure {
        Some(error) => tracing::error!(error = %error, "failed to commit a transaction"),
        None => commits.send_modify(|count| *count = count.wrapping_add(1)),
    }
    for reply in replies {
        reply(failure.clone());
    }
}

fn run_group(
    connection: &mut Connection,
    jobs: impl Iterator<Item = Write>,
    replies: &mut Vec<Reply>,
) -> Result<(), Error> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for job in jobs {
        replies.extend(in_savepoint(&transaction, job)?);
    }
    Ok(transaction.commit()?)
}

/// Runs one job. A job that panics gives no reply: its caller sees the closed channel.
fn in_savepoint(transaction: &Connection, job: Write) -> Result<Option<Reply>, Error> {
    transaction.execute_batch("SAVEPOINT job")?;
    let done = catch_unwind(AssertUnwindSafe(|| job(Session::new(transaction))));
    let keep = matches!(done, Ok((Outcome::Keep, _)));
    transaction.execute_batch(if keep { "RELEASE job" } else { "ROLLBACK TO job; RELEASE job" })?;
    Ok(done.ok().map(|(_, reply)| reply))
}
