//! Notifications to systemd (sd_notify(3)): one datagram of `KEY=value` lines to the socket in `$NOTIFY_SOCKET`.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// Sends notifications to systemd, if `$NOTIFY_SOCKET` is set.
#[derive(Debug, Default)]
pub struct SystemdNotifier {
    socket: Option<(UnixDatagram, SocketAddr)>,
    watchdog: Option<Duration>,
}

impl SystemdNotifier {
    /// Reads the socket and the watchdog interval from the environment of the process.
    pub fn from_process() -> SystemdNotifier {
        let path = std::env::var("NOTIFY_SOCKET").ok();
        let is_own_pid = |pid: String| pid == std::process::id().to_string();
        let is_watched = std::env::var("WATCHDOG_PID").ok().is_none_or(is_own_pid);
        let interval = std::env::var("WATCHDOG_USEC").ok().and_then(|text| text.parse().ok());
        SystemdNotifier {
            socket: path.and_then(|path| open(&path)),
            watchdog: interval.filter(|_| is_watched).map(Duration::from_micros),
        }
    }

    /// True if `$NOTIFY_SOCKET` is set.
    pub fn is_enabled(&self) -> bool {
        self.socket.is_some()
    }

    /// The longest time between two `WATCHDOG=1` notifications; after it systemd takes the program for hung.
    pub fn watchdog_interval(&self) -> Option<Duration> {
        self.watchdog
    }

    /// Sends `state`. A failure is ignored; the watchdog notices it.
    pub fn notify(&self, state: &str) {
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
    // A full socket must not block the program.
    socket.set_nonblocking(true).ok()?;
    Some((socket, address.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notification_arrives_at_the_named_socket() {
        let path = std::env::temp_dir().join(format!("flux-notify-{}", std::process::id()));
        let systemd = UnixDatagram::bind(&path).unwrap();
        let notifier = SystemdNotifier { socket: open(path.to_str().unwrap()), watchdog: None };
        notifier.notify("READY=1\n");
        let mut bytes = [0; 64];
        let length = systemd.recv(&mut bytes).unwrap();
        assert_eq!(&bytes[..length], b"READY=1\n");
        std::fs::remove_file(path).unwrap();
    }
}
