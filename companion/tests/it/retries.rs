//! Retries as sold and as the package is now, in bulk, and the settling of uncertain commands.

use crate::test_app::{TestApp, list, only_command, order, report, text};
use http::StatusCode;
use serde_json::{Value, json};

const WRONG: &str = "gvie {player} diamond 5";
const RIGHT: &str = "give {player} diamond 5";

/// A server, and orders of a package whose commands have failed for these reasons.
async fn failed(reasons: &[&str]) -> (TestApp, String, Vec<String>) {
    let app = TestApp::new().await;
    let (_, token) = app.server().await;
    app.package(json!([{"command": WRONG}])).await;
    let mut ids = Vec::new();
    for (number, reason) in reasons.iter().enumerate() {
        let id = only_command(&app.paid(&format!("o{number}")).await);
        app.poll(&token, "j1").await;
        fail(&app, &token, &id, 1, reason).await;
        ids.push(id);
    }
    (app, token, ids)
}

/// Reports this failure until the command has failed.
async fn fail(app: &TestApp, token: &str, id: &str, first: u32, reason: &str) {
    for attempt in first.. {
        app.report(token, "j1", json!([report(id, attempt, "failed", Some(reason))])).await;
        if text(&app.command(id).await, "status") == "failed" {
            return;
        }
    }
}

fn code((status, answer): &(StatusCode, Value)) -> (u16, &str) {
    (status.as_u16(), answer["error"]["code"].as_str().unwrap_or_default())
}

