//! Rules for each tier: limits, timing, and reversals.

use super::fixture::{ReferralFixture, grant, state, why};
use crate::test_app::{list, report, text};
use serde_json::{Value, json};

const DAY: i64 = 86_400;

async fn with_rule(rule: Value) -> (ReferralFixture, String) {
    let fixture = ReferralFixture::with(json!({"enabled": true})).await;
    fixture.rule(json!({"status": "active"})).await;
    fixture.rule(rule).await;
    let code = fixture.code("alice").await;
    (fixture, code)
}

fn points(points: i64) -> Value {
    json!({"benefit": {"type": "points", "points": points}})
}

/// R4-01, R4-07.
#[tokio::test]
async fn rule_of_the_referrers_tier_at_that_moment_applies() {
    let (fixture, code) = with_rule(json!({"slots": {"referrer": {"registration": points(10)}}})).await;
    let gold = json!({"name": "Gold", "tier": "gold", "status": "active", "slots": {"referrer": {"registration": points(20)}}});
    fixture.post("/rules", gold).await;
    fixture.signup("b1", &code).await;
    fixture.app.put("/customers/alice", json!({"tier": "gold"})).await;
    fixture.signup("b2", &code).await;
    assert_eq!(fixture.points("alice").await, 30);
    let panel = fixture.app.get("/customers/alice/panel").await.1;
    assert_eq!((text(&panel, "ruleName"), &panel["points"]), ("Gold".into(), &json!(30)));
}

/// R4-18, R4-19, R4-20.
#[tokio::test]
async fn daily_limit_binds_registration_rewards_and_resets_daily() {
    let slots = json!({"referrer": {"registration": points(10)}, "referee": {"registration": {"benefit": {"type": "freeShipping"}}}});
    let (fixture, code) = with_rule(json!({"dailyRegistrationLimit": 2, "slots": slots})).await;
    for friend in ["b1", "b2", "b3"] {
        let row = fixture.signup(friend, &code).await.1;
        assert_eq!(text(&grant(&row, "referee"), "status"), "issued", "the friend is not to blame");
    }
    assert_eq!(fixture.points("alice").await, 20);
    let skipped = list(&fixture.get("/attributions?referee=b3").await, "items").remove(0);
    assert_eq!(grant(&skipped, "referrer")["skipReason"], "daily_limit_reached");
    let panel = fixture.app.get("/customers/alice/panel").await.1;
    let lost: Vec<_> = list(&panel, "lostRewards").iter().map(|grant| text(grant, "reason")).collect();
    assert_eq!(lost, ["daily_limit_reached"], "D-31: the referrer sees it");
    fixture.app.clock.pass(16 * 3_600);
    fixture.signup("b4", &code).await;
    assert_eq!(fixture.points("alice").await, 30, "the next calendar day has begun");
}

/// R4-21, R4-22, C-08, D-21.
#[tokio::test]
async fn first_order_counts_for_a_number_of_days() {
    let (fixture, code) =
        with_rule(json!({"orderValidDays": 60, "slots": {"referrer": {"firstOrder": points(10)}}})).await;
    fixture.signup("b1", &code).await;
    fixture.signup("b2", &code).await;
    fixture.app.clock.pass(60 * DAY);
    assert_eq!(state(&fixture.buy("b1", "s1", 100).await), ("rewarded", None));
    fixture.app.clock.pass(1);
    assert_eq!(state(&fixture.buy("b2", "s2", 100).await), ("expired", Some("too_late")));
}

/// R4-23, R4-24, R4-25.
#[tokio::test]
async fn delayed_reward_waits_and_a_void_prevents_it() {
    let timing = json!({"type": "daysAfterCompletion", "days": 7});
    let (fixture, code) =
        with_rule(json!({"orderTiming": timing, "slots": {"referrer": {"firstOrder": points(10)}}})).await;
    let waiting = fixture.refer("b1", &code, 100).await;
    assert_eq!((state(&waiting), &grant(&waiting, "referrer")["dueAt"]), (("qualified", None), &Value::Null));
    fixture.app.clock.pass(400 * DAY);
    assert_eq!(
        fixture.post("/sweeps/issue-due", json!({})).await.1,
        json!({"issued": 0}),
        "without a completion never"
    );
    let dated = fixture.post("/attributions/complete", json!({"checkoutSessionId": "s-b1"})).await.1;
    assert_eq!(grant(&dated, "referrer")["status"], "scheduled");
    let early = json!({"now": "2028-02-26T07:59:59Z"});
    assert_eq!(fixture.post("/sweeps/issue-due", early).await.1, json!({"issued": 0}));
    fixture.app.clock.pass(7 * DAY);
    assert_eq!(fixture.post("/sweeps/issue-due", json!({})).await.1, json!({"issued": 1}));
    assert_eq!(
        (fixture.points("alice").await, state(&list(&fixture.get("/attributions").await, "items")[0]).0),
        (10, "rewarded")
    );
    fixture.refer("b2", &code, 100).await;
    fixture.post("/attributions/complete", json!({"checkoutSessionId": "s-b2"})).await;
    let voided = fixture.void("s-b2").await.1;
    assert_eq!((state(&voided).0, text(&grant(&voided, "referrer"), "status")), ("voided", "cancelled".into()));
    fixture.app.clock.pass(30 * DAY);
    fixture.post("/sweeps/issue-due", json!({})).await;
    assert_eq!(fixture.points("alice").await, 10);
}

