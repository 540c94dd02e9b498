//! One agent for each server: a second journal, old tokens and missing headers are refused.

use crate::socket::{Served, hello};
use crate::test_app::{TestApp, list, only_command, report};
use axum::body::Body;
use http::{Request, StatusCode};
use serde_json::{Value, json};

#[tokio::test]
async fn second_journal_is_refused_while_the_first_one_polls() {
    let app = TestApp::new().await;
    let (_, token) = app.server().await;
    assert_eq!(app.poll(&token, "j1").await.0, StatusCode::OK);
    app.clock.pass(30);
    let (status, error) = app.poll(&token, "j2").await;
    assert_eq!((status, error["error"]["code"].as_str()), (StatusCode::CONFLICT, Some("already_connected")));
    let joined = app.as_agent("POST", "/players/joined", &token, "j2", Some(json!({"name": "Steve"}))).await;
    assert_eq!(joined.0, StatusCode::CONFLICT);
    assert_eq!(app.report(&token, "j2", json!([])).await.0, StatusCode::CONFLICT);
    app.clock.pass(1);
    assert_eq!(app.poll(&token, "j2").await.0, StatusCode::OK);
    assert_eq!(app.poll(&token, "j1").await.0, StatusCode::CONFLICT, "now the other one is live");
}

/// The calls of an agent over REST, each with something to change.
fn calls(command: &str) -> Vec<(&'static str, &'static str, Option<Value>)> {
    vec![
        ("GET", "/commands", None),
        ("GET", "/commands?nextPollSeconds=300", None),
        ("POST", "/reports", Some(json!({"reports": [report(command, 1, "completed", None)]}))),
        ("POST", "/players/joined", Some(json!({"name": "Thief", "uuid": UUID}))),
        ("POST", "/policy", Some(json!({"mode": "strict", "allow": [], "deny": ["op"], "bedrockPrefix": "."}))),
    ]
}

const UUID: &str = "8667ba71-b85a-4004-af54-457a9734eed7";

#[tokio::test]
async fn refused_journal_changes_no_row_of_any_table() {
    let app = TestApp::new().await;
    let (_, token) = app.server().await;
    app.package(json!([{"command": "say hi"}])).await;
    let command = only_command(&app.paid("o1").await);
    app.put("/customers/vip", json!({"player": {"name": "Vip", "uuid": UUID}})).await;
    app.poll(&token, "j1").await;
    let before = app.dump().await;
    for (method, path, body) in calls(&command) {
        assert_eq!(app.as_agent(method, path, &token, "j2", body).await.0, StatusCode::CONFLICT, "{method} {path}");
        assert_eq!(app.dump().await, before, "{method} {path}");
    }
    for (method, path, body) in calls(&command) {
        assert!(app.as_agent(method, path, &token, "j1", body).await.0.is_success(), "{method} {path}");
    }
    let (_, vip) = app.get("/customers/vip").await;
    assert_eq!(vip["player"]["name"], "Thief", "the agent's own journal renames");
}

#[tokio::test]
async fn journal_beside_an_open_session_changes_no_row_of_any_table() {
    let served = Served::start().await;
    let (_, token) = served.app.server().await;
    served.app.package(json!([{"command": "say hi"}])).await;
    let command = only_command(&served.app.paid("o1").await);
    served.app.put("/customers/vip", json!({"player": {"name": "Vip", "uuid": UUID}})).await;
    let mut agent = served.agent(&token, "j1").await;
    // The answer comes after the offers that `Hello` has caused.
    agent.invoke("PlayerJoined", json!({"name": "Steve"})).await.expect("an answer");
    let before = served.app.dump().await;
    let mut other = served.connect(&token).await.expect("a connection");
    assert!(other.invoke("Hello", hello("j2")).await.is_err());
    for (method, argument) in [
        ("Report", json!([report(&command, 1, "completed", None)])),
        ("PlayerJoined", json!({"name": "Thief", "uuid": UUID})),
        ("GameStatus", json!({"state": "online", "players": 1})),
    ] {
        assert!(other.invoke(method, argument).await.is_err(), "{method}");
    }
    assert_eq!(served.app.dump().await, before);
    drop((agent, other));
    served.stop().await;
}

#[tokio::test]
async fn renamed_player_makes_an_event_with_the_agent_as_its_actor() {
    let app = TestApp::new().await;
    let (id, token) = app.server().await;
    app.put("/customers/vip", json!({"player": {"name": "Vip", "uuid": UUID}})).await;
    for _ in 0..2 {
        let joined = json!({"name": "Renamed", "uuid": UUID});
        assert_eq!(app.as_agent("POST", "/players/joined", &token, "j1", Some(joined)).await.0, StatusCode::OK);
    }
    let (_, page) = app.get("/events?limit=100").await;
    let saved: Vec<Value> =
        list(&page, "items").into_iter().filter(|event| event["kind"] == "customer.saved").collect();
    assert_eq!(saved.len(), 2, "one of the storefront, and one of the first join");
    assert_eq!((&saved[1]["subject"], &saved[1]["actor"]), (&json!("vip"), &json!(format!("agent:{id}"))));
    assert_eq!(saved[1]["data"], json!({"playerRenamed": true}));
}

