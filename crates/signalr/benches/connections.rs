//! Many clients on one hub over loopback: what a connection weighs, and how long a message to all takes. `make bench`
//! runs it; figures, never a test. `cargo bench -p flux-signalr --bench connections -- 1000` takes another number.
//!
//! The clients are a process of their own, so that the hub's memory is the hub's, and as each side needs a file for
//! each connection.

use std::{
    collections::BTreeMap,
    error::Error,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::Router;
use flux_signalr::{
    client::{Client, ClientOptions, Session, TcpDialer, TokenSource},
    hub::{AuthRejection, Caller, Credentials, Hub, HubConnection, HubError, HubOptions, HubService},
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use secrecy::SecretString;
use serde_json::Value;
use tokio::{net::TcpListener, sync::mpsc, task::JoinSet, time::Instant};

type Failure = Box<dyn Error + Send + Sync>;

const CONNECTIONS: usize = 10_000;
/// Handshakes under way at once.
const AT_ONCE: usize = 64;
const ROUNDS: usize = 5;
/// Standard streams, the listener, the runtime's own.
const OTHER_FILES: u64 = 100;
const DEADLINE: Duration = Duration::from_secs(60);

/// Everybody hears what one says.
#[derive(Default)]
struct Room(Mutex<BTreeMap<u64, HubConnection>>);

impl HubService for Room {
    type Identity = ();

    async fn authenticate(&self, _: Credentials) -> Result<(), AuthRejection> {
        Ok(())
    }

    async fn connected(&self, caller: &Caller<()>) {
        let mut room = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        room.insert(caller.connection.id(), caller.connection.clone());
    }

    async fn invoke(&self, _: &Caller<()>, target: &str, arguments: Vec<Value>) -> Result<Value, HubError> {
        let room = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let heard = room.values().filter(|listener| listener.send(target, arguments.clone()).is_ok()).count();
        Ok(heard.into())
    }

    async fn disconnected(&self, caller: &Caller<()>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&caller.connection.id());
    }
}

struct NoToken;

impl TokenSource for NoToken {
    fn token(&self) -> Option<SecretString> {
        None
    }
}

#[expect(clippy::disallowed_methods, clippy::expect_used, reason = "a benchmark is its own entropy module")]
fn fill_random(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system gives random bytes");
}

/// What this process has in memory.
fn resident_bytes() -> Result<usize, Failure> {
    let pages = std::fs::read_to_string("/proc/self/statm")?;
    let pages: usize = pages.split(' ').nth(1).ok_or("no resident size in statm")?.parse()?;
    Ok(pages * rustix::param::page_size())
}

/// How many connections this process may hold, the limit on files raised as far as it goes.
fn room_for(wanted: usize) -> Result<usize, Failure> {
    let maximum = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })?;
    let room = maximum.unwrap_or(u64::MAX).saturating_sub(OTHER_FILES);
    Ok(wanted.min(usize::try_from(room).unwrap_or(usize::MAX)))
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    match arguments.as_slice() {
        [word, address, count] if word == "clients" => clients(address, count.parse()?).await,
        [count] => hub(room_for(count.parse()?)?).await,
        _ => hub(room_for(CONNECTIONS)?).await,
    }
}

async fn hub(count: usize) -> Result<(), Failure> {
    let options = HubOptions { max_connections: count, max_negotiations: count, ..HubOptions::default() };
    let hub = Hub::new(Arc::new(Room::default()), options, Arc::new(fill_random));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let router = Router::new().nest("/hub", hub.router());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let before = resident_bytes()?;

    let program = std::env::current_exe()?;
    let mut clients =
        Command::new(program).args(["clients", &address, &count.to_string()]).stdout(Stdio::piped()).spawn()?;
    let output = clients.stdout.take().ok_or("the clients have no output")?;
    let measured = tokio::task::spawn_blocking(move || -> Result<usize, Failure> {
        let mut held = before;
        for line in BufReader::new(output).lines() {
            let line = line?;
            if line.starts_with("connected") {
                held = resident_bytes()?;
            }
            println!("{line}");
        }
        Ok(held)
    });
    let held = measured.await??.saturating_sub(before);
    clients.wait()?;
    println!("hub: {:.1} KiB in memory per connection", held as f64 / count as f64 / 1024.0);
    Ok(())
}

async fn clients(address: &str, count: usize) -> Result<(), Failure> {
    room_for(count)?;
    let before = resident_bytes()?;
    let start = Instant::now();
    let sessions = connect_all(address, count).await?;
    println!("connected: {count} clients in {:.1?}, negotiation and handshake included", start.elapsed());
    let held = resident_bytes()?.saturating_sub(before);
    println!("clients: {:.1} KiB in memory per connection", held as f64 / count as f64 / 1024.0);
    rounds(sessions).await
}

async fn connect_all(address: &str, count: usize) -> Result<Vec<Session>, Failure> {
    let options = ClientOptions::new(format!("http://{address}/hub").parse()?);
    let mut sessions = Vec::with_capacity(count);
    let mut connecting = JoinSet::new();
    for _ in 0..count {
        if connecting.len() == AT_ONCE {
            sessions.extend(connecting.join_next().await.transpose()?);
        }
        let options = options.clone();
        connecting.spawn(async move {
            let mut client =
                Client::new(options, Arc::new(TcpDialer::new(None)), Arc::new(NoToken), Box::new(|bound| bound - 1));
            client.next_session().await
        });
    }
    sessions.extend(connecting.join_all().await);
    Ok(sessions)
}

/// One says a word of 100 bytes, and all hear it: from the call to the last receipt.
async fn rounds(sessions: Vec<Session>) -> Result<(), Failure> {
    let count = sessions.len();
    let speaker = sessions.first().ok_or("nobody is connected")?.connection.clone();
    let (heard, mut hearing) = mpsc::channel(1024);
    let mut connections = Vec::with_capacity(count);
    for mut session in sessions {
        connections.push(session.connection);
        let heard = heard.clone();
        tokio::spawn(async move { while session.incoming.recv().await.is_some() && heard.send(()).await.is_ok() {} });
    }
    for round in 1..=ROUNDS {
        let start = Instant::now();
        let reached = speaker.invoke("Said", vec!["x".repeat(100).into()], DEADLINE).await?;
        for _ in 0..count {
            hearing.recv().await.ok_or("a client left")?;
        }
        println!("round {round}: {reached} of {count} heard it, the last after {:.1?}", start.elapsed());
    }
    Ok(())
}
