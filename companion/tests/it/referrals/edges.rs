//! Edge cases of the referral rules, each from a bug or a review.

use super::fixture::{ReferralFixture, grant, state, why};
use crate::customers::is_in_the_files;
use crate::test_app::{TestApp, list, report, text};
use flux_storage::Db;
use http::{Request, StatusCode};
use serde_json::{Value, json};

pub(super) fn order(customer: &str, more: Value) -> Value {
    let mut order = json!({"customer": {"id": customer}, "player": {"name": format!("{customer}MC")},
                           "items": [{"packageId": "vip", "quantity": 1}], "amount": 2500, "currency": "EUR", "status": "paid"});
    order.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    order
}

pub(super) async fn fixture() -> (ReferralFixture, String) {
    let fixture = ReferralFixture::code_rewards().await;
    fixture.app.package(json!([])).await;
    let code = fixture.code("alice").await;
    (fixture, code)
}

/// A program with codes for both sides on a database file, and Alice's code.
pub(super) async fn fixture_in(folder: &std::path::Path) -> (ReferralFixture, String) {
    let path = folder.join("companion.db");
    Db::create(&path).expect("a new database");
    let fixture = ReferralFixture { app: TestApp::on(Db::open(&path).expect("it opens").0).await };
    fixture.app.package(json!([])).await;
    fixture.app.put("/referrals/program", json!({"enabled": true, "rewardType": "percent", "refereeValue": 10})).await;
    let code = fixture.referrer("alice", "AliceMC").await;
    (fixture, code)
}

#[tokio::test]
async fn person_with_two_ids_stays_bound_under_the_first() {
    let (fixture, code) = fixture().await;
    fixture.app.put("/referrals/program", json!({"requireFirstPurchase": false})).await;
    let signup = |id: &str, email: Option<&str>| json!({"accountId": "store", "refereeCustomerId": id, "refereeEmail": email, "linkCode": code});
    fixture.post("/attributions/signup", signup("x", None)).await;
    fixture.post("/attributions/signup", signup("y", Some("e@example.com"))).await;
    assert_eq!(fixture.buy("y", "s1", 5000).await["status"], "rewarded");
    let body = order("x", json!({"customer": {"id": "x", "email": "e@example.com"}, "referralCode": code}));
    let (status, placed) = fixture.app.put("/orders/o1", body).await;
    assert_eq!((status, &placed["referral"]["decision"]), (StatusCode::CREATED, &json!("rewarded")), "{placed}");
}

#[tokio::test]
async fn click_time_may_have_the_name_that_answers_give_it() {
    let (fixture, code) = fixture().await;
    let at = "2026-11-01T00:00:00Z";
    let signup =
        json!({"accountId": "store", "refereeCustomerId": "bob", "linkCode": code, "clickAt": at, "occurredAt": at});
    let (status, row) = fixture.post("/attributions/signup", signup).await;
    assert_eq!((status, &row["clickAt"]), (StatusCode::CREATED, &json!(at)), "{row}");
}

/// D-17.
#[tokio::test]
async fn extreme_timestamps_are_stored_and_read_back() {
    let (fixture, code) = fixture().await;
    fixture.app.put("/referrals/program", json!({"attributionWindowDays": 3650, "rewardExpiryDays": 3650})).await;
    for (number, at) in
        ["9999-12-01T00:00:00Z", "9999-12-30T22:00:00.9Z", "9995-12-01T00:00:00Z"].into_iter().enumerate()
    {
        let friend = format!("friend{number}");
        let signup = json!({"accountId": "store", "refereeCustomerId": friend, "linkCode": code, "clickedAt": at, "occurredAt": at});
        let (status, row) = fixture.post("/attributions/signup", signup).await;
        assert_eq!(status, StatusCode::CREATED, "{at}: {row}");
        let session = format!("s{number}");
        let body = json!({"checkoutSessionId": session, "status": "paid", "currency": "EUR", "amount": 5000,
                          "refereeCustomerId": friend, "occurredAt": at});
        let (status, paid) = fixture.post("/attributions/fulfill", body).await;
        // An order after the last possible timestamp is outside the window.
        let is_late = at.ends_with(".9Z");
        assert_eq!((status, paid["status"] == "rewarded"), (StatusCode::OK, !is_late), "{at}: {paid}");
        let body = json!({"checkoutSessionId": session, "occurredAt": at});
        let (status, _) = fixture.post("/attributions/complete", body).await;
        assert_eq!(status, StatusCode::OK, "{at}");
    }
    assert_eq!(fixture.app.get("/referrals/attributions").await.0, StatusCode::OK);
}

