//! Rewards for registrations and orders: automatic discounts, codes and mails.

use super::fixture::{ReferralFixture, grant, state, why};
use crate::test_app::{list, text};
use http::StatusCode;
use serde_json::{Value, json};

/// A program in which a friend who registers gets an automatic discount of 10 percent, and the referrer gets 100 points for the first order.
async fn member() -> ReferralFixture {
    let fixture = ReferralFixture::with(json!({"enabled": true})).await;
    fixture
        .rule(json!({"status": "active", "slots": {
        "referrer": {"firstOrder": {"benefit": {"type": "points", "points": 100}}},
        "referee": {"registration": {"benefit": {"type": "percent", "percent": 10}}}}}))
        .await;
    fixture
}

/// R3-02, R3-07, R3-08, C-11.
#[tokio::test]
async fn referee_discount_is_automatic_and_both_sides_see_rewards() {
    let fixture = member().await;
    let code = fixture.code("alice").await;
    fixture.signup("bob", &code).await;
    let cart = json!({"customerId": "bob", "amount": 4000, "currency": "EUR"});
    let (_, quote) = fixture.app.post("/discounts/quote", cart).await;
    assert_eq!((&quote["discount"], &quote["total"], &quote["reason"]), (&json!(400), &json!(3600), &Value::Null));
    let order = json!({"customerId": "bob", "orderId": "s1", "amount": 4000, "currency": "EUR"});
    for _ in 0..2 {
        let (status, redeemed) = fixture.app.post("/discounts/redeem", order.clone()).await;
        assert_eq!(
            (status, &redeemed["discount"], &redeemed["discountId"]),
            (StatusCode::OK, &json!(400), &quote["discountId"])
        );
    }
    let other = json!({"customerId": "bob", "orderId": "s2", "amount": 4000, "currency": "EUR"});
    assert_eq!(fixture.app.post("/discounts/redeem", other).await.1["discount"], 0, "once per code");
    assert_eq!(fixture.points("alice").await, 0);
    assert_eq!(state(&fixture.buy("bob", "s1", 3600).await), ("rewarded", None));
    assert_eq!(fixture.points("alice").await, 100);
    assert_eq!(text(&fixture.rewards("bob").await[0], "status"), "used");
    assert_eq!(fixture.rewards("alice").await[0]["benefit"]["points"], 100);
}

/// A friend's coupon of 10 percent, used on this order by the friend. Returns the coupon's status after `undo`.
async fn status_after(order: &str, undo: &[(&str, Value)]) -> String {
    let fixture = member().await;
    fixture.app.package(json!([])).await;
    let code = fixture.code("alice").await;
    fixture.signup("bob", &code).await;
    let sale = json!({"customer": {"id": "bob"}, "player": {"name": "BobMC"}, "amount": 3600, "currency": "EUR",
        "items": [{"packageId": "vip", "quantity": 1}], "status": "paid"});
    fixture.app.put(&format!("/orders/{order}"), sale).await;
    let cart = json!({"customerId": "bob", "orderId": order, "amount": 4000, "currency": "EUR"});
    let (_, redeemed) = fixture.app.post("/discounts/redeem", cart.clone()).await;
    assert_eq!((&redeemed["discount"], &redeemed["orderKnown"]), (&json!(400), &json!(true)));
    for (what, body) in undo {
        let (status, answer) = fixture.app.post(&format!("/orders/{order}/{what}"), body.clone()).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    }
    let status = text(&fixture.rewards("bob").await[0], "status");
    // A late repeat of the redemption uses nothing up again.
    fixture.app.post("/discounts/redeem", cart).await;
    assert_eq!(text(&fixture.rewards("bob").await[0], "status"), status);
    status
}

/// R3-23.
#[tokio::test]
async fn coupon_of_a_reversed_order_is_usable_again() {
    let part = |amount: i64, id: &str| ("refunded", json!({"refundedAmount": amount, "refundId": id}));
    for (undo, expected) in [
        (vec![("cancelled", json!({}))], "issued"),
        (vec![("refunded", json!({}))], "issued"),
        (vec![part(1000, "r1")], "used"),
        (vec![part(1000, "r1"), part(2600, "r2")], "issued"),
        (vec![("chargeback", json!({}))], "issued"),
    ] {
        assert_eq!(status_after("o1", &undo).await, expected, "{undo:?}");
    }
}

