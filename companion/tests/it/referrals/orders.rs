//! Orders drive the referral rules: `/orders` has the same effect as the referral endpoints, and shows the decision.

use super::fixture::{ReferralFixture, state};
use crate::test_app::{list, text};
use http::StatusCode;
use serde_json::{Value, json};

fn order(id: &str, code: Option<&str>, status: &str, amount: i64) -> Value {
    json!({"customer": {"id": id, "email": format!("{id}@example.com")}, "player": {"name": format!("{id}MC")},
           "items": [{"packageId": "vip", "quantity": 1}], "amount": amount, "currency": "EUR", "status": status, "referralCode": code})
}

async fn fixture() -> (ReferralFixture, String) {
    let fixture = ReferralFixture::code_rewards().await;
    fixture.app.package(json!([])).await;
    let code = fixture.code("alice").await;
    (fixture, code)
}

async fn referral(fixture: &ReferralFixture, id: &str) -> Value {
    let mut order = fixture.app.get(&format!("/orders/{id}")).await.1;
    order["referral"].take()
}

async fn transition(fixture: &ReferralFixture, id: &str, word: &str, body: Value) -> Value {
    let (status, order) = fixture.app.post(&format!("/orders/{id}/{word}"), body).await;
    assert_eq!(status, StatusCode::OK, "{order}");
    order
}

/// C-06.
#[tokio::test]
async fn order_binds_by_code_and_shows_the_decision() {
    let (fixture, code) = fixture().await;
    let (_, created) = fixture.app.put("/orders/o1", order("bob", Some(&code), "created", 2500)).await;
    assert_eq!((&created["referral"]["decision"], &created["referral"]["reason"]), (&json!("bound"), &Value::Null));
    let paid = transition(&fixture, "o1", "paid", json!({})).await;
    assert_eq!(paid["referral"]["decision"], "rewarded");
    let row = &list(&fixture.get("/attributions").await, "items")[0];
    assert_eq!(
        (&row["id"], &row["orderId"], text(row, "door")),
        (&paid["referral"]["attributionId"], &json!("o1"), "codeCheckout".into())
    );
    let (_, small) = fixture.app.put("/orders/o2", order("carol", Some(&code), "paid", 999)).await;
    assert_eq!(
        (&small["referral"]["decision"], &small["referral"]["reason"]),
        (&json!("refused"), &json!("below_minimum"))
    );
    let (_, unknown) = fixture.app.put("/orders/o3", order("dave", Some("nobody-1"), "paid", 2500)).await;
    assert_eq!(unknown["referral"], json!({"attributionId": null, "decision": "refused", "reason": "unknown_code"}));
    let (_, plain) = fixture.app.put("/orders/o4", order("erin", None, "paid", 2500)).await;
    assert_eq!(plain["referral"], Value::Null);
}

/// R0-21, C-06.
#[tokio::test]
async fn repeated_order_or_payment_rewards_once() {
    let (fixture, code) = fixture().await;
    for _ in 0..3 {
        fixture.app.put("/orders/o1", order("bob", Some(&code), "paid", 2500)).await;
        transition(&fixture, "o1", "paid", json!({})).await;
    }
    assert_eq!((fixture.rewards("alice").await.len(), fixture.rewards("bob").await.len()), (1, 1));
}

#[tokio::test]
async fn order_transition_equals_the_referral_endpoint() {
    for (word, reason) in [("cancelled", "cancelled"), ("refunded", "refunded"), ("chargeback", "chargeback")] {
        let (fixture, code) = fixture().await;
        fixture.app.put("/orders/o1", order("bob", Some(&code), "paid", 2500)).await;
        let undone = transition(&fixture, "o1", word, json!({})).await;
        assert_eq!(
            (&undone["referral"]["decision"], &undone["referral"]["reason"]),
            (&json!("voided"), &json!(reason))
        );
        assert_eq!(fixture.rewards("alice").await.len(), 0, "{word}");
    }
}

#[tokio::test]
async fn a_partial_refund_is_tested_against_the_minimum() {
    let (fixture, code) = fixture().await;
    fixture.app.put("/orders/o1", order("bob", Some(&code), "paid", 2500)).await;
    let part = transition(&fixture, "o1", "refunded", json!({"refundedAmount": 1500, "refundId": "r1"})).await;
    assert_eq!(part["referral"]["decision"], "rewarded");
    assert_eq!(fixture.get("/stats").await["revenue"], json!([{"currency": "EUR", "amount": 1000}]));
    let more = transition(&fixture, "o1", "refunded", json!({"refundedAmount": 1, "refundId": "r2"})).await;
    assert_eq!((&more["status"], &more["referral"]["decision"]), (&json!("paid"), &json!("voided")));
}

#[tokio::test]
async fn completion_dates_a_reward_that_waits_for_it() {
    let (fixture, code) = fixture().await;
    fixture.rule(json!({"orderTiming": {"type": "daysAfterCompletion", "days": 1}})).await;
    fixture.app.put("/orders/o1", order("bob", Some(&code), "paid", 2500)).await;
    assert_eq!(referral(&fixture, "o1").await["decision"], "qualified");
    transition(&fixture, "o1", "completed", json!({})).await;
    fixture.app.clock.pass(86_400);
    flux_companion::sweep(&fixture.app.state).await;
    assert_eq!(referral(&fixture, "o1").await["decision"], "rewarded");
}

