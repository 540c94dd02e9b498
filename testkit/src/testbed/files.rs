//! Secret files and free ports for the testbed.

use super::TestbedError;
use std::fs::OpenOptions;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

/// Writes a file that only its owner can read.
pub(super) fn write_private(path: &Path, text: &str) -> Result<(), TestbedError> {
    let failed = || TestbedError::io(format!("writing {}", path.display()));
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path).map_err(failed())?;
    file.write_all(text.as_bytes()).map_err(failed())
}

/// Ports below those that the system uses for outgoing connections, so that another test's connection cannot take one while its program restarts.
const PORTS: u32 = 20_000;
const FIRST_PORT: u32 = 10_000;
/// Ports for one process before it reaches the next process's range.
const PORTS_EACH: u32 = 16;

/// A free loopback address that the programs keep over their restarts; another process gets others.
pub(super) fn free_address() -> Result<SocketAddr, TestbedError> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    for _ in 0..PORTS {
        let number = std::process::id().wrapping_mul(PORTS_EACH).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = u16::try_from(FIRST_PORT + number % PORTS).unwrap_or_default();
        if let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            return listener.local_addr().map_err(TestbedError::io("finding a free port"));
        }
    }
    Err(TestbedError::Answer("no port is free".into()))
}
