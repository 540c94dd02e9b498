//! The settings of referrals: the program, the rules and the texts.

use super::fixture::{ReferralFixture, why};
use crate::test_app::{TestApp, list, text};
use http::StatusCode;
use serde_json::{Value, json};

/// R2-01, R2-02.
#[tokio::test]
async fn program_is_unset_until_saved_and_saving_overwrites() {
    let app = TestApp::new().await;
    let (status, program) = app.get("/referrals/program").await;
    assert_eq!((status, &program["configured"], &program["version"]), (StatusCode::OK, &json!(false), &json!(0)));
    for (value, version) in [(10, 1), (25, 2)] {
        let body = json!({"enabled": true, "rewardType": "percent", "referrerValue": value, "refereeValue": value});
        let (_, saved) = app.put("/referrals/program", body).await;
        assert_eq!((&saved["configured"], &saved["version"]), (&json!(true), &json!(version)));
        assert_eq!((&saved["referrerValue"], &saved["rewardType"]), (&json!(value), &json!("percent")));
    }
    let read = app.get("/referrals/program").await.1;
    assert_eq!((&read["version"], &read["refereeValue"]), (&json!(2), &json!(25)));
}

/// R0-05, R2-12.
#[tokio::test]
async fn absent_fields_get_defaults_and_terms_are_public() {
    let fixture = ReferralFixture::with(
        json!({"rewardType": "fixed", "referrerValue": 500, "refereeValue": 0, "currency": "EUR",
        "programTerms": "One reward a friend."}),
    )
    .await;
    let program = fixture.get("/program").await;
    for (key, value) in [
        ("enabled", json!(true)),
        ("requireFirstPurchase", json!(true)),
        ("minPurchaseAmount", json!(0)),
        ("maxRewardsPerReferrer", Value::Null),
        ("attributionWindowDays", Value::Null),
        ("bind", json!({"link": true, "codeAtSignup": true, "codeAtCheckout": true})),
        ("referrerEligibility", json!("any")),
        ("selfReferral", json!("block")),
        ("refereeValue", Value::Null),
    ] {
        assert_eq!(program[key], value, "{key}");
    }
    let code = fixture.code("alice").await;
    assert_eq!(fixture.get(&format!("/codes/{code}")).await["terms"], "One reward a friend.");
    assert_eq!(fixture.app.get("/customers/alice/panel").await.1["terms"], "One reward a friend.");
}

#[tokio::test]
async fn write_based_on_an_older_version_is_refused() {
    let fixture = ReferralFixture::code_rewards().await;
    let stale = fixture.app.put("/referrals/program", json!({"enabled": false, "version": 7})).await;
    assert_eq!(why(&stale), (409, "version_conflict"));
    assert_eq!(fixture.app.put("/referrals/program", json!({"enabled": false, "version": 1})).await.0, StatusCode::OK);
    let rule = fixture.app.put("/referrals/rules/rule_global", json!({"status": "disabled", "version": 99})).await;
    assert_eq!(why(&rule), (409, "version_conflict"));
}

