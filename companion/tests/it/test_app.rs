//! [`TestApp`]: a companion without a socket, with a clock that the test sets and random numbers that repeat.

use axum::Router;
use axum::body::Body;
use flux_companion::config::Config;
use flux_companion::{App, KeySecret};
use flux_config::{ConfigFile, SecretSources};
use flux_platform::{Clock, Entropy, SinceBoot};
use flux_shop::Role;
use flux_storage::{Db, keys};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use tower::ServiceExt;

pub(crate) struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.load(Ordering::SeqCst)).expect("a time")
    }

    fn since_boot(&self) -> Option<SinceBoot> {
        None
    }
}

impl TestClock {
    pub(crate) fn pass(&self, seconds: i64) {
        self.0.fetch_add(SignedDuration::from_secs(seconds).as_millis() as i64, Ordering::SeqCst);
    }
}

/// SplitMix64: uniform enough for ids, and the same in every run.
#[derive(Default)]
pub(crate) struct TestEntropy(AtomicU64);

impl Entropy for TestEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(8) {
            let mut z = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst).wrapping_add(0x9e37_79b9_7f4a_7c15);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let bytes = (z ^ (z >> 31)).to_le_bytes();
            chunk.copy_from_slice(&bytes[..chunk.len()]);
        }
    }
}

pub(crate) struct TestApp {
    pub(crate) router: Router,
    pub(crate) state: Arc<App>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) admin: String,
    pub(crate) store: String,
}

pub(crate) type Answer = (StatusCode, Value);

pub(crate) fn config(text: &str) -> Config {
    Config::parse(
        &ConfigFile { path: "companion.yml".into(), text: text.to_owned(), mode: 0o600 },
        &SecretSources::default(),
    )
    .expect("a config")
}

impl TestApp {
    pub(crate) async fn new() -> TestApp {
        Self::on(Db::in_memory().expect("a database")).await
    }

    /// A companion on this database, with keys of its own.
    pub(crate) async fn on(db: Db) -> TestApp {
        Self::configured(db, "").await
    }

    /// A companion whose database runs each closure twice, which shows in every test that a repetition changes nothing.
    pub(crate) async fn configured(db: Db, text: &str) -> TestApp {
        Self::once(db.repeating(), text).await
    }

    /// A companion whose database runs each closure as often as `db` is set to.
    pub(crate) async fn once(db: Db, text: &str) -> TestApp {
        let entropy = Arc::new(TestEntropy::default());
        let clock = Arc::new(TestClock(AtomicI64::new(1_800_000_000_000)));
        let admin = add_key(&db, &*entropy, "admin", Role::Admin).await;
        let store = add_key(&db, &*entropy, "shop", Role::Storefront).await;
        let (router, state) = flux_companion::router(config(text), db, clock.clone(), entropy);
        TestApp { router, state, clock, admin, store }
    }

