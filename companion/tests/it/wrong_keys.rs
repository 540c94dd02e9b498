//! Wrong keys: a limit for each address, which right keys never feel, and one log line for many.

use crate::test_app::{Answer, TestApp};
use axum::body::Body;
use flux_rest::Peer;
use flux_storage::Db;
use http::{Request, StatusCode, header};
use tower::ServiceExt;

const HUB: &str = "/hubs/agent/negotiate?negotiateVersion=1";

/// A request from this address.
fn request(address: &str, method: &str, path: &str, key: &str) -> Request<Body> {
    let request = Request::builder().method(method).uri(path).extension(Peer(address.to_owned()));
    request.header("authorization", format!("Bearer {key}")).body(Body::empty()).expect("a request")
}

async fn list_orders(app: &TestApp, address: &str, key: &str) -> Answer {
    app.call(request(address, "GET", "/api/v1/orders", key)).await
}

fn wrong(number: u32) -> String {
    format!("flux_sk_{number:032}")
}

/// Uses up an address's budget, with keys on the API and tokens on the hub.
async fn exhaust(app: &TestApp, address: &str) {
    for number in 0..app.state.config.limits.wrong_keys_per_minute {
        let (method, path) = if number % 2 == 0 { ("GET", "/api/v1/orders") } else { ("POST", HUB) };
        let answer =
            app.router.clone().oneshot(request(address, method, path, &wrong(number))).await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{number}");
    }
}

#[tokio::test(start_paused = true)]
async fn address_with_too_many_wrong_keys_gets_429() {
    let app = TestApp::new().await;
    let (_, token) = app.server().await;
    exhaust(&app, "203.0.113.5").await;
    for (method, path) in [("GET", "/api/v1/orders"), ("POST", HUB), ("GET", "/api/v1/agent/commands")] {
        let answer = app.router.clone().oneshot(request("203.0.113.5", method, path, &wrong(1))).await.expect("one");
        assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS, "{path}");
        assert_eq!(answer.headers()[header::RETRY_AFTER], "1", "{path}");
        assert!(answer.headers().contains_key("x-request-id"), "{path}");
    }
    let (status, error) = list_orders(&app, "203.0.113.5", &wrong(2)).await;
    assert_eq!((status.as_u16(), &error["error"]["code"]), (429, &"too_many_requests".into()));
    assert_eq!(list_orders(&app, "203.0.113.6", &wrong(1)).await.0, 401, "another address");
    assert_eq!(list_orders(&app, "203.0.113.5", &app.admin).await.0, 200, "a right key");
    let negotiated = app.call(request("203.0.113.5", "POST", HUB, &token)).await;
    assert_eq!(negotiated.0, 200, "a right token");
    tokio::time::advance(flux_rest::limits::WRONG_KEYS_PERIOD).await;
    assert_eq!(list_orders(&app, "203.0.113.5", &wrong(1)).await.0, 401, "a minute later");
}

#[tokio::test]
async fn admin_chooses_the_limit_on_wrong_keys() {
    let app = TestApp::configured(Db::in_memory().expect("a database"), "limits: {wrong_keys_per_minute: 1}").await;
    assert_eq!(list_orders(&app, "203.0.113.5", "none").await.0, 401);
    assert_eq!(list_orders(&app, "203.0.113.5", "none").await.0, 429);
}

#[tokio::test(start_paused = true)]
async fn proxy_on_this_machine_names_the_address_of_a_wrong_key() {
    let app = TestApp::new().await;
    let forwarded = |from: &str| {
        let mut request = request("127.0.0.1", "GET", "/api/v1/orders", "none");
        request.headers_mut().insert("x-forwarded-for", from.parse().expect("a header"));
        request
    };
    for _ in 0..app.state.config.limits.wrong_keys_per_minute {
        assert_eq!(app.call(forwarded("8.8.8.8, 203.0.113.5")).await.0, 401);
    }
    assert_eq!(app.call(forwarded("9.9.9.9, 203.0.113.5")).await.0, 429);
    assert_eq!(app.call(forwarded("8.8.8.8, 203.0.113.6")).await.0, 401);
}
