//! Stored rows outlive the API that wrote them: a row that today's API would refuse is still read, returned and processed.

use crate::test_app::{TestApp, list, text};
use flux_storage::{Error, Param, params};
use http::StatusCode;
use serde_json::json;

/// A text longer than a label may be.
fn long_label() -> String {
    "n".repeat(300)
}

async fn write(app: &TestApp, sql: &'static str, values: Vec<Box<dyn Param + Send>>) {
    let work = move |tx: &flux_storage::Tx<'_>| {
        let values: Vec<&dyn Param> = values.iter().map(|value| &**value as &dyn Param).collect();
        tx.execute(sql, &values)
    };
    let written: Result<usize, Error> = app.state.db.write(work).await;
    assert!(written.expect("written") > 0, "{sql}");
}

/// Stores a paid order, its package with a refund command, and its customer; then changes each row into one of an API with wider limits and more
/// fields.
async fn app_with_foreign_rows() -> TestApp {
    let app = TestApp::new().await;
    app.server().await;
    app.package(json!([{"command": "give {player} diamond"}, {"command": "take {player} diamond", "on": "refund"}]))
        .await;
    app.paid("o1").await;
    let items =
        json!([{"package_id": "vip", "quantity": 5_000, "gift_wrap": true}, {"package_id": "an id with blanks"}]);
    write(
        &app,
        "UPDATE orders SET customer_email = 'no address', customer_name = $1, player_name = 'a name of 30 characters, or so',
           player_uuid = 'none', items = $2, currency = 'euro', referral_code = $1",
        vec![Box::new(long_label()), Box::new(items.to_string())],
    )
    .await;
    let commands = json!([{"command": "one\ntwo", "delay_seconds": 99_999_999, "required_slots": 200, "colour": "red"},
        {"command": "take {player} diamond", "trigger": "refund", "require_online": false, "priority": 3}]);
    for sql in [
        "UPDATE packages SET name = $1, price = 9007199254740993, currency = 'euro', commands = $2",
        "UPDATE order_package_snapshots SET name = $1, price = 9007199254740993, currency = 'euro', commands = $2",
    ] {
        write(&app, sql, vec![Box::new(long_label()), Box::new(commands.to_string())]).await;
    }
    let sql = "UPDATE customers SET email = 'no address', name = $1, tier = 'Gold!', player_name = 'a b c'";
    write(&app, sql, vec![Box::new(long_label())]).await;
    write(&app, "UPDATE servers SET name = $1, address = ''", vec![Box::new(long_label())]).await;
    app
}

#[tokio::test]
async fn rows_the_api_would_refuse_are_returned_unchanged() {
    let app = app_with_foreign_rows().await;
    write(&app, "UPDATE orders SET amount = 9007199254740993", Vec::new()).await;
    let (status, order) = app.get("/orders/o1").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(order["customer"], json!({"id": "c1", "email": "no address", "name": long_label()}));
    assert_eq!(order["player"], json!({"name": "a name of 30 characters, or so", "uuid": "none"}));
    let items = json!([{"packageId": "vip", "quantity": 5_000}, {"packageId": "an id with blanks", "quantity": 0}]);
    assert_eq!((&order["items"], &order["amount"]), (&items, &json!(9_007_199_254_740_993_u64)));
    assert_eq!((text(&order, "currency"), text(&order, "referralCode")), ("euro".into(), long_label()));
    assert_eq!(list(&app.get("/orders").await.1, "items").len(), 1);

    let (status, package) = app.get("/packages/vip").await;
    assert_eq!((status, text(&package, "name")), (StatusCode::OK, long_label()));
    let first = &list(&package, "commands")[0];
    assert_eq!(
        (text(first, "command"), &first["delaySeconds"], &first["servers"], &first["on"]),
        ("one\ntwo".into(), &json!(99_999_999), &json!("all"), &json!("purchase"))
    );
    let (status, customer) = app.get("/customers/c1").await;
    assert_eq!(
        (status, text(&customer, "tier"), text(&customer, "name")),
        (StatusCode::OK, "Gold!".into(), long_label())
    );
    assert_eq!(text(&list(&app.get("/servers").await.1, "items")[0], "name"), long_label());
    // The API itself refuses such values; only stored rows may have them.
    assert_eq!(app.put("/orders/o2", order).await.0, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn rows_the_api_would_refuse_can_change_state() {
    let app = app_with_foreign_rows().await;
    let (status, completed) = app.post("/orders/o1/completed", json!({})).await;
    assert_eq!((status, text(&completed, "status")), (StatusCode::OK, "completed".into()));
    let (status, refunded) = app.post("/orders/o1/refunded", json!({})).await;
    assert_eq!((status, text(&refunded, "status")), (StatusCode::OK, "refunded".into()));
    let kept = app.state.db.read(|tx| tx.only("SELECT items FROM orders", params![], |row| row.get::<String>("items")));
    assert!(kept.await.expect("read").contains("gift_wrap"), "a field that this version does not know stays stored");
}