/// R2-05 to R2-07, R4-14, R4-17, C-16.
#[tokio::test]
async fn invalid_value_is_422_and_names_its_field() {
    let fixture = ReferralFixture::code_rewards().await;
    let benefit = |benefit: Value| json!({"slots": {"referrer": {"firstOrder": {"benefit": benefit}}}});
    let at = "slots.referrer.firstOrder.benefit";
    for (path, body, field) in [
        ("program", json!({"rewardType": "gold"}), "rewardType".to_owned()),
        ("program", json!({"referrerValue": 101}), "referrerValue".to_owned()),
        ("program", json!({"referrerValue": 1.5}), "referrerValue".to_owned()),
        ("program", json!({"refereeValue": -1}), "refereeValue".to_owned()),
        ("program", json!({"currency": "eur"}), "currency".to_owned()),
        ("program", json!({"currency": null}), "currency".to_owned()),
        ("program", json!({"minPurchaseAmount": -1}), "minPurchaseAmount".to_owned()),
        ("program", json!({"attributionWindowDays": 0}), "attributionWindowDays".to_owned()),
        ("program", json!({"rewardExpiryDays": 4000}), "rewardExpiryDays".to_owned()),
        ("program", json!({"maxRewardsPerReferrer": 0}), "maxRewardsPerReferrer".to_owned()),
        ("program", json!({"bind": {"links": true}}), "bind.links".to_owned()),
        ("program", json!({"rewardCommands": [{"command": "give {plyr} 1"}]}), "rewardCommands[0].command".to_owned()),
        ("program", json!({"landingUrl": "https://evil.example.net/"}), "landingUrl".to_owned()),
        ("program", json!({"landingUrl": "javascript:alert(1)"}), "landingUrl".to_owned()),
        ("rules/rule_global", benefit(json!({"type": "points", "points": 0})), format!("{at}.points")),
        ("rules/rule_global", benefit(json!({"type": "points", "points": -5})), format!("{at}.points")),
        ("rules/rule_global", benefit(json!({"type": "points", "points": 1.5})), format!("{at}.points")),
        ("rules/rule_global", benefit(json!({"type": "points", "points": "abc"})), format!("{at}.points")),
        ("rules/rule_global", benefit(json!({"type": "points"})), format!("{at}.points")),
        ("rules/rule_global", benefit(json!({"type": "points", "points": 5, "percent": 5})), format!("{at}.percent")),
        ("rules/rule_global", benefit(json!({"type": "freeShipping", "amount": 5})), format!("{at}.amount")),
        ("rules/rule_global", benefit(json!({"type": "percent", "percent": 0})), format!("{at}.percent")),
        (
            "rules/rule_global",
            benefit(json!({"type": "fixed", "amount": 0, "currency": "EUR"})),
            format!("{at}.amount"),
        ),
        (
            "rules/rule_global",
            benefit(json!({"type": "fixed", "amount": 1u64 << 60, "currency": "EUR"})),
            format!("{at}.amount"),
        ),
        ("rules/rule_global", benefit(json!({"type": "gold"})), format!("{at}.type")),
        (
            "rules/rule_global",
            json!({"ladder": [{"from": 0, "benefit": {"type": "points", "points": 1}}]}),
            "ladder".to_owned(),
        ),
        (
            "rules/rule_global",
            json!({"orderTiming": {"type": "daysAfterPayment", "days": 0}}),
            "orderTiming.days".to_owned(),
        ),
        ("rules/rule_global", json!({"orderTiming": {"type": "atPayment", "days": 3}}), "orderTiming.days".to_owned()),
        ("rules/rule_global", json!({"dailyRegistrationLimit": 0}), "dailyRegistrationLimit".to_owned()),
        ("rules/rule_global", json!({"orderValidDays": 0}), "orderValidDays".to_owned()),
        ("rules/rule_global", json!({"landingUrl": "//evil.example.net"}), "landingUrl".to_owned()),
        ("rules/rule_global", json!({"name": ""}), "name".to_owned()),
    ] {
        let (status, error) = fixture.app.put(&format!("/referrals/{path}"), body.clone()).await;
        assert_eq!((status.as_u16(), error["error"]["field"].as_str()), (422, Some(&*field)), "{body}: {error}");
    }
    assert_eq!(fixture.get("/program").await["version"], 1, "nothing was half saved");
}

/// R0-12, R0-13.
#[tokio::test]
async fn missing_server_is_refused_and_toggle_gets_a_warning() {
    let fixture = ReferralFixture::command_rewards(json!([])).await;
    let (server, _) = fixture.app.server().await;
    let unknown = json!({"rewardCommands": [{"command": "say hi", "servers": [server, "srv_000000000000"]}]});
    let (status, error) = fixture.app.put("/referrals/program", unknown).await;
    assert_eq!((status.as_u16(), error["error"]["field"].as_str()), (422, Some("rewardCommands[0].servers")));
    let toggle = json!({"rewardCommands": [{"command": "/fly {player}", "servers": [server, server]}]});
    let (status, saved) = fixture.app.put("/referrals/program", toggle).await;
    assert_eq!((status, list(&saved, "warnings").len()), (StatusCode::OK, 1));
    assert_eq!(saved["rewardCommands"][0]["servers"], json!([server]), "named twice, kept once");
}

