//! Cases at the edges of the rules, each found by somebody who looked for it.

use super::shop::{Shop, grant, state, why};
use crate::bench::{Bench, list, report, text};
use crate::customers::is_in_the_files;
use flux_companion::db::Db;
use http::{Request, StatusCode};
use serde_json::{Value, json};

fn order(customer: &str, more: Value) -> Value {
    let mut order = json!({"customer": {"id": customer}, "player": {"name": format!("{customer}MC")},
                           "items": [{"packageId": "vip", "quantity": 1}], "amount": 2500, "currency": "EUR", "status": "paid"});
    order.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    order
}

async fn shop() -> (Shop, String) {
    let shop = Shop::ripllo().await;
    shop.bench.package(json!([])).await;
    let code = shop.code("alice").await;
    (shop, code)
}

#[tokio::test]
async fn a_person_with_two_ids_who_is_bound_under_one_stays_bound_under_it() {
    let (shop, code) = shop().await;
    shop.bench.put("/referrals/program", json!({"requireFirstPurchase": false})).await;
    let signup = |id: &str, email: Option<&str>| json!({"accountId": "store", "refereeCustomerId": id, "refereeEmail": email, "linkCode": code});
    shop.post("/attributions/signup", signup("x", None)).await;
    shop.post("/attributions/signup", signup("y", Some("e@example.com"))).await;
    assert_eq!(shop.buy("y", "s1", 5000).await["status"], "rewarded");
    let body = order("x", json!({"customer": {"id": "x", "email": "e@example.com"}, "referralCode": code}));
    let (status, placed) = shop.bench.put("/orders/o1", body).await;
    assert_eq!((status, &placed["referral"]["decision"]), (StatusCode::CREATED, &json!("rewarded")), "{placed}");
}

#[tokio::test]
async fn d_17_no_moment_is_too_late_to_be_kept_and_read_again() {
    let (shop, code) = shop().await;
    shop.bench.put("/referrals/program", json!({"attributionWindowDays": 3650, "rewardExpiryDays": 3650})).await;
    for (number, at) in
        ["9999-12-01T00:00:00Z", "9999-12-30T22:00:00.9Z", "9995-12-01T00:00:00Z"].into_iter().enumerate()
    {
        let friend = format!("friend{number}");
        let signup = json!({"accountId": "store", "refereeCustomerId": friend, "linkCode": code, "clickedAt": at, "occurredAt": at});
        let (status, row) = shop.post("/attributions/signup", signup).await;
        assert_eq!(status, StatusCode::CREATED, "{at}: {row}");
        let body = order(&friend, json!({"occurredAt": at}));
        let (status, paid) = shop.bench.put(&format!("/orders/o{number}"), body).await;
        // What is later than the last moment that there is comes too late for that.
        let expected = if at.ends_with(".9Z") { "refused" } else { "rewarded" };
        assert_eq!((status, &paid["referral"]["decision"]), (StatusCode::CREATED, &json!(expected)), "{at}: {paid}");
        let (status, _) = shop.bench.post(&format!("/orders/o{number}/completed"), json!({"occurredAt": at})).await;
        assert_eq!(status, StatusCode::OK, "{at}");
        let (status, _) = shop.bench.put(&format!("/customers/c{number}"), json!({"registeredAt": at})).await;
        assert_eq!(status, StatusCode::CREATED, "{at}");
    }
    assert_eq!(shop.bench.get("/referrals/attributions").await.0, StatusCode::OK);
}