/// R0-20.
#[tokio::test]
async fn order_succeeds_whatever_text_its_code_has() {
    let (fixture, code) = fixture().await;
    for (number, typed, decision) in [
        (0, format!("  {} ", code.to_uppercase()), json!("rewarded")),
        (1, "bad code!".to_owned(), json!("refused")),
        (2, "💎".to_owned(), json!("refused")),
        (3, String::new(), Value::Null),
        (4, "   ".to_owned(), Value::Null),
        (5, format!("\t{code}\r\n"), json!("rewarded")),
        (6, "\u{1b}[31m".to_owned(), json!("refused")),
    ] {
        let body = order(&format!("c{number}"), json!({"referralCode": typed}));
        let (status, placed) = fixture.app.put(&format!("/orders/o{number}"), body).await;
        assert_eq!((status, &placed["referral"]["decision"]), (StatusCode::CREATED, &decision), "{typed:?}: {placed}");
    }
    assert_eq!(fixture.checkout("s1", "d1", Some(&format!(" {code} "))).await.0, StatusCode::CREATED);
    assert_eq!(why(&fixture.checkout("s2", "d2", Some("bad code!")).await), (404, "unknown_code"));
    assert_eq!(fixture.checkout("s3", "d3", Some(" ")).await.0, StatusCode::OK);
}

#[tokio::test]
async fn order_with_an_odd_address_is_accepted() {
    let (fixture, _) = fixture().await;
    for (number, email) in ["jörg@müller.de", "steve@example.com ", "x"].into_iter().enumerate() {
        let id = format!("c{number}");
        let (status, placed) = fixture
            .app
            .put(&format!("/orders/o{number}"), order(&id, json!({"customer": {"id": id, "email": email}})))
            .await;
        assert_eq!(status, StatusCode::CREATED, "{placed}");
    }
}

#[tokio::test]
async fn unpaid_order_that_changes_buyers_counts_for_the_last() {
    let (fixture, code) = fixture().await;
    fixture.app.put("/orders/o1", order("bob", json!({"status": "created", "referralCode": code}))).await;
    fixture.app.put("/orders/o1", order("carol", json!({"status": "created"}))).await;
    let (_, paid) = fixture.app.post("/orders/o1/paid", json!({})).await;
    assert_eq!(paid["referral"], Value::Null, "nobody has brought Carol");
    assert_eq!(state(&fixture.buy("bob", "s1", 2500).await), ("rewarded", None), "and this is Bob's first");
    fixture.app.put("/orders/o2", order("dave", json!({"status": "created", "imported": true}))).await;
    fixture.app.put("/orders/o2", order("dave", json!({"referralCode": code}))).await;
    assert_eq!(fixture.get("/attributions?referee=dave").await["items"][0]["status"], "rewarded", "no longer imported");
}

#[tokio::test]
async fn link_binding_is_shown_and_second_order_has_own_reason() {
    let (fixture, code) = fixture().await;
    fixture.signup("bob", &code).await;
    let (_, created) = fixture.app.put("/orders/o1", order("bob", json!({"status": "created"}))).await;
    assert_eq!(created["referral"]["decision"], "bound", "{created}");
    fixture.app.post("/orders/o1/paid", json!({})).await;
    let (_, second) = fixture.app.put("/orders/o2", order("bob", json!({}))).await;
    assert_eq!(second["referral"]["reason"], "not_first_purchase");
    let row = &list(&fixture.get("/attributions?referee=bob").await, "items")[0];
    assert_eq!((state(row), &row["orderId"]), (("rewarded", None), &json!("o1")));
}

