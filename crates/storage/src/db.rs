//! The companion's database: the only SQL. Functions take a connection within a transaction, domain types in and out.
//!
//! [`Db::write`] runs a closure in the one writer's transaction and answers when that is on disk; [`Db::read`] runs one on
//! a snapshot, and never waits for a write.

use crate::sqlite::readers::Readers;
use crate::sqlite::session::Session;
use crate::sqlite::writer::Writer;
use crate::sqlite::{copy, open};
use crate::{DbError, Tx};
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{oneshot, watch};

/// The database. Clones share it.
#[derive(Clone)]
pub struct Db {
    mode: Mode,
    commits: watch::Sender<u64>,
}

#[derive(Clone)]
enum Mode {
    /// A writing thread and reading connections.
    Threads { writer: Writer, readers: Arc<Readers> },
    /// One connection, used where the caller stands: for a simulation, which must not depend on threads.
    InPlace(Arc<Mutex<Connection>>),
}

/// Resolves when the writer's thread has done all that was queued and closed the file.
pub type Closed = oneshot::Receiver<()>;

impl Db {
    /// Makes a new file. Overwrites none.
    pub fn create(path: &Path) -> Result<(), DbError> {
        open::create(path)
    }

    /// Opens a file for serving, which one process at a time may do; must be called within a tokio runtime's life. The
    /// second value resolves once the last clone is dropped and everything is on disk.
    pub fn open(path: &Path) -> Result<(Db, Closed), DbError> {
        open::must_be_there(path)?;
        let lock = open::lock(path)?;
        let connection = open::writer(path)?;
        open::begin(&connection)?;
        open::empty_log(&connection)?;
        let commits = watch::Sender::new(0);
        let (writer, closed) = Writer::start(connection, commits.clone(), lock)?;
        let readers = Arc::new(Readers::open(path)?);
        Ok((Db { mode: Mode::Threads { writer, readers }, commits }, closed))
    }

    /// Opens a file without threads: for the command line, and for a simulation.
    pub fn open_in_place(path: &Path) -> Result<Db, DbError> {
        Ok(Db::in_place(open::writer(path)?))
    }

    /// A database in memory, without threads.
    pub fn in_memory() -> Result<Db, DbError> {
        Ok(Db::in_place(open::in_memory()?))
    }

    fn in_place(connection: Connection) -> Db {
        Db { mode: Mode::InPlace(Arc::new(Mutex::new(connection))), commits: watch::Sender::new(0) }
    }

    /// Whether the file is whole, as far as SQLite can tell.
    pub fn check(path: &Path) -> Result<(), DbError> {
        open::integrity(&open::writer(path)?)
    }

    /// Copies the file, also while it is served: as it is at one moment, checked. Overwrites none.
    pub fn backup(path: &Path, to: &Path) -> Result<(), DbError> {
        copy::backup(path, to)
    }

    /// Puts a backup in the file's place, after `work` on it; what was there is kept beside it. Nobody may serve the file.
    pub fn restore(path: &Path, from: &Path, work: impl FnOnce(&Tx<'_>) -> Result<(), DbError>) -> Result<(), DbError> {
        let _lock = open::lock(path)?;
        copy::restore(path, from, work)
    }

    /// Changes whenever something was committed by this process.
    pub fn commits(&self) -> watch::Receiver<u64> {
        self.commits.subscribe()
    }

    /// Leaves nothing in the file of what was removed from the tables. Writes wait meanwhile.
    pub async fn scrub(&self) -> Result<(), DbError> {
        match &self.mode {
            Mode::Threads { writer, .. } => writer.alone(open::rebuild).await,
            Mode::InPlace(connection) => open::rebuild(&connection.lock().unwrap_or_else(PoisonError::into_inner)),
        }
    }

    /// Waits until the writer has done what was queued before; nothing is written.
    pub async fn turn(&self) -> Result<(), DbError> {
        match &self.mode {
            Mode::Threads { writer, .. } => writer.alone(|_| Ok(())).await,
            Mode::InPlace(_) => Ok(()),
        }
    }

    /// Runs a closure in a transaction; the answer comes after the commit. An error undoes all that the closure did.
    pub async fn write<R, E, F>(&self, work: F) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<DbError> + Send + 'static,
        F: FnOnce(&Tx<'_>) -> Result<R, E> + Send + 'static,
    {
        match &self.mode {
            Mode::Threads { writer, .. } => writer.write(work).await,
            Mode::InPlace(connection) => {
                let result = committed(&mut connection.lock().unwrap_or_else(PoisonError::into_inner), work)?;
                if let Some(takes) = flux_platform::simulated_commit_time() {
                    tokio::time::sleep(takes).await;
                }
                self.commits.send_modify(|count| *count = count.wrapping_add(1));
                Ok(result)
            }
        }
    }

    /// Runs a closure on a snapshot of the database.
    pub async fn read<R, E, F>(&self, work: F) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<DbError> + Send + 'static,
        F: FnOnce(&Tx<'_>) -> Result<R, E> + Send + 'static,
    {
        match &self.mode {
            Mode::Threads { readers, .. } => readers.read(work).await,
            Mode::InPlace(connection) => {
                let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
                work(&Tx::new(Session::new(&*connection.transaction().map_err(DbError::from)?)))
            }
        }
    }
}

fn committed<R, E: From<DbError>>(
    connection: &mut Connection,
    work: impl FnOnce(&Tx<'_>) -> Result<R, E>,
) -> Result<R, E> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(DbError::from)?;
    let result = work(&Tx::new(Session::new(&transaction)))?;
    transaction.commit().map_err(DbError::from)?;
    Ok(result)
}
