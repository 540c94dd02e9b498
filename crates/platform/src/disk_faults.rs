//! Simulated faults of the disk. All functions act on the current thread and do nothing in a release build.

use crate::{CrashPoint, crash_point};
use std::cell::Cell;
use std::time::Duration;

/// The database file of a program.
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

/// Makes commits to a file fail from now on, as on a full disk, or succeed again.
pub fn simulate_full_disk(disk: DatabaseFile, is_full: bool) {
    let (journal, database) = FULL.get();
    FULL.set(match disk {
        DatabaseFile::Journal => (is_full, database),
        DatabaseFile::Database => (journal, is_full),
    });
}

/// Passes the crash point of a commit; true if the commit must fail.
pub fn commit_must_fail(disk: DatabaseFile) -> bool {
    crash_point(CrashPoint::Commit);
    let (journal, database) = FULL.get();
    cfg!(debug_assertions)
        && match disk {
            DatabaseFile::Journal => journal,
            DatabaseFile::Database => database,
        }
}

/// Makes each commit to a database that is used without a writer thread take this long from now on.
pub fn simulate_slow_disk(commit_takes: Duration) {
    COMMIT_TAKES.set(commit_takes);
}

/// The time that a commit takes on the simulated slow disk; `None` without one.
pub fn simulated_commit_time() -> Option<Duration> {
    let takes = COMMIT_TAKES.get();
    (cfg!(debug_assertions) && !takes.is_zero()).then_some(takes)
}