    pub(crate) async fn call(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let status = response.status();
        assert!(status != StatusCode::INTERNAL_SERVER_ERROR, "never for what a caller sends");
        let bytes = response.into_body().collect().await.expect("a body").to_bytes();
        (status, if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).expect("JSON") })
    }

    /// The body of the answer as text; the status must be 200.
    pub(crate) async fn text(&self, request: Request<Body>) -> String {
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        assert_eq!(response.status(), StatusCode::OK);
        let bytes = response.into_body().collect().await.expect("a body").to_bytes();
        String::from_utf8(bytes.to_vec()).expect("text")
    }

    async fn send(&self, method: &str, path: &str, key: &str, body: Option<Value>) -> Answer {
        let body = body.map_or(Body::empty(), |body| Body::from(body.to_string()));
        let request = Request::builder().method(method).uri(format!("/api/v1{path}"));
        self.call(request.header("authorization", format!("Bearer {key}")).body(body).expect("a request")).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &self.admin, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, &self.admin, Some(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.send("PUT", path, &self.admin, Some(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send("PATCH", path, &self.admin, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, &self.admin, None).await
    }

    pub(crate) async fn with_key(&self, key: &str, method: &str, path: &str, body: Option<Value>) -> Answer {
        self.send(method, path, key, body).await
    }

    /// Adds a server and returns its id and token.
    pub(crate) async fn server(&self) -> (String, String) {
        let (status, server) = self.post("/servers", json!({"name": "Survival", "address": "mc.example.com"})).await;
        assert_eq!(status, StatusCode::CREATED);
        (text(&server, "id"), text(&server, "token"))
    }

    /// Saves a package `vip` with these templates.
    pub(crate) async fn package(&self, commands: Value) {
        let body = json!({"name": "VIP", "price": 499, "currency": "EUR", "commands": commands});
        let (status, answer) = self.put("/packages/vip", body).await;
        assert!(status.is_success(), "{answer}");
    }

    /// Sends a paid order of one `vip` and returns the answer.
    pub(crate) async fn paid(&self, id: &str) -> Value {
        let (status, order) = self.put(&format!("/orders/{id}"), order(1, "paid")).await;
        assert_eq!(status, StatusCode::CREATED, "{order}");
        order
    }

    pub(crate) async fn command(&self, id: &str) -> Value {
        let (status, command) = self.get(&format!("/commands/{id}")).await;
        assert_eq!(status, StatusCode::OK);
        command
    }

    pub(crate) async fn as_agent(
        &self,
        method: &str,
        path: &str,
        token: &str,
        journal: &str,
        body: Option<Value>,
    ) -> Answer {
        let body = body.map_or(Body::empty(), |body| Body::from(body.to_string()));
        let request = Request::builder().method(method).uri(format!("/api/v1/agent{path}"));
        let request = request.header("authorization", format!("Bearer {token}")).header("flux-journal", journal);
        self.call(request.body(body).expect("a request")).await
    }

    pub(crate) async fn poll(&self, token: &str, journal: &str) -> Answer {
        self.as_agent("GET", "/commands", token, journal, None).await
    }

    pub(crate) async fn report(&self, token: &str, journal: &str, reports: Value) -> Answer {
        self.as_agent("POST", "/reports", token, journal, Some(json!({"reports": reports}))).await
    }

    /// SQLite's plan of a statement, step by step.
    pub(crate) async fn plan(&self, sql: &str) -> Vec<String> {
        let highest = (1..40).rev().find(|number| sql.contains(&format!("${number}"))).unwrap_or(0);
        let sql = format!("EXPLAIN QUERY PLAN {sql}");
        let read = move |tx: &flux_storage::Tx<'_>| {
            let nothing: Vec<&dyn flux_storage::Param> = vec![&flux_storage::Value::Null; highest];
            tx.query(&sql, &nothing, |row| row.get::<String>("detail"))
        };
        self.state.db.read(read).await.map_err(|error: flux_storage::Error| error).expect("a plan")
    }

    /// The whole database as text, to compare two states.
    pub(crate) async fn dump(&self) -> String {
        let read = |tx: &flux_storage::Tx<'_>| {
            let sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
            let mut text = String::new();
            for table in tx.query(sql, flux_storage::params![], |row| row.get::<String>("name"))? {
                let columns = tx.query(
                    &format!("SELECT name FROM pragma_table_info('{table}')"),
                    flux_storage::params![],
                    |row| row.get::<String>("name"),
                )?;
                let row = columns.iter().map(|name| format!("quote({name})")).collect::<Vec<_>>().join(" || ',' || ");
                let sql = format!("SELECT {row} AS row FROM {table} ORDER BY 1");
                let rows = tx.query(&sql, flux_storage::params![], |row| row.get::<String>("row"))?;
                text.push_str(&format!("{table}\n{}\n", rows.join("\n")));
            }
            Ok::<_, flux_storage::Error>(text)
        };
        self.state.db.read(read).await.expect("a dump")
    }

    pub(crate) async fn count_events(&self, kind: &str) -> usize {
        self.event_kinds().await.iter().filter(|found| *found == kind).count()
    }

    pub(crate) async fn event_kinds(&self) -> Vec<String> {
        let (_, page) = self.get("/events?limit=100").await;
        list(&page, "items").iter().map(|event| text(event, "kind")).collect()
    }
}

async fn add_key(db: &Db, entropy: &dyn Entropy, name: &str, role: Role) -> String {
    let key = KeySecret::draw(entropy);
    let (hash, name) = (key.hash(), name.parse().expect("a name"));
    db.write(move |tx| keys::insert(tx, &name, &hash, role, Timestamp::UNIX_EPOCH))
        .await
        .map_err(|error: flux_storage::Error| error)
        .expect("a key");
    key.expose().to_owned()
}

pub(crate) fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_else(|| panic!("no text {key} in {value}")).to_owned()
}

pub(crate) fn list(value: &Value, key: &str) -> Vec<Value> {
    value[key].as_array().unwrap_or_else(|| panic!("no list {key} in {value}")).clone()
}

/// The body of an order of `quantity` `vip` packages.
pub(crate) fn order(quantity: u32, status: &str) -> Value {
    json!({"customer": {"id": "c1", "email": "c1@example.com"}, "player": {"name": "Steve"},
           "items": [{"packageId": "vip", "quantity": quantity}], "amount": 499, "currency": "EUR", "status": status})
}

pub(crate) fn report(id: &str, attempt: u32, status: &str, reason: Option<&str>) -> Value {
    json!({"id": id, "attempt": attempt, "status": status, "reason": reason, "at": "2027-01-15T08:00:00Z"})
}

/// The id of an order's only command.
pub(crate) fn only_command(order: &Value) -> String {
    let commands = list(order, "commands");
    assert_eq!(commands.len(), 1);
    text(&commands[0], "id")
}
