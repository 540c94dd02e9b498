//! Discount codes as rewards: signups, codes for both sides, statistics.

use super::fixture::{ReferralFixture, grant, state, why};
use crate::test_app::{list, text};
use http::StatusCode;
use serde_json::{Value, json};

const DAY: i64 = 86_400;

/// R2-18, R2-21, R2-22, R2-23.
#[tokio::test]
async fn signup_is_pending_and_first_order_mints_both_codes() {
    let fixture = ReferralFixture::code_rewards().await;
    let code = fixture.code("alice").await;
    let (status, pending) = fixture.signup("bob", &code).await;
    assert_eq!((status, state(&pending)), (StatusCode::CREATED, ("pending", None)));
    assert_eq!((text(&pending, "linkCode"), text(&pending, "door")), (code.clone(), "link".into()));
    let rewarded = fixture.buy("bob", "s1", 2500).await;
    assert_eq!(state(&rewarded), ("rewarded", None));
    assert_eq!((&rewarded["orderId"], &rewarded["amount"]), (&json!("s1"), &json!(2500)));
    for (side, who, percent) in [("referrer", "alice", 20), ("referee", "bob", 10)] {
        let grant = grant(&rewarded, side);
        assert!(text(&grant, "discountId").starts_with("disc_"), "{grant}");
        assert_eq!((&grant["benefit"]["percent"], text(&grant, "status")), (&json!(percent), "issued".into()));
        assert_eq!(fixture.rewards(who).await, [grant]);
    }
}

/// R2-19, D-02.
#[tokio::test]
async fn repeated_signup_is_the_same_row_with_the_first_code() {
    let fixture = ReferralFixture::code_rewards().await;
    let (alice, carol) = (fixture.code("alice").await, fixture.code("carol").await);
    let first = fixture.signup("bob", &alice).await.1;
    for code in [&alice, &carol] {
        let (status, again) = fixture.signup("bob", code).await;
        assert_eq!(
            (status, &again["id"], text(&again, "referrerCustomerId")),
            (StatusCode::OK, &first["id"], "alice".into())
        );
    }
    assert_eq!(list(&fixture.get("/attributions").await, "items").len(), 1);
}

/// R2-20.
#[tokio::test]
async fn replayed_external_reference_finds_the_same_row() {
    let fixture = ReferralFixture::code_rewards().await;
    let code = fixture.code("alice").await;
    let signup = async |id: &str| {
        let body = json!({"accountId": "store", "refereeCustomerId": id, "linkCode": code, "externalSource": "shop", "externalRef": "77"});
        fixture.post("/attributions/signup", body).await
    };
    let (status, first) = signup("bob").await;
    assert_eq!(status, StatusCode::CREATED);
    let (status, again) = signup("robert").await;
    assert_eq!((status, &again["id"], text(&again, "refereeCustomerId")), (StatusCode::OK, &first["id"], "bob".into()));
}

/// R2-24, R2-25.
#[tokio::test]
async fn only_paid_session_of_known_buyer_counts_once() {
    let fixture = ReferralFixture::code_rewards().await;
    let code = fixture.code("alice").await;
    fixture.signup("bob", &code).await;
    assert_eq!(why(&fixture.fulfil("s1", 2500).await), (404, "unknown_session"));
    let fulfil = async |status: &str, more: Value| {
        let mut body = json!({"checkoutSessionId": "s1", "status": status, "currency": "EUR", "amount": 2500});
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        fixture.post("/attributions/fulfill", body).await
    };
    let by_email = json!({"refereeEmail": "Bob+shop@Example.com"});
    for status in ["failed", "pending", "PAID"] {
        assert_eq!(fulfil(status, by_email.clone()).await.0, StatusCode::OK);
        assert_eq!(fixture.rewards("alice").await.len(), 0, "{status}");
    }
    let first = fulfil("paid", by_email.clone()).await.1;
    assert_eq!(state(&first), ("rewarded", None), "found by the address of the signup");
    for more in [by_email, json!({}), json!({"refereeCustomerId": "bob"})] {
        assert_eq!(fulfil("paid", more).await.1, first);
    }
    assert_eq!(
        (fixture.rewards("alice").await.len(), fixture.rewards("bob").await.len()),
        (1, 1),
        "two codes, not four"
    );
}

