//! The referral part of a store's life: links, friends, rewards of each kind, accounts and sweeps.

use super::statements::Statements;
use crate::referrals::fixture::ReferralFixture;
use crate::test_app::{list, report, text};
use flux_companion::sweep;
use serde_json::{Value, json};

const DAY: i64 = 86_400;
const UUID: &str = "069a79f444e94726a5befca90e38aaf5";

/// Plays every part.
pub(super) async fn play(statements: &Statements) {
    let fixture = async |program: Value| {
        let fixture = ReferralFixture { app: statements.app().await };
        let (status, answer) = fixture.app.put("/referrals/program", program).await;
        assert!(status.is_success(), "{answer}");
        fixture
    };
    let codes = json!({"enabled": true, "rewardType": "percent", "referrerValue": 20, "refereeValue": 10, "currency": "EUR",
        "rewardExpiryDays": 30, "attributionWindowDays": 14});
    settings(&fixture(codes.clone()).await).await;
    codes_and_orders(&fixture(codes.clone()).await).await;
    sweeps_and_statistics(&fixture(codes).await).await;
    let commands = json!([{"command": "give {player} diamond 1"}, {"command": "take {player}", "onVoid": true}]);
    command_rewards(&fixture(json!({"enabled": true, "rewardCommands": commands})).await).await;
    accounts(&fixture(json!({"enabled": true})).await).await;
}

async fn settings(fixture: &ReferralFixture) {
    let app = &fixture.app;
    for path in ["program", "share", "emails", "rules", "rules/available-tiers", "rules/rule_global"] {
        app.get(&format!("/referrals/{path}")).await;
    }
    app.put("/customers/gold", json!({"tier": "gold"})).await;
    let rule = json!({"name": "Gold", "tier": "gold", "status": "active"});
    let (status, rule) = app.post("/referrals/rules", rule).await;
    assert!(status.is_success(), "{rule}");
    app.get("/referrals/rules/effective?customerId=gold").await;
    app.delete(&format!("/referrals/rules/{}", text(&rule, "id"))).await;
    app.put("/referrals/emails", json!({"codeIssued": {"on": true}})).await;
    app.put("/customers/mailed", json!({"email": "m@example.com"})).await;
    for eligibility in ["members", "buyers", "any"] {
        app.put("/referrals/program", json!({"referrerEligibility": eligibility})).await;
        app.put("/referrals/rules/rule_global?dryRun=true", json!({"status": "disabled"})).await;
    }
    for open in [false, true] {
        let channels = json!({"bind": {"codeAtSignup": open, "codeAtCheckout": open}});
        app.put("/referrals/program", channels).await;
        sweep(&app.state).await;
    }
}