/// R4-03, R4-05, R4-06.
#[tokio::test]
async fn global_rule_exists_and_names_and_tiers_are_unique() {
    let app = TestApp::new().await;
    let (_, rules) = app.get("/referrals/rules").await;
    let global = &list(&rules, "items")[0];
    assert_eq!((text(global, "name"), text(global, "status")), ("All-Tier Referral Rule".into(), "disabled".into()));
    app.put("/customers/a", json!({"tier": "gold"})).await;
    app.put("/customers/b", json!({"tier": "silver"})).await;
    app.put("/customers/c", json!({"tier": "gold"})).await;
    assert_eq!(app.get("/referrals/rules/available-tiers").await.1, json!({"tiers": ["gold", "silver"]}));
    let (status, gold) = app.post("/referrals/rules", json!({"name": "Gold", "tier": "gold"})).await;
    assert_eq!((status, text(&gold, "status")), (StatusCode::CREATED, "disabled".into()), "R4-02");
    assert_eq!(app.get("/referrals/rules/available-tiers").await.1, json!({"tiers": ["silver"]}));
    for (body, code) in [
        (json!({"name": "Other", "tier": "gold"}), "tier_taken"),
        (json!({"name": " GOLD ", "tier": "silver"}), "name_taken"),
        (json!({"name": "Another", "tier": "all"}), "tier_taken"),
    ] {
        assert_eq!(why(&app.post("/referrals/rules", body).await), (409, code));
    }
    let id = text(&gold, "id");
    assert_eq!(why(&app.delete("/referrals/rules/rule_global").await), (409, "global_rule"));
    assert_eq!(why(&app.put("/referrals/rules/rule_global", json!({"tier": "silver"})).await), (409, "global_rule"));
    let echoed = app.get(&format!("/referrals/rules/{id}")).await.1;
    let (status, again) = app.put(&format!("/referrals/rules/{id}"), echoed).await;
    assert_eq!((status, &again["version"]), (StatusCode::OK, &json!(2)), "what is read may be written back");
    assert_eq!(app.delete(&format!("/referrals/rules/{id}")).await.0, StatusCode::OK);
    assert_eq!(why(&app.get(&format!("/referrals/rules/{id}")).await), (404, "not_found"));
}

/// C-02, C-05, R4-04.
#[tokio::test]
async fn effective_rule_is_the_tiers_then_the_global_one() {
    let fixture = ReferralFixture::with(json!({"enabled": true})).await;
    fixture.rule(json!({"status": "active"})).await;
    let rule = |name: &str, tier: &str, status: &str| json!({"name": name, "tier": tier, "status": status});
    fixture.post("/rules", rule("Bronze", "bronze", "active")).await;
    fixture.post("/rules", rule("Gold", "gold", "disabled")).await;
    let effective = async |query: &str| fixture.get(&format!("/rules/effective?{query}")).await["name"].clone();
    assert_eq!(effective("tier=bronze").await, "Bronze");
    assert_eq!(effective("tier=silver").await, "All-Tier Referral Rule");
    assert_eq!(effective("tier=gold").await, "All-Tier Referral Rule");
    fixture.app.put("/customers/a", json!({"tier": "bronze"})).await;
    assert_eq!(effective("customerId=a").await, "Bronze");
    fixture.rule(json!({"status": "disabled"})).await;
    assert_eq!(effective("tier=silver").await, Value::Null);
    fixture.app.put("/referrals/program", json!({"referrerEligibility": "members"})).await;
    assert_eq!(effective("customerId=a").await, Value::Null, "a has not registered");
    fixture.app.put("/referrals/program", json!({"referrerEligibility": "any", "enabled": false})).await;
    assert_eq!(effective("tier=bronze").await, Value::Null);
}

/// R3-04, R3-05, C-10.
#[tokio::test]
async fn filled_slot_is_refused_until_it_is_emptied() {
    let fixture = ReferralFixture::with(json!({"enabled": true})).await;
    let slot = "/referrals/rules/rule_global/slots/referrer/registration";
    let points = |points: i64| json!({"benefit": {"type": "points", "points": points}});
    assert_eq!(fixture.app.put(slot, points(5)).await.0, StatusCode::OK);
    assert_eq!(why(&fixture.app.put(slot, points(6)).await), (409, "slot_taken"));
    let (_, replaced) = fixture.app.put(&format!("{slot}?replace=true"), points(7)).await;
    assert_eq!(replaced["slots"]["referrer"]["registration"]["benefit"]["points"], 7);
    assert_eq!(fixture.app.delete(slot).await.1["slots"]["referrer"]["registration"], Value::Null);
    assert_eq!(fixture.app.put(slot, points(6)).await.0, StatusCode::OK);
    assert_eq!(why(&fixture.app.put(&slot.replace("referrer", "friend"), points(1)).await), (422, "invalid_value"));
    assert_eq!(why(&fixture.app.put(slot, json!({})).await).0, 422, "a reward of nothing");
}

