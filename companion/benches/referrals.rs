//! `make bench`: what each referral endpoint takes with few and with many attributions in the file, and the ratio of the
//! two: no endpoint's work grows with the number of customers or attributions. Through the API without sockets. Figures,
//! never a test.
//!
//! `FLUX_BENCH_FEW` (1,000) and `FLUX_BENCH_MANY` (1,000,000) attributions. Half of them are one referrer's (`r0`), the
//! others are spread over as many referrers as it takes for 100 each.

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
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tower::ServiceExt;

/// Calls of each endpoint.
const CALLS: usize = 200;

struct Api {
    router: Router,
    key: String,
    took: BTreeMap<&'static str, Vec<Duration>>,
}

impl Api {
    /// A call under `/api/v1`; what it took counts under this name.
    async fn call(&mut self, name: &'static str, method: Method, path: &str, body: Option<Value>) -> Value {
        let body = body.map_or(Body::empty(), |body| Body::from(body.to_string()));
        let request = Request::builder().method(method).uri(format!("/api/v1{path}"));
        let request = request.header("authorization", format!("Bearer {}", self.key)).body(body).expect("a request");
        let start = Instant::now();
        let answer = self.router.clone().oneshot(request).await.expect("an answer");
        let status = answer.status();
        let bytes = answer.into_body().collect().await.expect("a body").to_bytes();
        self.took.entry(name).or_default().push(start.elapsed());
        assert!(status.is_success(), "{name}: {status}: {}", String::from_utf8_lossy(&bytes));
        serde_json::from_slice(&bytes).expect("JSON")
    }

    async fn post(&mut self, name: &'static str, path: &str, body: Value) -> Value {
        self.call(name, Method::POST, path, Some(body)).await
    }

    async fn get(&mut self, name: &'static str, path: &str) -> Value {
        self.call(name, Method::GET, path, None).await
    }
}

#[tokio::main]
async fn main() {
    let number =
        |name: &str, default: usize| std::env::var(name).map_or(default, |text| text.parse().expect("a number"));
    let (few, many) = (number("FLUX_BENCH_FEW", 1_000), number("FLUX_BENCH_MANY", 1_000_000));
    let (small, large) = (measured(few).await, measured(many).await);
    println!("median of {CALLS} calls, microseconds; {few} and {many} attributions");
    println!("{:44} {few:>9} {many:>9}  ratio", "");
    for (name, took) in &small {
        let after = large[name];
        println!("{name:44} {took:9.0} {after:9.0}  {:5.2}", after / took);
    }
}

