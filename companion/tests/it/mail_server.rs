//! [`MailServer`]: an SMTP server without SMTPUTF8. The part of a recipient before the `@` says how it answers.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Stops a hanging test; even a loaded machine stays far below it.
const TEST_LIMIT: Duration = Duration::from_secs(300);
const QUEUE: usize = 100;

/// A mail that the server has accepted.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) headers: Vec<String>,
}

pub(crate) struct MailServer {
    address: SocketAddr,
    taken: mpsc::Receiver<Taken>,
    task: JoinHandle<()>,
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl MailServer {
    pub(crate) async fn start() -> MailServer {
        Self::busy_at_first(0).await
    }

    /// A server that greets the first connections, so many, with 554.
    pub(crate) async fn busy_at_first(busy: u32) -> MailServer {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (sender, taken) = mpsc::channel(QUEUE);
        MailServer { address, taken, task: tokio::spawn(serve(listener, busy, sender)) }
    }

    pub(crate) fn config(&self) -> String {
        format!("mail: {{server: '{}', from: shop@example.com, tls: none}}", self.address)
    }

    pub(crate) async fn next(&mut self) -> Taken {
        timeout(TEST_LIMIT, self.taken.recv()).await.expect("in time").expect("the server runs")
    }

    /// Waits for the next mail and returns its subject.
    pub(crate) async fn take(&mut self) -> String {
        self.next().await.subject
    }
}

async fn serve(listener: TcpListener, mut busy: u32, taken: mpsc::Sender<Taken>) {
    let mut known = BTreeSet::new();
    loop {
        let (stream, _) = listener.accept().await.expect("a connection");
        let mut stream = BufReader::new(stream);
        let greeting: &[u8] = if busy > 0 { b"554 no service\r\n" } else { b"220 test\r\n" };
        busy = busy.saturating_sub(1);
        stream.write_all(greeting).await.ok();
        session(&mut stream, &mut known, &taken).await;
    }
}

/// Serves a connection until either end closes it.
async fn session(stream: &mut BufReader<TcpStream>, known: &mut BTreeSet<String>, taken: &mpsc::Sender<Taken>) {
    let (mut mail, mut in_data) = (Taken::default(), false);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            return;
        }
        let line = line.trim_end();
        if in_data && line != "." {
            mail.headers.push(line.to_owned());
            if let Some(subject) = line.strip_prefix("Subject: ") {
                subject.clone_into(&mut mail.subject);
            }
            continue;
        }
        let answer = match line {
            "." => {
                in_data = false;
                taken.send(std::mem::take(&mut mail)).await.ok();
                "250 taken"
            }
            "DATA" => {
                in_data = true;
                "354 go on"
            }
            "QUIT" => {
                stream.write_all(b"221 bye\r\n").await.ok();
                return;
            }
            line if line.starts_with("EHLO") => "250-test\r\n250 8BITMIME",
            line => match line.strip_prefix("RCPT TO:<").and_then(|rest| rest.strip_suffix('>')) {
                Some(to) => {
                    to.clone_into(&mut mail.to);
                    match recipient(to, known) {
                        Some(answer) => answer,
                        None => return,
                    }
                }
                None => "250 ok",
            },
        };
        stream.write_all(format!("{answer}\r\n").as_bytes()).await.ok();
    }
}

/// The answer to a recipient; `None` hangs up.
fn recipient(to: &str, known: &mut BTreeSet<String>) -> Option<&'static str> {
    let is_known = !known.insert(to.to_owned());
    match to.split('@').next().unwrap_or_default() {
        "hang.up" => None,
        "stop" => Some("421 closing"),
        "stop.once" if !is_known => Some("421 closing"),
        "later.once" if !is_known => Some("451 try again later"),
        "nobody" => Some("550 no such mailbox"),
        _ => Some("250 ok"),
    }
}
