//! The cost of each single operation on this machine.

use crate::bench_env::{BenchEnv, middle, millis};
use flux_rcon::{Connection, Timeouts};
use flux_testkit::testbed::TestbedError;
use rusqlite::{Connection as Database, params};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

const TIMES: usize = 500;

/// Median durations.
pub(crate) struct Floor {
    /// A row of a journal's size, committed with a write-ahead log and `synchronous = FULL`.
    pub(crate) commit: Duration,
    /// A line over RCON and its answer, by the sandbox's game.
    pub(crate) trip: Duration,
    /// A request to the companion that does no work, with its connection.
    pub(crate) http: Duration,
    /// A few bytes over a connection of this machine.
    pub(crate) hop: Duration,
}

pub(crate) async fn measure() -> Result<Floor, TestbedError> {
    let mut env = BenchEnv::start("").await?;
    let floor =
        Floor { commit: commit(&env), trip: trip(&env, TIMES).await, http: http(&env).await?, hop: hop().await };
    env.stop().await?;
    println!("medians of {TIMES}, each alone, milliseconds");
    for (what, took) in [
        ("a durable commit of one row", floor.commit),
        ("a line over RCON and its answer", floor.trip),
        ("an HTTP request with its connection", floor.http),
        ("a hop over a connection of this machine", floor.hop),
    ] {
        println!("  {what:<44} {}", millis(took));
    }
    Ok(floor)
}

fn commit(env: &BenchEnv) -> Duration {
    let database = Database::open(env.testbed.folder().join("floor.db")).expect("a database");
    database.pragma_update(None, "journal_mode", "WAL").expect("set");
    database.pragma_update(None, "synchronous", "FULL").expect("set");
    database.execute_batch("CREATE TABLE row (id INTEGER PRIMARY KEY, text TEXT)").expect("a table");
    let text = "x".repeat(600);
    let mut times = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let start = Instant::now();
        database.execute("INSERT INTO row (text) VALUES (?1)", params![text]).expect("a row");
        times.push(start.elapsed());
    }
    middle(times)
}

/// A line over RCON and its answer, by the running game.
pub(crate) async fn trip(env: &BenchEnv, times: usize) -> Duration {
    let password = "sandbox-rcon-password".into();
    let address = env.testbed.rcon_address.to_string();
    let timeouts = Timeouts::each(Duration::from_secs(10));
    let mut connection = Connection::open(&address, &password, timeouts).await.expect("a connection");
    let mut took = Vec::with_capacity(times);
    for _ in 0..times {
        let start = Instant::now();
        connection.run("time query gametime").await;
        took.push(start.elapsed());
    }
    middle(took)
}

async fn http(env: &BenchEnv) -> Result<Duration, TestbedError> {
    let mut times = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let start = Instant::now();
        env.api.get("/health/live").await?;
        times.push(start.elapsed());
    }
    Ok(middle(times))
}

async fn hop() -> Duration {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let echo = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut bytes = [0; 64];
        while stream.read_exact(&mut bytes).await.is_ok() {
            stream.write_all(&bytes).await.expect("written");
        }
    });
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.set_nodelay(true).expect("set");
    let mut times = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let start = Instant::now();
        stream.write_all(&[0; 64]).await.expect("written");
        stream.read_exact(&mut [0; 64]).await.expect("read");
        // One round trip.
        times.push(start.elapsed() / 2);
    }
    echo.abort();
    middle(times)
}
