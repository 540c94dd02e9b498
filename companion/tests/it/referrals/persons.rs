//! One person under several ids, people who are forgotten, and whom an address alone names; and what an admin may do about it.

use super::edges::{order, shop, shop_in};
use super::shop::{grant, state, why};
use crate::bench::{list, report, text};
use crate::customers::is_in_the_files;
use http::StatusCode;
use serde_json::{Value, json};

#[tokio::test]
async fn d_23_a_member_who_comes_again_under_another_id_is_no_new_customer() {
    let (shop, code) = shop().await;
    let member =
        json!({"email": "Eve@Example.com", "player": {"name": "EveMC"}, "registeredAt": "2020-01-01T00:00:00Z"});
    shop.bench.put("/customers/eve", member).await;
    let signup = |id: &str, more: Value| {
        let mut body = json!({"accountId": "store", "refereeCustomerId": id, "linkCode": code});
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        body
    };
    let by_email =
        shop.post("/attributions/signup", signup("eve2", json!({"refereeEmail": "eve+again@example.com"}))).await;
    assert_eq!(why(&by_email), (409, "existing_customer"));
    let by_player =
        shop.post("/attributions/signup", signup("eve3", json!({"refereePlayer": {"name": "evemc"}}))).await;
    assert_eq!(why(&by_player), (409, "existing_customer"));
    assert_eq!(shop.signup("frank", &code).await.0, StatusCode::CREATED, "who is new is bound");
}

#[tokio::test]
async fn d_22_r3_08_a_guest_who_registers_under_another_id_is_rewarded_under_that_one() {
    let (shop, code) = shop().await;
    let points = |points: i64| json!({"benefit": {"type": "points", "points": points}});
    shop.rule(json!({"status": "active", "slots": {"referee": {"registration": points(7), "firstOrder": points(3)}}}))
        .await;
    let signup = |id: &str| json!({"accountId": "store", "refereeCustomerId": id, "refereeEmail": "gina@example.com"});
    let mut guest = signup("guest-1");
    guest
        .as_object_mut()
        .expect("an object")
        .extend([("guest".to_owned(), json!(true)), ("linkCode".to_owned(), json!(code))]);
    assert_eq!(shop.post("/attributions/signup", guest).await.0, StatusCode::CREATED);
    let (_, row) = shop.post("/attributions/signup", signup("gina")).await;
    assert_eq!(
        (&row["refereeCustomerId"], shop.points("gina").await, shop.points("guest-1").await),
        (&json!("gina"), 7, 0),
        "{row}"
    );
    let row = shop.buy("gina", "s1", 2500).await;
    assert_eq!((state(&row), shop.points("gina").await), (("rewarded", None), 10));
}

