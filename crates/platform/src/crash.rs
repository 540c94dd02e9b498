use std::fmt;
use std::io::Write;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Where a program is about to do what another can see, or what outlives it. Between two such moments nothing is lost by ending, so
/// a program that survives an end at each of them survives an end at any time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CrashPoint {
    /// A transaction is about to be committed.
    Commit,
    /// A line is about to be sent to the game.
    GameCommand,
    /// A message is about to be sent in a session.
    Message,
    /// A request is about to be sent.
    Request,
    /// A request that changed something is about to be answered.
    Response,
}

impl fmt::Display for CrashPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CrashPoint::Commit => "commit",
            CrashPoint::GameCommand => "game command",
            CrashPoint::Message => "message",
            CrashPoint::Request => "request",
            CrashPoint::Response => "response",
        })
    }
}

/// The variable that says at which point, counted from 1, a debug build ends.
pub const CRASH_AT: &str = "FLUX_CRASH_AT";

/// Ends the process at once, as `kill -9` would, where `$FLUX_CRASH_AT` says so: for the sweep over all of a run's points. In a release build it does nothing.
pub fn crash_point(point: CrashPoint) {
    static CHOSEN: OnceLock<Option<u64>> = OnceLock::new();
    static PASSED: AtomicU64 = AtomicU64::new(0);
    if !cfg!(debug_assertions) {
        return;
    }
    let chosen = CHOSEN.get_or_init(|| std::env::var(CRASH_AT).ok().and_then(|number| number.parse().ok()));
    if chosen.is_some_and(|chosen| PASSED.fetch_add(1, Ordering::SeqCst) + 1 == chosen) {
        // Nobody may read it; the process ends either way.
        let _ = writeln!(std::io::stderr(), "crash point: {point}");
        std::process::abort();
    }
}
