use super::open;
use super::session::Session;
use crate::limits;
use crate::{DbError, Tx};
use rusqlite::Connection;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A few connections that only read, lent one closure at a time.
pub(crate) struct Readers {
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
}

impl Readers {
    pub(crate) fn open(path: &Path) -> Result<Readers, DbError> {
        let idle = (0..limits::READERS).map(|_| open::reader(path)).collect::<Result<_, _>>()?;
        Ok(Readers { idle: Mutex::new(idle), permits: Arc::new(Semaphore::new(limits::READERS)) })
    }

    /// Runs the closure on a thread that may block.
    pub(crate) async fn read<R, E, F>(self: &Arc<Self>, work: F) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<DbError> + Send + 'static,
        F: FnOnce(&Tx<'_>) -> Result<R, E> + Send + 'static,
    {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| DbError::Closed)?;
        let lent = Lent { connection: self.take(), readers: Arc::clone(self), _permit: permit };
        let run = move || {
            let mut lent = lent;
            let connection = lent.connection.as_mut().ok_or(DbError::Closed)?;
            work(&Tx::new(Session::new(&*connection.transaction().map_err(DbError::from)?)))
        };
        tokio::task::spawn_blocking(run).await.unwrap_or_else(|_| Err(DbError::Closed.into()))
    }

    fn take(&self) -> Option<Connection> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }
}

/// A connection that goes back when it is dropped, whatever became of the closure.
struct Lent {
    readers: Arc<Readers>,
    connection: Option<Connection>,
    /// Goes back after the connection, so that whoever gets it finds one.
    _permit: OwnedSemaphorePermit,
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.readers.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
    }
}
