//! Binding a friend, the end of the time in which an order counts, and corrections, as a storefront sees them.

use super::edges::fixture_in;
use super::fixture::{ReferralFixture, state, why};
use crate::customers::is_in_the_files;
use crate::test_app::list;
use http::StatusCode;
use serde_json::{Value, json};

pub(super) const DAY: i64 = 86_400;

/// A day after the first moment of the test's clock, as answers write it.
fn day(days: i64) -> Value {
    let start = jiff::Timestamp::from_millisecond(1_800_000_000_000).expect("the app's first moment");
    json!((start + jiff::SignedDuration::from_hours(24 * days)).to_string())
}

/// 100 points for the referrer of a first order within 60 days of the registration, and Alice's code.
pub(super) async fn sixty_days() -> (ReferralFixture, String) {
    let fixture = ReferralFixture::with(json!({"enabled": true})).await;
    let points = json!({"benefit": {"type": "points", "points": 100}});
    fixture
        .rule(json!({"status": "active", "orderValidDays": 60, "slots": {"referrer": {"firstOrder": points}}}))
        .await;
    fixture.app.package(json!([])).await;
    let code = fixture.code("alice").await;
    (fixture, code)
}

pub(super) fn plain(id: &str) -> Value {
    json!({"accountId": "store", "refereeCustomerId": id})
}

/// The only attribution of a friend.
pub(super) async fn row_of(fixture: &ReferralFixture, friend: &str) -> Value {
    let rows = list(&fixture.get(&format!("/attributions?referee={friend}")).await, "items");
    assert_eq!(rows.len(), 1, "{rows:?}");
    rows[0].clone()
}

/// R4-33, D-24.
#[tokio::test]
async fn valid_days_start_when_a_bound_friend_registers() {
    for late in [0, 1] {
        let (fixture, code) = sixty_days().await;
        let mut guest = plain("gina");
        (guest["linkCode"], guest["guest"]) = (json!(code), json!(true));
        fixture.post("/attributions/signup", guest).await;
        let unpaid = json!({"customer": {"id": "ola"}, "player": {"name": "OlaMC"}, "amount": 2500, "currency": "EUR",
            "items": [{"packageId": "vip", "quantity": 1}], "status": "created", "referralCode": code});
        fixture.app.put("/orders/o1", unpaid).await;
        fixture.app.clock.pass(10 * DAY);
        for friend in ["gina", "ola"] {
            assert_eq!(row_of(&fixture, friend).await["expiresAt"], Value::Null, "{friend}");
            let (status, row) = fixture.post("/attributions/signup", plain(friend)).await;
            assert_eq!((status, &row["expiresAt"]), (StatusCode::OK, &day(70)), "{row}");
        }
        fixture.app.clock.pass(60 * DAY + late);
        let expected = if late > 0 { ("expired", Some("too_late")) } else { ("rewarded", None) };
        assert_eq!(state(&fixture.buy("gina", "s1", 2500).await), expected);
        fixture.app.post("/orders/o1/paid", json!({})).await;
        assert_eq!(state(&row_of(&fixture, "ola").await), expected);
        assert_eq!(fixture.points("alice").await, if late > 0 { 0 } else { 200 });
    }
}

/// D-24.
#[tokio::test]
async fn referrer_of_another_tier_has_that_rules_deadline_and_reward() {
    for (paid_on, expected, given) in [(5, ("rewarded", None), 777), (19, ("expired", Some("too_late")), 0)] {
        let (fixture, code) = sixty_days().await;
        let points = json!({"benefit": {"type": "points", "points": 777}});
        let gold = json!({"name": "Gold", "tier": "gold", "status": "active", "orderValidDays": 5,
            "slots": {"referrer": {"firstOrder": points}}});
        assert_eq!(fixture.app.post("/referrals/rules", gold).await.0, StatusCode::CREATED);
        fixture.signup("bob", &code).await;
        assert_eq!(row_of(&fixture, "bob").await["expiresAt"], day(60));
        fixture.app.put("/customers/alice", json!({"tier": "gold"})).await;
        fixture.app.clock.pass(paid_on * DAY);
        let row = fixture.buy("bob", "s1", 2500).await;
        assert_eq!((state(&row), &row["expiresAt"]), (expected, &day(5)), "{row}");
        assert_eq!(fixture.points("alice").await, given);
    }
}