/// Codes for both sides, by signup, checkout and order, and what undoes them.
async fn codes_and_orders(fixture: &ReferralFixture) {
    let app = &fixture.app;
    app.package(json!([])).await;
    let code = fixture.referrer("alice", "AliceMC").await;
    let mail = json!({"on": true, "subject": "Come", "body": "{link}"});
    let on = json!({"on": true});
    app.put(
        "/referrals/emails",
        json!({"invitation": mail, "rewardIssued": on, "rewardTakenBack": on, "friendJoined": on}),
    )
    .await;
    fixture
        .post("/invitations", json!({"accountId": "store", "customerId": "alice", "email": "gina@example.com"}))
        .await;
    for visitor in ["v1", "v2", "v1"] {
        fixture.post("/links/click", json!({"accountId": "store", "code": code, "visitorKey": visitor})).await;
    }
    fixture.post("/links/click", json!({"accountId": "store", "code": code})).await;
    let signup = json!({"accountId": "store", "refereeCustomerId": "bob", "refereeEmail": "bob@example.com",
        "refereePlayer": {"name": "BobMC", "uuid": UUID}, "linkCode": code, "externalSource": "shop", "externalRef": "1"});
    fixture.post("/attributions/signup", signup).await;
    let rewarded = fixture.buy("bob", "s1", 2500).await;
    let friends = list(&rewarded, "grants").into_iter().find(|grant| grant["side"] == "referee").expect("a grant");
    let cart = json!({"customerId": "bob", "amount": 1000, "currency": "EUR"});
    app.post("/discounts/quote", cart.clone()).await;
    let mut typed = cart;
    (typed["code"], typed["orderId"]) = (friends["code"].clone(), json!("next"));
    app.post("/discounts/redeem", typed.clone()).await;
    app.post("/discounts/redeem", typed).await;
    app.delete("/discounts/redemptions/next").await;
    let paid = |id: &str, player: Value| {
        json!({"customer": {"id": id, "email": format!("{id}@example.com")}, "player": player, "amount": 2500, "currency": "EUR",
            "items": [{"packageId": "vip", "quantity": 1}], "status": "paid", "referralCode": code})
    };
    app.put("/orders/o1", paid("carol", json!({"name": "CarolMC"}))).await;
    app.post("/orders/o1/refunded", json!({"refundedAmount": 100, "refundId": "r1"})).await;
    app.post("/orders/o1/refunded", json!({})).await;
    app.put("/orders/o2", paid("dave", json!({"name": "DaveMC", "uuid": "00000000000000000000000000000001"}))).await;
    let by_address = json!({"checkoutSessionId": "s9", "status": "paid", "currency": "EUR", "amount": 900, "refereeEmail": "bob@example.com"});
    fixture.post("/attributions/fulfill", by_address).await;
    let stranger = json!({"checkoutSessionId": "s8", "status": "paid", "currency": "EUR", "amount": 900, "refereeEmail": "nobody@example.com"});
    fixture.post("/attributions/fulfill", stranger).await;
    let part = json!({"checkoutSessionId": "s1", "refundedAmount": 100, "refundId": "r1"});
    fixture.post("/attributions/void", part).await;
    fixture.void("s1").await;
    let guest = json!({"accountId": "store", "refereeCustomerId": "guest", "refereeEmail": "gina@example.com", "linkCode": code,
        "guest": true});
    fixture.post("/attributions/signup", guest).await;
    app.put("/orders/o3", paid("gina", json!({"name": "GinaMC"}))).await;
    fixture.signup("erin", &code).await;
    fixture.checkout("s2", "frank", Some(&code)).await;
    sessions(fixture, &code).await;
    for query in ["", "?status=pending", "?status=expired", "?status=rewarded", "?referrer=alice", "?referee=bob"] {
        app.get(&format!("/referrals/attributions{query}")).await;
    }
    app.get(&format!("/referrals/attributions/{}", text(&rewarded, "id"))).await;
    app.post(&format!("/referrals/attributions/{}/void", text(&rewarded, "id")), json!({})).await;
    app.get(&format!("/referrals/codes/{code}")).await;
    app.put("/customers/squat", json!({"player": {"name": "Zoe"}})).await;
    let zoe = json!({"player": {"name": "Zoe", "uuid": "00000000000000000000000000000002"}});
    assert!(app.put("/customers/zoe", zoe).await.0.is_success());
    fixture.get("/rewards/store/alice?include=all").await;
    fixture.rewards("alice").await;
    app.get("/customers/alice/panel").await;
    app.delete("/customers/carol").await;
    app.delete("/customers/alice").await;
}

/// Sessions that a signup or an order names, and one whose id is too long for an order's.
async fn sessions(fixture: &ReferralFixture, code: &str) {
    let signup =
        json!({"accountId": "store", "refereeCustomerId": "hugo", "linkCode": code, "checkoutSessionId": "cs_1"});
    fixture.post("/attributions/signup", signup).await;
    fixture.fulfil("cs_1", 2500).await;
    let order = json!({"customer": {"id": "hugo"}, "player": {"name": "HugoMC"}, "amount": 2500, "currency": "EUR",
        "items": [{"packageId": "vip", "quantity": 1}], "status": "created", "checkoutSessionId": "cs_2"});
    fixture.app.put("/orders/o9", order).await;
    fixture.fulfil("cs_2", 2500).await;
    let long = "c".repeat(100);
    fixture.checkout(&long, "ines", Some(code)).await;
    fixture.fulfil(&long, 2500).await;
    fixture.void(&long).await;
}

async fn sweeps_and_statistics(fixture: &ReferralFixture) {
    let app = &fixture.app;
    fixture.rule(json!({"orderTiming": {"type": "daysAfterCompletion", "days": 7}})).await;
    let code = fixture.code("alice").await;
    fixture.refer("bob", &code, 2500).await;
    fixture.post("/attributions/complete", json!({"checkoutSessionId": "s-bob"})).await;
    fixture.signup("carol", &code).await;
    for statistics in
        ["/referrals/stats", "/referrals/top", "/referrals/top?period=week", "/referrals/top?period=month"]
    {
        app.get(statistics).await;
    }
    for _ in 0..3 {
        app.clock.pass(40 * DAY);
        app.get("/referrals/stats").await;
        for each in ["issue-due", "expire-pending", "expire-rewards"] {
            fixture.post(&format!("/sweeps/{each}"), json!({})).await;
        }
        sweep(&app.state).await;
        app.get("/referrals/top").await;
    }
    app.put("/customers/dave", json!({"name": "Dave"})).await;
    sweep(&app.state).await;
    fixture.void("s-bob").await;
    app.get("/referrals/top").await;
    sweep(&app.state).await;
}