/// R2-26, R2-27, C-07, C-19.
#[tokio::test]
async fn void_revokes_unused_codes_and_hides_them() {
    let fixture = ReferralFixture::code_rewards().await;
    let code = fixture.code("alice").await;
    let rewarded = fixture.refer("bob", &code, 2500).await;
    let used = grant(&rewarded, "referee");
    let redeem =
        json!({"customerId": "bob", "orderId": "next", "amount": 1000, "currency": "EUR", "code": used["code"]});
    assert_eq!(fixture.app.post("/discounts/redeem", redeem).await.1["discount"], 100);
    let first = fixture.void("s-bob").await.1;
    assert_eq!(state(&first), ("voided", Some("refunded")));
    assert_eq!(fixture.void("s-bob").await.1, first, "void twice, same answer");
    assert_eq!(
        (text(&grant(&first, "referrer"), "status"), text(&grant(&first, "referee"), "status")),
        ("revoked".into(), "used".into())
    );
    assert_eq!(fixture.rewards("alice").await.len(), 0);
    assert_eq!(list(&fixture.get("/rewards/store/alice?include=all").await, "rewards").len(), 1);
    let (_, quote) = fixture
        .app
        .post("/discounts/quote", json!({"customerId": "alice", "amount": 1000, "currency": "EUR", "code": grant(&rewarded, "referrer")["code"]}))
        .await;
    assert_eq!((&quote["discount"], &quote["reason"]), (&json!(0), &json!("revoked")));
}

/// R2-27.
#[tokio::test]
async fn void_before_the_payment_is_remembered() {
    let fixture = ReferralFixture::code_rewards().await;
    let code = fixture.code("alice").await;
    fixture.signup("bob", &code).await;
    assert_eq!(fixture.void("s1").await, (StatusCode::OK, Value::Null));
    let late = fixture.buy("bob", "s1", 2500).await;
    assert_eq!((state(&late), list(&late, "grants").len()), (("voided", Some("refunded")), 0));
}

/// D-11.
#[tokio::test]
async fn refunds_are_summed_and_the_rest_is_evaluated_again() {
    let fixture = ReferralFixture::code_rewards().await;
    let code = fixture.code("alice").await;
    fixture.refer("bob", &code, 2500).await;
    let part = async |amount: i64, id: &str| {
        let body = json!({"checkoutSessionId": "s-bob", "refundedAmount": amount, "refundId": id});
        fixture.post("/attributions/void", body).await.1
    };
    assert_eq!(state(&part(800, "r1").await), ("rewarded", None));
    assert_eq!(state(&part(800, "r1").await), ("rewarded", None), "the same refund again");
    assert_eq!(fixture.get("/stats").await["revenue"], json!([{"currency": "EUR", "amount": 1700}]));
    assert_eq!(state(&part(700, "r2").await), ("rewarded", None), "10.00 are left, and that is the minimum");
    assert_eq!(state(&part(1, "r3").await), ("voided", Some("refunded")));
    assert_eq!(fixture.get("/stats").await["revenue"], json!([]), "R2-32");
}

/// R2-28, R2-29, D-16.
#[tokio::test]
async fn window_ends_to_the_second_and_the_sweep_records_it() {
    let fixture = ReferralFixture::code_rewards().await;
    let code = fixture.code("alice").await;
    for friend in ["bob", "carol", "dave"] {
        fixture.signup(friend, &code).await;
    }
    fixture.app.clock.pass(14 * DAY);
    assert_eq!(state(&fixture.buy("bob", "s1", 2500).await), ("rewarded", None));
    fixture.app.clock.pass(1);
    assert_eq!(state(&fixture.buy("carol", "s2", 2500).await), ("expired", Some("too_late")));
    let funnel = json!({"pending": 0, "qualified": 0, "rewarded": 1, "voided": 0, "expired": 2});
    assert_eq!(fixture.get("/stats").await["attributions"], funnel, "before the sweep, too");
    assert_eq!(fixture.post("/sweeps/expire-pending", json!({})).await.1, json!({"expired": 1}));
    assert_eq!(fixture.post("/sweeps/expire-pending", json!({})).await.1, json!({"expired": 0}));
    assert_eq!(fixture.get("/stats").await["attributions"], funnel);
}

