//! Sockets of the program: many idle connections leave room for requests, and metrics have an address of their own.

use crate::cli::Program;
use std::fs::File;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command};
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

/// The whole answer; `None` if nobody listens.
fn get(address: SocketAddr, path: &str) -> Option<String> {
    use std::io::{Read, Write};
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(TEST_LIMIT)).expect("set");
    let mut answer = String::new();
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).and_then(|()| stream.read_to_string(&mut answer)).ok().map(|_| answer)
}

fn is_ready(address: SocketAddr) -> bool {
    get(address, "/health/ready").is_some_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port")
}

/// Starts a companion at this address, and waits until it serves.
fn serve(folder: &Path, address: SocketAddr, more: &str) -> Serving {
    Program::in_folder(folder).print(&["init"]);
    let config = folder.join("serve.yml");
    std::fs::write(&config, format!("database: companion.db\nlisten: {address}\n{more}")).expect("written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_flux-companion"));
    command.arg("--config").arg(&config).arg("serve");
    command.stderr(File::create(folder.join("log")).expect("a file"));
    let serving = Serving(command.spawn().expect("it starts"));
    let began = Instant::now();
    while !is_ready(address) {
        assert!(began.elapsed() < TEST_LIMIT, "it serves in time");
        std::thread::yield_now();
    }
    serving
}

#[test]
fn metrics_are_served_at_their_own_address_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let (public, metrics) = (free_address(), free_address());
    let _serving = serve(folder.path(), public, &format!("metrics: {{listen: '{metrics}'}}\n"));
    let page = get(metrics, "/metrics").expect("an answer");
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("flux_companion_info{version="), "{page}");
    assert!(get(public, "/metrics").expect("an answer").starts_with("HTTP/1.1 404"));
    assert!(get(metrics, "/openapi.json").expect("an answer").starts_with("HTTP/1.1 404"));
    assert!(is_ready(metrics));
}

#[test]
fn key_in_a_path_is_masked_in_the_log() {
    let folder = tempfile::tempdir().expect("a folder");
    let address = free_address();
    let mut serving = serve(folder.path(), address, "log: {level: trace}\n");
    let secret = "0123456789abcdefABCDEF0123456789";
    for path in [format!("/flux_sk_{secret}"), format!("/api/v1/orders/srv_0123456789ab.{secret}")] {
        get(address, &path).expect("an answer");
    }
    let pid = serving.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("it starts").success());
    assert!(serving.0.wait().expect("it ends").success());
    let log = std::fs::read_to_string(folder.path().join("log")).expect("a log");
    assert!(log.contains("http.path=/flux_sk_***") && log.contains("orders/srv_0123456789ab.***"), "{log}");
    assert!(!log.contains(secret), "{log}");
}

#[test]
fn many_wrong_keys_are_one_line_of_the_log() {
    let folder = tempfile::tempdir().expect("a folder");
    let address = free_address();
    let mut serving = serve(folder.path(), address, "");
    for _ in 0..20 {
        assert!(get(address, "/api/v1/orders").expect("an answer").starts_with("HTTP/1.1 401"));
    }
    let pid = serving.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("it starts").success());
    assert!(serving.0.wait().expect("it ends").success());
    let log = std::fs::read_to_string(folder.path().join("log")).expect("a log");
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("refused wrong keys")).collect();
    let line = "requests=20 client.address=127.0.0.1 client.requests=20";
    assert!(lines.len() == 1 && lines[0].contains(line), "{log}");
}

#[test]
fn idle_connections_do_not_block_requests() {
    let folder = tempfile::tempdir().expect("a folder");
    let address = free_address();
    let _serving = serve(folder.path(), address, "");
    let count = CONNECTIONS.min(allowed_files().saturating_sub(200));
    let idle: Vec<TcpStream> = (0..count).map(|_| TcpStream::connect(address).expect("a connection")).collect();
    assert!(is_ready(address), "with {} connections open", idle.len());
}