/// R3-12.
#[tokio::test]
async fn registration_before_the_bind_earns_nothing() {
    let (fixture, code) = fixture().await;
    fixture.rule(json!({"status": "active", "slots": {"referrer": {"registration": {"benefit": {"type": "points", "points": 5}}}}})).await;
    fixture.app.put("/orders/o1", order("bob", json!({"status": "created", "referralCode": code}))).await;
    fixture.app.put("/customers/bob", json!({"registeredAt": "2020-01-01T00:00:00Z"})).await;
    assert_eq!(fixture.points("alice").await, 0);
    let row = &list(&fixture.get("/attributions?referee=bob").await, "items")[0];
    assert_eq!(row["registeredAt"], "2020-01-01T00:00:00Z");
    fixture.app.put("/customers/bob", json!({"name": "Bob"})).await;
    let (_, bob) = fixture.app.get("/customers/bob").await;
    assert_eq!(bob["registeredAt"], "2020-01-01T00:00:00Z", "who has registered once has");
}

#[tokio::test]
async fn paid_session_links_its_player_like_an_order() {
    let (fixture, code) = fixture().await;
    let checkout = json!({"accountId": "store", "checkoutSessionId": "s1", "customerId": "bob", "code": code, "player": {"name": "BobMC"}});
    fixture.post("/attributions/checkout", checkout).await;
    fixture.fulfil("s1", 2500).await;
    assert_eq!(fixture.app.get("/customers/bob").await.1["player"]["name"], "BobMC");
}

#[tokio::test]
async fn reversed_command_cannot_be_retried() {
    let fixture = ReferralFixture::command_rewards(json!([{"command": "give {player} diamond"}])).await;
    fixture.app.server().await;
    let code = fixture.referrer("alice", "AliceMC").await;
    let row = fixture.refer("bob", &code, 100).await;
    let given = grant(&row, "referrer");
    let (_, commands) = fixture.app.get("/commands").await;
    let id = text(&list(&commands, "items")[0], "id");
    fixture.void("s-bob").await;
    let (status, answer) = fixture.app.post(&format!("/commands/{id}/retry"), json!({})).await;
    assert_eq!((status, &answer["error"]["code"]), (StatusCode::CONFLICT, &json!("order_revoked")), "{given} {answer}");
}

#[tokio::test]
async fn reward_without_a_player_ends_with_its_server() {
    let fixture = ReferralFixture::command_rewards(json!([{"command": "give {player} diamond"}])).await;
    let (server, _) = fixture.app.server().await;
    let code = fixture.code("alice").await;
    let row = fixture.refer("bob", &code, 100).await;
    assert_eq!(row["delivery"], "blocked_no_player");
    fixture.app.delete(&format!("/servers/{server}?force=true")).await;
    fixture.app.put("/customers/alice", json!({"player": {"name": "AliceMC"}})).await;
    let row = fixture.get(&format!("/attributions/{}", text(&row, "id"))).await;
    assert_ne!(row["delivery"], "blocked_no_player", "{row}");
    assert!(list(&fixture.app.get("/commands").await.1, "items").is_empty());
}

#[tokio::test]
async fn idempotency_key_adds_one_rule() {
    let (fixture, _) = fixture().await;
    let add = async || {
        let request = Request::post("/api/v1/referrals/rules")
            .header("authorization", format!("Bearer {}", fixture.app.admin))
            .header("content-type", "application/json")
            .header("idempotency-key", "rule-1")
            .body(axum::body::Body::from(json!({"name": "VIP", "tier": "vip"}).to_string()));
        fixture.app.call(request.expect("a request")).await
    };
    let (first, again) = (add().await, add().await);
    assert_eq!((first.0, again.0), (StatusCode::CREATED, StatusCode::OK));
    assert_eq!(first.1["id"], again.1["id"]);
}