/// The median of each endpoint, in microseconds.
async fn measured(attributions: usize) -> BTreeMap<&'static str, f64> {
    let folder = std::env::temp_dir().join(format!("flux-bench-referrals-{}-{attributions}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join("companion.db");
    Db::create(&path).expect("a new database");
    fill(&path, attributions);
    let (db, closed) = Db::open(&path).expect("it opens");
    let mut api = begin(&db).await;
    play(&mut api, attributions).await;
    let medians = api.took.iter_mut().map(|(name, took)| {
        took.sort_unstable();
        (*name, took[took.len() / 2].as_secs_f64() * 1e6)
    });
    let medians = medians.collect();
    drop((api, db));
    closed.await.ok();
    std::fs::remove_dir_all(&folder).expect("tidied up");
    medians
}

async fn begin(db: &Db) -> Api {
    let file =
        ConfigFile { path: "bench.yml".into(), text: "limits: {requests_per_second: 100000}".into(), mode: 0o600 };
    let config = Config::parse(&file, &SecretSources::default()).expect("a config");
    let key = KeySecret::draw(&SystemEntropy);
    let (hash, name) = (key.hash(), "bench".parse().expect("a name"));
    let made = db.write(move |tx| keys::insert(tx, &name, &hash, Role::Admin, Timestamp::UNIX_EPOCH)).await;
    made.map_err(|error: flux_storage::Error| error).expect("a key");
    let (router, _) = flux_companion::router(config, db.clone(), Arc::new(SystemClock), Arc::new(SystemEntropy));
    let mut api = Api { router, key: key.expose().to_owned(), took: BTreeMap::new() };
    api.post("POST /servers", "/servers", json!({"name": "Bench", "address": "localhost"})).await;
    let program = json!({"enabled": true, "rewardType": "percent", "referrerValue": 20, "refereeValue": 10,
        "rewardCommands": [{"command": "say {referee}"}], "attributionWindowDays": 3650});
    api.call("PUT /program", Method::PUT, "/referrals/program", Some(program)).await;
    api.took.clear();
    api
}

/// Every endpoint, for the one great referrer and for an ordinary one.
async fn play(api: &mut Api, attributions: usize) {
    for n in 0..CALLS {
        let ordinary = format!("r{}", 1 + n % (attributions / 200).max(1));
        for (kind, referrer) in [("great", "r0".to_owned()), ("plain", ordinary)] {
            let (friend, session) = (format!("{kind}{n}"), format!("s-{kind}{n}"));
            let link = json!({"accountId": "store", "customerId": referrer});
            let code = api.post("POST /links/issue", "/referrals/links/issue", link).await["code"].clone();
            let click = json!({"accountId": "store", "code": code, "visitorKey": friend});
            api.post("POST /links/click", "/referrals/links/click", click).await;
            let code_path = format!("/referrals/codes/{}", code.as_str().expect("a code"));
            api.get("GET /codes/{code}", &code_path).await;
            let signup = json!({"accountId": "store", "refereeCustomerId": friend, "refereeEmail": format!("{friend}@x.example"),
                "refereePlayer": {"name": friend}, "linkCode": code});
            api.post("POST /attributions/signup", "/referrals/attributions/signup", signup).await;
            let checkout = json!({"accountId": "store", "checkoutSessionId": session, "customerId": friend});
            api.post("POST /attributions/checkout", "/referrals/attributions/checkout", checkout).await;
            let paid = json!({"checkoutSessionId": session, "status": "paid", "currency": "EUR", "amount": 2500});
            let row = api.post("POST /attributions/fulfill", "/referrals/attributions/fulfill", paid).await;
            let done = json!({"checkoutSessionId": session});
            api.post("POST /attributions/complete", "/referrals/attributions/complete", done.clone()).await;
            let row = format!("/referrals/attributions/{}", row["id"].as_str().expect("an id"));
            api.get("GET /attributions/{id}", &row).await;
            let cart = json!({"customerId": friend, "amount": 1000, "currency": "EUR"});
            api.post("POST /discounts/quote", "/discounts/quote", cart.clone()).await;
            let mut order = cart;
            order["orderId"] = json!(format!("o-{kind}{n}"));
            api.post("POST /discounts/redeem", "/discounts/redeem", order).await;
            api.post("POST /attributions/void", "/referrals/attributions/void", done).await;
            api.get("GET /rewards (a friend's)", &format!("/referrals/rewards/store/{friend}")).await;
            api.get("GET /customers/{id}/panel", &format!("/customers/{referrer}/panel")).await;
            api.get("GET /points", &format!("/points/{referrer}")).await;
            api.get("GET /attributions?referrer=", &format!("/referrals/attributions?referrer={referrer}")).await;
        }
        api.get("GET /attributions", "/referrals/attributions").await;
        api.get("GET /attributions?status=rewarded", "/referrals/attributions?status=rewarded").await;
        api.get("GET /stats", "/referrals/stats").await;
        api.get("GET /stats?from=&to=", "/referrals/stats?from=2026-01-01&to=2026-03-31").await;
        api.get("GET /top", "/referrals/top").await;
        api.get("GET /top?period=month", "/referrals/top?period=month").await;
        for sweep in ["expire-pending", "issue-due", "expire-rewards"] {
            api.post("POST /sweeps/…", &format!("/referrals/sweeps/{sweep}"), json!({})).await;
        }
    }
}

/// Puts attributions with their customers, orders, rewards and points into the file, as the companion would have.
fn fill(path: &Path, attributions: usize) {
    let db = Connection::open(path).expect("it opens");
    db.execute_batch("PRAGMA synchronous = OFF; BEGIN").expect("a transaction");
    let n = attributions as i64;
    let numbers = "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1)";
    let run = |sql: &str| {
        db.execute(&format!("{numbers} {sql}"), params![n]).expect("rows");
    };
    db.execute_batch(&format!(
        "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i <= {n} / 200)
         INSERT INTO referral_links (id, customer_id, code, code_key, day, created_at)
         SELECT 'lnk_' || i, 'r' || i, 'r' || i || '-23A', 'r' || i || '-23a', '2026-01-01', 0 FROM n"
    ))
    .expect("links");
    db.execute_batch("INSERT INTO customers (id, name, created_at, updated_at) SELECT customer_id, customer_id, 0, 0 FROM referral_links")
        .expect("referrers");
    run("INSERT INTO customers (id, email, player_name, created_at, updated_at)
         SELECT 'f' || i, 'f' || i || '@example.com', 'F' || i, 0, 0 FROM n");
    run("INSERT INTO referral_attributions (id, code, referrer_id, referee_id, referee_email, referee_name, channel, bound_at, registered_at,
           expires_at, status, day, week)
         SELECT 'att_' || i, 'x', 'r' || iif(i % 2, 0, 1 + (i / 2) % max(?1 / 200, 1)), 'f' || i, 'f' || i || '@example.com', 'F' || i,
           'link', 1760000000000 + i, 1760000000000 + i, 4000000000000, 'pending',
           date('2026-01-01', (i % 300) || ' days'), strftime('%G-W%V', '2026-01-01', (i % 300) || ' days') FROM n");
    run(
        "UPDATE referral_attributions SET status = 'rewarded', order_id = 'old' || seq, amount = 2500, currency = 'EUR'
         WHERE seq % 3 = 0 AND ?1 > 0 AND (SELECT 1 FROM n LIMIT 1)",
    );
    run("INSERT INTO referral_grants (id, attribution_id, side, trigger, customer_id, terms, status, issued_at, discount_id, code, code_key)
         SELECT 'grt_' || a.seq, a.id, 'referrer', 'firstOrder', a.referrer_id,
           '{\"benefit\":{\"type\":\"percent\",\"percent\":20},\"on_return\":{\"recover_points\":false,\"revoke_unused_codes\":true},\"rule\":\"rule_global\",\"rule_version\":1,\"count\":1}',
           'issued', 1760000000000, 'disc_' || a.seq, 'C' || a.seq, 'c' || a.seq
         FROM referral_attributions AS a WHERE a.status = 'rewarded' AND ?1 > 0 AND (SELECT 1 FROM n LIMIT 1)");
    run("INSERT INTO referral_orders (id, customer_id, email, player_name, paid_at, amount, currency, is_purchase, attribution_id)
         SELECT 'old' || (i + 1), 'f' || i, 'f' || i || '@example.com', 'F' || i, 1760000000000, 2500, 'EUR', 1, 'att_' || i FROM n");
    run("INSERT INTO referral_ledger (customer_id, unit, delta, cause, ref, at)
         SELECT 'r' || iif(i % 2, 0, 1 + (i / 2) % max(?1 / 200, 1)), 'points', 5, 'grant', 'old' || i, 1760000000000 FROM n");
    db.execute_batch("INSERT INTO referral_balances SELECT customer_id, 'points', sum(delta) FROM referral_ledger GROUP BY customer_id")
        .expect("balances");
    count(&db);
    db.execute_batch("COMMIT").expect("committed");
}

/// Counts the rows into the totals, as the sweep would have folded them.
fn count(db: &Connection) {
    let days = "INSERT INTO referral_daily_counters
                SELECT 'link', day, count(*) FROM referral_links GROUP BY day
                UNION ALL SELECT status, day, count(*) FROM referral_attributions GROUP BY status, day
                UNION ALL SELECT 'revenue EUR', day, sum(amount) FROM referral_attributions WHERE status = 'rewarded' GROUP BY day";
    db.execute_batch(days).expect("daily counters");
    let referrers = "INSERT INTO referral_referrers
                     SELECT referrer_id, count(*), count(*) FROM referral_attributions WHERE status = 'rewarded' GROUP BY referrer_id";
    db.execute_batch(referrers).expect("referrers");
    for period in ["'all'", "substr(day, 1, 4)", "substr(day, 1, 7)", "week", "day"] {
        let sql = format!(
            "INSERT INTO referral_leaderboard SELECT {period}, referrer_id, count(*), 0, max(bound_at)
             FROM referral_attributions WHERE status = 'rewarded' GROUP BY {period}, referrer_id"
        );
        db.execute_batch(&sql).expect("the leaderboard");
    }
}
