//! Many idle connections leave room for requests.

use crate::cli::Program;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::time::Instant;

/// Idle connections; fewer if this process may not open as many files.
const CONNECTIONS: usize = 10_000;
/// Stops a hanging test; even a loaded machine stays far below it.
const TEST_LIMIT: Duration = Duration::from_secs(300);

/// A companion in its own process, which ends with the test.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn allowed_files() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").expect("the limits");
    let line = limits.lines().find(|line| line.starts_with("Max open files")).expect("the limit of open files");
    line.split_whitespace().nth(3).and_then(|soft| soft.parse().ok()).unwrap_or(usize::MAX)
}

fn is_ready(address: SocketAddr) -> bool {
    use std::io::{Read, Write};
    let Ok(mut stream) = TcpStream::connect(address) else { return false };
    stream.set_read_timeout(Some(TEST_LIMIT)).expect("set");
    let mut answer = String::new();
    let sent = stream.write_all(b"GET /health/ready HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    sent.and_then(|()| stream.read_to_string(&mut answer)).is_ok() && answer.starts_with("HTTP/1.1 200")
}

#[test]
fn idle_connections_do_not_block_requests() {
    let folder = tempfile::tempdir().expect("a folder");
    let address = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    let program = Program::in_folder(folder.path());
    program.print(&["init"]);
    let config = folder.path().join("serve.yml");
    std::fs::write(&config, format!("database: companion.db\nlisten: {address}\n")).expect("written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_flux-companion"));
    command.arg("--config").arg(&config).arg("serve").stderr(Stdio::null());
    let _serving = Serving(command.spawn().expect("it starts"));
    let began = Instant::now();
    while !is_ready(address) {
        assert!(began.elapsed() < TEST_LIMIT, "it serves in time");
        std::thread::yield_now();
    }
    let count = CONNECTIONS.min(allowed_files().saturating_sub(200));
    let idle: Vec<TcpStream> = (0..count).map(|_| TcpStream::connect(address).expect("a connection")).collect();
    assert!(is_ready(address), "with {} connections open", idle.len());
}
