use crate::{CrashPoint, crash_point};
use std::cell::Cell;
use std::time::Duration;

/// A program's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disk {
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
pub fn fill_disk(disk: Disk, is_full: bool) {
    let (journal, database) = FULL.get();
    FULL.set(match disk {
        Disk::Journal => (is_full, database),
        Disk::Database => (journal, is_full),
    });
}

/// A transaction is about to be committed: a crash point. True: it must fail.
pub fn commit_fails(disk: Disk) -> bool {
    crash_point(CrashPoint::Commit);
    let (journal, database) = FULL.get();
    cfg!(debug_assertions)
        && match disk {
            Disk::Journal => journal,
            Disk::Database => database,
        }
}

/// Lets this thread's commits to a database that is used in place take so long from now on: for a simulation. In a release build it does nothing.
pub fn slow_disk(commit_takes: Duration) {
    COMMIT_TAKES.set(commit_takes);
}

/// How long it takes until a commit is on disk, on a slow one; nothing otherwise.
pub fn commit_takes() -> Option<Duration> {
    let takes = COMMIT_TAKES.get();
    (cfg!(debug_assertions) && !takes.is_zero()).then_some(takes)
}
