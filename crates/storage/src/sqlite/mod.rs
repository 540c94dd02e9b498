//! SQLite: opening and migrating the file, the writing thread, the reading connections, backups.

pub(crate) mod backup;
mod error;
pub(crate) mod migrations;
pub(crate) mod open;
mod readers;
mod served_file;
pub(crate) mod session;
mod writer;

use crate::Error;
use readers::Readers;
use rusqlite::{Connection, TransactionBehavior};
use served_file::ServedFile;
use session::Session;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{oneshot, watch};
use writer::Writer;

/// A SQLite database. Clones share it.
#[derive(Clone)]
pub(crate) enum Sqlite {
    /// A writing thread and reading connections.
    Threads {
        /// The queue of the writing thread.
        writer: Writer,
        /// The reading connections.
        readers: Arc<Readers>,
        /// The file.
        file: Arc<ServedFile>,
    },
    /// One connection, used on the caller's thread: for a simulation, which must not depend on threads.
    InPlace(Arc<Mutex<Connection>>),
}

impl Sqlite {
    /// Opens a file for serving. The receiver resolves once the last clone is dropped and everything is on disk.
    pub(crate) fn open(path: &Path, commits: watch::Sender<u64>) -> Result<(Sqlite, oneshot::Receiver<()>), Error> {
        open::require_file(path)?;
        let lock = open::lock(path)?;
        let file = Arc::new(ServedFile::at(path)?);
        let connection = open::writer(path)?;
        open::require_private(path)?;
        open::begin_serving(&connection)?;
        open::empty_log(&connection)?;
        let (writer, closed) = Writer::start(connection, commits, lock, Arc::clone(&file))?;
        Ok((Sqlite::Threads { writer, readers: Arc::new(Readers::open(path)?), file }, closed))
    }

    /// A database on one connection, without threads.
    pub(crate) fn in_place(connection: Connection) -> Sqlite {
        Sqlite::InPlace(Arc::new(Mutex::new(connection)))
    }

    /// Rebuilds the file without anything that was removed from the tables.
    pub(crate) async fn vacuum(&self) -> Result<(), Error> {
        match self {
            Sqlite::Threads { writer, .. } => writer.run_exclusive(open::vacuum).await,
            Sqlite::InPlace(connection) => open::vacuum(&connection.lock().unwrap_or_else(PoisonError::into_inner)),
        }
    }

    /// Waits until the writer has done everything that was queued before.
    pub(crate) async fn barrier(&self) -> Result<(), Error> {
        match self {
            Sqlite::Threads { writer, .. } => writer.run_exclusive(|_| Ok(())).await,
            Sqlite::InPlace(_) => Ok(()),
        }
    }

    /// Resolves when the path names another file than the served one, or none.
    pub(crate) async fn file_changed(&self) -> Error {
        match self {
            Sqlite::Threads { file, .. } => file.changed().await,
            Sqlite::InPlace(_) => std::future::pending().await,
        }
    }

    /// Runs a closure in a transaction; the answer comes after the commit.
    pub(crate) async fn write<R, E, F>(&self, work: F, commits: &watch::Sender<u64>) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnOnce(Session<'_>) -> Result<R, E> + Send + 'static,
    {
        match self {
            Sqlite::Threads { writer, .. } => writer.write(work).await,
            Sqlite::InPlace(connection) => {
                let result = committed(&mut connection.lock().unwrap_or_else(PoisonError::into_inner), work)?;
                if let Some(takes) = flux_platform::simulated_commit_time() {
                    tokio::time::sleep(takes).await;
                }
                commits.send_modify(|count| *count = count.wrapping_add(1));
                Ok(result)
            }
        }
    }

    /// Runs a closure on a snapshot.
    pub(crate) async fn read<R, E, F>(&self, work: F) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnOnce(Session<'_>) -> Result<R, E> + Send + 'static,
    {
        match self {
            Sqlite::Threads { readers, .. } => readers.read(work).await,
            Sqlite::InPlace(connection) => {
                snapshot(&mut connection.lock().unwrap_or_else(PoisonError::into_inner), work)
            }
        }
    }
}

/// Runs a closure in a transaction that is committed if the closure succeeds.
fn committed<R, E: From<Error>>(
    connection: &mut Connection,
    work: impl FnOnce(Session<'_>) -> Result<R, E>,
) -> Result<R, E> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(Error::from)?;
    let result = work(Session::new(&transaction))?;
    transaction.commit().map_err(Error::from)?;
    Ok(result)
}

/// Runs a closure in a transaction that is never committed.
fn snapshot<R, E: From<Error>>(
    connection: &mut Connection,
    work: impl FnOnce(Session<'_>) -> Result<R, E>,
) -> Result<R, E> {
    let transaction = connection.transaction().map_err(Error::from)?;
    work(Session::new(&transaction))
}