/// R3-20, R3-21.
#[tokio::test]
async fn texts_and_mails_are_saved_field_by_field() {
    let fixture = ReferralFixture::code_rewards().await;
    let share =
        json!({"x": {"text": "{name}: {link} ({code})"}, "email": {"title": "Come", "body": "{link}", "icon": null}});
    assert_eq!(fixture.app.put("/referrals/share", share).await.0, StatusCode::OK);
    let (_, share) = fixture.app.put("/referrals/share", json!({"x": {"text": "{name}: {link}"}})).await;
    assert_eq!((&share["email"]["title"], &share["facebook"]["promptForMessage"]), (&json!("Come"), &json!(true)));
    let (status, error) = fixture.app.put("/referrals/share", json!({"x": {"text": "x".repeat(10_001)}})).await;
    assert_eq!((status.as_u16(), error["error"]["field"].as_str()), (422, Some("x.text")));
    let code = fixture.referrer("alice", "AliceMC").await;
    let panel = fixture.app.get("/customers/alice/panel").await.1;
    assert_eq!(panel["share"]["x"]["text"], format!("alice: http://127.0.0.1:8787?ref={code}"));
    let mail = json!({"invitation": {"on": true, "subject": "Come", "body": "{link}"}});
    assert_eq!(fixture.app.put("/referrals/emails", mail).await.0, StatusCode::OK);
    let mails = fixture.get("/emails").await;
    assert_eq!((&mails["invitation"]["on"], &mails["codeIssued"]["on"]), (&json!(true), &json!(false)));
}

/// R4-32.
#[tokio::test]
async fn storefront_key_cannot_change_settings() {
    let fixture = ReferralFixture::code_rewards().await;
    let store = fixture.app.store.clone();
    for (method, path) in [
        ("GET", "program"),
        ("PUT", "program"),
        ("POST", "rules"),
        ("DELETE", "rules/rule_global"),
        ("PUT", "share"),
        ("PUT", "emails"),
        ("GET", "stats"),
        ("GET", "attributions"),
        ("POST", "sweeps/issue-due"),
    ] {
        let answer = fixture.app.with_key(&store, method, &format!("/referrals/{path}"), Some(json!({}))).await;
        assert_eq!(why(&answer), (403, "forbidden"), "{method} {path}");
    }
    assert_eq!(fixture.app.with_key(&store, "GET", "/referrals/top", None).await.0, StatusCode::OK);
    assert_eq!(fixture.app.post("/referrals/rules/draft", json!({})).await.0, StatusCode::METHOD_NOT_ALLOWED);
}

/// R3-26.
#[tokio::test]
async fn program_says_whether_anybody_can_refer() {
    let fixture = ReferralFixture::with(json!({"enabled": true})).await;
    let program = || async { fixture.get("/program").await };
    assert_eq!(program().await["state"], "on_without_rule");
    assert!(program().await["stateReason"].as_str().is_some_and(|reason| reason.contains("no rule is active")));
    fixture.rule(json!({"status": "active"})).await;
    assert_eq!(program().await["state"], "on");
    let as_read = json!({"state": "on", "stateReason": program().await["stateReason"]});
    assert_eq!(fixture.app.put("/referrals/program", as_read).await.0, StatusCode::OK, "accepted as it was read");
    let (_, off) = fixture.app.put("/referrals/program", json!({"enabled": false})).await;
    assert_eq!((&off["state"], &program().await["state"]), (&json!("off"), &json!("off")));
    fixture.app.put("/referrals/program", json!({"enabled": true})).await;
    fixture.rule(json!({"status": "disabled"})).await;
    assert_eq!(program().await["state"], "on_without_rule");
    fixture.post("/rules", json!({"name": "Gold", "tier": "gold", "status": "active"})).await;
    assert_eq!(program().await["state"], "on", "a tier's rule is enough");
}
