//! [`Crowd`]: agents in child processes, and the lines that they print.

use jiff::Timestamp;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;

/// Number of processes for the agents.
const PROCESSES: usize = 2;
const QUEUED_LINES: usize = 1_024;

/// Agents in child processes, and their output.
pub(crate) struct Crowd {
    said: mpsc::Receiver<String>,
    _processes: Vec<Child>,
}

impl Crowd {
    /// Starts one agent for each token.
    pub(crate) fn start<'a>(url: &str, tokens: impl Iterator<Item = &'a String>) -> Crowd {
        let tokens: Vec<&String> = tokens.collect();
        let (says, said) = mpsc::channel(QUEUED_LINES);
        let processes = tokens
            .chunks(tokens.len().div_ceil(PROCESSES))
            .map(|tokens| {
                let mut process = Command::new(std::env::current_exe().expect("this program"))
                    .args(["agents", url])
                    .stdin(Stdio::piped())
                    .stdout(Stdio::piped())
                    .kill_on_drop(true)
                    .spawn()
                    .expect("a process");
                let (mut input, output) = (process.stdin.take().expect("piped"), process.stdout.take().expect("piped"));
                let text = tokens.iter().map(|token| format!("{token}\n")).collect::<String>();
                tokio::spawn(async move { input.write_all(text.as_bytes()).await });
                let says = says.clone();
                tokio::spawn(async move {
                    let mut lines = BufReader::new(output).lines();
                    while let Ok(Some(line)) = lines.next_line().await {
                        if says.send(line).await.is_err() {
                            return;
                        }
                    }
                });
                process
            })
            .collect();
        Crowd { said, _processes: processes }
    }

    /// Waits until this many sessions are open.
    pub(crate) async fn sessions(&mut self, count: usize) {
        let mut open = 0;
        while open < count {
            open += usize::from(self.line().await == "session");
        }
    }

    /// Waits for this many commands; returns the order and the arrival time of each.
    pub(crate) async fn commands(&mut self, count: usize) -> Vec<(String, Timestamp)> {
        let mut received = Vec::with_capacity(count);
        while received.len() < count {
            let line = self.line().await;
            received.extend(line.split_once(' ').map(|(order, at)| (order.to_owned(), at.parse().expect("a time"))));
        }
        received
    }

    async fn line(&mut self) -> String {
        self.said.recv().await.expect("the agents live")
    }
}
