//! The reading connections: a small pool.

use super::open;
use super::session::Session;
use crate::{Error, limits};
use rusqlite::Connection;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A few connections that only read; each runs one closure at a time.
pub(crate) struct Readers {
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
}

impl Readers {
    pub(crate) fn open(path: &Path) -> Result<Readers, Error> {
        let idle = (0..limits::READERS).map(|_| open::reader(path)).collect::<Result<_, _>>()?;
        Ok(Readers { idle: Mutex::new(idle), permits: Arc::new(Semaphore::new(limits::READERS)) })
    }

    /// Runs the closure on a thread that may block.
    pub(crate) async fn read<R, E, F>(self: &Arc<Self>, work: F) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnOnce(Session<'_>) -> Result<R, E> + Send + 'static,
    {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| Error::Closed)?;
        let pooled = PooledConnection { connection: self.take(), readers: Arc::clone(self), _permit: permit };
        let run = move || {
            let mut pooled = pooled;
            super::snapshot(pooled.connection.as_mut().ok_or(Error::Closed)?, work)
        };
        tokio::task::spawn_blocking(run).await.unwrap_or_else(|_| Err(Error::Closed.into()))
    }

    fn take(&self) -> Option<Connection> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }
}

/// A connection that returns to the pool when it is dropped, also after a panic in the closure.
struct PooledConnection {
    readers: Arc<Readers>,
    connection: Option<Connection>,
    /// Returned after the connection, so that the next holder finds one.
    _permit: OwnedSemaphorePermit,
}

impl Drop for PooledConnection {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.readers.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
    }
}
