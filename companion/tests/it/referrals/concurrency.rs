//! Referral events that are malformed, sent in parallel, or out of order.

use super::fixture::{ReferralFixture, state, why};
use flux_referral_rules::{Cause, CustomerId, LedgerEntry, Unit};
use flux_referrals::storage::ledger;
use flux_storage::Tx;
use futures_util::future::join_all;
use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

#[tokio::test]
async fn a_malformed_event_is_422_and_names_its_field() {
    let fixture = ReferralFixture::code_rewards().await;
    let signup = json!({"accountId": "store", "refereeCustomerId": "bob", "linkCode": "x"});
    let fulfil = json!({"checkoutSessionId": "s", "status": "paid", "currency": "EUR", "amount": 5});
    let void = json!({"checkoutSessionId": "s"});
    let quote = json!({"customerId": "c", "amount": 5, "currency": "EUR"});
    for (path, body, key, value) in [
        ("/referrals/attributions/signup", &signup, "refereeCustomerId", json!("a b")),
        ("/referrals/attributions/signup", &signup, "refereeEmail", json!("a b")),
        ("/referrals/attributions/signup", &signup, "clickedAt", json!("yesterday")),
        ("/referrals/attributions/signup", &signup, "code", json!("both")),
        ("/referrals/attributions/signup", &signup, "surname", json!("x")),
        ("/referrals/attributions/fulfill", &fulfil, "amount", json!(-1)),
        ("/referrals/attributions/fulfill", &fulfil, "amount", json!(1.5)),
        ("/referrals/attributions/fulfill", &fulfil, "amount", json!(1u64 << 60)),
        ("/referrals/attributions/fulfill", &fulfil, "currency", json!("eur")),
        ("/referrals/attributions/fulfill", &fulfil, "checkoutSessionId", json!("")),
        ("/referrals/attributions/void", &void, "reason", json!("eaten")),
        ("/referrals/attributions/void", &void, "refundedAmount", json!(0)),
        ("/referrals/attributions/complete", &void, "occurredAt", json!(5)),
        ("/referrals/links/issue", &json!({"accountId": "store", "customerId": "c"}), "customerId", json!("@a")),
        ("/discounts/quote", &quote, "currency", json!("EURO")),
        ("/discounts/redeem", &quote, "orderId", json!("a/b")),
        ("/points/c/spend", &json!({"points": 5, "ref": "x"}), "points", json!(0)),
        ("/points/c/spend", &json!({"points": 5, "ref": "x"}), "ref", json!("")),
    ] {
        let mut body = body.clone();
        body[key] = value;
        let (status, error) = fixture.app.post(path, body.clone()).await;
        assert_eq!((status.as_u16(), error["error"]["field"].as_str()), (422, Some(key)), "{path} {body}: {error}");
    }
    for path in [
        "/attributions?status=eaten",
        "/attributions?limit=0",
        "/attributions?cursor=%21",
        "/rewards/store/a%20b",
        "/rewards/store/a?include=x",
    ] {
        assert_eq!(fixture.app.get(&format!("/referrals{path}")).await.0, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
    }
}

#[tokio::test]
async fn twenty_concurrent_repeats_count_once() {
    let fixture = ReferralFixture::code_rewards().await;
    let (alice, carol) = (fixture.code("alice").await, fixture.code("carol").await);
    let codes: Vec<&str> = (0..20).map(|n| if n % 2 == 0 { &*alice } else { &*carol }).collect();
    let signups = join_all(codes.iter().map(|code| fixture.signup("bob", code))).await;
    assert_eq!(signups.iter().filter(|(status, _)| *status == StatusCode::CREATED).count(), 1);
    assert!(signups.iter().all(|(_, row)| row["id"] == signups[0].1["id"]));
    let links = join_all((0..20).map(|_| fixture.code("dave"))).await;
    assert!(links.iter().all(|code| *code == links[0]));
    fixture.checkout("s1", "bob", None).await;
    let paid = join_all((0..20).map(|_| fixture.fulfil("s1", 2500))).await;
    assert!(paid.iter().all(|answer| *answer == paid[0]));
    assert_eq!((fixture.rewards("alice").await.len(), fixture.rewards("bob").await.len()), (1, 1));
    let code = fixture.rewards("bob").await[0]["code"].clone();
    let orders: Vec<Value> = (0..20)
        .map(|n| json!({"customerId": "bob", "orderId": format!("o{n}"), "amount": 1000, "currency": "EUR", "code": code}))
        .collect();
    let used = join_all(orders.into_iter().map(|order| fixture.app.post("/discounts/redeem", order))).await;
    assert_eq!(used.iter().filter(|(status, _)| *status == StatusCode::OK).count(), 1);
    assert!(used.iter().filter(|(status, _)| *status != StatusCode::OK).all(|answer| why(answer) == (409, "used")));
}

#[tokio::test]
async fn reordered_events_have_the_same_result() {
    let ends = async |words: [&str; 4]| {
        let fixture = ReferralFixture::code_rewards().await;
        let code = fixture.code("alice").await;
        fixture.signup("bob", &code).await;
        for word in words {
            match word {
                "checkout" => drop(fixture.checkout("s1", "bob", None).await),
                "paid" => {
                    let paid = json!({"checkoutSessionId": "s1", "status": "paid", "currency": "EUR", "amount": 2500, "refereeCustomerId": "bob"});
                    fixture.post("/attributions/fulfill", paid).await;
                }
                "completed" => drop(fixture.post("/attributions/complete", json!({"checkoutSessionId": "s1"})).await),
                _ => drop(fixture.void("s1").await),
            }
        }
        let row = crate::test_app::list(&fixture.get("/attributions").await, "items").remove(0);
        (state(&row).0.to_owned(), fixture.rewards("alice").await.len(), fixture.get("/stats").await["revenue"].clone())
    };
    let expected = ends(["checkout", "paid", "completed", "void"]).await;
    assert_eq!(expected, ("voided".to_owned(), 0, json!([])));
    for words in [
        ["void", "paid", "completed", "checkout"],
        ["completed", "void", "checkout", "paid"],
        ["paid", "void", "checkout", "completed"],
        ["void", "completed", "paid", "checkout"],
    ] {
        assert_eq!(ends(words).await, expected, "{words:?}");
    }
}

#[tokio::test]
async fn a_sum_beyond_64_bits_is_refused_and_changes_nothing() {
    let fixture = ReferralFixture::with(json!({"enabled": true})).await;
    let most = 1u64 << 53;
    fixture.rule(json!({"status": "active", "slots": {"referrer": {"registration": {"benefit": {"type": "points", "points": most}}}}})).await;
    let code = fixture.code("alice").await;
    let mut last = (StatusCode::OK, Value::Null);
    for n in 0..1_024 {
        last = fixture.signup(&format!("b{n}"), &code).await;
    }
    assert_eq!(why(&last).0, 422, "2^63 is one too many");
    let points = fixture.app.get("/points/alice").await.1;
    assert_eq!(points["balance"], json!(1_023u64 * most));
}

/// Two calls may each have read that there is enough.
#[tokio::test]
async fn points_that_were_read_once_are_not_spent_twice() {
    let fixture = ReferralFixture::with(json!({})).await;
    let entry = |delta, cause, reference: &str| LedgerEntry {
        reason: None,
        customer: CustomerId::new("alice"),
        unit: Unit::Points,
        delta,
        cause,
        reference: reference.to_owned(),
        at: Timestamp::UNIX_EPOCH,
    };
    for (posted, balance) in [
        (entry(-1, Cause::Spend, "0"), None),
        (entry(10, Cause::Grant, "1"), Some(10)),
        (entry(-7, Cause::Spend, "2"), Some(3)),
        (entry(-7, Cause::Spend, "3"), None),
        (entry(-4, Cause::Grant, "4"), Some(-1)),
        (entry(i64::MIN, Cause::Grant, "5"), None),
        (entry(i64::MAX, Cause::Grant, "6"), Some(i64::MAX - 1)),
        (entry(2, Cause::Grant, "7"), None),
    ] {
        let name = format!("{posted:?}");
        let after = fixture.app.state.db.write(move |tx: &Tx<'_>| ledger::post(tx, &posted)).await;
        assert_eq!(after.expect("the database"), balance, "{name}");
    }
    assert_eq!(fixture.app.get("/points/alice").await.1["entries"].as_array().map(Vec::len), Some(4));
}