/// D-17.
#[tokio::test]
async fn only_admins_set_event_times_and_sweep_the_future() {
    let fixture = ReferralFixture::code_rewards().await;
    let code = fixture.code("alice").await;
    fixture.signup("bob", &code).await;
    let late = "2027-01-29T08:00:01Z";
    assert_eq!(fixture.post("/sweeps/expire-pending", json!({"now": "2027-01-29T08:00:00Z"})).await.1["expired"], 0);
    assert_eq!(fixture.post("/sweeps/expire-pending", json!({"now": late})).await.1["expired"], 1);
    assert_eq!(state(&list(&fixture.get("/attributions").await, "items")[0]), ("expired", None));
    let body = json!({"accountId": "store", "refereeCustomerId": "carol", "linkCode": code, "occurredAt": "2020-01-01T00:00:00Z"});
    let store = fixture.app.store.clone();
    let refused = fixture.app.with_key(&store, "POST", "/referrals/attributions/signup", Some(body.clone())).await;
    assert_eq!(why(&refused), (403, "forbidden"));
    assert_eq!(fixture.post("/attributions/signup", body).await.1["boundAt"], "2020-01-01T00:00:00Z");
}

/// R2-30, R2-10.
#[tokio::test]
async fn window_starts_at_the_click_or_at_the_bind() {
    let fixture = ReferralFixture::code_rewards().await;
    let code = fixture.code("alice").await;
    fixture.post("/links/click", json!({"accountId": "store", "code": code})).await;
    fixture.app.clock.pass(10 * DAY);
    let linked = fixture.signup("bob", &code).await.1;
    assert_eq!(
        (&linked["clickAt"], &linked["expiresAt"]),
        (&json!("2027-01-15T08:00:00Z"), &json!("2027-01-29T08:00:00Z"))
    );
    let typed = fixture.checkout("s1", "carol", Some(&code)).await.1;
    assert_eq!((&typed["clickAt"], &typed["expiresAt"]), (&Value::Null, &json!("2027-02-08T08:00:00Z")));
    fixture.app.clock.pass(5 * DAY);
    assert_eq!(why(&fixture.signup("dave", &code).await), (409, "too_late"), "the only click is older than the window");
    assert_eq!(fixture.checkout("s2", "erin", Some(&code)).await.0, StatusCode::CREATED);
}

/// R2-31, R0-17, C-13.
#[tokio::test]
async fn statistics_have_funnel_revenue_totals_and_date_range() {
    let fixture = ReferralFixture::code_rewards().await;
    let code = fixture.code("alice").await;
    fixture.refer("bob", &code, 2500).await;
    fixture.app.clock.pass(DAY);
    fixture.refer("carol", &code, 1000).await;
    fixture.signup("dave", &code).await;
    let stats = fixture.get("/stats").await;
    assert_eq!(stats["attributions"], json!({"pending": 1, "qualified": 0, "rewarded": 2, "voided": 0, "expired": 0}));
    assert_eq!(
        (&stats["activeLinks"], &stats["referrals"]),
        (&json!(1), &json!({"total": 3, "successful": 2, "registered": 0}))
    );
    assert_eq!(stats["revenue"], json!([{"currency": "EUR", "amount": 3500}]));
    let first_day = fixture.get("/stats?from=2027-01-15&to=2027-01-15").await;
    assert_eq!((&first_day["referrals"]["total"], &first_day["revenue"][0]["amount"]), (&json!(1), &json!(2500)));
    let (status, error) = fixture.app.get("/referrals/stats?from=yesterday").await;
    assert_eq!((status.as_u16(), error["error"]["field"].as_str()), (422, Some("from")));
}

