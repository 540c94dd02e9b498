//! One person under several ids, buyers known by their address only, forgotten customers, and what an admin may change about them.

use super::edges::{fixture, fixture_in, order};
use super::fixture::{grant, state, why};
use crate::customers::is_in_the_files;
use crate::test_app::{list, report, text};
use http::StatusCode;
use serde_json::{Value, json};

/// D-23.
#[tokio::test]
async fn member_under_another_id_is_no_new_customer() {
    let (fixture, code) = fixture().await;
    let member =
        json!({"email": "Eve@Example.com", "player": {"name": "EveMC"}, "registeredAt": "2020-01-01T00:00:00Z"});
    fixture.app.put("/customers/eve", member).await;
    let signup = |id: &str, more: Value| {
        let mut body = json!({"accountId": "store", "refereeCustomerId": id, "linkCode": code});
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        body
    };
    let by_email =
        fixture.post("/attributions/signup", signup("eve2", json!({"refereeEmail": "eve+again@example.com"}))).await;
    assert_eq!(why(&by_email), (409, "existing_customer"));
    let by_player =
        fixture.post("/attributions/signup", signup("eve3", json!({"refereePlayer": {"name": "evemc"}}))).await;
    assert_eq!(why(&by_player), (409, "existing_customer"));
    assert_eq!(fixture.signup("frank", &code).await.0, StatusCode::CREATED, "who is new is bound");
}

/// D-22, R3-08.
#[tokio::test]
async fn guest_is_rewarded_under_the_id_they_register_with() {
    let (fixture, code) = fixture().await;
    let points = |points: i64| json!({"benefit": {"type": "points", "points": points}});
    fixture
        .rule(json!({"status": "active", "slots": {"referee": {"registration": points(7), "firstOrder": points(3)}}}))
        .await;
    let signup = |id: &str| json!({"accountId": "store", "refereeCustomerId": id, "refereeEmail": "gina@example.com"});
    let mut guest = signup("guest-1");
    guest
        .as_object_mut()
        .expect("an object")
        .extend([("guest".to_owned(), json!(true)), ("linkCode".to_owned(), json!(code))]);
    assert_eq!(fixture.post("/attributions/signup", guest).await.0, StatusCode::CREATED);
    let (_, row) = fixture.post("/attributions/signup", signup("gina")).await;
    assert_eq!(
        (&row["refereeCustomerId"], fixture.points("gina").await, fixture.points("guest-1").await),
        (&json!("gina"), 7, 0),
        "{row}"
    );
    let row = fixture.buy("gina", "s1", 2500).await;
    assert_eq!((state(&row), fixture.points("gina").await), (("rewarded", None), 10));
}

/// D-22.
#[tokio::test]
async fn binding_never_moves_to_its_referrer_or_from_a_member() {
    let (fixture, code) = fixture().await;
    fixture.signup("bob", &code).await;
    let (_, paid) = fixture
        .app
        .put("/orders/o1", order("bob2", json!({"customer": {"id": "bob2", "email": "bob@example.com"}})))
        .await;
    assert_eq!(paid["referral"]["decision"], "rewarded");
    let row = &list(&fixture.get("/attributions").await, "items")[0];
    assert_eq!(row["refereeCustomerId"], "bob", "Bob is registered, and sees it there");
    let guest = json!({"accountId": "store", "refereeCustomerId": "g", "refereeEmail": "g@example.com", "linkCode": code, "guest": true});
    fixture.post("/attributions/signup", guest).await;
    fixture.app.put("/customers/alice", json!({"email": "g@example.com"})).await;
    fixture.buy("alice", "s1", 2500).await;
    let rows = list(&fixture.get("/attributions?referee=alice").await, "items");
    assert!(rows.is_empty(), "{rows:?}");
}

/// R2-25.
#[tokio::test(flavor = "multi_thread")]
async fn address_alone_identifies_the_buyer() {
    let folder = tempfile::tempdir().expect("a folder");
    let (fixture, code) = fixture_in(folder.path()).await;
    let paid = |session: &str, email: &str| json!({"checkoutSessionId": session, "status": "paid", "currency": "EUR", "amount": 2500, "refereeEmail": email});
    fixture.app.put("/customers/hal", json!({"email": "hal@example.com"})).await;
    assert_eq!(
        fixture.post("/attributions/fulfill", paid("s1", "HAL@example.com")).await,
        (StatusCode::OK, Value::Null)
    );
    let late = fixture.signup("hal", &code).await;
    assert_eq!(why(&late), (409, "existing_customer"), "the session of before was Hal's");

    // Ida is not known yet: her purchase is stored under her address.
    assert_eq!(
        fixture.post("/attributions/fulfill", paid("s3", "ida@example.com")).await,
        (StatusCode::OK, Value::Null)
    );
    assert_eq!(why(&fixture.signup("ida", &code).await), (409, "existing_customer"));
    assert_eq!(fixture.app.delete("/customers/ida").await.0, StatusCode::NO_CONTENT);
    assert!(!is_in_the_files(folder.path(), "ida@example.com"), "and forgotten with her");
}

