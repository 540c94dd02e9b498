//! Servers, roles of keys, rate limits, and the shape of errors.

use crate::test_app::{TestApp, list, only_command, report, text};
use axum::body::Body;
use flux_protocol::ServerId;
use flux_storage::{Tx, servers};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::json;
use tower::ServiceExt;

#[tokio::test]
async fn server_is_added_shown_and_renamed() {
    let app = TestApp::new().await;
    let (id, token) = app.server().await;
    assert!(id.starts_with("srv_") && id.len() == 16 && token.starts_with(&id) && token.len() == 49, "{token}");
    let (_, shown) = app.get(&format!("/servers/{id}")).await;
    assert_eq!(
        shown,
        json!({"id": id, "name": "Survival", "address": "mc.example.com", "status": "offline", "lastSeenAt": null,
        "agentVersion": null, "gameState": null, "players": null, "policyMode": null,
        "queue": {"pending": 0, "delivered": 0, "awaitingPlayer": 0, "failed": 0}})
    );
    let (_, renamed) = app.patch(&format!("/servers/{id}"), json!({"name": "Creative"})).await;
    assert_eq!((text(&renamed, "name"), text(&renamed, "address")), ("Creative".into(), "mc.example.com".into()));
    assert!(!app.get("/events").await.1.to_string().contains(&token[17..]), "no secret in an event");
}

#[tokio::test]
async fn server_is_online_while_its_agent_polls() {
    let app = TestApp::new().await;
    let (id, token) = app.server().await;
    app.package(json!([{"command": "say 1"}, {"command": "say 2"}, {"command": "say 3"}])).await;
    let made = app.paid("o1").await;
    let command = |at: usize| text(&list(&made, "commands")[at], "id");
    app.poll(&token, "j1").await;
    app.report(
        &token,
        "j1",
        json!([report(&command(0), 1, "awaiting_player", None), report(&command(1), 1, "delivered", None)]),
    )
    .await;
    let (_, server) = app.get(&format!("/servers/{id}")).await;
    assert_eq!(text(&server, "status"), "online");
    assert_eq!(server["queue"], json!({"pending": 1, "delivered": 1, "awaitingPlayer": 1, "failed": 0}));
    app.clock.pass(31);
    assert_eq!(text(&app.get(&format!("/servers/{id}")).await.1, "status"), "offline");
}