/// R3-23, R2-24.
#[tokio::test]
async fn redemption_without_a_known_order_can_be_undone() {
    let fixture = member().await;
    let code = fixture.code("alice").await;
    fixture.signup("bob", &code).await;
    let cart = json!({"customerId": "bob", "orderId": "never", "amount": 4000, "currency": "EUR"});
    let (_, redeemed) = fixture.app.post("/discounts/redeem", cart.clone()).await;
    assert_eq!((&redeemed["discount"], &redeemed["orderKnown"]), (&json!(400), &json!(false)));
    let undo = async || fixture.app.delete("/discounts/redemptions/never").await;
    let (status, undone) = undo().await;
    assert_eq!(status, StatusCode::OK, "{undone}");
    let released = list(&undone, "released");
    assert_eq!((text(&released[0], "status"), text(&released[0], "customerId")), ("issued".into(), "bob".into()));
    assert_eq!(released[0]["code"], fixture.rewards("bob").await[0]["code"]);
    assert!(list(&undo().await.1, "released").is_empty(), "a repeat finds nothing");
    assert_eq!(fixture.app.event_kinds().await.iter().filter(|kind| *kind == "grant.released").count(), 1);
    assert_eq!(fixture.app.post("/discounts/redeem", cart).await.1["discount"], 400, "the code is good again");
}

/// R3-23: an undone order of a storefront that keeps its orders, and its refund before the payment.
#[tokio::test]
async fn coupon_comes_back_in_whatever_order_events_arrive() {
    for refund_first in [false, true] {
        let fixture = member().await;
        let code = fixture.code("alice").await;
        fixture.signup("bob", &code).await;
        fixture.checkout("s1", "bob", None).await;
        let cart = json!({"customerId": "bob", "orderId": "s1", "amount": 4000, "currency": "EUR"});
        fixture.app.post("/discounts/redeem", cart).await;
        let refund = async || {
            let body = json!({"checkoutSessionId": "s1", "refundedAmount": 3600, "refundId": "r1"});
            fixture.post("/attributions/void", body).await
        };
        if refund_first {
            refund().await;
        }
        assert_eq!(text(&fixture.rewards("bob").await[0], "status"), "used");
        fixture.fulfil("s1", 3600).await;
        if !refund_first {
            refund().await;
        }
        assert_eq!(text(&fixture.rewards("bob").await[0], "status"), "issued", "refund first: {refund_first}");
    }
}

/// D-36.
#[tokio::test]
async fn discount_ends_at_the_second_that_its_quote_names() {
    let fixture = member().await;
    fixture.app.put("/referrals/program", json!({"rewardExpiryDays": 30})).await;
    let code = fixture.code("alice").await;
    fixture.signup("bob", &code).await;
    let cart = json!({"customerId": "bob", "amount": 4000, "currency": "EUR"});
    let quote = async |at: &str| {
        let mut cart = cart.clone();
        cart["occurredAt"] = json!(at);
        fixture.app.post("/discounts/quote", cart).await.1
    };
    let now = fixture.app.post("/discounts/quote", cart.clone()).await.1;
    let end = text(&now, "expiresAt");
    assert_eq!(now["expiresAt"], fixture.rewards("bob").await[0]["expiresAt"]);
    let second_later = end.parse::<jiff::Timestamp>().expect("a time") + jiff::SignedDuration::from_secs(1);
    assert_eq!(quote(&end).await["discount"], 400, "in the last second");
    let late = quote(&second_later.to_string()).await;
    assert_eq!((&late["discount"], &late["expiresAt"]), (&json!(0), &Value::Null), "a second later");
}

/// R3-24.
#[tokio::test]
async fn quote_says_what_the_cart_lacks() {
    let fixture = member().await;
    let from_50 = json!({"benefit": {"type": "percent", "percent": 10, "minSpend": 5000, "currency": "EUR"}});
    let path = "/referrals/rules/rule_global/slots/referee/registration?replace=true";
    let (status, answer) = fixture.app.put(path, from_50).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let code = fixture.code("alice").await;
    fixture.signup("bob", &code).await;
    let typed = fixture.rewards("bob").await[0]["code"].clone();
    for code in [Value::Null, typed.clone()] {
        let cart = json!({"customerId": "bob", "amount": 2500, "currency": "EUR", "code": code});
        let (_, quote) = fixture.app.post("/discounts/quote", cart).await;
        let shown = (&quote["discount"], &quote["reason"], &quote["missing"]);
        assert_eq!(shown, (&json!(0), &json!("below_minimum"), &json!(2500)), "{quote}");
    }
    let mut order = json!({"customerId": "bob", "orderId": "o1", "amount": 2500, "currency": "EUR"});
    let (_, redeemed) = fixture.app.post("/discounts/redeem", order.clone()).await;
    assert_eq!((&redeemed["reason"], &redeemed["missing"]), (&json!("below_minimum"), &json!(2500)));
    order["code"] = typed;
    let refused = fixture.app.post("/discounts/redeem", order).await;
    assert_eq!(why(&refused), (409, "below_minimum"));
    assert!(text(&refused.1["error"], "message").contains("2500"), "{}", refused.1);
    let nobody = json!({"customerId": "carol", "amount": 2500, "currency": "EUR"});
    assert_eq!(fixture.app.post("/discounts/quote", nobody).await.1["reason"], Value::Null, "there is no discount");
}