#[tokio::test]
async fn r0_20_whatever_a_buyer_types_as_a_code_the_order_goes_on() {
    let (shop, code) = shop().await;
    for (number, typed, decision) in [
        (0, format!("  {} ", code.to_uppercase()), json!("rewarded")),
        (1, "bad code!".to_owned(), json!("refused")),
        (2, "💎".to_owned(), json!("refused")),
        (3, String::new(), Value::Null),
        (4, "   ".to_owned(), Value::Null),
    ] {
        let body = order(&format!("c{number}"), json!({"referralCode": typed}));
        let (status, placed) = shop.bench.put(&format!("/orders/o{number}"), body).await;
        assert_eq!((status, &placed["referral"]["decision"]), (StatusCode::CREATED, &decision), "{typed:?}: {placed}");
    }
    assert_eq!(shop.checkout("s1", "d1", Some(&format!(" {code} "))).await.0, StatusCode::CREATED);
    assert_eq!(why(&shop.checkout("s2", "d2", Some("bad code!")).await), (404, "unknown_code"));
    assert_eq!(shop.checkout("s3", "d3", Some(" ")).await.0, StatusCode::OK);
}

#[tokio::test]
async fn an_address_that_looks_odd_is_no_reason_to_refuse_an_order() {
    let (shop, _) = shop().await;
    for (number, email) in ["jörg@müller.de", "steve@example.com ", "x"].into_iter().enumerate() {
        let id = format!("c{number}");
        let (status, placed) = shop
            .bench
            .put(&format!("/orders/o{number}"), order(&id, json!({"customer": {"id": id, "email": email}})))
            .await;
        assert_eq!(status, StatusCode::CREATED, "{placed}");
    }
}

#[tokio::test]
async fn an_unpaid_order_that_changes_hands_is_weighed_for_who_buys_it_in_the_end() {
    let (shop, code) = shop().await;
    shop.bench.put("/orders/o1", order("bob", json!({"status": "created", "referralCode": code}))).await;
    shop.bench.put("/orders/o1", order("carol", json!({"status": "created"}))).await;
    let (_, paid) = shop.bench.post("/orders/o1/paid", json!({})).await;
    assert_eq!(paid["referral"], Value::Null, "nobody has brought Carol");
    assert_eq!(state(&shop.buy("bob", "s1", 2500).await), ("rewarded", None), "and this is Bob's first");
    shop.bench.put("/orders/o2", order("dave", json!({"status": "created", "imported": true}))).await;
    shop.bench.put("/orders/o2", order("dave", json!({"referralCode": code}))).await;
    assert_eq!(shop.get("/attributions?referee=dave").await["items"][0]["status"], "rewarded", "no longer imported");
}

#[tokio::test]
async fn whom_a_link_has_bound_is_shown_as_bound_without_a_code_and_a_second_order_says_its_own_reason() {
    let (shop, code) = shop().await;
    shop.signup("bob", &code).await;
    let (_, created) = shop.bench.put("/orders/o1", order("bob", json!({"status": "created"}))).await;
    assert_eq!(created["referral"]["decision"], "bound", "{created}");
    shop.bench.post("/orders/o1/paid", json!({})).await;
    let (_, second) = shop.bench.put("/orders/o2", order("bob", json!({}))).await;
    assert_eq!(second["referral"]["reason"], "not_first_purchase");
    let row = &list(&shop.get("/attributions?referee=bob").await, "items")[0];
    assert_eq!((state(row), &row["orderId"]), (("rewarded", None), &json!("o1")));
}

#[tokio::test]
async fn r3_12_who_had_registered_before_they_were_bound_earns_nobody_a_registration() {
    let (shop, code) = shop().await;
    shop.rule(json!({"status": "active", "slots": {"referrer": {"registration": {"benefit": {"type": "points", "points": 5}}}}})).await;
    shop.bench.put("/orders/o1", order("bob", json!({"status": "created", "referralCode": code}))).await;
    shop.bench.put("/customers/bob", json!({"registeredAt": "2020-01-01T00:00:00Z"})).await;
    assert_eq!(shop.points("alice").await, 0);
    let row = &list(&shop.get("/attributions?referee=bob").await, "items")[0];
    assert_eq!(row["registeredAt"], "2020-01-01T00:00:00Z");
    shop.bench.put("/customers/bob", json!({"name": "Bob"})).await;
    let (_, bob) = shop.bench.get("/customers/bob").await;
    assert_eq!(bob["registeredAt"], "2020-01-01T00:00:00Z", "who has registered once has");
}

