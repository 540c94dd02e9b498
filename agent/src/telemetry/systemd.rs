//! systemd's notifications (sd_notify(3)): one datagram of `KEY=value` lines to the socket that `$NOTIFY_SOCKET` names.

use crate::limits::NOTIFY_INTERVAL;
use crate::store::Link;
use crate::{Phase, Shared};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::Arc;
use std::time::Duration;

/// A way to tell systemd, where it wants to be told.
#[derive(Debug, Default)]
pub struct Notifier {
    socket: Option<(UnixDatagram, SocketAddr)>,
    /// How often it wants to hear that all is well.
    watchdog: Option<Duration>,
}

impl Notifier {
    /// From this process's environment.
    pub fn from_process() -> Notifier {
        let path = std::env::var("NOTIFY_SOCKET").ok();
        let meant = |pid: String| pid == std::process::id().to_string();
        let watched = std::env::var("WATCHDOG_PID").ok().is_none_or(meant);
        let interval = std::env::var("WATCHDOG_USEC").ok().and_then(|text| text.parse().ok());
        Notifier {
            socket: path.and_then(|path| open(&path)),
            watchdog: interval.filter(|_| watched).map(Duration::from_micros),
        }
    }

    /// Tells `state`. Nobody can be told when that fails; the watchdog notices.
    pub fn tell(&self, state: &str) {
        if let Some((socket, address)) = &self.socket {
            let _ = socket.send_to_addr(state.as_bytes(), address);
        }
    }
}

fn open(path: &str) -> Option<(UnixDatagram, SocketAddr)> {
    let address = match path.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name),
        None => SocketAddr::from_pathname(path),
    };
    let socket = UnixDatagram::unbound().ok()?;
    // A full socket must not stop the one thread of the agent.
    socket.set_nonblocking(true).ok()?;
    Some((socket, address.ok()?))
}

/// Says READY once the first connection to the store has been tried, keeps STATUS current, and feeds the watchdog while every task turns.
pub(crate) async fn run(shared: Arc<Shared>) {
    let shared = &*shared;
    let notifier = &shared.notifier;
    if notifier.socket.is_none() {
        return;
    }
    let interval = notifier.watchdog.map_or(NOTIFY_INTERVAL, |watchdog| NOTIFY_INTERVAL.min(watchdog / 3));
    let (mut link, mut game) = (shared.link.subscribe(), shared.game.subscribe());
    let (mut told, mut ready, mut stopping, mut late_told) = (String::new(), false, false, false);
    loop {
        let mut state = String::new();
        let status = status(shared);
        if status != told {
            state += &format!("STATUS={status}\n");
            told = status;
        }
        if !ready && !matches!(*link.borrow_and_update(), Link::Starting) {
            ready = true;
            state += "READY=1\n";
        }
        if !stopping && shared.is(Phase::Draining) {
            stopping = true;
            state += "STOPPING=1\n";
        }
        match shared.pulse.late() {
            None => {
                state += "WATCHDOG=1\n";
                late_told = false;
            }
            Some(task) if !late_told => {
                tracing::error!(task, "a task is stuck; the watchdog is not fed, so that systemd restarts the agent");
                late_told = true;
            }
            Some(_) => {}
        }
        notifier.tell(&state);
        tokio::select! { biased;
            changed = link.changed() => if changed.is_err() { return },
            changed = game.changed() => if changed.is_err() { return },
            () = shared.reached(Phase::Draining), if !stopping => {}
            () = tokio::time::sleep(interval) => {}
        }
    }
}

/// What `systemctl status` shows.
fn status(shared: &Shared) -> String {
    let (store, game) = (shared.store.borrow(), shared.game.borrow());
    let counts = shared.journal().counts().unwrap_or_default();
    let open: u64 =
        ["queued", "awaiting_player", "running", "uncertain"].iter().filter_map(|state| counts.get(*state)).sum();
    let reload = if shared.reload_error().is_some() { ", the changed configuration is broken" } else { "" };
    format!("store {}, game {} ({} players), {open} open{reload}", store.session.as_str(), game.state, game.players)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_arrives_at_the_socket_that_is_named() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("notify");
        let systemd = UnixDatagram::bind(&path).unwrap();
        let notifier = Notifier { socket: open(path.to_str().unwrap()), watchdog: None };
        notifier.tell("READY=1\n");
        let mut bytes = [0; 64];
        let length = systemd.recv(&mut bytes).unwrap();
        assert_eq!(&bytes[..length], b"READY=1\n");
    }
}
