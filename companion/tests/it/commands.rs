//! Commands that an admin creates, cancels, retries and lists.

use crate::test_app::{TestApp, list, only_command, report, text};
use http::StatusCode;
use serde_json::json;

#[tokio::test]
async fn manual_command_is_created_offered_and_cancelled() {
    let app = TestApp::new().await;
    let (server, token) = app.server().await;
    let (status, made) = app.post("/commands", json!({"serverId": server, "command": "say hi"})).await;
    assert_eq!(
        (status, text(&made, "kind"), text(&made, "status")),
        (StatusCode::CREATED, "manual".into(), "pending".into())
    );
    let id = text(&made, "id");
    let (_, cancelled) = app.post(&format!("/commands/{id}/cancel"), json!({})).await;
    assert_eq!(text(&cancelled, "status"), "cancelled", "never offered: at once");
    assert_eq!(app.poll(&token, "j1").await.1["commands"], json!([]));
    assert_eq!(app.post(&format!("/commands/{id}/cancel"), json!({})).await.0, StatusCode::OK);
    assert_eq!(app.post(&format!("/commands/{id}/retry"), json!({})).await.0, StatusCode::CONFLICT);
}

#[tokio::test]
async fn only_failed_commands_can_be_retried() {
    let app = TestApp::new().await;
    let (_, token) = app.server().await;
    app.package(json!([{"command": "say hi"}])).await;
    let id = only_command(&app.paid("o1").await);
    let retry = format!("/commands/{id}/retry");
    let (status, error) = app.post(&retry, json!({})).await;
    assert_eq!((status, error["error"]["code"].as_str()), (StatusCode::CONFLICT, Some("not_failed")));
    app.poll(&token, "j1").await;
    app.report(&token, "j1", json!([report(&id, 1, "failed", Some("blocked_by_policy"))])).await;
    assert_eq!(text(&app.get("/orders/o1").await.1, "delivery"), "failed");
    let (status, again) = app.post(&retry, json!({})).await;
    assert_eq!((status, text(&again, "status"), &again["attempt"]), (StatusCode::OK, "pending".into(), &json!(2)));
    assert_eq!(app.poll(&token, "j1").await.1["commands"][0]["attempt"], 2);
}

#[tokio::test]
async fn rule_7_only_never_offered_commands_expire() {
    let app = TestApp::new().await;
    let (_, token) = app.server().await;
    app.package(json!([{"command": "say 1", "expiresSeconds": 60}, {"command": "say 2", "expiresSeconds": 60}, {"command": "say 3", "expiresSeconds": 90}])).await;
    app.paid("o1").await;
    let (_, polled) = app.as_agent("GET", "/commands?max=1", &token, "j1", None).await;
    assert_eq!(text(&list(&polled, "commands")[0], "expiresAt"), "2027-01-15T08:01:00Z");
    app.clock.pass(60);
    flux_companion::sweep(&app.state).await;
    let statuses = async || {
        let order = app.get("/orders/o1").await.1;
        list(&order, "commands").iter().map(|command| text(command, "status")).collect::<Vec<_>>()
    };
    assert_eq!(statuses().await, ["pending", "failed", "pending"]);
    app.clock.pass(30);
    let (_, polled) = app.poll(&token, "j1").await;
    assert_eq!(list(&polled, "commands").len(), 1, "a poll offers nothing that is over, before any sweep");
    assert_eq!(statuses().await, ["pending", "failed", "failed"]);
}

#[tokio::test]
async fn the_queue_is_filtered_by_status_server_player_and_order() {
    let app = TestApp::new().await;
    let (one, token) = app.server().await;
    let (two, _) = app.server().await;
    app.package(json!([{"command": "say hi", "servers": "all"}])).await;
    app.paid("o1").await;
    app.post("/commands", json!({"serverId": one, "command": "say x", "player": {"name": "Alex"}})).await;
    let (_, polled) = app.poll(&token, "j1").await;
    app.report(&token, "j1", json!([report(&text(&polled["commands"][0], "id"), 1, "completed", None)])).await;
    for (query, count) in [
        ("".to_owned(), 3),
        (format!("server={one}"), 2),
        (format!("server={two}&status=pending"), 1),
        ("status=completed".to_owned(), 1),
        ("status=failed".to_owned(), 0),
        ("player=alex".to_owned(), 1),
        ("order=o1".to_owned(), 2),
        ("order=o1&status=pending".to_owned(), 1),
    ] {
        let (status, page) = app.get(&format!("/commands?{query}")).await;
        assert_eq!((status, list(&page, "items").len()), (StatusCode::OK, count), "{query}");
    }
}

#[tokio::test]
async fn idempotency_key_creates_one_command() {
    let app = TestApp::new().await;
    let (server, _) = app.server().await;
    let send = async |word: &str, command: &str| {
        let body = json!({"serverId": server, "command": command}).to_string();
        let request = http::Request::post("/api/v1/commands").header("authorization", format!("Bearer {}", app.admin));
        app.call(request.header("idempotency-key", word).body(body.into()).expect("a request")).await
    };
    let (first, made) = send("w1", "say a").await;
    let (second, again) = send("w1", "say a").await;
    assert_eq!((first, second, &made["id"]), (StatusCode::CREATED, StatusCode::OK, &again["id"]));
    assert_eq!(send("w1", "say b").await.0, StatusCode::CONFLICT);
    assert_eq!(send("w2", "say a").await.0, StatusCode::CREATED);
    assert_eq!(list(&app.get("/commands").await.1, "items").len(), 2);
}

#[tokio::test]
async fn templates_are_trimmed_and_what_is_sent_as_it_is_gets_a_warning() {
    let app = TestApp::new().await;
    let (server, _) = app.server().await;
    let body = json!({"name": "VIP", "price": 1, "currency": "EUR", "commands": [
        {"command": " give {player} diamond\u{a0}\u{3000}"}, {"command": "say %player% got {packageName}"}]});
    let (_, saved) = app.put("/packages/vip", body).await;
    assert_eq!(saved["commands"][0]["command"], "give {player} diamond");
    let warnings = list(&saved, "warnings");
    assert_eq!(warnings.len(), 2, "{saved}");
    for (warning, literal) in warnings.iter().zip(["`%player%`", "`{packageName}`"]) {
        let text = warning.as_str().expect("a sentence");
        assert!(
            text.starts_with(&format!("commands[1]: {literal} is sent as it is")) && text.contains("{order}"),
            "{text}"
        );
    }
    assert_eq!(app.get("/packages/vip").await.1["warnings"], saved["warnings"]);
    for (command, wrong) in [("say {quantity}", "{quantity}"), ("/", "empty"), ("o\u{ad}p x", "U+00AD at position 2")] {
        let (status, error) = app.post("/commands", json!({"serverId": server, "command": command})).await;
        assert_eq!((status, error["error"]["field"].as_str()), (StatusCode::UNPROCESSABLE_ENTITY, Some("command")));
        assert!(error["error"]["message"].as_str().is_some_and(|text| text.contains(wrong)), "{command}: {error}");
    }
}