/// C-18, D-20.
#[tokio::test]
async fn rewards_due_while_the_program_is_off_are_held() {
    let timing = json!({"type": "daysAfterPayment", "days": 1});
    let (fixture, code) =
        with_rule(json!({"orderTiming": timing, "slots": {"referrer": {"firstOrder": points(10)}}})).await;
    fixture.refer("b1", &code, 100).await;
    fixture.app.put("/referrals/program", json!({"enabled": false})).await;
    fixture.app.clock.pass(2 * DAY);
    flux_companion::sweep(&fixture.app.state).await;
    assert_eq!(fixture.points("alice").await, 0);
    fixture.app.put("/referrals/program", json!({"enabled": true})).await;
    flux_companion::sweep(&fixture.app.state).await;
    assert_eq!(fixture.points("alice").await, 10);
}

/// R4-26, R4-27, R4-28, D-12.
#[tokio::test]
async fn points_are_reversed_in_full_only_where_configured() {
    for (recovers, after) in [(true, -90), (false, 10)] {
        let on_return = json!({"recoverPoints": recovers, "revokeUnusedCodes": false});
        let (fixture, code) =
            with_rule(json!({"onReturn": on_return, "slots": {"referrer": {"firstOrder": points(100)}}})).await;
        fixture.refer("b1", &code, 100).await;
        let spend = |points: i64, reference: &str| json!({"points": points, "ref": reference});
        for _ in 0..2 {
            assert_eq!(fixture.app.post("/points/alice/spend", spend(90, "hat")).await.1["balance"], 10);
        }
        let body = json!({"checkoutSessionId": "s-b1", "reason": "returned"});
        assert_eq!(state(&fixture.post("/attributions/void", body).await.1), ("voided", Some("returned")));
        assert_eq!(fixture.points("alice").await, after);
        assert_eq!(why(&fixture.app.post("/points/alice/spend", spend(11, "cape")).await), (409, "not_enough_points"));
        assert_eq!(why(&fixture.app.post("/points/alice/spend", spend(5, "hat")).await), (409, "reference_reused"));
        let entries = list(&fixture.app.get("/points/alice").await.1, "entries");
        let sum: i64 = entries.iter().map(|entry| entry["delta"].as_i64().expect("a number")).sum();
        assert_eq!(sum, after, "the balance is the sum of the lines");
    }
}