/// Commands as rewards: held, released, reversed, and of a server that is removed.
async fn command_rewards(fixture: &ReferralFixture) {
    let app = &fixture.app;
    let (server, token) = app.server().await;
    let held = fixture.code("alice").await;
    for friend in ["bob", "carol"] {
        fixture.refer(friend, &held, 100).await;
    }
    fixture.void("s-carol").await;
    app.put("/customers/alice", json!({"name": "alice", "player": {"name": "AliceMC"}})).await;
    app.put("/customers/alice", json!({"name": "alice"})).await;
    app.put("/customers/alice", json!({"name": "alice", "player": {"name": "AliceTwo"}})).await;
    let polled = list(&app.poll(&token, "j1").await.1, "commands");
    let reports: Vec<Value> = polled.iter().map(|one| report(&text(one, "id"), 1, "completed", None)).collect();
    app.report(&token, "j1", json!(reports)).await;
    let attributions = list(&app.get("/referrals/attributions").await.1, "items");
    for attribution in &attributions {
        app.get(&format!("/referrals/attributions/{}", text(attribution, "id"))).await;
    }
    fixture.void("s-bob").await;
    for one in &polled {
        app.post(&format!("/commands/{}/retry", text(one, "id")), json!({})).await;
    }
    delivered_order(fixture, &token, &held).await;
    let without_player = fixture.code("dave").await;
    fixture.refer("erin", &without_player, 100).await;
    let here = json!({"rewardCommands": [{"command": "give {player} diamond 1", "servers": [server]}]});
    assert!(app.put("/referrals/program", here).await.0.is_success());
    app.delete(&format!("/servers/{server}?force=true")).await;
    fixture.refer("frank", &without_player, 100).await;
    for customer in ["bob", "erin", "dave", "alice"] {
        app.delete(&format!("/customers/{customer}")).await;
    }
}

/// An order whose commands complete while a reward waits for them.
async fn delivered_order(fixture: &ReferralFixture, token: &str, code: &str) {
    let app = &fixture.app;
    fixture.rule(json!({"orderTiming": {"type": "daysAfterCompletion", "days": 7, "completion": "delivered"}})).await;
    app.package(json!([{"command": "say {player}"}])).await;
    let sale = json!({"customer": {"id": "frida"}, "player": {"name": "Frida"}, "amount": 499, "currency": "EUR",
        "items": [{"packageId": "vip", "quantity": 1}], "status": "paid", "referralCode": code});
    app.put("/orders/delivered", sale).await;
    let polled = list(&app.poll(token, "j1").await.1, "commands");
    let reports: Vec<Value> = polled.iter().map(|one| report(&text(one, "id"), 1, "completed", None)).collect();
    app.report(token, "j1", json!(reports)).await;
    fixture.rule(json!({"orderTiming": {"type": "atPayment"}})).await;
}

/// Points and store credit, given at registration and at the first order.
async fn accounts(fixture: &ReferralFixture) {
    let points = json!({"benefit": {"type": "points", "points": 100}});
    let credit = json!({"benefit": {"type": "storeCredit", "amount": 500, "currency": "EUR"}});
    let slots =
        json!({"referrer": {"registration": points, "firstOrder": credit}, "referee": {"registration": points}});
    fixture.rule(json!({"slots": slots, "status": "active", "dailyRegistrationLimit": 5})).await;
    let app = &fixture.app;
    let code = fixture.code("alice").await;
    fixture.refer("bob", &code, 100).await;
    app.put("/customers/bob", json!({"registeredAt": "2027-01-15T08:00:00Z"})).await;
    for _ in 0..2 {
        app.post("/points/alice/spend", json!({"points": 1, "ref": "hat"})).await;
    }
    for path in ["/points/alice", "/credit/alice", "/customers/alice/panel"] {
        app.get(path).await;
    }
}
