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
    assert_eq!((status, removal), (StatusCode::OK, json!({"id": server, "unanswered": 1})));
    let (offered, never) = (app.command(&offered).await, app.command(&never).await);
    assert_eq!((text(&offered, "status"), text(&offered, "reason")), ("pending".into(), "server_removed".into()));
    assert!(offered["cancelRequestedAt"].is_string());
    assert_eq!((text(&never, "status"), text(&never, "reason")), ("cancelled".into(), "server_removed".into()));
    assert_eq!(app.poll(&token, "j1").await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(app.get(&format!("/servers/{server}")).await.0, StatusCode::NOT_FOUND);
    assert_eq!(app.delete(&format!("/servers/{server}")).await.0, StatusCode::NOT_FOUND);
    assert_eq!(list(&app.paid("o3").await, "commands").len(), 0);
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