/// D-33.
#[tokio::test]
async fn end_of_a_rule_says_what_waits_who_is_bound_and_which_links_end() {
    let timing = json!({"type": "daysAfterPayment", "days": 7});
    let (fixture, code) =
        with_rule(json!({"orderTiming": timing, "slots": {"referrer": {"firstOrder": points(100)}}})).await;
    let app = &fixture.app;
    let gold = json!({"name": "Gold", "tier": "gold", "status": "active", "orderTiming": timing,
        "slots": {"referrer": {"firstOrder": points(200)}}});
    let gold = text(&fixture.post("/rules", gold).await.1, "id");
    app.put("/customers/goldie", json!({"tier": "gold"})).await;
    let golden = fixture.code("goldie").await;
    fixture.refer("b1", &golden, 100).await;
    fixture.signup("b2", &golden).await;
    fixture.signup("b3", &code).await;
    let numbers = |ends: &Value| {
        ["waitingRewards", "boundReferees", "endingLinks"].map(|list| ends[list]["total"].as_u64().expect("a number"))
    };
    // The tier's rule: the global one takes its place.
    let ask = async || app.delete(&format!("/referrals/rules/{gold}?dryRun=true")).await;
    let (status, ends) = ask().await;
    assert_eq!(
        (status.as_u16(), numbers(&ends), &ends["nextRule"]),
        (200, [1, 1, 0], &json!("All-Tier Referral Rule"))
    );
    assert_eq!(ends["boundReferees"]["first"], json!(["b2"]));
    assert_eq!(ask().await.1, ends, "nothing has changed");
    // The global rule: nothing takes its place.
    let off = json!({"status": "disabled"});
    let dry = app.put("/referrals/rules/rule_global?dryRun=true", off.clone()).await.1;
    assert_eq!((numbers(&dry["ends"]), &dry["ends"]["nextRule"]), ([0, 1, 1], &Value::Null), "{dry}");
    assert_eq!(dry["ends"]["endingLinks"]["first"], json!([code]));
    assert_eq!(fixture.get("/rules/rule_global").await["status"], "active", "nothing has changed");
    assert_eq!(fixture.rule(off).await["ends"], dry["ends"]);
    // Now the tier's rule is the last one.
    let (_, ends) = app.delete(&format!("/referrals/rules/{gold}")).await;
    assert_eq!((numbers(&ends), &ends["nextRule"]), ([1, 1, 1], &Value::Null));
    app.clock.pass(7 * DAY);
    flux_companion::sweep(&app.state).await;
    assert_eq!(fixture.points("goldie").await, 200, "what waited is given on its day");
    assert_eq!(fixture.rule(json!({"status": "active"})).await["ends"], Value::Null);
}

/// D-32.
#[tokio::test]
async fn reward_waits_for_the_delivery_of_all_commands() {
    for (completion, expected) in [("told", None), ("delivered", Some("scheduled"))] {
        let timing = json!({"type": "daysAfterCompletion", "days": 7, "completion": completion});
        let (fixture, code) =
            with_rule(json!({"orderTiming": timing, "slots": {"referrer": {"firstOrder": points(100)}}})).await;
        let app = &fixture.app;
        let (_, token) = app.server().await;
        app.package(json!([{"command": "give {player} diamond 1"}, {"command": "say {player}"}])).await;
        let sale = json!({"customer": {"id": "b1"}, "player": {"name": "Bob"}, "amount": 499, "currency": "EUR",
            "items": [{"packageId": "vip", "quantity": 1}], "status": "paid", "referralCode": code});
        assert_eq!(app.put("/orders/o1", sale).await.1["referral"]["decision"], "qualified");
        let due = async || grant(&list(&fixture.get("/attributions").await, "items")[0], "referrer")["dueAt"].clone();
        let commands = list(&app.poll(&token, "j1").await.1, "commands");
        for command in &commands {
            assert_eq!(due().await, Value::Null, "{completion}: not all have run");
            app.report(&token, "j1", json!([report(&text(command, "id"), 1, "completed", None)])).await;
        }
        assert_eq!((commands.len(), due().await.is_string()), (2, expected.is_some()), "{completion}");
        app.clock.pass(7 * DAY);
        flux_companion::sweep(&app.state).await;
        assert_eq!(fixture.points("alice").await, if expected.is_some() { 100 } else { 0 }, "{completion}");
    }
}

/// D-32.
#[tokio::test]
async fn rule_warns_of_a_completion_that_nobody_reports() {
    let (fixture, code) = with_rule(json!({"slots": {"referrer": {"firstOrder": points(100)}}})).await;
    let rule = async |timing: Value| fixture.rule(json!({"orderTiming": timing})).await;
    let told = json!({"type": "daysAfterCompletion", "days": 7});
    let warned = rule(told.clone()).await;
    assert_eq!(warned["orderTiming"]["completion"], "told", "the default");
    let warning = list(&warned, "warnings").remove(0);
    assert!(warning.as_str().expect("a text").starts_with("orderTiming: no order was reported"), "{warning}");
    let delivered = json!({"type": "daysAfterCompletion", "days": 7, "completion": "delivered"});
    assert_eq!(rule(delivered).await["warnings"], Value::Null);
    fixture.refer("b1", &code, 2500).await;
    fixture.post("/attributions/complete", json!({"checkoutSessionId": "s-b1"})).await;
    assert_eq!(rule(told).await["warnings"], Value::Null, "somebody reports it");
    let misplaced = json!({"orderTiming": {"type": "atPayment", "completion": "told"}});
    let refused = fixture.app.put("/referrals/rules/rule_global", misplaced).await;
    assert_eq!((refused.0.as_u16(), &refused.1["error"]["field"]), (422, &json!("orderTiming.completion")));
}

