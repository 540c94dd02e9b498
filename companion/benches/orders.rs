//! `make bench`: paid orders a second, durable, beside the floor (SQLite alone writing the same rows in groups of the same
//! size), and reads meanwhile. Through the API without sockets. Figures, never a test.
//!
//! `FLUX_BENCH_ORDERS` orders are measured (20,000), after `FLUX_BENCH_BEFORE` (0) were put into the file, as copies
//! of one order made with SQL.

#![expect(clippy::expect_used, reason = "a benchmark that fails has nothing to go on with")]

use axum::Router;
use axum::body::Body;
use flux_companion::KeySecret;
use flux_companion::config::Config;
use flux_config::{ConfigFile, SecretSources};
use flux_platform::{SystemClock, SystemEntropy};
use flux_shop::Role;
use flux_storage::{Db, keys};
use http::{Method, Request};
use http_body_util::BodyExt;
use jiff::Timestamp;
use rusqlite::{Connection, params};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tower::ServiceExt;

/// Storefront calls that are under way at once.
const CALLERS: usize = 64;
/// Commands of one offer.
const OFFER: usize = 500;
/// Reports of one call.
const REPORTS: usize = 100;
/// Offers that are measured at most.
const DELIVERIES: usize = 20;
/// Orders that are copied in one transaction.
const COPIED: usize = 10_000;
/// Readers beside them.
const READERS: usize = 2;
/// The time for which reads alone are measured.
const READS: Duration = Duration::from_secs(5);

#[derive(Clone)]
struct Api {
    router: Router,
    key: String,
}

impl Api {
    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        self.call_as(&self.key, method, path, body).await
    }

    async fn call_as(&self, key: &str, method: Method, path: &str, body: Option<Value>) -> Value {
        let body = body.map_or(Body::empty(), |body| Body::from(body.to_string()));
        let request = Request::builder().method(method).uri(format!("/api/v1{path}")).header("flux-journal", "bench");
        let request = request.header("authorization", format!("Bearer {key}")).body(body).expect("a request");
        let answer = self.router.clone().oneshot(request).await.expect("an answer");
        let status = answer.status();
        let bytes = answer.into_body().collect().await.expect("a body").to_bytes();
        assert!(status.is_success(), "{status}: {}", String::from_utf8_lossy(&bytes));
        serde_json::from_slice(&bytes).expect("JSON")
    }

    async fn pay(&self, number: usize) {
        let order = json!({"customer": {"id": format!("c{}", number % 10_000)}, "player": {"name": format!("P{}", number % 10_000)},
            "items": [{"packageId": "word", "quantity": 1}], "amount": 499, "currency": "EUR", "status": "paid"});
        self.call(Method::PUT, &format!("/orders/o{number}"), Some(order)).await;
    }
}

