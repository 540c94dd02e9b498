//! Many clients on one hub over loopback: memory for each connection, and the time of a broadcast. `make bench` runs it;
//! the figures are never judged. `FLUX_BENCH_CONNECTIONS` sets the number of clients (10,000); 100 is a quick check that
//! it works.
//!
//! The clients are a process of their own, so that the hub's memory is measured alone, and because each side needs an
//! open file for each connection.

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
    hub::{
        AuthRejection, Caller, ConnectionId, Credentials, Hub, HubConnection, HubError, HubOptions, HubService,
        NegotiationKey,
    },
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use secrecy::SecretString;
use serde_json::Value;
use tokio::{
    net::TcpListener,
    sync::mpsc,
    task::JoinSet,
    time::{Instant, timeout},
};

type Failure = Box<dyn Error + Send + Sync>;

const CONNECTIONS: usize = 10_000;
/// Concurrent handshakes.
const CONCURRENT_HANDSHAKES: usize = 64;
const ROUNDS: usize = 5;
/// Open files besides the connections: standard streams, the listener, the runtime's own.
const OTHER_FILES: u64 = 100;
/// Until all clients are connected; ten thousand take about 15 s. A client retries for ever, so a hub that refuses one
/// would otherwise keep the benchmark running.
const CONNECT_DEADLINE: Duration = Duration::from_secs(300);
/// For one broadcast.
const ROUND_DEADLINE: Duration = Duration::from_secs(60);

/// Broadcasts every call to all connections.
#[derive(Default)]
struct Room(Mutex<BTreeMap<ConnectionId, HubConnection>>);

impl HubService for Room {
    type Identity = [u8; 0];

    async fn authenticate(&self, _: Credentials) -> Result<[u8; 0], AuthRejection> {
        Ok([])
    }

    async fn negotiation_key(&self) -> Result<NegotiationKey, AuthRejection> {
        Ok(NegotiationKey::new([7; 32]))
    }

    async fn connected(&self, caller: &Caller<[u8; 0]>) {
        let mut room = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        room.insert(caller.connection.id(), caller.connection.clone());
    }

    async fn invoke(&self, _: &Caller<[u8; 0]>, target: &str, arguments: Vec<Value>) -> Result<Value, HubError> {
        let room = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let reached = room.values().filter(|listener| listener.send(target, arguments.clone()).is_ok()).count();
        Ok(reached.into())
    }

    async fn disconnected(&self, caller: &Caller<[u8; 0]>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&caller.connection.id());
    }
}

struct NoToken;

impl TokenSource for NoToken {
    fn token(&self) -> Option<SecretString> {
        None
    }
}

#[expect(clippy::disallowed_methods, clippy::expect_used, reason = "a benchmark has no entropy module")]
fn fill_random(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system gives random bytes");
}

/// The resident memory of this process.
fn resident_bytes() -> Result<usize, Failure> {
    let pages = std::fs::read_to_string("/proc/self/statm")?;
    let pages: usize = pages.split(' ').nth(1).ok_or("no resident size in statm")?.parse()?;
    Ok(pages * rustix::param::page_size())
}

/// Raises the limit on open files as far as it goes, and returns how many of the `wanted` connections it allows.
fn raise_file_limit(wanted: usize) -> Result<usize, Failure> {
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
        _ => hub(raise_file_limit(wanted_connections()?)?).await,
    }
}

fn wanted_connections() -> Result<usize, Failure> {
    match std::env::var("FLUX_BENCH_CONNECTIONS") {
        Ok(count) => Ok(count.parse().map_err(|_| "FLUX_BENCH_CONNECTIONS is not a number of connections")?),
        Err(_) => Ok(CONNECTIONS),
    }
}

async fn hub(count: usize) -> Result<(), Failure> {
    // All clients share one identity, so the limit for one identity must have room for all of them.
    let options = HubOptions { max_connections: count, max_connections_per_identity: count, ..HubOptions::default() };
    let hub = Hub::new(Arc::new(Room::default()), options, Arc::new(fill_random), Arc::new(|| Duration::from_secs(1)));
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
    let status = clients.wait()?;
    if !status.success() {
        return Err(format!("the clients' process failed: {status}").into());
    }
    println!("hub: {:.1} KiB in memory per connection", held as f64 / count as f64 / 1024.0);
    Ok(())
}

async fn clients(address: &str, count: usize) -> Result<(), Failure> {
    raise_file_limit(count)?;
    let before = resident_bytes()?;
    let start = Instant::now();
    let mut sessions = Vec::with_capacity(count);
    if timeout(CONNECT_DEADLINE, connect_all(address, count, &mut sessions)).await.ok().transpose()?.is_none() {
        let connected = sessions.len();
        return Err(format!("only {connected} of {count} clients connected within {CONNECT_DEADLINE:?}").into());
    }
    println!("connected: {count} clients in {:.1?}, negotiation and handshake included", start.elapsed());
    let held = resident_bytes()?.saturating_sub(before);
    println!("clients: {:.1} KiB in memory per connection", held as f64 / count as f64 / 1024.0);
    rounds(sessions).await
}

async fn connect_all(address: &str, count: usize, sessions: &mut Vec<Session>) -> Result<(), Failure> {
    let options = ClientOptions::new(format!("http://{address}/hub").parse()?);
    let mut connecting = JoinSet::new();
    for _ in 0..count {
        if connecting.len() == CONCURRENT_HANDSHAKES {
            sessions.extend(connecting.join_next().await.transpose()?);
        }
        let options = options.clone();
        connecting.spawn(async move {
            let mut client =
                Client::new(options, Arc::new(TcpDialer::new(None)), Arc::new(NoToken), Box::new(|bound| bound - 1));
            client.next_session().await
        });
    }
    while let Some(session) = connecting.join_next().await {
        sessions.push(session?);
    }
    Ok(())
}

/// One client broadcasts 100 bytes to all; measured from its call to the last receipt.
async fn rounds(sessions: Vec<Session>) -> Result<(), Failure> {
    let count = sessions.len();
    let sender = sessions.first().ok_or("nobody is connected")?.connection.clone();
    let (receipt, mut receipts) = mpsc::channel(1024);
    let mut connections = Vec::with_capacity(count);
    for mut session in sessions {
        connections.push(session.connection);
        let receipt = receipt.clone();
        tokio::spawn(async move { while session.incoming.recv().await.is_some() && receipt.send(()).await.is_ok() {} });
    }
    for round in 1..=ROUNDS {
        let start = Instant::now();
        let reached = sender.invoke("Broadcast", vec!["x".repeat(100).into()], ROUND_DEADLINE).await?;
        for received in 0..count {
            let left = ROUND_DEADLINE.saturating_sub(start.elapsed());
            let receipt = timeout(left, receipts.recv()).await;
            receipt
                .map_err(|_| format!("round {round}: only {received} of {count} received it in {ROUND_DEADLINE:?}"))?
                .ok_or("a client disconnected")?;
        }
        println!("round {round}: {reached} of {count} received it, the last after {:.1?}", start.elapsed());
    }
    Ok(())
}
