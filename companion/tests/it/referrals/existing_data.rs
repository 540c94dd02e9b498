//! What was there before the rules were, by the database of the version that had none.

use super::fixture::{ReferralFixture, why};
use crate::test_app::TestApp;
use flux_storage::Db;
use http::StatusCode;
use serde_json::{Value, json};

/// A companion on a database of schema 2 with these customers and orders.
async fn upgraded(
    folder: &std::path::Path,
    customers: &[(&str, &str)],
    orders: &[(&str, Value, Option<i64>)],
) -> ReferralFixture {
    let path = folder.join("companion.db");
    let old = rusqlite::Connection::open(&path).expect("a file");
    old.execute_batch(include_str!("../../../../crates/storage/src/sqlite/migrations/0001_first.sql"))
        .expect("schema 1");
    old.execute_batch(include_str!("../../../../crates/storage/src/sqlite/migrations/0002_whole_orders.sql"))
        .expect("schema 2");
    old.pragma_update(None, "user_version", 2).expect("written");
    for (id, email) in customers {
        let sql = "INSERT INTO customers (id, email, registered_at, created_at, updated_at) VALUES (?, ?, 1, 1, 1)";
        old.execute(sql, [id, email]).expect("a customer");
    }
    for (id, body, paid_at) in orders {
        let status = if paid_at.is_some() { "paid" } else { "created" };
        let sql = "INSERT INTO orders (id, body, customer_id, status, created_at, updated_at, paid_at) VALUES (?, ?, ?, ?, 1, 1, ?)";
        let values = rusqlite::params![id, body.to_string(), body["customer"]["id"].as_str(), status, paid_at];
        old.execute(sql, values).expect("an order");
    }
    drop(old);
    let fixture = ReferralFixture { app: TestApp::on(Db::open(&path).expect("it opens").0).await };
    fixture.app.put("/referrals/program", json!({"enabled": true, "rewardType": "percent", "refereeValue": 10})).await;
    fixture
}

fn order(customer: &str, email: &str, more: &Value) -> Value {
    let mut body = json!({"customer": {"id": customer, "email": email}, "player": {"name": format!("{customer}MC")}, "items": [{"packageId": "vip", "quantity": 1}],
                          "amount": 2500, "currency": "EUR", "imported": false, "status": "created"});
    body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_of_before_binds_by_its_code_when_it_is_paid_after() {
    let folder = tempfile::tempdir().expect("a folder");
    let typed = order("bob", "bob@example.com", &json!({"referralCode": " ALICE-XYZ "}));
    let fixture = upgraded(folder.path(), &[], &[("o1", typed, None)]).await;
    let code = fixture.referrer("alice", "AliceMC").await;
    let sql = "UPDATE referral_links SET code = 'alice-XYZ', code_key = 'alice-xyz' WHERE code = ?";
    let renamed = fixture
        .app
        .state
        .db
        .write(move |tx| Ok::<_, flux_storage::DbError>(tx.execute(sql, flux_storage::params![code])?));
    assert_eq!(renamed.await.expect("written"), 1);
    fixture.app.package(json!([])).await;
    let (status, paid) = fixture.app.post("/orders/o1/paid", json!({})).await;
    assert_eq!((status, &paid["referral"]["decision"]), (StatusCode::OK, &json!("rewarded")), "{paid}");
}

#[tokio::test(flavor = "multi_thread")]
async fn r3_15_and_r3_10_members_and_buyers_of_before_are_known_by_their_addresses() {
    let folder = tempfile::tempdir().expect("a folder");
    let bought = order("guest", "Bob+first@Example.com", &json!({}));
    let customers = [("carol", " Carol+news@Example.com"), ("jo", "JÜRGEN@example.com")];
    let fixture = upgraded(folder.path(), &customers, &[("o1", bought, Some(1))]).await;
    let code = fixture.referrer("alice", "AliceMC").await;
    let carol =
        json!({"accountId": "store", "refereeCustomerId": "c2", "refereeEmail": "carol@example.com", "linkCode": code});
    assert_eq!(why(&fixture.post("/attributions/signup", carol).await), (409, "existing_customer"));
    fixture.signup("bob", &code).await;
    assert_eq!(fixture.buy("bob", "s1", 2500).await["reason"], "not_first_purchase");
}
