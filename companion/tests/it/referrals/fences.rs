//! Bad input, repeats in parallel, events in the wrong order.

use super::shop::{Shop, state, why};
use futures_util::future::join_all;
use http::StatusCode;
use serde_json::{Value, json};

#[tokio::test]
async fn a_malformed_event_is_422_and_names_its_field() {
    let shop = Shop::ripllo().await;
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
        let (status, error) = shop.bench.post(path, body.clone()).await;
        assert_eq!((status.as_u16(), error["error"]["field"].as_str()), (422, Some(key)), "{path} {body}: {error}");
    }
    for path in [
        "/attributions?status=eaten",
        "/attributions?limit=0",
        "/attributions?cursor=%21",
        "/rewards/store/a%20b",
        "/rewards/store/a?include=x",
    ] {
        assert_eq!(shop.bench.get(&format!("/referrals{path}")).await.0, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
    }
}

#[tokio::test]
async fn twenty_of_the_same_at_once_are_one() {
    let shop = Shop::ripllo().await;
    let (alice, carol) = (shop.code("alice").await, shop.code("carol").await);
    let codes: Vec<&str> = (0..20).map(|n| if n % 2 == 0 { &*alice } else { &*carol }).collect();
    let signups = join_all(codes.iter().map(|code| shop.signup("bob", code))).await;
    assert_eq!(signups.iter().filter(|(status, _)| *status == StatusCode::CREATED).count(), 1);
    assert!(signups.iter().all(|(_, row)| row["id"] == signups[0].1["id"]));
    let links = join_all((0..20).map(|_| shop.code("dave"))).await;
    assert!(links.iter().all(|code| *code == links[0]));
    shop.checkout("s1", "bob", None).await;
    let paid = join_all((0..20).map(|_| shop.fulfil("s1", 2500))).await;
    assert!(paid.iter().all(|answer| *answer == paid[0]));
    assert_eq!((shop.rewards("alice").await.len(), shop.rewards("bob").await.len()), (1, 1));
    let code = shop.rewards("bob").await[0]["code"].clone();
    let orders: Vec<Value> = (0..20)
        .map(|n| json!({"customerId": "bob", "orderId": format!("o{n}"), "amount": 1000, "currency": "EUR", "code": code}))
        .collect();
    let used = join_all(orders.into_iter().map(|order| shop.bench.post("/discounts/redeem", order))).await;
    assert_eq!(used.iter().filter(|(status, _)| *status == StatusCode::OK).count(), 1);
    assert!(used.iter().filter(|(status, _)| *status != StatusCode::OK).all(|answer| why(answer) == (409, "used")));
}

#[tokio::test]
async fn events_in_the_wrong_order_come_to_the_same_end() {
    let ends = async |words: [&str; 4]| {
        let shop = Shop::ripllo().await;
        let code = shop.code("alice").await;
        shop.signup("bob", &code).await;
        for word in words {
            match word {
                "checkout" => drop(shop.checkout("s1", "bob", None).await),
                "paid" => {
                    let paid = json!({"checkoutSessionId": "s1", "status": "paid", "currency": "EUR", "amount": 2500, "refereeCustomerId": "bob"});
                    shop.post("/attributions/fulfill", paid).await;
                }
                "completed" => drop(shop.post("/attributions/complete", json!({"checkoutSessionId": "s1"})).await),
                _ => drop(shop.void("s1").await),
            }
        }
        let row = crate::bench::list(&shop.get("/attributions").await, "items").remove(0);
        (state(&row).0.to_owned(), shop.rewards("alice").await.len(), shop.get("/stats").await["revenue"].clone())
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
    let shop = Shop::with(json!({"enabled": true})).await;
    let most = 1u64 << 53;
    shop.rule(json!({"status": "active", "slots": {"referrer": {"registration": {"benefit": {"type": "points", "points": most}}}}})).await;
    let code = shop.code("alice").await;
    let mut last = (StatusCode::OK, Value::Null);
    for n in 0..1_024 {
        last = shop.signup(&format!("b{n}"), &code).await;
    }
    assert_eq!(why(&last).0, 422, "2^63 is one too many");
    let points = shop.bench.get("/points/alice").await.1;
    assert_eq!(points["balance"], json!(1_023u64 * most));
}
