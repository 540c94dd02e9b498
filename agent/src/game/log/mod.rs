//! The game's log, followed for hints: somebody has come or gone, so that the game's list is asked at once; the game has
//! started without having stopped, so that what was delivered last may be gone.
//!
//! Chat can forge a line. A forged one costs a question, and decides nothing; and that no start is seen proves nothing, since a
//! file may be stale or another's.

mod tail;

use crate::limits::{LOG_LOOK, PULSE_SLACK};
use crate::{Phase, Shared};
use flux_delivery::{LogHint, parse_log_line};
use std::io;
use std::path::Path;
use std::sync::Arc;
use tail::Tail;

/// The task, to the watchdog.
const PULSE: &str = "game log";

/// Follows whatever file the configuration in force names, for as long as the daemon lives.
pub(super) async fn run(shared: &Arc<Shared>) {
    let mut changes = shared.live.subscribe_game();
    loop {
        let path = shared.config().presence.log_file.clone();
        let follow = async {
            match &path {
                Some(path) => follow(shared, path).await,
                None => {
                    shared.pulse.rests(PULSE);
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

async fn follow(shared: &Shared, path: &Path) {
    let mut tail = None;
    let mut stops_in_order = false;
    loop {
        shared.pulse.turns_within(PULSE, LOG_LOOK + PULSE_SLACK);
        match look(&mut tail, path) {
            Ok((lines, more)) => {
                told(shared, path, None);
                for hint in lines.iter().filter_map(|line| parse_log_line(line)) {
                    take(shared, &hint, &mut stops_in_order);
                }
                if more {
                    continue;
                }
            }
            Err(error) => told(shared, path, Some(error.to_string())),
        }
        tokio::time::sleep(LOG_LOOK).await;
    }
}

/// The next lines. A file that is there at first is followed from its end, one that comes later from its beginning.
fn look(tail: &mut Option<Tail>, path: &Path) -> io::Result<(Vec<String>, bool)> {
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

/// One line in the log when the file cannot be followed, one when it can.
fn told(shared: &Shared, path: &Path, error: Option<String>) {
    let state = error.unwrap_or_else(|| "followed".to_owned());
    let is_news = shared.game.send_if_modified(|view| {
        let is_news = view.log.as_ref() != Some(&state);
        view.log = Some(state.clone());
        is_news
    });
    match (is_news, &*state) {
        (false, _) => {}
        (true, "followed") => tracing::info!(path = %path.display(), "the game's log is followed"),
        (true, error) => tracing::warn!(
            path = %path.display(),
            error,
            "presence.log_file cannot be followed; joins are seen by the game's list alone, every presence.interval"
        ),
    }
}

fn take(shared: &Shared, hint: &LogHint, stops_in_order: &mut bool) {
    match hint {
        LogHint::Joined(_) | LogHint::Left(_) => shared.hints.somebody_moved(&shared.wake_game),
        LogHint::Stopping => *stops_in_order = true,
        LogHint::Starting => {
            if !std::mem::take(stops_in_order) {
                shared.hints.crashed(shared.now());
            }
        }
    }
}
