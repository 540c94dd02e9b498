//! The game's log file as a presence source. It also shows a start of the game without an orderly stop, after which the last deliveries may be undone.
//!
//! Chat can forge a line of the log. A forged line costs one query and decides nothing. A missing line proves nothing either: the file may be stale, or another's.

mod tail;

use super::PresenceSource;
use crate::limits::{HEARTBEAT_SLACK, LOG_LOOK};
use crate::state::{Phase, Shared};
use flux_delivery::{GameLog, LogEvent};
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
    let mut log = GameLog::default();
    loop {
        shared.heartbeat.expect_within(TASK, LOG_LOOK + HEARTBEAT_SLACK);
        match read_lines(&mut tail, path) {
            Ok((lines, more)) => {
                for event in lines.iter().filter_map(|line| log.read(line)) {
                    handle_event(shared, event);
                }
                report_state(
                    shared,
                    path,
                    if log.is_understood() { FileState::Followed } else { FileState::NotUnderstood },
                );
                if more {
                    continue;
                }
            }
            Err(error) => report_state(shared, path, FileState::Unreadable(error)),
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

/// State of the followed file.
enum FileState {
    Followed,
    NotUnderstood,
    Unreadable(io::Error),
}

/// Logs once when the file cannot be followed or understood, and once when it can.
fn report_state(shared: &Shared, path: &Path, state: FileState) {
    let text = match &state {
        FileState::Followed => "followed".to_owned(),
        FileState::NotUnderstood => format!("not understood: no line of {} looks like a game's log", path.display()),
        FileState::Unreadable(error) => error.to_string(),
    };
    let is_new = shared.game.send_if_modified(|view| {
        let is_new = view.log.as_ref() != Some(&text);
        view.log = Some(text.clone());
        is_new
    });
    match state {
        _ if !is_new => {}
        FileState::Followed => tracing::info!(path = %path.display(), "following the game's log"),
        FileState::NotUnderstood => tracing::warn!(
            path = %path.display(),
            "cannot understand presence.log_file; joins are seen only in the player list, and crashes are not noticed by it"
        ),
        FileState::Unreadable(error) => tracing::warn!(
            path = %path.display(),
            error = %error,
            "cannot follow presence.log_file; joins are seen only in the player list, every presence.interval"
        ),
    }
}

fn handle_event(shared: &Shared, event: LogEvent) {
    match event {
        LogEvent::PlayersChanged => shared.signals.signal_players_changed(&shared.wake_game),
        LogEvent::StartedAfterCrash => shared.signals.signal_crash(shared.now()),
    }
}