/// R3-06.
#[tokio::test]
async fn slot_change_leaves_issued_rewards_alone() {
    let fixture = member().await;
    let code = fixture.code("alice").await;
    fixture.signup("bob", &code).await;
    fixture.app.delete("/referrals/rules/rule_global/slots/referee/registration").await;
    fixture.signup("carol", &code).await;
    assert_eq!((fixture.rewards("bob").await.len(), fixture.rewards("carol").await.len()), (1, 0));
    assert_eq!(text(&fixture.rewards("bob").await[0], "status"), "issued");
}

/// R3-09, R3-10, R3-11, C-04.
#[tokio::test]
async fn earlier_imported_or_cancelled_order_uses_up_the_first() {
    let fixture = member().await;
    let code = fixture.code("alice").await;
    for friend in ["imported", "cancelled", "unpaid", "fresh"] {
        fixture.signup(friend, &code).await;
    }
    fixture.app.package(json!([])).await;
    let order = |friend: &str, status: &str, imported: bool| {
        json!({"customer": {"id": friend}, "player": {"name": friend}, "items": [{"packageId": "vip", "quantity": 1}],
               "amount": 100, "currency": "EUR", "status": status, "imported": imported})
    };
    fixture.app.put("/orders/o1", order("imported", "paid", true)).await;
    fixture.app.put("/orders/o2", order("cancelled", "created", false)).await;
    fixture.app.post("/orders/o2/cancelled", json!({})).await;
    fixture.app.put("/orders/o3", order("unpaid", "created", false)).await;
    for (friend, expected) in [
        ("imported", ("pending", Some("not_first_purchase"))),
        ("cancelled", ("pending", Some("not_first_purchase"))),
        ("unpaid", ("rewarded", None)),
        ("fresh", ("rewarded", None)),
    ] {
        assert_eq!(state(&fixture.buy(friend, &format!("s-{friend}"), 100).await), expected, "{friend}");
    }
}

/// R3-12, R3-13, R3-14, R3-15, D-22.
#[tokio::test]
async fn only_registration_through_the_link_counts_once() {
    let fixture = member().await;
    fixture
        .app
        .put(
            "/referrals/rules/rule_global/slots/referrer/registration",
            json!({"benefit": {"type": "points", "points": 5}}),
        )
        .await;
    let code = fixture.code("alice").await;
    let guest = json!({"accountId": "store", "refereeCustomerId": "bob", "linkCode": code, "guest": true});
    assert_eq!(fixture.post("/attributions/signup", guest).await.0, StatusCode::CREATED);
    fixture.buy("carol", "s0", 100).await;
    assert_eq!(fixture.points("alice").await, 0, "a guest has not registered");
    let plain = |id: &str| json!({"accountId": "store", "refereeCustomerId": id});
    let (status, bound) = fixture.post("/attributions/signup", plain("bob")).await;
    assert_eq!(
        (status, list(&bound, "grants").len()),
        (StatusCode::OK, 2),
        "the bind exists already: no code is needed"
    );
    fixture.post("/attributions/signup", plain("bob")).await;
    assert_eq!(fixture.points("alice").await, 5, "once");
    assert_eq!(fixture.post("/attributions/signup", plain("dave")).await, (StatusCode::OK, Value::Null), "R3-12");
    assert_eq!(why(&fixture.signup("dave", &code).await), (409, "existing_customer"), "R3-15");
    fixture.signup("carol", &code).await;
    assert_eq!(fixture.points("alice").await, 10, "R3-14: a guest who has bought registers");
    assert_eq!(state(&fixture.buy("carol", "s1", 100).await), ("pending", Some("not_first_purchase")));
}

#[tokio::test]
async fn saving_a_customer_can_count_as_registration() {
    let fixture = member().await;
    let code = fixture.code("alice").await;
    let guest = json!({"accountId": "store", "refereeCustomerId": "bob", "linkCode": code, "guest": true});
    fixture.post("/attributions/signup", guest).await;
    for _ in 0..2 {
        fixture.app.put("/customers/bob", json!({"registeredAt": "2027-01-15T08:00:00Z"})).await;
        assert_eq!(fixture.rewards("bob").await.len(), 1);
    }
    fixture.app.put("/customers/erin", json!({"registeredAt": "2020-01-01T00:00:00Z"})).await;
    assert_eq!(why(&fixture.signup("erin", &code).await), (409, "existing_customer"));
}