#[tokio::test]
async fn only_admins_can_void_an_attribution_by_hand() {
    let (fixture, code) = fixture().await;
    let row = fixture.refer("bob", &code, 2500).await;
    let id = text(&row, "id");
    let (status, after) = fixture.post(&format!("/attributions/{id}/void"), json!({})).await;
    assert_eq!((status, state(&after)), (StatusCode::OK, ("voided", Some("admin"))));
    assert_eq!((&grant(&after, "referrer")["status"], fixture.rewards("alice").await.len()), (&json!("revoked"), 0));
    assert_eq!(fixture.post(&format!("/attributions/{id}/void"), json!({})).await, (StatusCode::OK, after));
    fixture.signup("carol", &code).await;
    let pending = text(&list(&fixture.get("/attributions?referee=carol").await, "items")[0], "id");
    let (_, voided) = fixture.post(&format!("/attributions/{pending}/void"), json!({})).await;
    assert_eq!(state(&voided), ("voided", Some("admin")), "also one without an order");
    assert_eq!(why(&fixture.post("/attributions/att_nobody/void", json!({})).await), (404, "not_found"));
    let path = format!("/referrals/attributions/{id}/void");
    let (status, _) = fixture.app.with_key(&fixture.app.store, "POST", &path, Some(json!({}))).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}

