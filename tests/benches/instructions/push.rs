//! Cost of one push for the store: an order is paid, its command is offered, and two reports are taken, without sockets.

use crate::machine::{Counting, Ticking};
use axum::Router;
use axum::body::Body;
use flux_companion::config::Config;
use flux_companion::{KeySecret, config};
use flux_shop::Role;
use flux_storage::{Db, keys};
use http_body_util::BodyExt;
use hyper::Request;
use serde_json::{Value, json};
use std::sync::Arc;
use tower::ServiceExt;

pub async fn run(count: u64) {
    let store = Store::new().await;
    for number in 0..count {
        let body = json!({"customer": {"id": "c1"}, "player": {"name": "Steve"}, "items": [{"packageId": "vip", "quantity": 1}], "amount": 499,
                          "currency": "EUR", "status": "paid"});
        store.call("PUT", &format!("/orders/o{number}"), &store.key, body).await;
        let offered = store.call("GET", "/agent/commands", &store.token, Value::Null).await;
        let command = &offered["commands"][0];
        for status in ["delivered", "completed"] {
            let report = json!({"id": command["id"], "attempt": command["attempt"], "status": status, "at": "2026-01-01T00:00:00Z"});
            store.call("POST", "/agent/reports", &store.token, json!({"reports": [report]})).await;
        }
    }
}

struct Store {
    router: Router,
    key: String,
    token: String,
}

impl Store {
    async fn new() -> Store {
        let entropy = Arc::new(Counting::default());
        let db = Db::in_memory().unwrap();
        let key = KeySecret::draw(&*entropy);
        let (name, hash) = ("admin".parse().unwrap(), key.hash());
        let insert = db.write(move |tx| keys::insert(tx, &name, &hash, Role::Admin, jiff::Timestamp::UNIX_EPOCH));
        insert.await.map_err(|error: flux_storage::Error| error).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("companion.yml");
        std::fs::write(&path, config::example()).unwrap();
        let (router, _) =
            flux_companion::router(Config::load(&path).unwrap(), db, Arc::new(Ticking::default()), entropy);
        let mut store = Store { router, key: key.expose().to_owned(), token: String::new() };
        let commands = json!([{"command": "give {player} diamond {quantity}"}]);
        let package = json!({"name": "VIP", "price": 499, "currency": "EUR", "commands": commands});
        store.call("PUT", "/packages/vip", &store.key, package).await;
        let server =
            store.call("POST", "/servers", &store.key, json!({"name": "Survival", "address": "mc.example.com"})).await;
        store.token = server["token"].as_str().unwrap().to_owned();
        store
    }

    /// Makes a call that must succeed.
    async fn call(&self, method: &str, path: &str, key: &str, body: Value) -> Value {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let request =
            Request::builder().method(method).uri(format!("/api/v1{path}")).header("flux-journal", "jrn_counted");
        let request = request.header("authorization", format!("Bearer {key}")).body(body).unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let status = answer.status();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        assert!(status.is_success(), "{method} {path}: {status} {}", String::from_utf8_lossy(&bytes));
        serde_json::from_slice(&bytes).unwrap_or_default()
    }
}