/// D-30, D-31.
#[tokio::test]
async fn return_of_a_part_takes_what_its_rule_says_and_tells_why() {
    let part = |amount: i64, id: &str| json!({"checkoutSessionId": "s-b1", "refundedAmount": amount, "refundId": id});
    for (partial, after_part, status) in
        [("keep", 200, "rewarded"), ("proportional", 1, "rewarded"), ("all", 0, "voided")]
    {
        let coupon = json!({"benefit": {"type": "percent", "percent": 10}});
        let slots = json!({"referrer": {"firstOrder": points(200)}, "referee": {"firstOrder": coupon}});
        let on_return = json!({"recoverPoints": true, "partial": partial});
        let (fixture, code) = with_rule(json!({"onReturn": on_return, "slots": slots})).await;
        fixture.refer("b1", &code, 2500).await;
        for (amount, id) in [(2000, "r1"), (499, "r2"), (499, "r2")] {
            fixture.post("/attributions/void", part(amount, id)).await;
        }
        assert_eq!(fixture.points("alice").await, after_part, "{partial}");
        let attribution = list(&fixture.get("/attributions").await, "items").remove(0);
        assert_eq!(attribution["status"], status, "{partial}");
        fixture.post("/attributions/void", json!({"checkoutSessionId": "s-b1", "reason": "returned"})).await;
        assert_eq!(fixture.points("alice").await, 0, "{partial}");
        let reason = if partial == "all" { "refunded" } else { "returned" };
        let entries = list(&fixture.app.get("/points/alice").await.1, "entries");
        assert_eq!((&entries[0]["cause"], &entries[0]["reason"]), (&json!("recover"), &json!(reason)), "{partial}");
        assert_eq!(entries.last().expect("the reward")["reason"], Value::Null);
        for (who, shown) in [("alice", "revoked"), ("b1", "revoked")] {
            let all = fixture.get(&format!("/rewards/store/{who}?include=all")).await;
            let lost = list(&all, "rewards").remove(0);
            assert_eq!((&lost["status"], &lost["reason"]), (&json!(shown), &json!(reason)), "{partial} {who}");
            assert!(fixture.rewards(who).await.is_empty(), "C-19");
            let panel = fixture.app.get(&format!("/customers/{who}/panel")).await.1;
            assert_eq!(list(&panel, "lostRewards"), [lost], "{partial} {who}");
        }
    }
}

/// D-30.
#[tokio::test]
async fn partial_return_that_takes_nothing_back_is_a_warning() {
    let (fixture, _) = with_rule(json!({"slots": {"referrer": {"firstOrder": points(200)}}})).await;
    let rule = fixture.rule(json!({"onReturn": {"partial": "proportional"}})).await;
    assert_eq!(rule["onReturn"]["revokeUnusedCodes"], true, "the default");
    let warning = list(&rule, "warnings").remove(0);
    assert!(warning.as_str().expect("a text").starts_with("onReturn.partial"), "{warning}");
    let rule = fixture.rule(json!({"onReturn": {"partial": "proportional", "recoverPoints": true}})).await;
    assert_eq!(rule["warnings"], Value::Null);
}

/// R2-36.
#[tokio::test]
async fn store_credit_has_its_own_ledger() {
    let credit = json!({"benefit": {"type": "storeCredit", "amount": 500, "currency": "EUR"}});
    let (fixture, code) = with_rule(json!({"slots": {"referrer": {"firstOrder": credit}}})).await;
    fixture.refer("b1", &code, 100).await;
    let credit = fixture.app.get("/credit/alice").await.1;
    assert_eq!(credit["balances"], json!([{"currency": "EUR", "balance": 500}]));
    assert_eq!(credit["entries"][0]["currency"], "EUR");
    assert_eq!(
        fixture.app.get("/customers/alice/panel").await.1["credit"],
        json!([{"currency": "EUR", "balance": 500}])
    );
}

/// R2-34.
#[tokio::test]
async fn ladder_gives_more_from_the_third_referral() {
    let ladder = json!([{"from": 1, "benefit": {"type": "points", "points": 10}}, {"from": 3, "benefit": {"type": "points", "points": 15}}]);
    let (fixture, code) = with_rule(json!({"ladder": ladder})).await;
    for (friend, balance) in [("b1", 10), ("b2", 20), ("b3", 35), ("b4", 50)] {
        fixture.refer(friend, &code, 100).await;
        assert_eq!(fixture.points("alice").await, balance);
    }
}
