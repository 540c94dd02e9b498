//! Points at which a test may end the program.

use std::fmt;
use std::io::Write;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// A step whose effect other programs can see, or that outlives the program. Between two such steps nothing is lost by a
/// crash, so a program that survives a crash before each of them survives a crash at any time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CrashPoint {
    /// A transaction is about to be committed.
    Commit,
    /// A command is about to be sent to the game.
    GameCommand,
    /// A message is about to be sent over a SignalR session.
    Message,
    /// An HTTP request is about to be sent.
    Request,
    /// The response to a request that changed something is about to be sent.
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

/// The environment variable with the number of the crash point, from 1, at which a debug build ends.
pub const CRASH_AT: &str = "FLUX_CRASH_AT";

/// Ends the process at once, as `kill -9` would, if this is the crash point that [`CRASH_AT`] selects. It does nothing in a
/// release build.
pub fn crash_point(point: CrashPoint) {
    static CHOSEN: OnceLock<Option<u64>> = OnceLock::new();
    static PASSED: AtomicU64 = AtomicU64::new(0);
    if !cfg!(debug_assertions) {
        return;
    }
    let chosen = CHOSEN.get_or_init(|| std::env::var(CRASH_AT).ok().and_then(|number| number.parse().ok()));
    if chosen.is_some_and(|chosen| PASSED.fetch_add(1, Ordering::SeqCst) + 1 == chosen) {
        // The process ends even if this cannot be written.
        let _ = writeln!(std::io::stderr(), "crash point: {point}");
        std::process::abort();
    }
}
