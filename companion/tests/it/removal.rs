//! Removal of a server, with and without an agent that answers.

use crate::socket::Served;
use crate::test_app::{TestApp, list, only_command, report, text};
use http::StatusCode;
use serde_json::json;

#[tokio::test]
async fn server_without_an_agent_is_removed_at_once() {
    let app = TestApp::new().await;
    let (server, token) = app.server().await;
    app.package(json!([{"command": "say hi"}])).await;
    let offered = only_command(&app.paid("o1").await);
    app.poll(&token, "j1").await;
    let never = only_command(&app.paid("o2").await);
    app.clock.pass(31);
    let (status, removal) = app.delete(&format!("/servers/{server}")).await;
    assert_eq!(
        (status, removal),
        (StatusCode::OK, json!({"id": server, "unanswered": 1, "packages": ["vip"], "rules": []}))
    );
    let (offered, never) = (app.command(&offered).await, app.command(&never).await);
    assert_eq!((text(&offered, "status"), text(&offered, "reason")), ("pending".into(), "server_removed".into()));
    assert!(offered["cancelRequestedAt"].is_string());
    assert_eq!((text(&never, "status"), text(&never, "reason")), ("cancelled".into(), "server_removed".into()));
    assert_eq!(app.poll(&token, "j1").await.1["commands"], json!([]), "nothing is offered any more");
    assert_eq!(app.get(&format!("/servers/{server}")).await.0, StatusCode::NOT_FOUND);
    assert_eq!(app.delete(&format!("/servers/{server}")).await.0, StatusCode::NOT_FOUND);
    let (status, refused) = app.put("/orders/o3", crate::test_app::order(1, "paid")).await;
    assert_eq!((status, &refused["error"]["code"]), (StatusCode::CONFLICT, &json!("no_server")));
}

#[tokio::test]
async fn forced_removal_closes_unreported_commands() {
    let app = TestApp::new().await;
    let (server, token) = app.server().await;
    app.package(json!([{"command": "say hi"}])).await;
    let id = only_command(&app.paid("o1").await);
    app.poll(&token, "j1").await;
    app.clock.pass(31);
    let (_, removal) = app.delete(&format!("/servers/{server}?force=true")).await;
    assert_eq!(removal["unanswered"], 1);
    let command = app.command(&id).await;
    assert_eq!((text(&command, "status"), text(&command, "reason")), ("cancelled".into(), "server_removed".into()));
    assert_eq!(app.post(&format!("/commands/{id}/retry"), json!({})).await.0, StatusCode::CONFLICT);
}

#[tokio::test]
async fn removal_waits_for_the_agent_then_ends_its_session() {
    let served = Served::start().await;
    let (server, token) = served.app.server().await;
    served.app.package(json!([{"command": "say hi"}])).await;
    let mut agent = served.agent(&token, "j1").await;
    let (_, order) = served.call("PUT", "/orders/o1", &crate::test_app::order(1, "paid")).await;
    let id = only_command(&order);
    agent.pushed("Deliver").await;
    let (path, nothing) = (format!("/servers/{server}"), json!({}));
    let answered = async {
        let revoked = agent.pushed("Revoke").await;
        assert_eq!(text(&revoked[0], "id"), id);
        agent.invoke("Report", json!([report(&id, 1, "cancelled", None)])).await.expect("taken");
        agent.closed().await
    };
    let ((status, removal), (error, allow_reconnect)) = tokio::join!(served.call("DELETE", &path, &nothing), answered);
    assert_eq!((status, &removal["unanswered"]), (200, &json!(0)));
    assert!(error.is_some_and(|error| error.starts_with("server_removed:")) && !allow_reconnect);
    assert_eq!(text(&served.app.command(&id).await, "status"), "cancelled");
    drop(agent);
    served.stop().await;
}