/// D-16.
#[tokio::test]
async fn past_cart_is_priced_the_same_with_or_without_a_sweep() {
    let (fixture, code) = fixture().await;
    let auto = json!({"benefit": {"type": "percent", "percent": 10, "autoApply": true, "expiryDays": 5}});
    fixture.rule(json!({"status": "active", "slots": {"referee": {"firstOrder": auto}}})).await;
    fixture.refer("bob", &code, 2500).await;
    let start = jiff::Timestamp::from_millisecond(1_800_000_000_000).expect("the app's first moment");
    let day = |days: i64| (start + jiff::SignedDuration::from_hours(24 * days)).to_string();
    let quote = |at: String| json!({"customerId": "bob", "amount": 1000, "currency": "EUR", "occurredAt": at});
    let priced = |at: String| async { fixture.app.post("/discounts/quote", quote(at)).await.1["discount"].clone() };
    assert_eq!((priced(day(3)).await, priced(day(6)).await), (json!(100), json!(0)));
    let (_, swept) = fixture.post("/sweeps/expire-rewards", json!({"now": day(10)})).await;
    assert_eq!(swept["expired"], 1);
    assert_eq!((priced(day(3)).await, priced(day(6)).await), (json!(100), json!(0)), "the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn code_in_an_imported_order_is_forgotten_with_its_owner() {
    let folder = tempfile::tempdir().expect("a folder");
    let (fixture, _) = fixture_in(folder.path()).await;
    let code = fixture.referrer("zacharias", "ZachMC").await;
    fixture.app.put("/orders/o1", order("bob", json!({"imported": true, "referralCode": code}))).await;
    assert_eq!(fixture.get("/attributions").await["items"], json!([]), "it binds nobody");
    assert_eq!(fixture.app.delete("/customers/zacharias").await.0, StatusCode::NO_CONTENT);
    assert!(!is_in_the_files(folder.path(), "zacharias"));
}

#[tokio::test]
async fn program_can_be_put_back_as_read_and_list_is_refused() {
    let (fixture, _) = fixture().await;
    let program = fixture.get("/program").await;
    let (status, after) = fixture.app.put("/referrals/program", program.clone()).await;
    assert_eq!((status, &after["bind"]), (StatusCode::OK, &program["bind"]), "{after}");
    for (path, body) in [
        ("program", json!({"bind": [true]})),
        ("share", json!({"x": ["text"]})),
        ("rules/rule_global", json!({"slots": []})),
        ("rules/rule_global", json!({"slots": {"referrer": [null]}})),
        ("rules/rule_global", json!({"slots": {"referrer": {"firstOrder": [null, []]}}})),
        ("rules/rule_global", json!({"orderTiming": ["atPayment"]})),
        ("rules/rule_global", json!({"onReturn": [true, true]})),
        ("rules/rule_global", json!({"ladder": [[1, {"type": "points", "points": 1}]]})),
    ] {
        let (status, answer) = fixture.app.put(&format!("/referrals/{path}"), body.clone()).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{path} {body}: {answer}");
    }
}

#[tokio::test]
async fn code_starts_with_the_owners_first_name_in_ascii() {
    let (fixture, _) = fixture().await;
    for (id, name, stem) in [("j", "Jürgen Groß", "jurgen-"), ("i", "Игорь", "igor-"), ("x", "★", "ref-")] {
        fixture.app.put(&format!("/customers/{id}"), json!({"name": name})).await;
        let code = fixture.code(id).await;
        assert!(code.starts_with(stem), "{name}: {code}");
    }
    fixture.app.put("/referrals/program", json!({"landingUrl": "/läden"})).await;
    let code = fixture.code("j").await;
    let location = super::links::visit(&fixture, "GET", &code, &[]).await.1.expect("it leads somewhere");
    assert!(location.contains("/l%C3%A4den?ref=jurgen-"), "{location}");
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_payment_restores_nothing_of_a_forgotten_customer() {
    let folder = tempfile::tempdir().expect("a folder");
    let (fixture, code) = fixture_in(folder.path()).await;
    fixture.signup("zoe", &code).await;
    fixture.checkout("s1", "zoe", None).await;
    let paid = json!({"checkoutSessionId": "s1", "status": "paid", "currency": "EUR", "amount": 2500, "refereeEmail": "zoe@example.com"});
    assert_eq!(fixture.post("/attributions/fulfill", paid.clone()).await.0, StatusCode::OK);
    assert_eq!(fixture.app.delete("/customers/zoe").await.0, StatusCode::NO_CONTENT);
    assert_eq!(fixture.post("/attributions/fulfill", paid).await.0, StatusCode::OK);
    assert!(!is_in_the_files(folder.path(), "zoe@example"));
}

/// D-22.
#[tokio::test]
async fn gift_to_a_guest_takes_nothing_from_them() {
    let (fixture, code) = fixture().await;
    let points = json!({"benefit": {"type": "points", "points": 7}});
    fixture
        .rule(json!({"status": "active", "slots": {"referee": {"registration": points, "firstOrder": points}}}))
        .await;
    let guest = json!({"accountId": "store", "refereeCustomerId": "v-guest", "refereePlayer": {"name": "VMC"}, "refereeEmail": "v@example.com",
                       "linkCode": code, "guest": true});
    fixture.post("/attributions/signup", guest).await;
    fixture.app.put("/customers/mallory", json!({"registeredAt": "2020-01-01T00:00:00Z"})).await;
    // The first order is below the minimum, and neither order is the guest's: the guest's reward stays.
    fixture.app.put("/orders/o1", order("mallory", json!({"player": {"name": "VMC"}, "amount": 1}))).await;
    fixture.app.put("/orders/o2", order("mallory", json!({"player": {"name": "VMC"}}))).await;
    let row = &list(&fixture.get("/attributions").await, "items")[0];
    assert_eq!((&row["refereeCustomerId"], fixture.points("mallory").await), (&json!("v-guest"), 0));
    let signup = json!({"accountId": "store", "refereeCustomerId": "v", "refereeEmail": "v@example.com"});
    fixture.post("/attributions/signup", signup).await;
    assert_eq!((fixture.points("v").await, fixture.points("mallory").await), (7, 0));
}

/// R2-25.
#[tokio::test]
async fn payment_by_unknown_address_counts_once_its_buyer_is_known() {
    let (fixture, code) = fixture().await;
    let signup = json!({"accountId": "store", "refereeCustomerId": "bob", "linkCode": code});
    fixture.post("/attributions/signup", signup).await;
    let paid = json!({"checkoutSessionId": "s1", "status": "paid", "currency": "EUR", "amount": 2500, "refereeEmail": "bob@example.com"});
    assert_eq!(fixture.post("/attributions/fulfill", paid).await, (StatusCode::OK, Value::Null));
    let (_, row) = fixture.checkout("s1", "bob", None).await;
    assert_eq!(state(&row), ("rewarded", None), "{row}");
    // The same if a later call names the buyer.
    fixture.signup("carol", &code).await;
    let paid = json!({"checkoutSessionId": "s2", "status": "paid", "currency": "EUR", "amount": 2500, "refereeEmail": "c@other.example"});
    assert_eq!(fixture.post("/attributions/fulfill", paid.clone()).await, (StatusCode::OK, Value::Null));
    let mut named = paid;
    named["refereeCustomerId"] = json!("carol");
    let (_, row) = fixture.post("/attributions/fulfill", named).await;
    assert_eq!(state(&row), ("rewarded", None), "{row}");
}

#[tokio::test(flavor = "multi_thread")]
async fn forgetting_covers_the_first_of_two_ids() {
    let folder = tempfile::tempdir().expect("a folder");
    let (fixture, _) = fixture_in(folder.path()).await;
    let (_, token) = fixture.app.server().await;
    fixture.app.put("/referrals/program", json!({"rewardCommands": [{"command": "say thanks {referee}"}]})).await;
    let code = fixture.code("alice").await;
    let guest = json!({"accountId": "store", "refereeCustomerId": "guest-1", "refereePlayer": {"name": "GinaQuirk"}, "refereeEmail": "g@example.com",
                       "linkCode": code, "guest": true});
    fixture.post("/attributions/signup", guest).await;
    fixture.buy("guest-1", "s1", 2500).await;
    let command = fixture.app.poll(&token, "j1").await.1["commands"][0].clone();
    fixture.app.report(&token, "j1", json!([report(&text(&command, "id"), 1, "completed", None)])).await;
    fixture
        .post(
            "/attributions/signup",
            json!({"accountId": "store", "refereeCustomerId": "gina", "refereeEmail": "g@example.com"}),
        )
        .await;
    assert_eq!(fixture.app.delete("/customers/guest-1").await.0, StatusCode::NO_CONTENT);
    assert!(!is_in_the_files(folder.path(), "ginaquirk"));
}
