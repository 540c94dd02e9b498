//! Captures the log of all programs and checks that no secret is in it. `LOGS=1` prints it, each line with its simulated time.

use std::fmt;
use std::io::{self, Write};
use std::sync::{Mutex, Once};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;

static SECRETS: Mutex<Vec<String>> = Mutex::new(Vec::new());
static LEAKS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Adds a secret that no log line may contain from now on.
pub fn keep_secret(secret: &str) {
    SECRETS.lock().unwrap().push(secret.to_owned());
}

/// The lines with a secret in them. Clears the secrets of this history.
pub fn leaks() -> Vec<String> {
    SECRETS.lock().unwrap().clear();
    std::mem::take(&mut LEAKS.lock().unwrap())
}

/// Captures everything that this process logs.
pub fn listen() {
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| {
        let level = if is_printed() {
            tracing_subscriber::filter::LevelFilter::DEBUG
        } else {
            tracing_subscriber::filter::LevelFilter::INFO
        };
        tracing_subscriber::fmt()
            .with_max_level(level)
            .with_ansi(false)
            .with_timer(Simulated)
            .with_writer(|| Listener)
            .init();
    });
}

fn is_printed() -> bool {
    std::env::var_os("LOGS").is_some()
}

struct Simulated;

impl FormatTime for Simulated {
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        write!(writer, "{:?}", turmoil::sim_elapsed().unwrap_or_default())
    }
}

struct Listener;

impl Write for Listener {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        if SECRETS.lock().unwrap().iter().any(|secret| text.contains(secret)) {
            LEAKS.lock().unwrap().push(text.to_string());
        }
        if is_printed() {
            print!("{text}");
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