#[tokio::test]
async fn a_session_that_is_paid_links_the_player_that_it_named_as_an_order_does() {
    let (shop, code) = shop().await;
    let checkout = json!({"accountId": "store", "checkoutSessionId": "s1", "customerId": "bob", "code": code, "player": {"name": "BobMC"}});
    shop.post("/attributions/checkout", checkout).await;
    shop.fulfil("s1", 2500).await;
    assert_eq!(shop.bench.get("/customers/bob").await.1["player"]["name"], "BobMC");
}

#[tokio::test]
async fn what_was_taken_back_is_not_run_by_hand_either() {
    let shop = Shop::fluxstore(json!([{"command": "give {player} diamond"}])).await;
    shop.bench.server().await;
    let code = shop.referrer("alice", "AliceMC").await;
    let row = shop.refer("bob", &code, 100).await;
    let given = grant(&row, "referrer");
    let (_, commands) = shop.bench.get("/commands").await;
    let id = text(&list(&commands, "items")[0], "id");
    shop.void("s-bob").await;
    let (status, answer) = shop.bench.post(&format!("/commands/{id}/retry"), json!({})).await;
    assert_eq!((status, &answer["error"]["code"]), (StatusCode::CONFLICT, &json!("order_revoked")), "{given} {answer}");
}

#[tokio::test]
async fn what_waits_for_a_player_ends_with_its_server() {
    let shop = Shop::fluxstore(json!([{"command": "give {player} diamond"}])).await;
    let (server, _) = shop.bench.server().await;
    let code = shop.code("alice").await;
    let row = shop.refer("bob", &code, 100).await;
    assert_eq!(row["delivery"], "blocked_no_player");
    shop.bench.delete(&format!("/servers/{server}?force=true")).await;
    shop.bench.put("/customers/alice", json!({"player": {"name": "AliceMC"}})).await;
    let row = shop.get(&format!("/attributions/{}", text(&row, "id"))).await;
    assert_ne!(row["delivery"], "blocked_no_player", "{row}");
    assert!(list(&shop.bench.get("/commands").await.1, "items").is_empty());
}

#[tokio::test]
async fn a_rule_that_is_added_twice_with_one_idempotency_key_is_one() {
    let (shop, _) = shop().await;
    let add = async || {
        let request = Request::post("/api/v1/referrals/rules")
            .header("authorization", format!("Bearer {}", shop.bench.admin))
            .header("content-type", "application/json")
            .header("idempotency-key", "rule-1")
            .body(axum::body::Body::from(json!({"name": "VIP", "tier": "vip"}).to_string()));
        shop.bench.call(request.expect("a request")).await
    };
    let (first, again) = (add().await, add().await);
    assert_eq!((first.0, again.0), (StatusCode::CREATED, StatusCode::OK));
    assert_eq!(first.1["id"], again.1["id"]);
}

