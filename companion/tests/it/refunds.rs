//! The effects of refunds, chargebacks and cancellations on an order and its commands.

use crate::test_app::{TestApp, list, order, report, text};
use http::StatusCode;
use serde_json::{Value, json};

const GIVE: &str = "give {player} diamond";
const TAKE: &str = "take {player} diamond";

async fn app_with_reversal() -> (TestApp, String, String) {
    let app = TestApp::new().await;
    let (server, token) = app.server().await;
    app.package(
        json!([{"command": GIVE}, {"command": TAKE, "on": "refund"}, {"command": "ban {player}", "on": "chargeback"}]),
    )
    .await;
    (app, server, token)
}

async fn transition(app: &TestApp, word: &str, body: Value) -> (u16, Value) {
    let (status, answer) = app.post(&format!("/orders/o1/{word}"), body).await;
    (status.as_u16(), answer)
}

/// Template and status of each command.
fn states(order: &Value) -> Vec<(String, String)> {
    list(order, "commands").iter().map(|command| (text(command, "command"), text(command, "status"))).collect()
}

fn state(command: &str, status: &str) -> (String, String) {
    (command.to_owned(), status.to_owned())
}

async fn shown(app: &TestApp) -> Value {
    app.get("/orders/o1").await.1
}

#[tokio::test]
async fn full_refund_reverses_completed_commands_once() {
    let (app, _, token) = app_with_reversal().await;
    let given = text(&list(&app.paid("o1").await, "commands")[0], "id");
    app.poll(&token, "j1").await;
    app.report(&token, "j1", json!([report(&given, 1, "completed", None)])).await;
    for _ in 0..3 {
        let (status, refunded) = transition(&app, "refunded", json!({})).await;
        assert_eq!((status, text(&refunded, "status")), (200, "refunded".into()));
        assert_eq!(states(&refunded), [state(GIVE, "completed"), state(TAKE, "pending")]);
        assert_eq!(list(&refunded, "commands")[1]["on"], "refund");
    }
    let (_, polled) = app.poll(&token, "j1").await;
    assert_eq!(list(&polled, "commands").len(), 1, "the agent is to take it back");
}

#[tokio::test]
async fn commands_that_never_ran_are_not_reversed() {
    let (app, _, token) = app_with_reversal().await;
    app.paid("o1").await;
    let (_, refunded) = transition(&app, "refunded", json!({})).await;
    assert_eq!(states(&refunded), [state(GIVE, "cancelled")]);
    assert_eq!(
        (text(&refunded, "delivery"), list(&app.poll(&token, "j1").await.1, "commands").len()),
        ("cancelled".into(), 0)
    );
}

#[tokio::test]
async fn reversal_waits_for_the_last_revoked_command() {
    let (app, _, token) = app_with_reversal().await;
    let (_, paid) = app.put("/orders/o1", order(2, "paid")).await;
    let [first, second] = [0, 1].map(|at| text(&list(&paid, "commands")[at], "id"));
    app.poll(&token, "j1").await;
    app.report(&token, "j1", json!([report(&first, 1, "completed", None), report(&second, 1, "delivered", None)]))
        .await;
    let (_, refunded) = transition(&app, "refunded", json!({})).await;
    assert_eq!(states(&refunded), [state(GIVE, "completed"), state(GIVE, "delivered")], "one may still run");
    app.report(&token, "j1", json!([report(&second, 1, "cancelled", None)])).await;
    let after = shown(&app).await;
    assert_eq!(states(&after)[2..], [state(TAKE, "pending"), state(TAKE, "pending")], "once for each unit");
}

#[tokio::test]
async fn each_server_reverses_its_own_commands() {
    let app = TestApp::new().await;
    let (one, first) = app.server().await;
    let (two, second) = app.server().await;
    app.package(json!([{"command": GIVE, "servers": "all"}, {"command": TAKE, "servers": "all", "on": "refund"}]))
        .await;
    let paid = app.paid("o1").await;
    for (server, token, status) in [(&one, &first, "completed"), (&two, &second, "delivered")] {
        let command = list(&paid, "commands").into_iter().find(|command| text(command, "serverId") == **server);
        app.poll(token, "j1").await;
        app.report(token, "j1", json!([report(&text(&command.expect("one each"), "id"), 1, status, None)])).await;
    }
    let (_, refunded) = transition(&app, "refunded", json!({})).await;
    let taken: Vec<String> = list(&refunded, "commands")
        .iter()
        .filter(|command| command["on"] == "refund")
        .map(|command| text(command, "serverId"))
        .collect();
    assert_eq!(taken, [one]);
}

#[tokio::test]
async fn command_completed_after_a_refund_is_reversed() {
    let (app, _, token) = app_with_reversal().await;
    let given = text(&list(&app.paid("o1").await, "commands")[0], "id");
    app.poll(&token, "j1").await;
    transition(&app, "refunded", json!({})).await;
    app.report(&token, "j1", json!([report(&given, 1, "cancelled", None)])).await;
    assert_eq!(states(&shown(&app).await), [state(GIVE, "cancelled")]);
    app.report(&token, "j1", json!([report(&given, 1, "completed", None)])).await;
    assert_eq!(states(&shown(&app).await), [state(GIVE, "completed"), state(TAKE, "pending")]);
}