#[tokio::main]
async fn main() {
    let number =
        |name: &str, default: usize| std::env::var(name).map_or(default, |text| text.parse().expect("a number"));
    let (orders, before) = (number("FLUX_BENCH_ORDERS", 20_000), number("FLUX_BENCH_BEFORE", 0));
    let folder = std::env::temp_dir().join(format!("flux-bench-orders-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join("companion.db");
    Db::create(&path).expect("a new database");
    let (db, closed) = Db::open(&path).expect("it opens");
    let (api, token) = begin(&db).await;
    if before > 0 {
        api.pay(0).await;
        copy_orders(&path, 1, before - 1);
    }

    println!("{orders} paid orders, {CALLERS} at once, after {before} in the file");
    let (alone, read) = reads(&api, before.max(1), READS).await;
    print("reads of one order, nothing else going on", read, alone);
    let commits = db.commits();
    let first = *commits.borrow();
    let (elapsed, waits) = pay_all(&api, before, orders).await;
    let group = orders as f64 / (*commits.borrow() - first) as f64;
    let rate = orders as f64 / elapsed.as_secs_f64();
    print("paid orders, each answered when it is on disk", orders, waits);
    println!("  {rate:.0} a second, {group:.1} a commit");

    let done = Arc::new(AtomicBool::new(false));
    let (meanwhile, (elapsed, _)) = tokio::join!(read_until(&api, before + orders, &done), async {
        let paid = pay_all(&api, before + orders, orders).await;
        done.store(true, Ordering::Relaxed);
        paid
    });
    let count = meanwhile.len();
    print("reads of one order, while orders are paid", count, meanwhile);
    let seconds = elapsed.as_secs_f64();
    println!("  {:.0} reads and {:.0} orders a second", count as f64 / seconds, orders as f64 / seconds);
    deliver(&api, &token, orders).await;
    drop((api, db, commits));
    closed.await.ok();

    let floor = floor(&folder.join("floor.db"), &path, orders, group.round() as usize);
    println!(
        "the floor: SQLite alone, the same rows in groups of {group:.0}\n  {floor:.0} orders a second; the companion reaches {:.0} % of it",
        rate / floor * 100.0
    );
    std::fs::remove_dir_all(&folder).expect("tidied up");
}

/// A companion with one server and a package of one command.
async fn begin(db: &Db) -> (Api, String) {
    let file =
        ConfigFile { path: "bench.yml".into(), text: "limits: {requests_per_second: 100000}".into(), mode: 0o600 };
    let config = Config::parse(&file, &SecretSources::default()).expect("a config");
    let key = KeySecret::draw(&SystemEntropy);
    let (hash, name) = (key.hash(), "bench".parse().expect("a name"));
    let made = db.write(move |tx| keys::insert(tx, &name, &hash, Role::Admin, Timestamp::UNIX_EPOCH)).await;
    made.map_err(|error: flux_storage::Error| error).expect("a key");
    let (router, _) = flux_companion::router(config, db.clone(), Arc::new(SystemClock), Arc::new(SystemEntropy));
    let api = Api { router, key: key.expose().to_owned() };
    let server = api.call(Method::POST, "/servers", Some(json!({"name": "Bench", "address": "localhost"}))).await;
    let package = json!({"name": "Word", "price": 499, "currency": "EUR", "commands": [{"command": "say {order}"}]});
    api.call(Method::PUT, "/packages/word", Some(package)).await;
    (api, server["token"].as_str().expect("a token").to_owned())
}

/// Pays so many orders from this number on, and how long each took.
async fn pay_all(api: &Api, first: usize, count: usize) -> (Duration, Vec<Duration>) {
    let next = Arc::new(AtomicUsize::new(first));
    let mut callers = JoinSet::new();
    let began = Instant::now();
    for _ in 0..CALLERS {
        let (api, next) = (api.clone(), Arc::clone(&next));
        callers.spawn(async move {
            let mut waits = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= first + count {
                    return waits;
                }
                let began = Instant::now();
                api.pay(number).await;
                waits.push(began.elapsed());
            }
        });
    }
    let waits = callers.join_all().await.into_iter().flatten().collect();
    (began.elapsed(), waits)
}

async fn reads(api: &Api, orders: usize, time: Duration) -> (Vec<Duration>, usize) {
    api.pay(0).await;
    let done = Arc::new(AtomicBool::new(false));
    let (waits, ()) = tokio::join!(read_until(api, orders, &done), async {
        tokio::time::sleep(time).await;
        done.store(true, Ordering::Relaxed);
    });
    let count = waits.len();
    println!("  {:.0} reads a second alone", count as f64 / time.as_secs_f64());
    (waits, count)
}

/// Reads orders, here and there, until it is done.
async fn read_until(api: &Api, orders: usize, done: &Arc<AtomicBool>) -> Vec<Duration> {
    let mut readers = JoinSet::new();
    for reader in 0..READERS {
        let (api, done) = (api.clone(), Arc::clone(done));
        readers.spawn(async move {
            let (mut waits, mut place) = (Vec::new(), reader);
            while !done.load(Ordering::Relaxed) {
                place = (place + 7_919) % orders;
                let began = Instant::now();
                api.call(Method::GET, &format!("/orders/o{place}"), None).await;
                waits.push(began.elapsed());
            }
            waits
        });
    }
    readers.join_all().await.into_iter().flatten().collect()
}

/// Offers commands to an agent that polls, and takes its reports, until so many commands have run.
async fn deliver(api: &Api, token: &str, commands: usize) {
    let (mut offers, mut reports) = (Vec::new(), Vec::new());
    for _ in 0..(commands / OFFER).min(DELIVERIES) {
        let began = Instant::now();
        let path = format!("/agent/commands?max={OFFER}");
        let answer = api.call_as(token, Method::GET, &path, None).await;
        offers.push(began.elapsed());
        let offered = answer["commands"].as_array().expect("commands");
        assert_eq!(offered.len(), OFFER, "commands were left");
        for batch in offered.chunks(REPORTS) {
            let report = |command: &Value| {
                let (id, attempt) = (&command["id"], &command["attempt"]);
                json!({"id": id, "attempt": attempt, "status": "completed", "at": "2027-01-15T08:00:00Z"})
            };
            let body = json!({"reports": batch.iter().map(report).collect::<Vec<_>>()});
            let began = Instant::now();
            let answer = api.call_as(token, Method::POST, "/agent/reports", Some(body)).await;
            reports.push(began.elapsed());
            assert_eq!(answer["acknowledged"].as_array().map(Vec::len), Some(REPORTS), "{answer}");
        }
    }
    print(&format!("an offer of {OFFER} commands to an agent that polls"), offers.len(), offers);
    print(&format!("{REPORTS} reports of commands that have run"), reports.len(), reports);
}

/// Writes copies of the order `o0` under the numbers from `first` on, with SQL. Their commands have run, as in a store that is
/// old: the agent is offered what was paid lately.
fn copy_orders(path: &Path, first: usize, count: usize) {
    let connection = Connection::open(path).expect("it opens");
    let statements = statements(&connection, "main");
    for begin in (first..first + count).step_by(COPIED) {
        connection.execute_batch("BEGIN IMMEDIATE").expect("begun");
        for number in begin..(begin + COPIED).min(first + count) {
            for sql in &statements {
                connection.prepare_cached(sql).expect("a statement").execute(params![number as i64]).expect("written");
            }
        }
        connection.execute_batch("COMMIT").expect("committed");
    }
    let done = "UPDATE commands SET status = 'completed' WHERE order_id <> 'o0'";
    connection.execute_batch(done).expect("written");
}

/// Orders a second that SQLite alone writes: what one order wrote, as often, under the same pragmas.
fn floor(path: &Path, like: &Path, orders: usize, group: usize) -> f64 {
    Db::create(path).expect("a new database");
    let connection = Connection::open(path).expect("it opens");
    connection.pragma_update(None, "synchronous", "FULL").expect("set");
    connection.pragma_update(None, "secure_delete", true).expect("set");
    connection.execute("ATTACH ? AS other", [like.to_str().expect("a path")]).expect("attached");
    for table in ["servers", "packages"] {
        connection.execute_batch(&format!("INSERT INTO {table} SELECT * FROM other.{table}")).expect("copied");
    }
    let statements = statements(&connection, "other");
    let began = Instant::now();
    for first in (0..orders).step_by(group.max(1)) {
        connection.execute_batch("BEGIN IMMEDIATE").expect("begun");
        for number in first..(first + group.max(1)).min(orders) {
            for sql in &statements {
                connection.prepare_cached(sql).expect("a statement").execute(params![number as i64]).expect("written");
            }
        }
        connection.execute_batch("COMMIT").expect("committed");
    }
    orders as f64 / began.elapsed().as_secs_f64()
}

/// The statements that write an order with the number `?1`, as copies of the order that the companion wrote first.
fn statements(connection: &Connection, source: &str) -> Vec<String> {
    // All columns but the ids come from the order that the companion wrote first.
    let copy = |table: &str, fresh: &[(&str, &str)], one: &str| {
        let names = columns(connection, table);
        let value = |name: &String| {
            fresh.iter().find(|(own, _)| own == name).map_or(name.clone(), |(_, value)| (*value).to_owned())
        };
        let values: Vec<String> = names.iter().map(value).collect();
        format!(
            "INSERT INTO {table} ({}) SELECT {} FROM {source}.{table} {one} LIMIT 1",
            names.join(", "),
            values.join(", ")
        )
    };
    let order = "'o' || ?1";
    let (customer, player) = ("'c' || (?1 % 10000)", "'P' || (?1 % 10000)");
    let (command, of_order) = ("'cmd_aaaaaaaaaaaaaaaaaaaa' || ?1", "WHERE order_id = 'o0'");
    vec![
        copy("orders", &[("id", order), ("customer_id", customer), ("player_name", player)], "WHERE id = 'o0'"),
        copy("commands", &[("id", command), ("order_id", order), ("player_name", player)], of_order),
        copy("command_history", &[("command_id", command)], ""),
        copy("events", &[("subject", order)], "WHERE kind = 'order.created'"),
        copy("events", &[("subject", order)], "WHERE kind = 'order.paid'"),
        copy("events", &[("subject", command)], "WHERE kind = 'command.pending'"),
    ]
}

/// A table's columns but the one that numbers itself.
fn columns(connection: &Connection, table: &str) -> Vec<String> {
    let mut statement =
        connection.prepare("SELECT name FROM pragma_table_info(?) WHERE name <> 'seq'").expect("a statement");
    let names = statement.query_map([table], |row| row.get(0)).expect("columns");
    names.map(|name| name.expect("a name")).collect()
}

fn print(what: &str, count: usize, mut waits: Vec<Duration>) {
    waits.sort();
    let at = |permille: usize| {
        waits.get(waits.len().saturating_sub(1) * permille / 1_000).map_or(0.0, Duration::as_secs_f64)
    };
    println!("{what} ({count}): p50 {:.2} ms, p99 {:.2} ms", at(500) * 1_000.0, at(990) * 1_000.0);
}
