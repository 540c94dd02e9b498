//! systemd's notifications (sd_notify(3)): one datagram of `KEY=value` lines to the socket that `$NOTIFY_SOCKET` names.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// A way to tell systemd, where it wants to be told.
#[derive(Debug, Default)]
pub struct SystemdNotifier {
    socket: Option<(UnixDatagram, SocketAddr)>,
    watchdog: Option<Duration>,
}

impl SystemdNotifier {
    /// From this process's environment.
    pub fn from_process() -> SystemdNotifier {
        let path = std::env::var("NOTIFY_SOCKET").ok();
        let meant = |pid: String| pid == std::process::id().to_string();
        let watched = std::env::var("WATCHDOG_PID").ok().is_none_or(meant);
        let interval = std::env::var("WATCHDOG_USEC").ok().and_then(|text| text.parse().ok());
        SystemdNotifier {
            socket: path.and_then(|path| open(&path)),
            watchdog: interval.filter(|_| watched).map(Duration::from_micros),
        }
    }

    /// Whether anybody wants to be told.
    pub fn is_enabled(&self) -> bool {
        self.socket.is_some()
    }

    /// How often systemd wants to hear that all is well; after that it takes the program for hung.
    pub fn watchdog_interval(&self) -> Option<Duration> {
        self.watchdog
    }

    /// Tells `state`. Nobody can be told when that fails; the watchdog notices.
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
    // A full socket must stop nobody.
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