#[tokio::test]
async fn null_resets_to_the_default_and_absent_fields_stay() {
    let (fixture, _) = fixture().await;
    fixture
        .app
        .put(
            "/referrals/program",
            json!({"referrerEligibility": "buyers", "selfReferral": "allow", "bind": {"link": false}}),
        )
        .await;
    fixture
        .app
        .put("/referrals/program", json!({"referrerEligibility": null, "selfReferral": null, "bind": null}))
        .await;
    let program = fixture.get("/program").await;
    assert_eq!(
        (&program["referrerEligibility"], &program["selfReferral"], &program["bind"]["link"]),
        (&json!("any"), &json!("block"), &json!(true))
    );
    fixture.app.put("/referrals/program", json!({"enabled": false, "rewardType": "percent", "referrerValue": 7})).await;
    let program = fixture.get("/program").await;
    assert_eq!(
        (&program["enabled"], &program["referrerValue"]),
        (&json!(false), &json!(20)),
        "switching off does nothing else"
    );
    fixture.app.put("/referrals/share", json!({"email": {"title": "Come", "body": "{link}"}})).await;
    let (_, share) = fixture.app.put("/referrals/share", json!({"email": {"icon": "/icon.png"}})).await;
    assert_eq!((&share["email"]["title"], &share["email"]["icon"]), (&json!("Come"), &json!("/icon.png")));
    let (status, _) = fixture.app.put("/referrals/share", json!({"email": {"icon": "javascript:alert(1)"}})).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn unreadable_query_or_path_is_an_ordinary_error() {
    let (fixture, _) = fixture().await;
    let (status, error) = fixture.app.get("/referrals/stats?from=2026-11-30&to=2026-11-01").await;
    assert_eq!((status, &error["error"]["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("from")));
    let (status, error) = fixture.app.get("/referrals/rewards/store/%ff").await;
    assert_eq!((status, &error["error"]["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("path")));
}

#[tokio::test]
async fn order_repeats_after_its_codes_owner_was_forgotten() {
    let (fixture, code) = fixture().await;
    let body = order("bob", json!({"referralCode": code}));
    fixture.app.put("/orders/o1", body.clone()).await;
    assert_eq!(fixture.app.delete("/customers/alice").await.0, StatusCode::NO_CONTENT);
    assert_eq!(fixture.app.put("/orders/o1", body.clone()).await.0, StatusCode::OK);
    let mut other = body;
    other["amount"] = json!(1);
    assert_eq!(fixture.app.put("/orders/o1", other).await.0, StatusCode::CONFLICT);
}

#[tokio::test(flavor = "multi_thread")]
async fn forgotten_customer_leaves_no_name_in_rewards() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("companion.db");
    Db::create(&path).expect("a new database");
    let fixture = ReferralFixture { app: TestApp::on(Db::open(&path).expect("it opens").0).await };
    let (_, token) = fixture.app.server().await;
    let commands = json!([{"command": "give {player} diamond"}, {"command": "take {player}", "onVoid": true}]);
    fixture.app.put("/referrals/program", json!({"enabled": true, "rewardCommands": commands})).await;
    // Bob has earned Zach a reward, and Zach then changed his name; Alice has earned a reward and has no player.
    let zach = fixture.referrer("cust-zach", "ZachariasOne").await;
    let bob = |id: &str| json!({"accountId": "store", "refereeCustomerId": id, "refereePlayer": {"name": "BobQuirk"}, "linkCode": zach});
    fixture.post("/attributions/signup", bob("cust-quirk")).await;
    fixture.buy("cust-quirk", "s1", 100).await;
    let alice = fixture.code("alice").await;
    let carol = json!({"accountId": "store", "refereeCustomerId": "cust-quork", "refereePlayer": {"name": "CarolQuork"}, "linkCode": alice});
    fixture.post("/attributions/signup", carol).await;
    fixture.buy("cust-quork", "s2", 100).await;
    let command = fixture.app.poll(&token, "j1").await.1["commands"][0].clone();
    let mut done = report(&text(&command, "id"), 1, "completed", None);
    done["output"] = json!("Gave 1 [Diamond] to ZachariasOne");
    fixture.app.report(&token, "j1", json!([done.clone()])).await;
    fixture.app.put("/customers/cust-zach", json!({"player": {"name": "ZachariasTwo"}})).await;
    fixture.void("s1").await;
    let undo = fixture.app.poll(&token, "j1").await.1["commands"][0].clone();
    fixture.app.report(&token, "j1", json!([report(&text(&undo, "id"), 1, "completed", None)])).await;
    for id in ["cust-zach", "cust-quirk", "cust-quork"] {
        assert_eq!(
            fixture.app.delete(&format!("/customers/{id}")).await,
            (StatusCode::NO_CONTENT, Value::Null),
            "{id}"
        );
    }
    // The agent reports the join again, with the forgotten name.
    fixture.app.report(&token, "j1", json!([done])).await;
    for trace in ["zach", "quirk", "quork"] {
        assert!(!is_in_the_files(folder.path(), trace), "{trace}");
    }
}

/// D-16.
#[tokio::test]
async fn reads_do_not_depend_on_a_sweep() {
    let (fixture, code) = fixture().await;
    let click = json!({"accountId": "store", "code": code, "visitorKey": "v1", "occurredAt": "2026-10-01T00:00:00Z"});
    fixture.post("/links/click", click).await;
    fixture.app.put("/referrals/program", json!({"attributionWindowDays": 30})).await;
    let late = json!({"accountId": "store", "refereeCustomerId": "bob", "linkCode": code});
    assert_eq!(why(&fixture.post("/attributions/signup", late.clone()).await), (409, "too_late"));
    let past = json!({"accountId": "store", "refereeCustomerId": "carol", "linkCode": code,
                      "clickedAt": "2026-11-01T00:00:00Z", "occurredAt": "2026-11-02T00:00:00Z"});
    assert_eq!(fixture.post("/attributions/signup", past).await.0, StatusCode::CREATED);
    let listed =
        async |status: &str| list(&fixture.get(&format!("/attributions?status={status}")).await, "items").len();
    for who in ["dave", "erin"] {
        assert_eq!((listed("pending").await, listed("expired").await), (0, 1));
        flux_companion::sweep(&fixture.app.state).await;
        let mut again = late.clone();
        again["refereeCustomerId"] = json!(who);
        assert_eq!(
            why(&fixture.post("/attributions/signup", again).await),
            (409, "too_late"),
            "the click is forgotten, its moment not"
        );
    }
}

/// R3-18.
#[tokio::test]
async fn codes_enabled_while_program_is_off_come_when_it_is_on() {
    let (fixture, _) = fixture().await;
    fixture.app.put("/customers/erin", json!({"name": "Erin", "email": "erin@example.com"})).await;
    fixture.app.put("/referrals/emails", json!({"codeIssued": {"on": true}})).await;
    fixture.app.put("/referrals/program", json!({"bind": {"codeAtSignup": false, "codeAtCheckout": false}})).await;
    fixture.app.put("/referrals/program", json!({"enabled": false})).await;
    fixture.app.put("/referrals/program", json!({"bind": {"codeAtSignup": true, "codeAtCheckout": true}})).await;
    flux_companion::sweep(&fixture.app.state).await;
    let issued = async || fixture.app.event_kinds().await.iter().filter(|kind| *kind == "link.issued").count();
    let before = issued().await;
    fixture.app.put("/referrals/program", json!({"enabled": true})).await;
    flux_companion::sweep(&fixture.app.state).await;
    assert!(issued().await > before);
}

#[tokio::test]
async fn forgotten_invitee_is_removed_from_the_invitation() {
    let (fixture, _) = fixture().await;
    let text = json!({"on": true, "subject": "Come", "body": "{link}"});
    fixture.app.put("/referrals/emails", json!({"invitation": text})).await;
    let invitation = json!({"accountId": "store", "customerId": "alice", "email": "Bob@Quirk.example"});
    assert!(fixture.post("/invitations", invitation).await.0.is_success());
    fixture.app.put("/customers/bob", json!({"email": "bob@quirk.example"})).await;
    assert!(fixture.app.get("/events?limit=100").await.1.to_string().to_lowercase().contains("quirk"));
    fixture.app.delete("/customers/bob").await;
    assert!(!fixture.app.get("/events?limit=100").await.1.to_string().to_lowercase().contains("quirk"));
}
