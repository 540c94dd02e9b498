//! Payments, signups and orders that name each other by the checkout session.

use super::binding::{DAY, plain, row_of, sixty_days};
use super::fixture::{ReferralFixture, state, why};
use http::StatusCode;
use serde_json::{Value, json};

/// A signup through the link that names its checkout session.
fn in_session(id: &str, code: &str, session: &str) -> Value {
    let mut signup = plain(id);
    (signup["linkCode"], signup["checkoutSessionId"]) = (json!(code), json!(session));
    signup
}

/// R2-37. The calls are those that Ripllo publishes.
#[tokio::test]
async fn payment_names_only_the_session_of_a_signup() {
    let fixture = ReferralFixture::code_rewards().await;
    let code = fixture.code("alice").await;
    let mut signup = in_session("bob", &code, "cs_1");
    (signup["externalSource"], signup["externalRef"]) = (json!("storlaunch"), json!("77"));
    let (status, row) = fixture.post("/attributions/signup", signup).await;
    assert_eq!((status, &row["checkoutSessionId"]), (StatusCode::CREATED, &json!("cs_1")), "{row}");
    let paid = json!({"checkoutSessionId": "cs_1", "status": "paid", "currency": "EUR", "amount": 2500});
    for _ in 0..2 {
        let (status, row) = fixture.post("/attributions/fulfill", paid.clone()).await;
        assert_eq!((status, state(&row)), (StatusCode::OK, ("rewarded", None)), "{row}");
    }
    assert_eq!((fixture.rewards("alice").await.len(), fixture.rewards("bob").await.len()), (1, 1));
    assert_eq!(state(&fixture.void("cs_1").await.1), ("voided", Some("refunded")));
}

/// R2-37.
#[tokio::test]
async fn session_of_two_signups_or_orders_names_nobody() {
    let (fixture, code) = sixty_days().await;
    for friend in ["bob", "carol"] {
        fixture.post("/attributions/signup", in_session(friend, &code, "cs_1")).await;
    }
    assert_eq!(why(&fixture.fulfil("cs_1", 2500).await), (409, "ambiguous_session"));
    let named = json!({"checkoutSessionId": "cs_1", "status": "paid", "currency": "EUR", "amount": 2500, "customerId": "carol"});
    assert_eq!(state(&fixture.post("/attributions/fulfill", named).await.1), ("rewarded", None));
    assert_eq!(row_of(&fixture, "bob").await["status"], "pending");
    for order in ["o1", "o2"] {
        fixture.app.put(&format!("/orders/{order}"), placed("dave", "cs_2")).await;
    }
    assert_eq!(why(&fixture.fulfil("cs_2", 2500).await), (409, "ambiguous_session"));
    assert_eq!(why(&fixture.fulfil("cs_3", 2500).await), (404, "unknown_session"));
}

fn placed(id: &str, session: &str) -> Value {
    json!({"customer": {"id": id}, "player": {"name": format!("{id}MC")}, "amount": 2500, "currency": "EUR",
        "items": [{"packageId": "vip", "quantity": 1}], "status": "created", "checkoutSessionId": session})
}

/// R2-37.
#[tokio::test]
async fn order_is_named_by_its_checkout_session() {
    let (fixture, code) = sixty_days().await;
    fixture.signup("bob", &code).await;
    let (_, order) = fixture.app.put("/orders/o1", placed("bob", "cs_1")).await;
    assert_eq!(order["checkoutSessionId"], "cs_1", "{order}");
    let row = fixture.fulfil("cs_1", 2500).await.1;
    assert_eq!((state(&row), &row["orderId"]), (("rewarded", None), &json!("o1")), "{row}");
    let order = fixture.app.get("/orders/o1").await.1;
    assert_eq!((&order["status"], &order["referral"]["decision"]), (&json!("created"), &json!("rewarded")));
    assert_eq!(state(&fixture.void("cs_1").await.1), ("voided", Some("refunded")));
}