#[tokio::test]
async fn retry_sends_the_text_as_sold_or_as_the_package_is_now() {
    let (app, token, ids) = failed(&["rejected_by_game"]).await;
    let retry = format!("/commands/{}/retry", ids[0]);
    app.package(json!([{"command": RIGHT, "requireOnline": false}])).await;
    assert_eq!(text(&app.post(&retry, json!({"as": "sold"})).await.1, "command"), WRONG);
    let polled = list(&app.poll(&token, "j1").await.1, "commands");
    assert_eq!(text(&polled[0], "command"), WRONG);
    fail(&app, &token, &ids[0], 5, "rejected_by_game").await;
    let (status, again) = app.post(&retry, json!({"as": "now"})).await;
    assert_eq!((status, text(&again, "command"), text(&again, "id")), (StatusCode::OK, RIGHT.into(), ids[0].clone()));
    let polled = list(&app.poll(&token, "j1").await.1, "commands");
    assert_eq!((text(&polled[0], "command"), &polled[0]["requireOnline"]), (RIGHT.into(), &json!(false)));
    assert_eq!(app.count_events("command.changed").await, 1);
    assert_eq!(code(&app.post(&retry, json!({"as": "now"})).await), (409, "not_failed"), "never beside an open one");
    assert_eq!(app.post(&retry, json!({"as": "later"})).await.0, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn text_of_now_is_refused_where_the_package_has_other_places() {
    let (app, _, ids) = failed(&["rejected_by_game"]).await;
    let retry = format!("/commands/{}/retry", ids[0]);
    for (commands, expected) in [
        (json!([{"command": RIGHT}, {"command": "say more"}]), (409, "package_differs")),
        (json!([]), (409, "package_differs")),
        (json!([{"command": RIGHT, "on": "refund"}]), (409, "package_differs")),
    ] {
        app.package(commands.clone()).await;
        assert_eq!(code(&app.post(&retry, json!({"as": "now"})).await), expected, "{commands}");
    }
    app.delete("/packages/vip").await;
    assert_eq!(code(&app.post(&retry, json!({"as": "now"})).await), (409, "package_removed"));
    assert_eq!(app.post(&retry, json!({})).await.0, StatusCode::OK, "as sold");
}

#[tokio::test]
async fn bulk_counts_first_and_retries_what_was_counted() {
    let (app, token, ids) = failed(&["rejected_by_game", "blocked_by_policy", "uncertain"]).await;
    app.package(json!([{"command": RIGHT}])).await;
    let bulk = async |body: Value| app.post("/commands/bulk", body).await;
    let all = json!({"package": "vip"});
    let (status, counted) = bulk(json!({"action": "retry", "as": "now", "filter": all})).await;
    assert_eq!((status, &counted["matched"], &counted["done"]), (StatusCode::OK, &json!(2), &json!(0)), "{counted}");
    assert_eq!(app.poll(&token, "j1").await.1["commands"], json!([]), "nothing was changed");
    let wrong = bulk(json!({"action": "retry", "filter": all, "expect": 3})).await;
    assert_eq!(code(&wrong), (409, "count_differs"));
    for (filter, uncertain, count) in [
        (json!({"reason": "rejected_by_game"}), false, 1),
        (json!({"reason": "uncertain"}), false, 0),
        (json!({"reason": "uncertain"}), true, 1),
        (json!({"player": "steve"}), true, 3),
        (json!({"player": "alex"}), true, 0),
        (json!({"package": "other"}), true, 0),
        (json!({"from": "2027-01-15T08:00:01Z"}), true, 0),
        (json!({"from": "2027-01-15T08:00:00Z", "to": "2027-01-15T08:00:01Z"}), true, 3),
        (json!({}), true, 3),
    ] {
        let body = json!({"action": "retry", "filter": filter, "includesUncertain": uncertain});
        assert_eq!(bulk(body.clone()).await.1["matched"], json!(count), "{body}");
    }
    let (_, done) = bulk(json!({"action": "retry", "as": "now", "filter": all, "expect": 2})).await;
    assert_eq!((&done["done"], &done["skipped"], &done["nextCursor"]), (&json!(2), &json!([]), &Value::Null));
    let lines: Vec<_> =
        list(&app.poll(&token, "j1").await.1, "commands").iter().map(|one| text(one, "command")).collect();
    assert_eq!(lines, [RIGHT, RIGHT]);
    assert_eq!(text(&app.command(&ids[2]).await, "status"), "failed", "it may have run");
    assert_eq!(bulk(json!({"action": "retry", "filter": {"reason": "odd"}})).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    let store =
        app.with_key(&app.store, "POST", "/commands/bulk", Some(json!({"action": "retry", "filter": {}}))).await;
    assert_eq!(store.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn repeated_bulk_call_answers_the_same_and_retries_nothing() {
    let (app, token, ids) = failed(&["rejected_by_game", "rejected_by_game"]).await;
    app.post("/orders/o1/refunded", json!({})).await;
    let send = async || {
        let body = json!({"action": "retry", "filter": {}, "expect": 2}).to_string();
        let key = format!("Bearer {}", app.admin);
        let request = http::Request::post("/api/v1/commands/bulk").header("authorization", key);
        app.call(request.header("idempotency-key", "b1").body(body.into()).expect("a request")).await
    };
    let (status, first) = send().await;
    assert_eq!((status, &first["done"], &first["skipped"][0]["id"]), (StatusCode::OK, &json!(1), &json!(ids[1])));
    app.poll(&token, "j1").await;
    fail(&app, &token, &ids[0], 5, "rejected_by_game").await;
    assert_eq!(send().await, (StatusCode::OK, first));
    assert_eq!(text(&app.command(&ids[0]).await, "status"), "failed");
}

#[tokio::test]
async fn person_settles_an_uncertain_command() {
    let (app, _, ids) = failed(&["uncertain", "uncertain", "expired"]).await;
    let settle = async |number: usize, given: bool| {
        app.post(&format!("/commands/{}/settle", ids[number]), json!({"given": given})).await
    };
    for _ in 0..2 {
        assert_eq!(text(&settle(0, true).await.1, "status"), "completed");
        let (_, not) = settle(1, false).await;
        assert_eq!((text(&not, "status"), text(&not, "reason")), ("failed".into(), "rejected_by_game".into()));
    }
    assert_eq!(code(&settle(0, false).await), (409, "not_uncertain"));
    assert_eq!(code(&settle(2, true).await), (409, "not_uncertain"));
    assert_eq!(app.count_events("command.settled").await, 2);
    let delivered = app.get("/orders/o0").await.1;
    assert_eq!((text(&delivered, "delivery"), &delivered["obstacles"]), ("delivered".into(), &json!([])));
    let (_, counted) =
        app.post("/commands/bulk", json!({"action": "retry", "filter": {"reason": "rejected_by_game"}})).await;
    assert_eq!(counted["matched"], json!(1));
}

#[tokio::test]
async fn settled_command_of_a_refunded_order_is_taken_back() {
    let app = TestApp::new().await;
    let (_, token) = app.server().await;
    app.package(json!([{"command": RIGHT}, {"command": "clear {player}", "on": "refund"}])).await;
    let id = only_command(&app.paid("o1").await);
    app.poll(&token, "j1").await;
    fail(&app, &token, &id, 1, "uncertain").await;
    app.post("/orders/o1/refunded", json!({})).await;
    app.post(&format!("/commands/{id}/settle"), json!({"given": true})).await;
    assert_eq!(text(&app.poll(&token, "j1").await.1["commands"][0], "command"), "clear {player}");
}

#[tokio::test]
async fn command_by_hand_belongs_to_its_order() {
    let app = TestApp::new().await;
    let (server, token) = app.server().await;
    app.package(json!([])).await;
    let send = async |order: &str| {
        app.post(
            "/commands",
            json!({"serverId": server, "command": RIGHT, "player": {"name": "Steve"}, "order": order}),
        )
        .await
    };
    assert_eq!(send("o1").await.0, StatusCode::UNPROCESSABLE_ENTITY);
    app.put("/orders/o1", order(1, "created")).await;
    assert_eq!(code(&send("o1").await), (409, "order_state"));
    app.post("/orders/o1/paid", json!({})).await;
    let (status, made) = send("o1").await;
    assert_eq!(
        (status, text(&made, "orderId"), text(&made, "kind")),
        (StatusCode::CREATED, "o1".into(), "manual".into())
    );
    assert_eq!(only_command(&app.get("/orders/o1").await.1), text(&made, "id"));
    app.post("/orders/o1/refunded", json!({})).await;
    assert_eq!(text(&app.command(&text(&made, "id")).await, "status"), "cancelled", "the refund revokes it");
    assert_eq!(app.poll(&token, "j1").await.1["commands"], json!([]));
    assert_eq!(code(&send("o1").await), (409, "order_state"));
}

/// A command of a forgotten customer's order that staff made names nobody afterwards.
#[tokio::test]
async fn command_by_hand_forgets_its_player_with_the_customer() {
    let app = TestApp::new().await;
    let (server, token) = app.server().await;
    app.package(json!([])).await;
    app.paid("o1").await;
    let body = json!({"serverId": server, "command": "give Steve dirt", "player": {"name": "Steve"}, "order": "o1"});
    let id = text(&app.post("/commands", body).await.1, "id");
    app.poll(&token, "j1").await;
    app.report(&token, "j1", json!([report(&id, 1, "completed", None)])).await;
    assert_eq!(app.delete("/customers/c1").await.0, StatusCode::NO_CONTENT);
    assert!(!app.command(&id).await.to_string().contains("Steve"));
}
