use std::sync::{Arc, Mutex};

use serde_json::Value;

pub const TOKEN: &str = "let-me-in";

/// What the server's calls brought, as `Push(text)`.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub fn note(&self, line: String) {
        self.0.lock().expect("no holder panics").push(line);
    }

    pub fn lines(&self) -> Vec<String> {
        self.0.lock().expect("no holder panics").clone()
    }
}

/// A client under observation. It handles `Push(text)` and `Three(text, number, number)` by noting them, and answers
/// `Ask(text)` with `answer` if it can.
pub trait Subject: Sized {
    /// Connects to `http://127.0.0.1:port/hub` with [`TOKEN`] as its bearer token, and reconnects by itself if it can.
    async fn connect(port: u16, log: Log) -> Result<Self, String>;

    /// Calls a method of the server and waits for its result, however long.
    async fn call(&mut self, target: &str, arguments: &[&str]) -> Result<Value, String>;
}