/// R2-38.
#[tokio::test]
async fn session_id_has_up_to_128_characters() {
    let (fixture, code) = sixty_days().await;
    let session = "c".repeat(128);
    let checkout = json!({"accountId": "store", "checkoutSessionId": session, "refereeCustomerId": "bob",
        "refereeEmail": "bob@example.com", "code": code});
    assert_eq!(fixture.post("/attributions/checkout", checkout).await.0, StatusCode::CREATED);
    for _ in 0..2 {
        let row = fixture.fulfil(&session, 2500).await.1;
        assert_eq!((state(&row), &row["checkoutSessionId"]), (("rewarded", None), &json!(session)), "{row}");
    }
    assert_eq!(fixture.post("/attributions/complete", json!({"checkoutSessionId": session})).await.0, StatusCode::OK);
    assert_eq!(state(&fixture.void(&session).await.1), ("voided", Some("refunded")));
    for wrong in [String::new(), "c".repeat(129), "c d".to_owned()] {
        assert_eq!(why(&fixture.fulfil(&wrong, 2500).await).0, 422, "{wrong}");
    }
}

/// R2-24.
#[tokio::test]
async fn unknown_session_that_is_not_paid_changes_nothing() {
    let (fixture, code) = sixty_days().await;
    let pending = json!({"checkoutSessionId": "cs_1", "status": "pending", "currency": "EUR", "amount": 2500});
    assert_eq!(fixture.post("/attributions/fulfill", pending).await, (StatusCode::OK, Value::Null));
    fixture.signup("bob", &code).await;
    assert_eq!(state(&fixture.buy("bob", "cs_1", 2500).await), ("rewarded", None));
}

/// D-25.
#[tokio::test]
async fn signup_after_a_payment_counts_it_or_says_existing_customer() {
    let (fixture, code) = sixty_days().await;
    let paid = |session: &str, id: &str| json!({"checkoutSessionId": session, "status": "paid", "currency": "EUR", "amount": 2500, "refereeCustomerId": id});
    for (session, friend) in [("cs_1", "bob"), ("cs_2", "carol"), ("cs_3", "dave")] {
        assert_eq!(fixture.post("/attributions/fulfill", paid(session, friend)).await, (StatusCode::OK, Value::Null));
    }
    assert_eq!(why(&fixture.signup("bob", &code).await), (409, "existing_customer"), "the session is not named");
    assert_eq!(
        why(&fixture.post("/attributions/signup", in_session("carol", &code, "cs_3")).await),
        (409, "existing_customer")
    );
    for _ in 0..2 {
        let (_, row) = fixture.post("/attributions/signup", in_session("dave", &code, "cs_3")).await;
        assert_eq!((state(&row), &row["orderId"]), (("rewarded", None), &json!("cs_3")), "{row}");
        assert_eq!(fixture.points("alice").await, 100);
    }
    let mut clicked = in_session("eve", &code, "cs_4");
    fixture.post("/attributions/fulfill", paid("cs_4", "eve")).await;
    fixture.app.clock.pass(DAY);
    let (_, click) =
        fixture.post("/links/click", json!({"accountId": "store", "code": code, "visitorKey": "v1"})).await;
    clicked["clickId"] = click["clickId"].clone();
    let (_, row) = fixture.post("/attributions/signup", clicked).await;
    assert_eq!(
        (state(&row), fixture.points("alice").await),
        (("pending", None), 100),
        "a click after it did not lead to it"
    );
}

/// D-25, R3-14.
#[tokio::test]
async fn buyer_who_registers_still_earns_the_registration_reward() {
    let (fixture, code) = sixty_days().await;
    let points = |points: i64| json!({"benefit": {"type": "points", "points": points}});
    fixture.rule(json!({"slots": {"referrer": {"registration": points(5)}}})).await;
    let paid = json!({"checkoutSessionId": "cs_1", "status": "paid", "currency": "EUR", "amount": 2500, "refereeCustomerId": "bob"});
    fixture.post("/attributions/fulfill", paid).await;
    assert_eq!(fixture.signup("bob", &code).await.0, StatusCode::CREATED);
    assert_eq!(fixture.points("alice").await, 5);
    assert_eq!(state(&fixture.buy("bob", "cs_2", 2500).await), ("pending", Some("not_first_purchase")));
}
