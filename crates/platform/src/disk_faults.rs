use crate::{CrashPoint, crash_point};
use std::cell::Cell;
use std::time::Duration;

/// A program's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseFile {
    /// The agent's journal.
    Journal,
    /// The companion's database.
    Database,
}

thread_local! {
    static FULL: Cell<(bool, bool)> = const { Cell::new((false, false)) };
    static COMMIT_TAKES: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// Lets this thread's commits to a file fail from now on, as a full disk does, or no more: for a simulation. In a release build it does nothing.
pub fn simulate_full_disk(disk: DatabaseFile, is_full: bool) {
    let (journal, database) = FULL.get();
    FULL.set(match disk {
        DatabaseFile::Journal => (is_full, database),
        DatabaseFile::Database => (journal, is_full),
    });
}

/// A transaction is about to be committed: a crash point. True: it must fail.
pub fn commit_must_fail(disk: DatabaseFile) -> bool {
    crash_point(CrashPoint::Commit);
    let (journal, database) = FULL.get();
    cfg!(debug_assertions)
        && match disk {
            DatabaseFile::Journal => journal,
            DatabaseFile::Database => database,
        }
}

/// Lets this thread's commits to a database that is used in place take so long from now on: for a simulation. In a release build it does nothing.
pub fn simulate_slow_disk(commit_takes: Duration) {
    COMMIT_TAKES.set(commit_takes);
}

/// How long it takes until a commit is on disk, on a slow one; nothing otherwise.
pub fn simulated_commit_time() -> Option<Duration> {
    let takes = COMMIT_TAKES.get();
    (cfg!(debug_assertions) && !takes.is_zero()).then_some(takes)
}
