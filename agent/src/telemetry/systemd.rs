//! Notifies systemd: readiness, status, stopping, and the watchdog.

use crate::limits::NOTIFY_INTERVAL;
use crate::state::Link;
use crate::state::{Phase, Shared};
use std::sync::Arc;

/// Sends READY after the first attempt to connect to the store, keeps STATUS current, and feeds the watchdog while no task is stuck.
pub(crate) async fn run(shared: Arc<Shared>) {
    let shared = &*shared;
    let notifier = &shared.notifier;
    if !notifier.is_enabled() {
        return;
    }
    let interval = notifier.watchdog_interval().map_or(NOTIFY_INTERVAL, |watchdog| NOTIFY_INTERVAL.min(watchdog / 3));
    let (mut link, mut game) = (shared.link.subscribe(), shared.game.subscribe());
    let (mut last_status, mut ready, mut stopping, mut stuck_logged) = (String::new(), false, false, false);
    loop {
        let mut state = String::new();
        let status = status(shared);
        if status != last_status {
            state += &format!("STATUS={status}\n");
            last_status = status;
        }
        if !ready && !matches!(*link.borrow_and_update(), Link::Starting) {
            ready = true;
            state += "READY=1\n";
        }
        if !stopping && shared.is(Phase::Draining) {
            stopping = true;
            state += "STOPPING=1\n";
        }
        match shared.heartbeat.overdue() {
            None => {
                state += "WATCHDOG=1\n";
                stuck_logged = false;
            }
            Some(task) if !stuck_logged => {
                tracing::error!(task, "a task is stuck; starving the watchdog so that systemd restarts the agent");
                stuck_logged = true;
            }
            Some(_) => {}
        }
        notifier.notify(&state);
        tokio::select! { biased;
            changed = link.changed() => if changed.is_err() { return },
            changed = game.changed() => if changed.is_err() { return },
            () = shared.reached(Phase::Draining), if !stopping => {}
            () = tokio::time::sleep(interval) => {}
        }
    }
}

/// The text that `systemctl status` shows.
fn status(shared: &Shared) -> String {
    let (store, game) = (shared.store.borrow(), shared.game.borrow());
    let counts = shared.journal().counts().unwrap_or_default();
    let open: u64 =
        ["queued", "awaiting_player", "running", "uncertain"].iter().filter_map(|state| counts.get(*state)).sum();
    let reload = if shared.reload_error().is_some() { ", the changed configuration has errors" } else { "" };
    format!("store {}, game {} ({} players), {open} open{reload}", store.session.as_str(), game.state, game.players)
}