#[tokio::test]
async fn reversal_follows_the_package_as_sold() {
    let (app, _, token) = app_with_reversal().await;
    let given = text(&list(&app.paid("o1").await, "commands")[0], "id");
    app.poll(&token, "j1").await;
    app.report(&token, "j1", json!([report(&given, 1, "completed", None)])).await;
    app.package(json!([{"command": "something else", "on": "refund"}])).await;
    app.delete("/packages/vip").await;
    let (_, refunded) = transition(&app, "refunded", json!({})).await;
    assert_eq!(states(&refunded), [state(GIVE, "completed"), state(TAKE, "pending")]);
}

#[tokio::test]
async fn only_the_refund_that_completes_the_sum_reverses() {
    let (app, _, token) = app_with_reversal().await;
    let given = text(&list(&app.paid("o1").await, "commands")[0], "id");
    app.poll(&token, "j1").await;
    app.report(&token, "j1", json!([report(&given, 1, "completed", None)])).await;
    for (body, status, total) in [
        (json!({"refundedAmount": 100, "refundId": "re_1"}), "paid", 100),
        (json!({"refundedAmount": 100, "refundId": "re_1"}), "paid", 100),
        (json!({"refundedAmount": 100, "refundId": "re_2"}), "paid", 200),
        (json!({"refundedAmount": 50}), "paid", 250),
        (json!({"refundedAmount": 50}), "paid", 250),
        (json!({"refundedAmount": 249, "refundId": "re_3"}), "refunded", 499),
        (json!({"refundedAmount": 100, "refundId": "re_2"}), "refunded", 499),
    ] {
        let (code, answer) = transition(&app, "refunded", body.clone()).await;
        let expected = (200, status.to_owned(), json!(total));
        assert_eq!((code, text(&answer, "status"), answer["refundedAmount"].clone()), expected, "{body}");
        let took = states(&answer).contains(&state(TAKE, "pending"));
        assert_eq!(took, status == "refunded", "{body}");
    }
}

#[tokio::test]
async fn refund_beyond_the_rest_is_409_and_not_counted() {
    let (app, ..) = app_with_reversal().await;
    app.paid("o1").await;
    transition(&app, "refunded", json!({"refundedAmount": 300})).await;
    let (status, error) = transition(&app, "refunded", json!({"refundedAmount": 200, "refundId": "re_9"})).await;
    assert_eq!((status, error["error"]["code"].as_str()), (409, Some("refund_exceeds")));
    let (status, rest) = transition(&app, "refunded", json!({"refundedAmount": 199, "refundId": "re_9"})).await;
    assert_eq!((status, text(&rest, "status")), (200, "refunded".into()));
    let (status, error) = transition(&app, "refunded", json!({"refundedAmount": 0})).await;
    assert_eq!((status, error["error"]["field"].as_str()), (422, Some("refundedAmount")));
}

#[tokio::test]
async fn full_amount_is_a_full_refund_despite_earlier_partials() {
    let (app, ..) = app_with_reversal().await;
    app.paid("o1").await;
    transition(&app, "refunded", json!({"refundedAmount": 300})).await;
    let (_, whole) = transition(&app, "refunded", json!({"refundedAmount": 499})).await;
    assert_eq!((text(&whole, "status"), &whole["refundedAmount"]), ("refunded".into(), &json!(499)));
}

#[tokio::test]
async fn a_chargeback_revokes_and_runs_its_own_commands() {
    let (app, _, token) = app_with_reversal().await;
    let (_, paid) = app.put("/orders/o1", order(2, "paid")).await;
    let first = text(&list(&paid, "commands")[0], "id");
    app.as_agent("GET", "/commands?max=1", &token, "j1", None).await;
    app.report(&token, "j1", json!([report(&first, 1, "completed", None)])).await;
    let part = json!({"refundedAmount": 5, "refundId": "re_1"});
    assert_eq!(transition(&app, "refunded", part.clone()).await.0, 200);
    for _ in 0..2 {
        let (status, charged) = transition(&app, "chargeback", json!({})).await;
        assert_eq!((status, text(&charged, "status")), (200, "chargeback".into()));
        let ban = || state("ban {player}", "pending");
        assert_eq!(states(&charged), [state(GIVE, "completed"), state(GIVE, "cancelled"), ban(), ban()]);
        assert!(charged["chargedBackAt"].is_string() && charged["paidAt"].is_string());
    }
    assert_eq!(transition(&app, "refunded", json!({})).await.0, 409, "the money is gone already");
    assert_eq!(transition(&app, "refunded", part).await.0, 200, "a repeat");
    assert_eq!(transition(&app, "paid", json!({})).await.0, 200, "a late repeat changes nothing");
    assert_eq!(text(&shown(&app).await, "status"), "chargeback");
}

