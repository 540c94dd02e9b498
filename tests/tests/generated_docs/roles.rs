//! The role that each operation of the API requires, found by a call with a storefront's key.

use axum::Router;
use axum::body::Body;
use flux_companion::KeySecret;
use flux_companion::config::Config;
use flux_config::{ConfigFile, SecretSources};
use flux_platform::{SystemClock, SystemEntropy};
use flux_shop::Role;
use flux_storage::{Db, keys};
use hyper::{Request, StatusCode};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use tower::ServiceExt;

/// By `method path`: `admin`, `store`, `agent`, or `none`.
pub(super) async fn of(document: &Value) -> BTreeMap<String, &'static str> {
    let (router, key) = companion().await;
    let mut roles = BTreeMap::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let role = match &operation["security"] {
                Value::Array(schemes) if schemes.iter().any(|scheme| scheme.get("token").is_some()) => "agent",
                Value::Array(_) if is_forbidden(&router, &key, method, path).await => "admin",
                Value::Array(_) => "store",
                _ => "none",
            };
            roles.insert(format!("{method} {path}"), role);
        }
    }
    roles
}

/// An empty companion, and a storefront's key.
async fn companion() -> (Router, String) {
    let (db, key) = (Db::in_memory().unwrap(), KeySecret::draw(&SystemEntropy));
    let (name, hash) = ("shop".parse().unwrap(), key.hash());
    let add = move |tx: &flux_storage::Tx<'_>| -> Result<(), flux_storage::Error> {
        keys::insert(tx, &name, &hash, Role::Storefront, Timestamp::UNIX_EPOCH).map(|_| ())
    };
    db.write(add).await.unwrap();
    let file = ConfigFile { path: "companion.yml".into(), text: String::new(), mode: 0o600 };
    let config = Config::parse(&file, &SecretSources::default()).unwrap();
    let (router, _) = flux_companion::router(config, db, Arc::new(SystemClock), Arc::new(SystemEntropy));
    (router, key.expose().to_owned())
}

/// The server checks the key before the rest of the request.
async fn is_forbidden(router: &Router, key: &str, method: &str, path: &str) -> bool {
    let path: String = path.split('/').map(|part| if part.starts_with('{') { "/none" } else { part }).fold(
        String::new(),
        |path, part| {
            if part.is_empty() { path } else { format!("{path}/{}", part.trim_start_matches('/')) }
        },
    );
    let request = Request::builder().method(method.to_uppercase().as_str()).uri(path);
    let request = request.header("authorization", format!("Bearer {key}")).body(Body::empty()).unwrap();
    let status = router.clone().oneshot(request).await.unwrap().status();
    assert_ne!(status, StatusCode::UNAUTHORIZED, "the key is valid");
    status == StatusCode::FORBIDDEN
}