/// R3-22.
#[tokio::test]
async fn code_is_judged_for_each_way_of_using_it() {
    let percent = |percent: i64| json!({"benefit": {"type": "percent", "percent": percent}});
    for (signup, checkout, link) in
        [(true, false, false), (false, true, false), (false, false, true), (false, false, false)]
    {
        let channels = json!({"codeAtSignup": signup, "codeAtCheckout": checkout, "link": link});
        let fixture = ReferralFixture::with(json!({"enabled": true, "bind": channels})).await;
        let slots = json!({"referee": {"registration": percent(5), "firstOrder": percent(10)}});
        fixture.rule(json!({"status": "active", "slots": slots})).await;
        let code = fixture.code("alice").await;
        let answer = fixture.get(&format!("/codes/{code}")).await;
        let door = |is_open: bool| json!({"valid": is_open, "reason": (!is_open).then_some("door_closed")});
        assert_eq!(answer["doors"], json!({"signup": door(signup), "checkout": door(checkout), "link": door(link)}));
        let is_valid = signup || checkout || link;
        assert_eq!((&answer["valid"], &answer["reason"]), (&json!(is_valid), &door(is_valid)["reason"]));
        let gives = json!({"registration": percent(5)["benefit"], "firstOrder": percent(10)["benefit"]});
        assert_eq!((&answer["gives"], &answer["refereeBenefit"]), (&gives, &gives["firstOrder"]));
        let (mut typed, mut followed) = (plain("typed"), plain("followed"));
        (typed["code"], followed["linkCode"]) = (json!(code), json!(code));
        let taken = |is_open: bool| if is_open { (201, "no error") } else { (409, "door_closed") };
        assert_eq!(why(&fixture.post("/attributions/signup", typed).await), taken(signup));
        assert_eq!(why(&fixture.post("/attributions/signup", followed).await), taken(link));
        assert_eq!(why(&fixture.checkout("s1", "buyer", Some(&code)).await), taken(checkout));
        fixture.app.put("/referrals/program", json!({"enabled": false})).await;
        let answer = fixture.get(&format!("/codes/{code}")).await;
        let off = json!({"valid": false, "reason": "program_disabled"});
        assert_eq!((&answer["doors"]["link"], &answer["reason"]), (&off, &off["reason"]), "{answer}");
    }
}

/// D-26.
#[tokio::test]
async fn mistyped_code_can_be_mended_until_the_first_order() {
    let (fixture, code) = sixty_days().await;
    let points = json!({"benefit": {"type": "points", "points": 20}});
    fixture.rule(json!({"slots": {"referrer": {"registration": points}}})).await;
    let typed = |id: &str, code: &str| {
        let mut signup = plain(id);
        signup["code"] = json!(code);
        signup
    };
    for friend in ["bob", "carol"] {
        for _ in 0..2 {
            assert_eq!(
                why(&fixture.post("/attributions/signup", typed(friend, "alice-XXX")).await),
                (404, "unknown_code")
            );
        }
    }
    fixture.app.clock.pass(10 * DAY);
    for status in [StatusCode::CREATED, StatusCode::OK] {
        let (answered, row) = fixture.post("/attributions/signup", typed("bob", &code)).await;
        assert_eq!((answered, &row["registeredAt"], &row["expiresAt"]), (status, &day(0), &day(60)), "{row}");
        assert_eq!(fixture.points("alice").await, 20);
    }
    assert_eq!(state(&fixture.buy("bob", "s1", 2500).await), ("rewarded", None));
    fixture.buy("carol", "s2", 2500).await;
    assert_eq!(why(&fixture.post("/attributions/signup", typed("carol", &code)).await), (409, "existing_customer"));
    fixture.post("/attributions/signup", plain("dave")).await;
    assert_eq!(why(&fixture.post("/attributions/signup", typed("dave", "alice-XXX")).await), (404, "unknown_code"));
    assert_eq!(
        why(&fixture.post("/attributions/signup", typed("dave", &code)).await),
        (409, "existing_customer"),
        "registered without one"
    );
}

/// D-27.
#[tokio::test(flavor = "multi_thread")]
async fn forgotten_person_who_comes_again_earns_no_second_reward() {
    let folder = tempfile::tempdir().expect("a folder");
    let (fixture, code) = fixture_in(folder.path()).await;
    let points = json!({"benefit": {"type": "points", "points": 20}});
    fixture.rule(json!({"slots": {"referrer": {"registration": points}}})).await;
    for friend in ["frida", "gerd"] {
        fixture.signup(friend, &code).await;
    }
    assert_eq!(fixture.points("alice").await, 40);
    assert_eq!(fixture.app.delete("/customers/frida").await.0, StatusCode::NO_CONTENT);
    assert!(!is_in_the_files(folder.path(), "frida@example.com"));
    for (id, address) in [("frida", "frida@example.com"), ("f2", "Frida+2@example.com")] {
        let mut signup = plain(id);
        (signup["linkCode"], signup["refereeEmail"]) = (json!(code), json!(address));
        assert_eq!(why(&fixture.post("/attributions/signup", signup).await), (409, "existing_customer"), "{id}");
    }
    let checkout = json!({"accountId": "store", "checkoutSessionId": "s1", "customerId": "f3", "email": "frida@example.com", "code": code});
    assert_eq!(why(&fixture.post("/attributions/checkout", checkout).await), (409, "existing_customer"));
    assert_eq!(fixture.points("alice").await, 40);
    // Nobody was rewarded for Hans.
    fixture.rule(json!({"slots": {"referrer": {"registration": null}}})).await;
    fixture.signup("hans", &code).await;
    fixture.app.delete("/customers/hans").await;
    let mut again = plain("hans3");
    (again["linkCode"], again["refereeEmail"]) = (json!(code), json!("hans@example.com"));
    assert_eq!(fixture.post("/attributions/signup", again).await.0, StatusCode::CREATED);
}