#[tokio::test]
async fn agent_that_polls_less_often_stays_online() {
    let app = TestApp::new().await;
    let (_, token) = app.server().await;
    for wait in [15, 30, 60, 120, 240, 300, 300] {
        app.poll(&token, "j1").await;
        app.clock.pass(wait);
        assert_eq!(app.poll(&token, "j2").await.0, StatusCode::CONFLICT, "{wait}");
    }
}

#[tokio::test]
async fn other_journal_waits_as_long_as_the_agent_has_announced() {
    let app = TestApp::new().await;
    let (_, token) = app.server().await;
    for (announced, seconds) in [("133", 148), ("300", 315), ("1", 30), ("99999", 345)] {
        let path = format!("/commands?nextPollSeconds={announced}");
        assert_eq!(app.as_agent("GET", &path, &token, "j1", None).await.0, StatusCode::OK, "{announced}");
        app.clock.pass(seconds);
        assert_eq!(app.poll(&token, "j2").await.0, StatusCode::CONFLICT, "{announced}");
        app.clock.pass(1);
        assert_eq!(app.poll(&token, "j2").await.0, StatusCode::OK, "{announced}");
        app.clock.pass(31);
    }
}

/// The longest waits of an agent that does not announce them: each is twice the one before, and 10 % longer or shorter.
#[tokio::test]
async fn healthy_poller_stays_online_with_the_longest_waits() {
    let app = TestApp::new().await;
    let (id, token) = app.server().await;
    app.poll(&token, "j1").await;
    for wait in [16, 27, 66, 108, 264, 270, 330, 330, 16] {
        app.clock.pass(wait);
        flux_companion::sweep(&app.state).await;
        assert_eq!(app.get(&format!("/servers/{id}")).await.1["status"], "online", "{wait}");
        assert_eq!(app.poll(&token, "j2").await.0, StatusCode::CONFLICT, "{wait}");
        app.poll(&token, "j1").await;
    }
    assert_eq!(app.count_events("agent.connected").await, 1);
    assert_eq!(app.count_events("agent.disconnected").await, 0);
}

#[tokio::test]
async fn poller_that_stops_makes_events_once() {
    let app = TestApp::new().await;
    let (_, token) = app.server().await;
    for round in 1..=2 {
        app.poll(&token, "j1").await;
        app.clock.pass(15);
        app.poll(&token, "j1").await;
        assert_eq!(app.count_events("agent.connected").await, round);
        app.clock.pass(60);
        flux_companion::sweep(&app.state).await;
        flux_companion::sweep(&app.state).await;
        assert_eq!(app.count_events("agent.disconnected").await, round);
    }
}

#[tokio::test]
async fn first_report_binds_the_server_to_its_journal() {
    let app = TestApp::new().await;
    let (_, token) = app.server().await;
    assert_eq!(app.report(&token, "j1", json!([report("cmd_1", 1, "completed", None)])).await.0, StatusCode::OK);
    assert_eq!(app.report(&token, "j2", json!([])).await.0, StatusCode::CONFLICT);
}

#[tokio::test]
async fn every_invalid_token_gets_the_same_401() {
    let app = TestApp::new().await;
    let (id, token) = app.server().await;
    let (_, new) = app.post(&format!("/servers/{id}/token"), json!({})).await;
    let new = new["token"].as_str().expect("a token").to_owned();
    assert_eq!(app.poll(&new, "j1").await.0, StatusCode::OK);
    let unknown = format!("srv_000000000000.{}", "a".repeat(32));
    let mut answers = Vec::new();
    for wrong in [token.as_str(), "", "nonsense", unknown.as_str(), app.admin.as_str()] {
        let (status, mut error) = app.poll(wrong, "j1").await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        error["error"]["requestId"].take();
        answers.push(error);
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
    assert!(!answers[0].to_string().contains(&token[17..]));
    assert_eq!(app.with_key(&new, "GET", "/servers", None).await.0, StatusCode::UNAUTHORIZED, "a token is no key");
}

#[tokio::test]
async fn a_rest_call_without_a_journal_is_refused() {
    let app = TestApp::new().await;
    let (_, token) = app.server().await;
    let request = Request::get("/api/v1/agent/commands").header("authorization", format!("Bearer {token}"));
    let (status, error) = app.call(request.body(Body::empty()).expect("a request")).await;
    assert_eq!((status, error["error"]["code"].as_str()), (StatusCode::BAD_REQUEST, Some("no_journal")));
    assert_eq!(app.poll(&token, "no journal").await.0, StatusCode::BAD_REQUEST);
}
