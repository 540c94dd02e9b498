//! The game's log file as a presence source. It also shows a start of the game without an orderly stop, after which the last deliveries may be undone.
//!
//! Chat can forge a line of the log. A forged line costs one query and decides nothing. A missing line proves nothing either: the file may be stale, or another's.

mod tail;

use super::PresenceSource;
use crate::limits::{HEARTBEAT_SLACK, LOG_LOOK};
use crate::state::{Phase, Shared};
use flux_delivery::{LogHint, parse_log_line};
use std::io;
use std::path::Path;
use tail::Tail;

/// Name of this task, for the watchdog.
const TASK: &str = "game log";

/// Follows the file that `presence.log_file` names in the configuration in force.
pub(super) struct LogFile;

impl PresenceSource for LogFile {
    async fn watch(&self, shared: &Shared) {
        let mut changes = shared.live.subscribe_game();
        loop {
            let path = shared.config().presence.log_file.clone();
            let follow = async {
                match &path {
                    Some(path) => follow(shared, path).await,
                    None => {
                        shared.heartbeat.idle(TASK);
                        shared.game.send_modify(|view| view.log = None);
                        std::future::pending::<()>().await;
                    }
                }
            };
            let other_path =
                async { while changes.changed().await.is_ok() && shared.config().presence.log_file == path {} };
            tokio::select! { biased;
                () = shared.reached(Phase::Draining) => return,
                () = other_path => {}
                () = follow => {}
            }
        }
    }
}

async fn follow(shared: &Shared, path: &Path) {
    let mut tail = None;
    let mut is_stopping = false;
    loop {
        shared.heartbeat.expect_within(TASK, LOG_LOOK + HEARTBEAT_SLACK);
        match read_lines(&mut tail, path) {
            Ok((lines, more)) => {
                report_state(shared, path, None);
                for hint in lines.iter().filter_map(|line| parse_log_line(line)) {
                    handle_hint(shared, &hint, &mut is_stopping);
                }
                if more {
                    continue;
                }
            }
            Err(error) => report_state(shared, path, Some(error.to_string())),
        }
        tokio::time::sleep(LOG_LOOK).await;
    }
}

/// Reads the next lines. A file that exists at first is followed from its end, one that appears later from its beginning.
fn read_lines(tail: &mut Option<Tail>, path: &Path) -> io::Result<(Vec<String>, bool)> {
    let followed = match tail {
        Some(tail) => tail,
        None => match Tail::from_end(path) {
            Ok(found) => tail.insert(found),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                *tail = Some(Tail::from_start(path));
                return Err(error);
            }
            Err(error) => return Err(error),
        },
    };
    followed.read()
}

/// Logs once when the file cannot be followed, and once when it can.
fn report_state(shared: &Shared, path: &Path, error: Option<String>) {
    let state = error.unwrap_or_else(|| "followed".to_owned());
    let is_new = shared.game.send_if_modified(|view| {
        let is_new = view.log.as_ref() != Some(&state);
        view.log = Some(state.clone());
        is_new
    });
    match (is_new, &*state) {
        (false, _) => {}
        (true, "followed") => tracing::info!(path = %path.display(), "following the game's log"),
        (true, error) => tracing::warn!(
            path = %path.display(),
            error,
            "cannot follow presence.log_file; joins are seen only in the player list, every presence.interval"
        ),
    }
}

fn handle_hint(shared: &Shared, hint: &LogHint, is_stopping: &mut bool) {
    match hint {
        LogHint::Joined(_) | LogHint::Left(_) => shared.signals.signal_players_changed(&shared.wake_game),
        LogHint::Stopping => *is_stopping = true,
        LogHint::Starting => {
            if !std::mem::take(is_stopping) {
                shared.signals.signal_crash(shared.now());
            }
        }
    }
}
