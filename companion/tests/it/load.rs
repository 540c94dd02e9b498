//! Many requests at once, slow requests, and incomplete ones.

use crate::test_app::{TestApp, list, order, text};
use axum::body::{Body, Bytes};
use flux_storage::Db;
use futures_util::future::join_all;
use futures_util::stream;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::json;
use std::convert::Infallible;
use std::io;
use tower::ServiceExt;

async fn threaded() -> (TestApp, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("companion.db");
    Db::create(&path).expect("a new database");
    (TestApp::on(Db::open(&path).expect("it opens").0).await, folder)
}

fn put_order(app: &TestApp, body: Body) -> Request<Body> {
    let request = Request::put("/api/v1/orders/o1").header("authorization", format!("Bearer {}", app.admin));
    request.body(body).expect("a request")
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_concurrent_repeats_act_once() {
    let (app, _folder) = threaded().await;
    app.server().await;
    app.package(json!([{"command": "say hi"}])).await;
    let puts = join_all((0..20).map(|_| app.put("/orders/o1", order(2, "paid")))).await;
    let made = puts.iter().filter(|(status, _)| *status == StatusCode::CREATED).count();
    assert!(made == 1 && puts.iter().all(|(status, _)| status.is_success()), "{puts:?}");
    for body in [json!({"refundedAmount": 100, "refundId": "re_1"}), json!({"refundedAmount": 99})] {
        let refunds = join_all((0..20).map(|_| app.post("/orders/o1/refunded", body.clone()))).await;
        assert!(refunds.iter().all(|(status, _)| *status == StatusCode::OK), "{refunds:?}");
    }
    let (_, order) = app.get("/orders/o1").await;
    assert_eq!((list(&order, "commands").len(), &order["refundedAmount"]), (2, &json!(199)));
    let kinds = app.event_kinds().await;
    let count = |kind: &str| kinds.iter().filter(|found| *found == kind).count();
    assert_eq!((count("order.paid"), count("command.pending"), count("order.refunded")), (1, 2, 2));
    let send = |app: &TestApp| {
        let body = Body::from(json!({"name": "a", "address": "b"}).to_string());
        let request = Request::post("/api/v1/servers").header("authorization", format!("Bearer {}", app.admin));
        request.header("idempotency-key", "once").body(body).expect("a request")
    };
    let servers = join_all((0..20).map(|_| app.call(send(&app)))).await;
    assert_eq!(servers.iter().filter(|(status, _)| *status == StatusCode::CREATED).count(), 1);
    assert!(servers.iter().all(|(_, server)| text(server, "id") == text(&servers[0].1, "id")));
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_transitions_leave_an_order_consistent() {
    let (app, _folder) = threaded().await;
    app.server().await;
    app.package(json!([{"command": "say hi"}, {"command": "take", "on": "refund"}])).await;
    app.put("/orders/o1", order(1, "created")).await;
    let words = ["paid", "completed", "cancelled", "refunded", "chargeback"];
    let said = join_all((0..20).map(|number| {
        let path = format!("/orders/o1/{}", words[number % words.len()]);
        let app = &app;
        async move { app.post(&path, json!({})).await }
    }))
    .await;
    assert!(said.iter().all(|(status, _)| matches!(status.as_u16(), 200 | 409)), "{said:?}");
    let (_, order) = app.get("/orders/o1").await;
    assert!(list(&order, "commands").len() <= 1, "{order}");
    let open = list(&order, "commands").iter().any(|command| command["status"] == "pending");
    assert!(!open || matches!(&*text(&order, "status"), "paid" | "completed"), "{order}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_last_of_concurrent_new_tokens_works() {
    let (app, _folder) = threaded().await;
    let (server, first) = app.server().await;
    app.package(json!([{"command": "say hi"}])).await;
    let replace = async {
        let mut tokens = vec![first.clone()];
        for _ in 0..10 {
            let (status, answer) = app.post(&format!("/servers/{server}/token"), json!({})).await;
            assert_eq!(status, StatusCode::OK);
            tokens.push(text(&answer, "token"));
        }
        tokens
    };
    let paths: Vec<String> = (0..40).map(|number| format!("/orders/x{number}")).collect();
    let orders = join_all(paths.iter().map(|path| app.put(path, order(1, "paid"))));
    let polls = join_all((0..40).map(|_| app.poll(&first, "j1")));
    let (tokens, orders, polls) = tokio::join!(replace, orders, polls);
    assert!(orders.iter().all(|(status, _)| *status == StatusCode::CREATED));
    assert!(polls.iter().all(|(status, _)| matches!(status.as_u16(), 200 | 401)));
    for (place, token) in tokens.iter().enumerate() {
        let expected = if place + 1 == tokens.len() { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
        assert_eq!(app.poll(token, "j1").await.0, expected, "token {place}");
    }
    assert_eq!(list(&app.poll(&tokens[10], "j1").await.1, "commands").len(), 40);
}

#[tokio::test(start_paused = true)]
async fn missing_body_is_408_and_half_a_body_is_400() {
    let app = TestApp::new().await;
    app.package(json!([])).await;
    let slow = Body::from_stream(stream::pending::<Result<Bytes, Infallible>>());
    let (status, error) = app.call(put_order(&app, slow)).await;
    assert_eq!((status, error["error"]["code"].as_str()), (StatusCode::REQUEST_TIMEOUT, Some("slow_body")));
    let whole = order(1, "paid").to_string();
    let half = Bytes::from(whole[..whole.len() / 2].to_owned());
    let cut = [Ok(half.clone()), Err(io::Error::from(io::ErrorKind::ConnectionReset))];
    for body in [Body::from_stream(stream::iter(cut)), Body::from(half)] {
        let (status, error) = app.call(put_order(&app, body)).await;
        assert_eq!((status, error["error"]["code"].as_str()), (StatusCode::BAD_REQUEST, Some("malformed")));
    }
    assert_eq!(app.get("/orders/o1").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test(start_paused = true)]
async fn excess_requests_get_503_with_retry_after() {
    let app = TestApp::configured(Db::in_memory().expect("a database"), "limits: {requests_in_flight: 1}").await;
    let slow = Body::from_stream(stream::pending::<Result<Bytes, Infallible>>());
    let one_more = async {
        let request = Request::get("/api/v1/orders").header("authorization", format!("Bearer {}", app.admin));
        app.call(request.body(Body::empty()).expect("a request")).await
    };
    let others = async {
        let live = Request::get("/health/live").body(Body::empty()).expect("a request");
        (app.text(live).await, app.with_key(&app.store, "GET", "/orders", None).await.0)
    };
    let (slow, more, others) = tokio::join!(biased; app.call(put_order(&app, slow)), one_more, others);
    assert_eq!(others.1, StatusCode::OK, "a slow body takes nothing from another key");
    assert_eq!(slow.0, StatusCode::REQUEST_TIMEOUT);
    assert_eq!((more.0, more.1["error"]["code"].as_str()), (StatusCode::SERVICE_UNAVAILABLE, Some("busy")));
    assert_eq!(app.get("/orders").await.0, StatusCode::OK, "the place is free again");
}

/// An answer at the address of the metrics, to a caller with an admin's key.
async fn metrics(app: &TestApp, path: &str) -> (StatusCode, String) {
    let request = Request::get(path).header("authorization", format!("Bearer {}", app.admin));
    let request = request.body(Body::empty()).expect("a request");
    let answer = flux_companion::metrics_router(&app.state).oneshot(request).await.expect("an answer");
    let status = answer.status();
    let bytes = answer.into_body().collect().await.expect("a body").to_bytes();
    (status, String::from_utf8(bytes.to_vec()).expect("text"))
}

#[tokio::test]
async fn metrics_and_api_are_at_addresses_of_their_own() {
    let app = TestApp::new().await;
    for (path, expected) in [("/metrics", 404), ("/health/live", 200), ("/health/ready", 200), ("/openapi.json", 200)] {
        let request = Request::get(path).body(Body::empty()).expect("a request");
        assert_eq!(app.call(request).await.0, expected, "{path}");
    }
    for (path, expected) in [
        ("/metrics", 200),
        ("/health/live", 200),
        ("/health/ready", 200),
        ("/openapi.json", 404),
        ("/api/v1/orders", 404),
        ("/r/CODE", 404),
        ("/hubs/agent/negotiate", 404),
    ] {
        assert_eq!(metrics(&app, path).await.0, expected, "{path}");
    }
}

#[tokio::test]
async fn metrics_are_counts_without_ids() {
    let app = TestApp::new().await;
    let (server, _) = app.server().await;
    app.package(json!([{"command": "say hi"}])).await;
    app.paid("o1").await;
    let (status, text) = metrics(&app, "/metrics").await;
    assert_eq!(status, StatusCode::OK);
    for line in [
        "flux_companion_commands{status=\"pending\"} 1",
        "flux_companion_sessions 0",
        "flux_companion_requests_total{status=\"2xx\"} 3",
        "flux_companion_events_total 5",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    assert!(!text.contains(&server) && !text.contains("o1"));
}
