//! The database as services see it, whatever the engine.

use crate::runner::Runner;
use crate::shared_run::SharedRun;
pub use crate::sqlite::backup::Restored;
use crate::sqlite::{Sqlite, backup, open};
use crate::{Error, Probe, Tx};
use flux_platform::{Clock, Entropy};
use std::path::Path;
use std::sync::Arc;
use tokio::sync::{oneshot, watch};

/// The database. Clones share it.
#[derive(Clone)]
pub struct Db {
    engine: Sqlite,
    commits: watch::Sender<u64>,
    runner: Runner,
    rebuilds: SharedRun,
}

/// Resolves when everything that was queued is written and the file is closed.
pub type Closed = oneshot::Receiver<()>;

impl Db {
    /// Creates a new file.
    ///
    /// # Errors
    ///
    /// [`Error::Exists`] if the file exists; others if it cannot be written.
    pub fn create(path: &Path) -> Result<(), Error> {
        open::create(path)
    }

    /// Opens a file for serving, which one process at a time may do; must be called within a tokio runtime's life. The
    /// second value resolves once the last clone is dropped and everything is on disk.
    ///
    /// # Errors
    ///
    /// [`Error::InUse`] if another process serves the file; [`Error::Exposed`] if every user of the machine can open it;
    /// others if it is missing, damaged, newer or not writable.
    pub fn open(path: &Path) -> Result<(Db, Closed), Error> {
        let commits = watch::Sender::new(0);
        let (engine, closed) = Sqlite::open(path, commits.clone())?;
        Ok((Db { engine, commits, runner: Runner::default(), rebuilds: SharedRun::default() }, closed))
    }

    /// Opens a file without threads: for the command line, and for a simulation.
    ///
    /// # Errors
    ///
    /// If the file is missing, damaged, newer or not writable.
    pub fn open_in_place(path: &Path) -> Result<Db, Error> {
        Ok(Db::in_place(Sqlite::in_place(open::writer(path)?)))
    }

    /// A database in memory, without threads.
    ///
    /// # Errors
    ///
    /// If there is not enough memory.
    pub fn in_memory() -> Result<Db, Error> {
        Ok(Db::in_place(Sqlite::in_place(open::in_memory()?)))
    }

    fn in_place(engine: Sqlite) -> Db {
        Db { engine, commits: watch::Sender::new(0), runner: Runner::default(), rebuilds: SharedRun::default() }
    }

    /// The same database, with the times of this clock and the random numbers of this source.
    #[must_use]
    pub fn on(mut self, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Db {
        (self.runner.clock, self.runner.entropy) = (clock, entropy);
        self
    }

    /// The same database, whose statements a probe sees: for tests.
    #[must_use]
    pub fn with_probe(mut self, probe: Arc<dyn Probe>) -> Db {
        self.runner.probe = Some(probe);
        self
    }

    /// The same database, which runs each closure twice and undoes the first run: for tests that a closure may run again.
    #[must_use]
    pub fn repeating(mut self) -> Db {
        self.runner.repeats = true;
        self
    }

    /// Checks the file's integrity, as far as the engine can.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] with the engine's finding; [`Error::Exposed`] if every user of the machine can open the file;
    /// others if it cannot be opened.
    pub fn check(path: &Path) -> Result<(), Error> {
        open::check(path)
    }

    /// Copies the file as it is at one moment, also while it is served, and checks the copy.
    ///
    /// # Errors
    ///
    /// [`Error::Exists`] if the copy exists; others if either file cannot be used.
    pub fn backup(path: &Path, to: &Path) -> Result<(), Error> {
        backup::backup(path, to)
    }

    /// Puts a backup in the file's place after `work` has run on it. The file that was there is kept beside it, under a name
    /// with `label`.
    ///
    /// # Errors
    ///
    /// [`Error::InUse`] while a process serves the file; others if the backup is damaged or `work` fails.
    pub fn restore<R>(
        path: &Path,
        from: &Path,
        label: &str,
        work: impl Fn(&Tx<'_>) -> Result<R, Error>,
    ) -> Result<Restored<R>, Error> {
        let _lock = open::lock(path)?;
        backup::restore(path, from, label, work)
    }

    /// Resolves when the path names another file than the served one, or none: no write succeeds any more.
    pub async fn file_changed(&self) -> Error {
        self.engine.file_changed().await
    }

    /// Changes with each commit of this process.
    pub fn commits(&self) -> watch::Receiver<u64> {
        self.commits.subscribe()
    }

    /// Rebuilds the file without anything that was removed from the tables. Writes wait meanwhile. All who
    /// call while it runs share the next rebuild.
    ///
    /// # Errors
    ///
    /// [`Error::Disk`] if there is no room for the rebuilt file; others as for [`Db::write`].
    pub async fn vacuum(&self) -> Result<(), Error> {
        self.rebuilds.run(async || self.engine.vacuum().await).await
    }

    /// Waits until the writer has done everything that was queued before; writes nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Busy`] or [`Error::Closed`].
    pub async fn barrier(&self) -> Result<(), Error> {
        self.engine.barrier().await
    }

    /// Runs a closure in a transaction; the answer comes after the commit. An error undoes all that the closure did. An
    /// engine may run the closure again, after it has undone what it wrote. So a closure changes nothing but the database,
    /// and draws random numbers from [`Tx::entropy`] only, which gives each run the same.
    ///
    /// # Errors
    ///
    /// The closure's; else [`Error::Busy`], [`Error::Closed`], or a failure of the commit.
    pub async fn write<R, E, F>(&self, work: F) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<Error> + Send + 'static,
        F: Fn(&Tx<'_>) -> Result<R, E> + Send + 'static,
    {
        let run = self.runner.closure(work);
        self.engine.write(run, &self.commits).await
    }

    /// Runs a closure on a snapshot of the database.
    ///
    /// # Errors
    ///
    /// The closure's, or the database's.
    pub async fn read<R, E, F>(&self, work: F) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<Error> + Send + 'static,
        F: Fn(&Tx<'_>) -> Result<R, E> + Send + 'static,
    {
        self.engine.read(self.runner.closure(work)).await
    }
}
