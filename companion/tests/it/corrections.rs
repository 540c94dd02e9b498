//! The correction of a paid order's player.

use crate::test_app::{TestApp, list, order, report, text};
use http::StatusCode;
use serde_json::{Value, json};

/// A paid order of four commands: one never offered again, one at the agent, one that ran, one that failed.
async fn sold() -> (TestApp, String, Vec<String>) {
    let app = TestApp::new().await;
    let (_, token) = app.server().await;
    app.package(json!([{"command": "give {player} a"}, {"command": "give {player} b"}, {"command": "give {player} c"},
        {"command": "give {player} d"}]))
        .await;
    let paid = app.paid("o1").await;
    let ids: Vec<_> = list(&paid, "commands").iter().map(|command| text(command, "id")).collect();
    app.as_agent("GET", "/commands?max=3", &token, "j1", None).await;
    app.report(
        &token,
        "j1",
        json!([
            report(&ids[0], 1, "completed", None),
            report(&ids[1], 1, "awaiting_player", Some("player_offline")),
            report(&ids[2], 1, "failed", Some("blocked_by_policy"))
        ]),
    )
    .await;
    (app, token, ids)
}

async fn correct(app: &TestApp, name: &str) -> (StatusCode, Value) {
    app.post("/orders/o1/player", json!({"player": {"name": name}})).await
}

async fn players(app: &TestApp) -> Vec<(String, String)> {
    let order = app.get("/orders/o1").await.1;
    list(&order, "commands").iter().map(|one| (text(&one["player"], "name"), text(one, "status"))).collect()
}

fn one(player: &str, status: &str) -> (String, String) {
    (player.to_owned(), status.to_owned())
}

#[tokio::test]
async fn what_has_not_run_goes_to_the_right_player() {
    let (app, token, ids) = sold().await;
    let (status, answer) = correct(&app, "Stevie").await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(answer["moved"], json!([ids[2], ids[3]]));
    assert_eq!((&answer["waiting"], &answer["stayed"]), (&json!([ids[1]]), &json!([ids[0]])));
    assert_eq!(text(&answer["player"], "name"), "Stevie");
    let (_, polled) = app.poll(&token, "j1").await;
    assert_eq!(polled["revoked"][0]["id"], json!(ids[1]), "revoked first");
    assert_eq!(list(&polled, "commands").len(), 1, "and not offered yet");
    assert_eq!(text(&polled["commands"][0]["player"], "name"), "Stevie");
    app.report(&token, "j1", json!([report(&ids[1], 1, "cancelled", None)])).await;
    let (_, polled) = app.poll(&token, "j1").await;
    let again =
        list(&polled, "commands").into_iter().find(|command| command["id"] == json!(ids[1])).expect("offered again");
    assert_eq!((text(&again["player"], "name"), &again["attempt"]), ("Stevie".into(), &json!(2)));
    let expected =
        [one("Steve", "completed"), one("Stevie", "pending"), one("Stevie", "failed"), one("Stevie", "pending")];
    assert_eq!(players(&app).await, expected);
    assert_eq!(app.count_events("order.player_changed").await, 1);
}

#[tokio::test]
async fn what_ran_before_the_revoke_stays_with_the_old_player() {
    let (app, token, ids) = sold().await;
    correct(&app, "Stevie").await;
    app.report(&token, "j1", json!([report(&ids[1], 1, "completed", None)])).await;
    assert_eq!(players(&app).await[1], one("Steve", "completed"));
    let (_, polled) = app.poll(&token, "j1").await;
    assert!(list(&polled, "commands").iter().all(|command| command["id"] != json!(ids[1])), "never twice");
}

#[tokio::test]
async fn second_correction_waits_for_the_agent_and_a_refund_ends_it() {
    let (app, token, ids) = sold().await;
    correct(&app, "Stevie").await;
    let (status, error) = correct(&app, "Steven").await;
    assert_eq!((status, error["error"]["code"].as_str()), (StatusCode::CONFLICT, Some("cancel_awaited")));
    let (_, repeated) = correct(&app, "Stevie").await;
    assert_eq!(repeated["moved"], json!([]), "the same player again changes nothing");
    app.post("/orders/o1/refunded", json!({})).await;
    app.report(&token, "j1", json!([report(&ids[1], 1, "cancelled", None)])).await;
    assert_eq!(players(&app).await[1], one("Steve", "cancelled"));
    let (status, error) = correct(&app, "Steven").await;
    assert_eq!((status, error["error"]["code"].as_str()), (StatusCode::CONFLICT, Some("order_state")));
}

#[tokio::test]
async fn only_a_paid_orders_player_is_corrected_by_an_admin() {
    let app = TestApp::new().await;
    app.package(json!([])).await;
    assert_eq!(correct(&app, "Stevie").await.0, StatusCode::NOT_FOUND);
    app.put("/orders/o1", order(1, "created")).await;
    assert_eq!(correct(&app, "Stevie").await.0, StatusCode::CONFLICT);
    assert_eq!(correct(&app, "no name").await.0, StatusCode::UNPROCESSABLE_ENTITY);
    let body = Some(json!({"player": {"name": "Stevie"}}));
    assert_eq!(app.with_key(&app.store, "POST", "/orders/o1/player", body).await.0, StatusCode::FORBIDDEN);
}

/// The player who got it loses it, whoever the order's player is now.
#[tokio::test]
async fn refund_takes_back_from_the_player_who_got_it() {
    let app = TestApp::new().await;
    let (_, token) = app.server().await;
    app.package(json!([{"command": "give {player} a"}, {"command": "clear {player}", "on": "refund"}])).await;
    let given = text(&list(&app.paid("o1").await, "commands")[0], "id");
    app.poll(&token, "j1").await;
    app.report(&token, "j1", json!([report(&given, 1, "completed", None)])).await;
    correct(&app, "Stevie").await;
    app.post("/orders/o1/refunded", json!({})).await;
    assert_eq!(players(&app).await[1], one("Steve", "pending"));
}