/// R0-17.
#[tokio::test]
async fn best_referrers_are_listed_by_period() {
    let fixture = ReferralFixture::code_rewards().await;
    let (alice, carol) = (fixture.referrer("alice", "AliceMC").await, fixture.referrer("carol", "CarolMC").await);
    for friend in ["b1", "b2"] {
        fixture.refer(friend, &alice, 1000).await;
    }
    fixture.app.clock.pass(60 * DAY);
    for friend in ["b3", "b4", "b5"] {
        fixture.refer(friend, &carol, 1000).await;
    }
    let top = async |query: &str| {
        let top = list(&fixture.get(&format!("/top{query}")).await, "top");
        top.iter().map(|one| (text(one, "customerId"), one["successful"].as_i64().unwrap_or(0))).collect::<Vec<_>>()
    };
    let (a, c) = (("alice".to_owned(), 2), ("carol".to_owned(), 3));
    assert_eq!(top("").await, [c.clone(), a.clone()]);
    assert_eq!(top("?limit=1").await, std::slice::from_ref(&c));
    for period in ["day", "week", "month"] {
        assert_eq!(top(&format!("?period={period}")).await, std::slice::from_ref(&c), "{period}");
    }
    assert_eq!(top("?period=year").await.len(), 2);
    fixture.void("s-b5").await;
    fixture.void("s-b4").await;
    assert_eq!(top("").await, [a, ("carol".to_owned(), 1)]);
    assert_eq!(why(&fixture.app.get("/referrals/top?period=century").await).0, 422);
}

/// R2-33.
#[tokio::test]
async fn history_is_paged_filtered_and_shows_outcomes() {
    let fixture = ReferralFixture::code_rewards().await;
    let (alice, carol) = (fixture.code("alice").await, fixture.code("carol").await);
    fixture.refer("b1", &alice, 2500).await;
    fixture.signup("b2", &alice).await;
    fixture.signup("b3", &carol).await;
    let page = fixture.get("/attributions?limit=2").await;
    let friends =
        |page: &Value| list(page, "items").iter().map(|row| text(row, "refereeCustomerId")).collect::<Vec<_>>();
    assert_eq!(friends(&page), ["b3", "b2"]);
    let next = fixture.get(&format!("/attributions?limit=2&cursor={}", text(&page, "nextCursor"))).await;
    assert_eq!((friends(&next), &next["nextCursor"]), (vec!["b1".to_owned()], &Value::Null));
    assert_eq!(friends(&fixture.get("/attributions?referrer=alice&status=pending").await), ["b2"]);
    assert_eq!(friends(&fixture.get("/attributions?referee=b1").await), ["b1"]);
    let id = text(&list(&next, "items")[0], "id");
    assert_eq!(fixture.get(&format!("/attributions/{id}")).await, list(&next, "items")[0]);
    assert_eq!(why(&fixture.app.get("/referrals/attributions/att_none").await), (404, "not_found"));
}

/// R2-09.
#[tokio::test]
async fn code_is_valid_for_its_days_from_minting() {
    let fixture = ReferralFixture::code_rewards().await;
    let code = fixture.code("alice").await;
    let own = text(&grant(&fixture.refer("bob", &code, 2500).await, "referrer"), "code");
    let quote = async || {
        let body = json!({"customerId": "alice", "amount": 1000, "currency": "EUR", "code": own});
        fixture.app.post("/discounts/quote", body).await.1
    };
    fixture.app.clock.pass(30 * DAY);
    assert_eq!(quote().await["discount"], 200);
    fixture.app.clock.pass(1);
    assert_eq!((&quote().await["discount"], &quote().await["reason"]), (&json!(0), &json!("too_late")));
    assert_eq!(text(&fixture.rewards("alice").await[0], "status"), "expired", "shown as such before a sweep has run");
    assert_eq!(fixture.post("/sweeps/expire-rewards", json!({})).await.1, json!({"expired": 2}));
}