#[tokio::test(start_paused = true)]
async fn removal_waits_ten_seconds_for_a_silent_agent() {
    let app = TestApp::new().await;
    let (server, token) = app.server().await;
    app.package(json!([{"command": "say hi"}])).await;
    app.paid("o1").await;
    app.poll(&token, "j1").await;
    let began = tokio::time::Instant::now();
    let (status, removal) = app.delete(&format!("/servers/{server}")).await;
    assert_eq!((status, &removal["unanswered"]), (StatusCode::OK, &json!(1)));
    assert_eq!(began.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn waiting_removal_is_polled_as_revoke_and_ends_on_report() {
    let app = TestApp::new().await;
    let (server, token) = app.server().await;
    app.package(json!([{"command": "say hi"}])).await;
    let id = only_command(&app.paid("o1").await);
    app.poll(&token, "j1").await;
    let path = format!("/servers/{server}");
    let answered = async {
        let (_, polled) = app.poll(&token, "j1").await;
        assert_eq!((&polled["commands"], &polled["revoked"][0]["id"]), (&json!([]), &json!(id)));
        app.report(&token, "j1", json!([report(&id, 1, "completed", None)])).await
    };
    let began = tokio::time::Instant::now();
    let ((_, removal), (status, _)) = tokio::join!(app.delete(&path), answered);
    assert_eq!((status, &removal["unanswered"]), (StatusCode::OK, &json!(0)));
    assert!(began.elapsed().as_secs() < 10);
    assert_eq!(text(&app.command(&id).await, "status"), "completed", "it had run");
}

/// A server that was removed while its agent was away, with one command in the agent's journal.
async fn removed_while_away(app: &TestApp) -> (String, String, String) {
    let (server, token) = app.server().await;
    app.package(json!([{"command": "say hi"}])).await;
    let id = only_command(&app.paid("o1").await);
    app.poll(&token, "j1").await;
    app.report(&token, "j1", json!([report(&id, 1, "awaiting_player", Some("player_offline"))])).await;
    app.clock.pass(400);
    let (_, removal) = app.delete(&format!("/servers/{server}")).await;
    assert_eq!(removal["unanswered"], 1);
    (server, token, id)
}

#[tokio::test]
async fn command_of_a_removed_server_is_closed_by_hand() {
    let app = TestApp::new().await;
    let (_, _, id) = removed_while_away(&app).await;
    assert_eq!(app.delete("/customers/c1").await.0, StatusCode::CONFLICT, "in use");
    let (status, command) = app.post(&format!("/commands/{id}/cancel"), json!({})).await;
    assert_eq!(
        (status, text(&command, "status"), text(&command, "reason")),
        (StatusCode::OK, "cancelled".into(), "server_removed".into())
    );
    let (_, order) = app.get("/orders/o1").await;
    assert_eq!(
        text(&list(&order, "obstacles")[0], "text"),
        "its server was removed before its agent said whether it ran: it may have run"
    );
    assert_eq!(app.delete("/customers/c1").await.0, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn force_closes_the_commands_of_a_removed_server() {
    let app = TestApp::new().await;
    let (server, _, id) = removed_while_away(&app).await;
    assert_eq!(app.delete(&format!("/servers/{server}")).await.0, StatusCode::NOT_FOUND);
    let (status, removal) = app.delete(&format!("/servers/{server}?force=true")).await;
    assert_eq!(
        (status, removal),
        (StatusCode::OK, json!({"id": server, "unanswered": 1, "packages": ["vip"], "rules": []}))
    );
    assert_eq!(text(&app.command(&id).await, "status"), "cancelled");
    assert_eq!(app.delete(&format!("/servers/{server}?force=true")).await.0, StatusCode::NOT_FOUND, "nothing is open");
}

#[tokio::test]
async fn agent_of_a_removed_server_gets_revokes_and_may_report() {
    let app = TestApp::new().await;
    let (server, token, id) = removed_while_away(&app).await;
    let (status, polled) = app.poll(&token, "j1").await;
    assert_eq!((status, &polled["commands"], &polled["revoked"][0]["id"]), (StatusCode::OK, &json!([]), &json!(id)));
    let (status, answer) = app.report(&token, "j1", json!([report(&id, 1, "completed", None)])).await;
    assert_eq!((status, &answer["acknowledged"]), (StatusCode::OK, &json!([id])));
    assert_eq!(text(&app.command(&id).await, "status"), "completed");
    assert_eq!(app.poll(&token, "j1").await.0, StatusCode::UNAUTHORIZED, "it has nothing to learn any more");
    assert_eq!(app.delete(&format!("/servers/{server}?force=true")).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn agent_is_revoked_what_was_closed_without_its_word() {
    let app = TestApp::new().await;
    let (server, token, id) = removed_while_away(&app).await;
    app.delete(&format!("/servers/{server}?force=true")).await;
    let (_, polled) = app.poll(&token, "j1").await;
    assert_eq!((&polled["commands"], &polled["revoked"][0]["id"]), (&json!([]), &json!(id)));
    let (status, _) = app.report(&token, "j1", json!([report(&id, 1, "cancelled", None)])).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(app.poll(&token, "j1").await.0, StatusCode::UNAUTHORIZED);
    let (_, order) = app.get("/orders/o1").await;
    assert_eq!(text(&list(&order, "obstacles")[0], "text"), "it was cancelled before it ran");
}

#[tokio::test]
async fn removed_server_offers_a_joining_player_nothing() {
    let app = TestApp::new().await;
    let (_, token, _) = removed_while_away(&app).await;
    let steve = json!({"name": "Steve"});
    let (status, _) = app.as_agent("POST", "/players/joined", &token, "j1", Some(steve)).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn packages_that_name_a_removed_server_are_listed_and_warn() {
    let app = TestApp::new().await;
    let (server, _) = app.server().await;
    app.package(json!([{"command": "say hi", "servers": [server]}])).await;
    let package = text(&list(&app.get("/packages").await.1, "items")[0], "id");
    let shown = async || app.get(&format!("/packages/{package}")).await.1;
    assert_eq!(shown().await["warnings"], json!([]));
    let (_, removal) = app.delete(&format!("/servers/{server}")).await;
    assert_eq!(removal["packages"], json!([package]));
    let warning = format!("commands[0]: the server {server} was removed: an order makes no command there");
    assert_eq!(shown().await["warnings"], json!([warning]));
}