/// D-13, D-14, D-23, C-03.
#[tokio::test]
async fn self_and_circular_referrals_are_refused_with_an_event() {
    let fixture = member().await;
    fixture.app.put("/customers/alice", json!({"email": "Alice@example.com", "player": {"name": "AliceMC"}})).await;
    let code = fixture.code("alice").await;
    for (id, more) in [
        ("alice", json!({})),
        ("alice2", json!({"refereeEmail": "alice+2@EXAMPLE.com"})),
        ("alice3", json!({"refereePlayer": {"name": "alicemc"}})),
    ] {
        let mut body = json!({"accountId": "store", "refereeCustomerId": id, "linkCode": code});
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        let answer = fixture.post("/attributions/signup", body).await;
        let expected = (409, "self_referral");
        assert_eq!(why(&answer), expected, "{id}");
    }
    assert!(fixture.app.event_kinds().await.contains(&"attribution.refused".to_owned()));
    let player = json!({"accountId": "store", "checkoutSessionId": "s1", "customerId": "alice4", "player": {"name": "AliceMC"}, "code": code});
    assert_eq!(
        why(&fixture.post("/attributions/checkout", player).await),
        (409, "self_referral"),
        "whoever plays as Alice is Alice"
    );
    fixture.signup("bob", &code).await;
    let back = fixture.code("bob").await;
    assert_eq!(why(&fixture.signup("alice", &back).await), (409, "circular"));
    fixture.app.put("/referrals/program", json!({"selfReferral": "allow"})).await;
    let own = json!({"accountId": "store", "refereeCustomerId": "zoe", "linkCode": fixture.code("zoe").await});
    assert_eq!(fixture.post("/attributions/signup", own).await.0, StatusCode::CREATED, "R2-35");
}

/// R3-18.
#[tokio::test]
async fn enabling_codes_issues_and_mails_the_missing_ones() {
    let fixture = member().await;
    let mail = json!({"codeIssued": {"on": true, "subject": "Your code, {name}", "body": "{code} {link}"}});
    fixture.app.put("/referrals/emails", mail).await;
    let channels = |open: bool| json!({"bind": {"codeAtSignup": open, "codeAtCheckout": open}});
    fixture.app.put("/referrals/program", channels(false)).await;
    let code = fixture.code("alice").await;
    for id in ["bob", "carol"] {
        let customer = json!({"name": id, "email": format!("{id}@example.com")});
        fixture.app.put(&format!("/customers/{id}"), customer).await;
    }
    let mails = async || fixture.app.event_kinds().await.iter().filter(|kind| *kind == "mail.codeIssued").count();
    assert_eq!(mails().await, 0, "codes are off");
    for _ in 0..2 {
        fixture.app.put("/referrals/program", channels(true)).await;
        flux_companion::sweep(&fixture.app.state).await;
        assert_eq!(mails().await, 2, "off and on again sends nothing to those who have one");
        fixture.app.put("/referrals/program", channels(false)).await;
    }
    assert_eq!(fixture.code("alice").await, code);
}

/// R3-21.
#[tokio::test]
async fn mail_is_sent_only_while_enabled_and_is_an_event() {
    let fixture = member().await;
    let code = fixture.referrer("alice", "AliceMC").await;
    fixture.signup("bob", &code).await;
    let on = |name: &str| json!({name: {"on": true, "subject": "{name}", "body": "{link}"}});
    fixture.app.put("/referrals/emails", on("friendJoined")).await;
    fixture.app.put("/referrals/emails", on("rewardIssued")).await;
    let invitation = json!({"accountId": "store", "customerId": "alice", "email": "friend@example.net"});
    assert_eq!(why(&fixture.post("/invitations", invitation.clone()).await), (409, "mail_off"));
    fixture.app.put("/referrals/emails", on("invitation")).await;
    assert_eq!(fixture.post("/invitations", invitation).await.0, StatusCode::ACCEPTED);
    fixture.signup("carol", &code).await;
    let events = list(&fixture.app.get("/events?limit=100").await.1, "items");
    let mails: Vec<_> = events
        .iter()
        .filter(|event| text(event, "kind").starts_with("mail."))
        .map(|event| (text(event, "kind"), text(event, "subject"), text(&event["data"], "subject")))
        .collect();
    let mail = |kind: &str, to: &str, name: &str| (format!("mail.{kind}"), to.to_owned(), name.to_owned());
    assert_eq!(
        mails,
        [
            mail("invitation", "alice", "alice"),
            mail("friendJoined", "alice", "alice"),
            mail("rewardIssued", "carol", "there")
        ]
    );
    assert_eq!(grant(&fixture.signup("carol", &code).await.1, "referee")["status"], "issued");
}
