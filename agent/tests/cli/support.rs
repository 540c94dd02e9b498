//! A folder with a config, and a web server that gives prepared answers, for tests of the command line.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

pub(crate) const SERVER: &str = "srv_abcdefghij12";
pub(crate) const TOKEN: &str = "srv_abcdefghij12.0123456789abcdefghijABCDEFGHIJxy";
pub(crate) const NEW_TOKEN: &str = "srv_abcdefghij12.newnewnewnewnewnewnewnewnewnewnw";

/// A config with `store.token_file`, and its directories.
pub(crate) struct Host {
    pub(crate) folder: TempDir,
}

impl Host {
    pub(crate) fn new(store_url: &str) -> Host {
        let host = Host { folder: TempDir::new().unwrap() };
        let folder = host.folder.path().display();
        host.write(
            "config.yml",
            &format!(
                "store:\n  url: {store_url}\n  token_file: {folder}/token\nrcon:\n  address: 127.0.0.1:9\n  password: planted-secret\n\
                 state_dir: {folder}/state\nruntime_dir: {folder}/run\n"
            ),
        );
        host.write("token", &format!("{TOKEN}\n"));
        host
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
        std::fs::set_permissions(self.path(name), std::fs::Permissions::from_mode(0o600)).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flux-agent"));
        command.arg("--config").arg(self.path("config.yml")).args(arguments);
        command
    }

    /// Runs a command to its end. Returns the exit code, and stdout with stderr.
    pub(crate) fn run(&self, arguments: &[&str]) -> (i32, String) {
        outcome(self.command(arguments).output().unwrap())
    }

    /// Runs a command with this text on stdin.
    pub(crate) fn run_with(&self, arguments: &[&str], input: &str) -> (i32, String) {
        let mut command = self.command(arguments);
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        outcome(child.wait_with_output().unwrap())
    }
}

fn outcome(output: Output) -> (i32, String) {
    let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), text)
}

/// Serves until the process ends. `answer` gets method and path, and returns the bytes of the answer.
pub(crate) fn serve(answer: impl Fn(&str, &str) -> Vec<u8> + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            // A client may leave before its answer.
            let _ = serve_one(stream.unwrap(), &answer);
        }
    });
    address
}

/// Answers the one request of a connection.
pub(crate) fn serve_one(stream: TcpStream, answer: &impl Fn(&str, &str) -> Vec<u8>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let (mut first, mut length) = (Vec::new(), 0);
    // Bytes that are not text, such as a TLS greeting, are a request too.
    reader.read_until(b'\n', &mut first)?;
    let first = String::from_utf8_lossy(&first).into_owned();
    let mut line = first.clone();
    while first.contains("HTTP/1.1") && !line.trim().is_empty() {
        line.clear();
        reader.read_line(&mut line)?;
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    reader.read_exact(&mut vec![0; length])?;
    let mut words = first.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    reader.get_mut().write_all(&answer(method, path))
}

/// An answer with headers, each as a whole line.
pub(crate) fn response(status: &str, headers: &[&str], body: &str) -> Vec<u8> {
    let headers: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
        .into_bytes()
}

pub(crate) const NEGOTIATED: &str = r#"{"negotiateVersion":1,"connectionId":"a","connectionToken":"b","availableTransports":[{"transport":"WebSockets","transferFormats":["Text"]}]}"#;
