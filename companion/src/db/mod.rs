//! The companion's database: the only SQL. Functions take a connection within a transaction, domain types in and out.
//!
//! [`Db::write`] runs a closure in the one writer's transaction and answers when that is on disk; [`Db::read`] runs one on
//! a snapshot, and never waits for a write.

pub mod commands;
mod error;
pub mod events;
pub mod history;
pub mod idempotency;
pub mod keys;
mod open;
pub mod orders;
pub mod packages;
mod readers;
mod row;
pub mod servers;
mod writer;

pub use error::DbError;
pub use rusqlite::Connection;

use readers::Readers;
use rusqlite::TransactionBehavior;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;
use writer::Writer;

/// The database. Clones share it.
#[derive(Clone)]
pub struct Db {
    mode: Mode,
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

    /// Opens a file for serving; must be called within a tokio runtime's life. The second value resolves once the last
    /// clone is dropped and everything is on disk.
    pub fn open(path: &Path) -> Result<(Db, Closed), DbError> {
        let (writer, closed) = Writer::start(open::writer(path)?)?;
        let readers = Arc::new(Readers::open(path)?);
        Ok((Db { mode: Mode::Threads { writer, readers } }, closed))
    }

    /// Opens a file without threads: for the command line, and for a simulation.
    pub fn open_in_place(path: &Path) -> Result<Db, DbError> {
        Ok(Db { mode: Mode::InPlace(Arc::new(Mutex::new(open::writer(path)?))) })
    }

    /// A database in memory, without threads.
    pub fn in_memory() -> Result<Db, DbError> {
        Ok(Db { mode: Mode::InPlace(Arc::new(Mutex::new(open::in_memory()?))) })
    }

    /// Whether the file is whole, as far as SQLite can tell.
    pub fn check(path: &Path) -> Result<(), DbError> {
        open::integrity(&open::writer(path)?)
    }

    /// Runs a closure in a transaction; the answer comes after the commit. An error undoes all that the closure did.
    pub async fn write<R, E, F>(&self, work: F) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<DbError> + Send + 'static,
        F: FnOnce(&Connection) -> Result<R, E> + Send + 'static,
    {
        match &self.mode {
            Mode::Threads { writer, .. } => writer.write(work).await,
            Mode::InPlace(connection) => {
                let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
                let transaction =
                    connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(DbError::from)?;
                let result = work(&transaction)?;
                transaction.commit().map_err(DbError::from)?;
                Ok(result)
            }
        }
    }

    /// Runs a closure on a snapshot of the database.
    pub async fn read<R, E, F>(&self, work: F) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<DbError> + Send + 'static,
        F: FnOnce(&Connection) -> Result<R, E> + Send + 'static,
    {
        match &self.mode {
            Mode::Threads { readers, .. } => readers.read(work).await,
            Mode::InPlace(connection) => {
                let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
                work(&*connection.transaction().map_err(DbError::from)?)
            }
        }
    }
}