#[tokio::test]
async fn storefront_key_has_no_admin_permissions() {
    let app = TestApp::new().await;
    let (server, _) = app.server().await;
    app.package(json!([{"command": "say hi"}])).await;
    let key = app.store.clone();
    let id = only_command(&app.paid("o1").await);
    for (method, path, body, expected) in [
        ("GET", "/orders".to_owned(), None, 200),
        ("GET", "/packages".to_owned(), None, 200),
        ("GET", format!("/commands/{id}"), None, 200),
        ("GET", "/events".to_owned(), None, 200),
        ("GET", "/servers".to_owned(), None, 200),
        ("GET", format!("/servers/{server}"), None, 403),
        ("POST", "/servers".to_owned(), Some(json!({"name": "a", "address": "b"})), 403),
        ("DELETE", format!("/servers/{server}"), None, 403),
        ("POST", format!("/servers/{server}/token"), Some(json!({})), 403),
        ("PUT", "/packages/x".to_owned(), Some(json!({})), 403),
        ("POST", "/commands".to_owned(), Some(json!({"serverId": server, "command": "op me"})), 403),
    ] {
        let (status, answer) = app.with_key(&key, method, &path, body).await;
        assert_eq!(status.as_u16(), expected, "{method} {path}: {answer}");
    }
    let wrong = format!("flux_sk_{}", "a".repeat(32));
    for wrong in ["", "nonsense", &wrong] {
        assert_eq!(app.with_key(wrong, "GET", "/orders", None).await.0, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn idempotency_key_adds_one_server_and_shows_one_token() {
    let app = TestApp::new().await;
    let send = async || {
        let body = Body::from(json!({"name": "a", "address": "b"}).to_string());
        let request = Request::post("/api/v1/servers").header("authorization", format!("Bearer {}", app.admin));
        app.call(request.header("idempotency-key", "once").body(body).expect("a request")).await
    };
    let ((first, made), (second, again)) = (send().await, send().await);
    assert_eq!((first, second, &made["id"]), (StatusCode::CREATED, StatusCode::OK, &again["id"]));
    assert!(made["token"].is_string() && again["token"].is_null());
}

#[tokio::test]
async fn every_error_has_a_request_id_and_the_same_shape() {
    let app = TestApp::new().await;
    for (method, path, status, code) in [
        ("GET", "/api/v1/nothing", 404, "no_such_path"),
        ("GET", "/", 404, "no_such_path"),
        ("DELETE", "/api/v1/orders", 405, "no_such_method"),
        ("GET", "/api/v1/orders", 401, "unauthorized"),
    ] {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).expect("a request");
        let (found, error) = app.call(request).await;
        assert_eq!((found.as_u16(), error["error"]["code"].as_str()), (status, Some(code)), "{path}");
        assert!(text(&error["error"], "requestId").starts_with("req_"));
    }
    for path in ["/health/live", "/health/ready"] {
        let request = Request::get(path).body(Body::empty()).expect("a request");
        assert_eq!(app.call(request).await.0, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn openapi_is_version_3_1_and_has_every_path() {
    let app = TestApp::new().await;
    let (_, document) = app.call(Request::get("/openapi.json").body(Body::empty()).expect("a request")).await;
    assert!(text(&document, "openapi").starts_with("3.1"), "{}", document["openapi"]);
    let paths = document["paths"].as_object().expect("paths");
    for path in [
        "/servers",
        "/servers/{id}",
        "/servers/{id}/token",
        "/packages",
        "/packages/{id}",
        "/orders",
        "/orders/{id}",
        "/orders/{id}/paid",
        "/orders/{id}/completed",
        "/orders/{id}/cancelled",
        "/orders/{id}/refunded",
        "/commands",
        "/commands/{id}",
        "/commands/{id}/retry",
        "/commands/{id}/cancel",
        "/events",
        "/agent/commands",
        "/agent/reports",
        "/agent/players/joined",
    ] {
        assert!(paths.contains_key(&format!("/api/v1{path}")), "{path}");
    }
    assert_eq!(
        document["components"]["schemas"]["OrderBody"]["properties"]["amount"]["$ref"],
        "#/components/schemas/Amount"
    );
}

#[tokio::test(start_paused = true)]
async fn rate_limit_applies_to_each_key_alone() {
    let db = flux_storage::Db::in_memory().expect("a database");
    let app = TestApp::configured(db, "limits: {requests_per_second: 2}").await;
    let statuses = async |key: &str| {
        let mut statuses = Vec::new();
        for _ in 0..3 {
            statuses.push(app.with_key(key, "GET", "/orders", None).await.0.as_u16());
        }
        statuses
    };
    assert_eq!(statuses(&app.admin).await, [200, 200, 429]);
    assert_eq!(statuses(&app.store).await, [200, 200, 429]);
    tokio::time::advance(std::time::Duration::from_secs(1)).await;
    assert_eq!(app.get("/orders").await.0, StatusCode::OK);
}

#[tokio::test]
async fn new_name_leaves_a_token_that_was_replaced_meanwhile() {
    let app = TestApp::new().await;
    let (id, _) = app.server().await;
    let id: ServerId = id.parse().expect("an id");
    let found = |id: ServerId| {
        let find = move |tx: &Tx<'_>| servers::find(tx, &id);
        let found = app.state.db.read(find);
        async { found.await.map_err(|error: flux_storage::Error| error).expect("an answer").expect("a server") }
    };
    let before = found(id.clone()).await;
    let (_, replaced) = app.post(&format!("/servers/{id}/token"), json!({})).await;
    let rename = {
        let (id, name) = (id.clone(), "Creative".parse().expect("a name"));
        move |tx: &Tx<'_>| servers::rename(tx, &id, &name, &before.address)
    };
    app.state.db.write(rename).await.map_err(|error: flux_storage::Error| error).expect("renamed");
    assert_eq!(found(id).await.name.as_str(), "Creative");
    assert_eq!(app.poll(&text(&replaced, "token"), "j1").await.0, StatusCode::OK, "the new token works");
}

#[tokio::test]
async fn openapi_document_is_sent_to_a_caller_who_does_not_have_it() {
    let app = TestApp::new().await;
    let ask = async |tag: &str| {
        let request = Request::get("/openapi.json").header("if-none-match", tag).body(Body::empty());
        app.router.clone().oneshot(request.expect("a request")).await.expect("an answer")
    };
    let first = ask("\"another\"").await;
    assert_eq!(first.status(), StatusCode::OK);
    let tag = first.headers()["etag"].to_str().expect("text").to_owned();
    for known in [tag.clone(), format!("\"another\", {tag}")] {
        let again = ask(&known).await;
        assert_eq!(
            (again.status(), again.headers()["etag"].to_str().ok()),
            (StatusCode::NOT_MODIFIED, Some(tag.as_str()))
        );
        assert!(again.into_body().collect().await.expect("a body").to_bytes().is_empty());
    }
}

#[tokio::test]
async fn storefront_sees_name_address_and_status_only() {
    let app = TestApp::new().await;
    let (id, _) = app.server().await;
    let (status, page) = app.with_key(&app.store, "GET", "/servers", None).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    let shown = &page["items"][0];
    let full = app.get(&format!("/servers/{id}")).await.1;
    for field in ["id", "name", "address", "status"] {
        assert_eq!(shown[field], full[field], "{field}");
    }
    for (field, value) in shown.as_object().expect("an object") {
        let is_public = ["id", "name", "address", "status"].contains(&field.as_str());
        assert!(is_public || value.is_null(), "{field}: {value}");
    }
    assert!(shown.get("queue").is_none() && full["queue"].is_object());
    assert_eq!(app.with_key(&app.store, "GET", &format!("/servers/{id}"), None).await.0, StatusCode::FORBIDDEN);
}