/// R3-10.
#[tokio::test]
async fn imported_order_earns_nothing_and_uses_up_the_first() {
    let (fixture, code) = fixture().await;
    let mut imported = order("bob", Some(&code), "paid", 2500);
    imported["imported"] = json!(true);
    assert_eq!(fixture.app.put("/orders/o0", imported).await.1["referral"], Value::Null);
    let (_, paid) = fixture.app.put("/orders/o1", order("bob", Some(&code), "paid", 2500)).await;
    assert_eq!(paid["referral"]["reason"], "not_first_purchase");
}

/// D-23.
#[tokio::test]
async fn guest_order_with_same_player_or_address_is_an_earlier_one() {
    let (fixture, code) = fixture().await;
    let mut guest = order("guest1", None, "paid", 100);
    guest["player"] = json!({"name": "BobMC"});
    fixture.app.put("/orders/o0", guest).await;
    let (_, by_player) = fixture.app.put("/orders/o1", order("Bob", Some(&code), "paid", 2500)).await;
    assert_eq!(by_player["referral"]["reason"], "not_first_purchase");
    let mut guest = order("guest2", None, "paid", 100);
    guest["customer"]["email"] = json!("Carol+x@example.com");
    fixture.app.put("/orders/o2", guest).await;
    let (_, by_address) = fixture.app.put("/orders/o3", order("carol", Some(&code), "paid", 2500)).await;
    assert_eq!(by_address["referral"]["reason"], "not_first_purchase");
}

#[tokio::test]
async fn a_first_purchase_links_the_player_that_nobody_else_has() {
    let (fixture, _) = fixture().await;
    fixture.app.put("/orders/o1", order("bob", None, "paid", 100)).await;
    assert_eq!(fixture.app.get("/customers/bob").await.1["player"]["name"], "bobMC");
    let mut present = order("carol", None, "paid", 100);
    present["player"] = json!({"name": "bobMC"});
    fixture.app.put("/orders/o2", present).await;
    assert_eq!(fixture.app.get("/customers/carol").await.1["player"], Value::Null);
}

#[tokio::test]
async fn free_order_links_no_player() {
    let (fixture, _) = fixture().await;
    fixture.app.put("/orders/o1", order("bob", None, "paid", 0)).await;
    assert_eq!(fixture.app.get("/customers/bob").await.1["player"], Value::Null);
    fixture.app.put("/orders/o2", order("carol", None, "created", 0)).await;
    fixture.app.post("/orders/o2/paid", json!({})).await;
    assert_eq!(fixture.app.get("/customers/carol").await.1["player"], Value::Null);
    let checkout =
        json!({"accountId": "store", "checkoutSessionId": "s1", "customerId": "dave", "player": {"name": "DaveMC"}});
    fixture.post("/attributions/checkout", checkout).await;
    fixture.fulfil("s1", 0).await;
    assert_eq!(fixture.app.get("/customers/dave").await.1["player"], Value::Null);
    fixture.app.put("/orders/o3", order("bob", None, "paid", 1)).await;
    assert_eq!(fixture.app.get("/customers/bob").await.1["player"]["name"], "bobMC", "a purchase does");
}

/// A present must not cost its receiver their player.
#[tokio::test]
async fn signup_with_a_uuid_takes_a_name_and_an_order_does_not() {
    let (fixture, code) = fixture().await;
    // Their player was given a present, so only the registration can earn.
    let points = json!({"benefit": {"type": "points", "points": 1}});
    fixture.rule(json!({"slots": {"referee": {"registration": points}}})).await;
    let player = json!({"name": "Dream", "uuid": "069a79f4-44e9-4726-a5be-fca90e38aaf5"});
    let squat = json!({"accountId": "store", "refereeCustomerId": "squat", "refereePlayer": {"name": "dream"}, "linkCode": code});
    assert_eq!(fixture.post("/attributions/signup", squat).await.0, StatusCode::CREATED);
    let mut present = order("carol", None, "paid", 100);
    present["player"] = player.clone();
    fixture.app.put("/orders/o1", present).await;
    assert_eq!(fixture.app.get("/customers/squat").await.1["player"]["name"], "dream");
    let signup = json!({"accountId": "store", "refereeCustomerId": "dream", "refereePlayer": player, "linkCode": code});
    let (status, row) = fixture.post("/attributions/signup", signup).await;
    assert_eq!(status, StatusCode::CREATED, "not the same person as the squatter: {row}");
    assert_eq!(fixture.app.get("/customers/dream").await.1["player"]["name"], "Dream");
    assert_eq!(fixture.app.get("/customers/squat").await.1["player"], Value::Null);
}

#[tokio::test]
async fn forgetting_keeps_totals_and_the_other_sides_reward() {
    let (fixture, _) = fixture().await;
    let code = fixture.referrer("zacharias", "ZachMC").await;
    fixture.app.put("/orders/o1", order("bob", Some(&code), "paid", 2500)).await;
    let before = fixture.get("/stats").await;
    assert_eq!(fixture.app.delete("/customers/zacharias").await.0, StatusCode::NO_CONTENT);
    assert_eq!(fixture.get("/stats").await, before);
    let row = list(&fixture.get("/attributions").await, "items").remove(0);
    assert_eq!(state(&row), ("rewarded", None));
    assert_eq!(fixture.rewards("bob").await.len(), 1);
    let everything =
        format!("{}{}{}", row, fixture.app.get("/orders/o1").await.1, fixture.app.get("/events?limit=100").await.1);
    assert!(!everything.to_lowercase().contains("zach"), "{everything}");
    assert_eq!(fixture.app.put("/customers/zacharias", json!({"name": "another"})).await.0, StatusCode::CREATED);
    assert_ne!(fixture.code("zacharias").await, code);
}