#[tokio::test]
async fn null_is_the_default_where_there_must_be_a_value_and_what_is_absent_stays() {
    let (shop, _) = shop().await;
    shop.bench
        .put(
            "/referrals/program",
            json!({"referrerEligibility": "buyers", "selfReferral": "allow", "bind": {"link": false}}),
        )
        .await;
    shop.bench
        .put("/referrals/program", json!({"referrerEligibility": null, "selfReferral": null, "bind": null}))
        .await;
    let program = shop.get("/program").await;
    assert_eq!(
        (&program["referrerEligibility"], &program["selfReferral"], &program["bind"]["link"]),
        (&json!("any"), &json!("block"), &json!(true))
    );
    shop.bench.put("/referrals/program", json!({"enabled": false, "rewardType": "percent", "referrerValue": 7})).await;
    let program = shop.get("/program").await;
    assert_eq!(
        (&program["enabled"], &program["referrerValue"]),
        (&json!(false), &json!(20)),
        "switching off does nothing else"
    );
    shop.bench.put("/referrals/share", json!({"email": {"title": "Come", "body": "{link}"}})).await;
    let (_, share) = shop.bench.put("/referrals/share", json!({"email": {"icon": "/icon.png"}})).await;
    assert_eq!((&share["email"]["title"], &share["email"]["icon"]), (&json!("Come"), &json!("/icon.png")));
    let (status, _) = shop.bench.put("/referrals/share", json!({"email": {"icon": "javascript:alert(1)"}})).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn what_cannot_be_read_of_a_query_or_a_path_is_an_error_like_any_other() {
    let (shop, _) = shop().await;
    let (status, error) = shop.bench.get("/referrals/stats?from=2026-11-30&to=2026-11-01").await;
    assert_eq!((status, &error["error"]["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("from")));
    let (status, error) = shop.bench.get("/referrals/rewards/store/%ff").await;
    assert_eq!((status, &error["error"]["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("path")));
}

#[tokio::test]
async fn an_order_is_sent_again_after_the_owner_of_its_code_was_forgotten() {
    let (shop, code) = shop().await;
    let body = order("bob", json!({"referralCode": code}));
    shop.bench.put("/orders/o1", body.clone()).await;
    assert_eq!(shop.bench.delete("/customers/alice").await.0, StatusCode::NO_CONTENT);
    assert_eq!(shop.bench.put("/orders/o1", body.clone()).await.0, StatusCode::OK);
    let mut other = body;
    other["amount"] = json!(1);
    assert_eq!(shop.bench.put("/orders/o1", other).await.0, StatusCode::CONFLICT);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_forgotten_leaves_no_trace_in_rewards_under_no_name_that_they_had() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("companion.db");
    Db::create(&path).expect("a new database");
    let shop = Shop { bench: Bench::on(Db::open(&path).expect("it opens").0).await };
    let (_, token) = shop.bench.server().await;
    let commands = json!([{"command": "give {player} diamond"}, {"command": "take {player}", "onVoid": true}]);
    shop.bench.put("/referrals/program", json!({"enabled": true, "rewardCommands": commands})).await;
    // Bob has earned Zach a reward, who then took another name; and Alice one, who has no player to take it.
    let zach = shop.referrer("cust-zach", "ZachariasOne").await;
    let bob = |id: &str| json!({"accountId": "store", "refereeCustomerId": id, "refereePlayer": {"name": "BobQuirk"}, "linkCode": zach});
    shop.post("/attributions/signup", bob("cust-quirk")).await;
    shop.buy("cust-quirk", "s1", 100).await;
    let alice = shop.code("alice").await;
    let carol = json!({"accountId": "store", "refereeCustomerId": "cust-quork", "refereePlayer": {"name": "CarolQuork"}, "linkCode": alice});
    shop.post("/attributions/signup", carol).await;
    shop.buy("cust-quork", "s2", 100).await;
    let command = shop.bench.poll(&token, "j1").await.1["commands"][0].clone();
    let mut done = report(&text(&command, "id"), 1, "completed", None);
    done["output"] = json!("Gave 1 [Diamond] to ZachariasOne");
    shop.bench.report(&token, "j1", json!([done.clone()])).await;
    shop.bench.put("/customers/cust-zach", json!({"player": {"name": "ZachariasTwo"}})).await;
    shop.void("s1").await;
    let undo = shop.bench.poll(&token, "j1").await.1["commands"][0].clone();
    shop.bench.report(&token, "j1", json!([report(&text(&undo, "id"), 1, "completed", None)])).await;
    for id in ["cust-zach", "cust-quirk", "cust-quork"] {
        assert_eq!(shop.bench.delete(&format!("/customers/{id}")).await, (StatusCode::NO_CONTENT, Value::Null), "{id}");
    }
    // The agent says it again, with the name that is forgotten.
    shop.bench.report(&token, "j1", json!([done])).await;
    for trace in ["zach", "quirk", "quork"] {
        assert!(!is_in_the_files(folder.path(), trace), "{trace}");
    }
}

#[tokio::test]
async fn d_16_what_is_read_does_not_depend_on_a_sweep() {
    let (shop, code) = shop().await;
    let click = json!({"accountId": "store", "code": code, "visitorKey": "v1", "occurredAt": "2026-10-01T00:00:00Z"});
    shop.post("/links/click", click).await;
    shop.bench.put("/referrals/program", json!({"attributionWindowDays": 30})).await;
    let late = json!({"accountId": "store", "refereeCustomerId": "bob", "linkCode": code});
    assert_eq!(why(&shop.post("/attributions/signup", late.clone()).await), (409, "too_late"));
    let past = json!({"accountId": "store", "refereeCustomerId": "carol", "linkCode": code,
                      "clickedAt": "2026-11-01T00:00:00Z", "occurredAt": "2026-11-02T00:00:00Z"});
    assert_eq!(shop.post("/attributions/signup", past).await.0, StatusCode::CREATED);
    let listed = async |status: &str| list(&shop.get(&format!("/attributions?status={status}")).await, "items").len();
    for who in ["dave", "erin"] {
        assert_eq!((listed("pending").await, listed("expired").await), (0, 1));
        flux_companion::sweep(&shop.bench.app).await;
        let mut again = late.clone();
        again["refereeCustomerId"] = json!(who);
        assert_eq!(
            why(&shop.post("/attributions/signup", again).await),
            (409, "too_late"),
            "the click is forgotten, its moment not"
        );
    }
}

#[tokio::test]
async fn r3_18_codes_that_were_switched_on_while_the_program_was_off_are_given_once_it_is_on() {
    let (shop, _) = shop().await;
    shop.bench.put("/customers/erin", json!({"name": "Erin"})).await;
    shop.bench.put("/referrals/program", json!({"bind": {"codeAtSignup": false, "codeAtCheckout": false}})).await;
    shop.bench.put("/referrals/program", json!({"enabled": false})).await;
    shop.bench.put("/referrals/program", json!({"bind": {"codeAtSignup": true, "codeAtCheckout": true}})).await;
    flux_companion::sweep(&shop.bench.app).await;
    let issued = async || shop.bench.event_kinds().await.iter().filter(|kind| *kind == "link.issued").count();
    let before = issued().await;
    shop.bench.put("/referrals/program", json!({"enabled": true})).await;
    flux_companion::sweep(&shop.bench.app).await;
    assert!(issued().await > before);
}

#[tokio::test]
async fn who_was_invited_and_is_forgotten_is_no_longer_in_the_invitation() {
    let (shop, _) = shop().await;
    let text = json!({"on": true, "subject": "Come", "body": "{link}"});
    shop.bench.put("/referrals/emails", json!({"invitation": text})).await;
    let invitation = json!({"accountId": "store", "customerId": "alice", "email": "Bob@Quirk.example"});
    assert!(shop.post("/invitations", invitation).await.0.is_success());
    shop.bench.put("/customers/bob", json!({"email": "bob@quirk.example"})).await;
    assert!(shop.bench.get("/events?limit=100").await.1.to_string().to_lowercase().contains("quirk"));
    shop.bench.delete("/customers/bob").await;
    assert!(!shop.bench.get("/events?limit=100").await.1.to_string().to_lowercase().contains("quirk"));
}

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

/// Ripllo's program in a file, and Alice's code.
async fn shop_in(folder: &std::path::Path) -> (Shop, String) {
    let path = folder.join("companion.db");
    Db::create(&path).expect("a new database");
    let shop = Shop { bench: Bench::on(Db::open(&path).expect("it opens").0).await };
    shop.bench.package(json!([])).await;
    shop.bench.put("/referrals/program", json!({"enabled": true, "rewardType": "percent", "refereeValue": 10})).await;
    let code = shop.referrer("alice", "AliceMC").await;
    (shop, code)
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