#[tokio::test]
async fn cancelled_paid_order_stops_and_can_be_refunded() {
    let (app, _, token) = app_with_reversal().await;
    let (_, paid) = app.put("/orders/o1", order(2, "paid")).await;
    let [first, second] = [0, 1].map(|at| text(&list(&paid, "commands")[at], "id"));
    app.as_agent("GET", "/commands?max=1", &token, "j1", None).await;
    app.report(&token, "j1", json!([report(&first, 1, "completed", None)])).await;
    let (status, cancelled) = transition(&app, "cancelled", json!({})).await;
    assert_eq!((status, text(&cancelled, "status")), (200, "cancelled".into()));
    assert_eq!(states(&cancelled), [state(GIVE, "completed"), state(GIVE, "cancelled")], "nothing is taken back yet");
    assert_eq!(transition(&app, "cancelled", json!({})).await.0, 200);
    assert_eq!(transition(&app, "completed", json!({})).await.0, 409);
    let (_, refunded) = transition(&app, "refunded", json!({})).await;
    assert_eq!(states(&refunded)[2..], [state(TAKE, "pending"), state(TAKE, "pending")]);
    let (status, error) = app.post(&format!("/commands/{second}/retry"), json!({})).await;
    assert_eq!((status, error["error"]["code"].as_str()), (StatusCode::CONFLICT, Some("order_revoked")));
}

#[tokio::test]
async fn transitions_in_the_wrong_order_are_refused() {
    let (app, ..) = app_with_reversal().await;
    app.put("/orders/o1", order(1, "created")).await;
    for early in ["completed", "refunded", "chargeback"] {
        let (status, error) = transition(&app, early, json!({})).await;
        assert_eq!((status, error["error"]["code"].as_str()), (409, Some("order_state")), "{early}");
    }
    assert_eq!(transition(&app, "cancelled", json!({})).await.0, 200);
    for late in ["paid", "completed", "refunded", "chargeback"] {
        assert_eq!(transition(&app, late, json!({})).await.0, 409, "{late}");
    }
    let (status, error) = app.put("/orders/o1", order(1, "paid")).await;
    assert_eq!((status, error["error"]["code"].as_str()), (StatusCode::CONFLICT, Some("order_state")));
    assert_eq!(states(&shown(&app).await), []);
}

#[tokio::test]
async fn transition_keeps_its_given_time() {
    let (app, ..) = app_with_reversal().await;
    app.put("/orders/o1", order(1, "created")).await;
    let (_, paid) = transition(&app, "paid", json!({"occurredAt": "2026-01-02T03:04:05Z"})).await;
    assert_eq!(paid["paidAt"], "2026-01-02T03:04:05Z");
    for (word, field) in [("paid", "when"), ("refunded", "when"), ("cancelled", "when"), ("chargeback", "when")] {
        let (status, error) = transition(&app, word, json!({"when": 1})).await;
        assert_eq!((status, error["error"]["field"].as_str()), (422, Some(field)), "{word}");
    }
}

#[tokio::test]
async fn imported_order_may_name_removed_items_and_be_refunded() {
    let (app, _, token) = app_with_reversal().await;
    let mut body = order(1, "paid");
    body["imported"] = json!(true);
    body["items"] = json!([{"packageId": "of_old", "quantity": 1}]);
    body["occurredAt"] = json!("2020-01-01T00:00:00Z");
    let (status, imported) = app.put("/orders/o1", body).await;
    assert_eq!((status, imported["paidAt"].as_str()), (StatusCode::CREATED, Some("2020-01-01T00:00:00Z")));
    assert_eq!(text(&transition(&app, "refunded", json!({})).await.1, "status"), "refunded");
    assert_eq!(list(&app.poll(&token, "j1").await.1, "commands").len(), 0);
}

#[tokio::test]
async fn order_shows_why_it_was_not_delivered() {
    let (app, _, token) = app_with_reversal().await;
    let given = text(&list(&app.paid("o1").await, "commands")[0], "id");
    let obstacle = async || text(&list(&shown(&app).await, "obstacles")[0], "text");
    assert_eq!(obstacle().await, "the agent of Survival is not connected");
    app.poll(&token, "j1").await;
    assert_eq!(obstacle().await, "sent to Survival, whose agent has yet to confirm it");
    for (status, reason, expected) in [
        ("awaiting_player", Some("player_offline"), "waits for Steve to join Survival"),
        ("failed", Some("blocked_by_policy"), "Survival would not run it: blocked_by_policy"),
    ] {
        app.report(&token, "j1", json!([report(&given, 1, status, reason)])).await;
        assert_eq!(obstacle().await, expected);
    }
    app.report(&token, "j1", json!([report(&given, 1, "completed", None)])).await;
    assert_eq!(
        (text(&shown(&app).await, "delivery"), list(&shown(&app).await, "obstacles").len()),
        ("delivered".into(), 0)
    );
}