#[tokio::test]
async fn d_22_a_bind_never_moves_to_its_own_referrer_or_away_from_a_member() {
    let (shop, code) = shop().await;
    shop.signup("bob", &code).await;
    let (_, paid) = shop
        .bench
        .put("/orders/o1", order("bob2", json!({"customer": {"id": "bob2", "email": "bob@example.com"}})))
        .await;
    assert_eq!(paid["referral"]["decision"], "rewarded");
    let row = &list(&shop.get("/attributions").await, "items")[0];
    assert_eq!(row["refereeCustomerId"], "bob", "Bob is registered, and sees it there");
    let guest = json!({"accountId": "store", "refereeCustomerId": "g", "refereeEmail": "g@example.com", "linkCode": code, "guest": true});
    shop.post("/attributions/signup", guest).await;
    shop.bench.put("/customers/alice", json!({"email": "g@example.com"})).await;
    shop.buy("alice", "s1", 2500).await;
    let rows = list(&shop.get("/attributions?referee=alice").await, "items");
    assert!(rows.is_empty(), "{rows:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn r2_25_an_address_alone_says_who_has_paid() {
    let folder = tempfile::tempdir().expect("a folder");
    let (shop, code) = shop_in(folder.path()).await;
    let paid = |session: &str, email: &str| json!({"checkoutSessionId": session, "status": "paid", "currency": "EUR", "amount": 2500, "refereeEmail": email});
    shop.bench.put("/customers/hal", json!({"email": "hal@example.com"})).await;
    assert_eq!(shop.post("/attributions/fulfill", paid("s1", "HAL@example.com")).await, (StatusCode::OK, Value::Null));
    shop.signup("hal", &code).await;
    let row = shop.buy("hal", "s2", 2500).await;
    assert_eq!(state(&row), ("pending", Some("not_first_purchase")), "the session of before was Hal's");

    // Nobody knows Ida: her purchase is remembered by her address.
    assert_eq!(shop.post("/attributions/fulfill", paid("s3", "ida@example.com")).await, (StatusCode::OK, Value::Null));
    shop.signup("ida", &code).await;
    assert_eq!(state(&shop.buy("ida", "s4", 2500).await), ("pending", Some("not_first_purchase")));
    assert_eq!(shop.bench.delete("/customers/ida").await.0, StatusCode::NO_CONTENT);
    assert!(!is_in_the_files(folder.path(), "ida@example.com"), "and forgotten with her");
}

#[tokio::test]
async fn an_admin_takes_an_attribution_back_that_no_order_has_undone() {
    let (shop, code) = shop().await;
    let row = shop.refer("bob", &code, 2500).await;
    let id = text(&row, "id");
    let (status, after) = shop.post(&format!("/attributions/{id}/void"), json!({})).await;
    assert_eq!((status, state(&after)), (StatusCode::OK, ("voided", Some("admin"))));
    assert_eq!((&grant(&after, "referrer")["status"], shop.rewards("alice").await.len()), (&json!("revoked"), 0));
    assert_eq!(shop.post(&format!("/attributions/{id}/void"), json!({})).await, (StatusCode::OK, after));
    shop.signup("carol", &code).await;
    let pending = text(&list(&shop.get("/attributions?referee=carol").await, "items")[0], "id");
    let (_, voided) = shop.post(&format!("/attributions/{pending}/void"), json!({})).await;
    assert_eq!(state(&voided), ("voided", Some("admin")), "also one without an order");
    assert_eq!(why(&shop.post("/attributions/att_nobody/void", json!({})).await), (404, "not_found"));
    let path = format!("/referrals/attributions/{id}/void");
    let (status, _) = shop.bench.with_key(&shop.bench.store, "POST", &path, Some(json!({}))).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn d_16_a_cart_of_the_past_is_priced_as_it_was_whether_or_not_a_sweep_has_run() {
    let (shop, code) = shop().await;
    let auto = json!({"benefit": {"type": "percent", "percent": 10, "autoApply": true, "expiryDays": 5}});
    shop.rule(json!({"status": "active", "slots": {"referee": {"firstOrder": auto}}})).await;
    shop.refer("bob", &code, 2500).await;
    let start = jiff::Timestamp::from_millisecond(1_800_000_000_000).expect("the bench's first moment");
    let day = |days: i64| (start + jiff::SignedDuration::from_hours(24 * days)).to_string();
    let quote = |at: String| json!({"customerId": "bob", "amount": 1000, "currency": "EUR", "occurredAt": at});
    let priced = |at: String| async { shop.bench.post("/discounts/quote", quote(at)).await.1["discount"].clone() };
    assert_eq!((priced(day(3)).await, priced(day(6)).await), (json!(100), json!(0)));
    let (_, swept) = shop.post("/sweeps/expire-rewards", json!({"now": day(10)})).await;
    assert_eq!(swept["expired"], 1);
    assert_eq!((priced(day(3)).await, priced(day(6)).await), (json!(100), json!(0)), "the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_typed_in_an_imported_order_is_forgotten_with_its_owner() {
    let folder = tempfile::tempdir().expect("a folder");
    let (shop, _) = shop_in(folder.path()).await;
    let code = shop.referrer("zacharias", "ZachMC").await;
    shop.bench.put("/orders/o1", order("bob", json!({"imported": true, "referralCode": code}))).await;
    assert_eq!(shop.get("/attributions").await["items"], json!([]), "it binds nobody");
    assert_eq!(shop.bench.delete("/customers/zacharias").await.0, StatusCode::NO_CONTENT);
    assert!(!is_in_the_files(folder.path(), "zacharias"));
}

#[tokio::test]
async fn the_program_can_be_sent_back_as_it_was_read_and_a_list_is_no_object() {
    let (shop, _) = shop().await;
    let program = shop.get("/program").await;
    let (status, after) = shop.bench.put("/referrals/program", program.clone()).await;
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
        let (status, answer) = shop.bench.put(&format!("/referrals/{path}"), body.clone()).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{path} {body}: {answer}");
    }
}

#[tokio::test]
async fn a_code_begins_with_its_owners_first_name_in_ascii_and_a_landing_page_may_have_any_name() {
    let (shop, _) = shop().await;
    for (id, name, stem) in [("j", "Jürgen Groß", "jurgen-"), ("i", "Игорь", "igor-"), ("x", "★", "ref-")] {
        shop.bench.put(&format!("/customers/{id}"), json!({"name": name})).await;
        let code = shop.code(id).await;
        assert!(code.starts_with(stem), "{name}: {code}");
    }
    shop.bench.put("/referrals/program", json!({"landingUrl": "/läden"})).await;
    let code = shop.code("j").await;
    let location = super::links::visit(&shop, "GET", &code, &[]).await.1.expect("it leads somewhere");
    assert!(location.contains("/l%C3%A4den?ref=jurgen-"), "{location}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_is_told_again_brings_nothing_of_who_was_forgotten_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let (shop, code) = shop_in(folder.path()).await;
    shop.signup("zoe", &code).await;
    shop.checkout("s1", "zoe", None).await;
    let paid = json!({"checkoutSessionId": "s1", "status": "paid", "currency": "EUR", "amount": 2500, "refereeEmail": "zoe@example.com"});
    assert_eq!(shop.post("/attributions/fulfill", paid.clone()).await.0, StatusCode::OK);
    assert_eq!(shop.bench.delete("/customers/zoe").await.0, StatusCode::NO_CONTENT);
    assert_eq!(shop.post("/attributions/fulfill", paid).await.0, StatusCode::OK);
    assert!(!is_in_the_files(folder.path(), "zoe@example"));
}

#[tokio::test]
async fn d_22_a_present_for_a_guest_takes_nothing_from_them() {
    let (shop, code) = shop().await;
    let points = json!({"benefit": {"type": "points", "points": 7}});
    shop.rule(json!({"status": "active", "slots": {"referee": {"registration": points, "firstOrder": points}}})).await;
    let guest = json!({"accountId": "store", "refereeCustomerId": "v-guest", "refereePlayer": {"name": "VMC"}, "refereeEmail": "v@example.com",
                       "linkCode": code, "guest": true});
    shop.post("/attributions/signup", guest).await;
    shop.bench.put("/customers/mallory", json!({"registeredAt": "2020-01-01T00:00:00Z"})).await;
    // Too small to count, and not the guest's: nothing moves by it.
    shop.bench.put("/orders/o1", order("mallory", json!({"player": {"name": "VMC"}, "amount": 1}))).await;
    shop.bench.put("/orders/o2", order("mallory", json!({"player": {"name": "VMC"}}))).await;
    let row = &list(&shop.get("/attributions").await, "items")[0];
    assert_eq!((&row["refereeCustomerId"], shop.points("mallory").await), (&json!("v-guest"), 0));
    let signup = json!({"accountId": "store", "refereeCustomerId": "v", "refereeEmail": "v@example.com"});
    shop.post("/attributions/signup", signup).await;
    assert_eq!((shop.points("v").await, shop.points("mallory").await), (7, 0));
}

#[tokio::test]
async fn r2_25_a_payment_by_an_unknown_address_is_weighed_when_its_buyer_is_known() {
    let (shop, code) = shop().await;
    let signup = json!({"accountId": "store", "refereeCustomerId": "bob", "linkCode": code});
    shop.post("/attributions/signup", signup).await;
    let paid = json!({"checkoutSessionId": "s1", "status": "paid", "currency": "EUR", "amount": 2500, "refereeEmail": "bob@example.com"});
    assert_eq!(shop.post("/attributions/fulfill", paid).await, (StatusCode::OK, Value::Null));
    let (_, row) = shop.checkout("s1", "bob", None).await;
    assert_eq!(state(&row), ("rewarded", None), "{row}");
    // The same where a later call names the buyer.
    shop.signup("carol", &code).await;
    let paid = json!({"checkoutSessionId": "s2", "status": "paid", "currency": "EUR", "amount": 2500, "refereeEmail": "c@other.example"});
    assert_eq!(shop.post("/attributions/fulfill", paid.clone()).await, (StatusCode::OK, Value::Null));
    let mut named = paid;
    named["refereeCustomerId"] = json!("carol");
    let (_, row) = shop.post("/attributions/fulfill", named).await;
    assert_eq!(state(&row), ("rewarded", None), "{row}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_followed_to_another_id_is_forgotten_under_the_first_one_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let (shop, _) = shop_in(folder.path()).await;
    let (_, token) = shop.bench.server().await;
    shop.bench.put("/referrals/program", json!({"rewardCommands": [{"command": "say thanks {referee}"}]})).await;
    let code = shop.code("alice").await;
    let guest = json!({"accountId": "store", "refereeCustomerId": "guest-1", "refereePlayer": {"name": "GinaQuirk"}, "refereeEmail": "g@example.com",
                       "linkCode": code, "guest": true});
    shop.post("/attributions/signup", guest).await;
    shop.buy("guest-1", "s1", 2500).await;
    let command = shop.bench.poll(&token, "j1").await.1["commands"][0].clone();
    shop.bench.report(&token, "j1", json!([report(&text(&command, "id"), 1, "completed", None)])).await;
    shop.post(
        "/attributions/signup",
        json!({"accountId": "store", "refereeCustomerId": "gina", "refereeEmail": "g@example.com"}),
    )
    .await;
    assert_eq!(shop.bench.delete("/customers/guest-1").await.0, StatusCode::NO_CONTENT);
    assert!(!is_in_the_files(folder.path(), "ginaquirk"));
}
