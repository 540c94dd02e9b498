//! Codes that are mailed to customers who have none (R3-18): to whom, when, and how many that makes.

use super::fixture::ReferralFixture;
use flux_companion::sweep;
use serde_json::{Value, json};

/// A change of the settings: a path under `/referrals`, and the body.
type Change = (&'static str, Value);

fn mail_on() -> Change {
    ("emails", json!({"codeIssued": {"on": true}}))
}

fn rule_on() -> Change {
    let points = json!({"benefit": {"type": "points", "points": 5}});
    ("rules/rule_global", json!({"status": "active", "slots": {"referrer": {"firstOrder": points}}}))
}

fn codes(signup: bool, checkout: bool) -> Change {
    ("program", json!({"bind": {"codeAtSignup": signup, "codeAtCheckout": checkout}}))
}

async fn change(fixture: &ReferralFixture, (path, body): Change) -> Value {
    let (status, answer) = fixture.app.put(&format!("/referrals/{path}"), body).await;
    assert!(status.is_success(), "{answer}");
    answer
}

async fn customer(fixture: &ReferralFixture, id: &str) {
    let body = json!({"name": id, "email": format!("{id}@example.com")});
    assert!(fixture.app.put(&format!("/customers/{id}"), body).await.0.is_success());
}

/// The customers who were mailed a code so far, in that order.
async fn mailed(fixture: &ReferralFixture) -> Vec<String> {
    sweep(&fixture.app.state).await;
    let events = fixture.app.get("/events?limit=100").await.1;
    let events = events["items"].as_array().expect("a list").iter();
    let mails = events.filter(|event| event["kind"] == "mail.codeIssued");
    mails.map(|event| event["subject"].as_str().expect("a customer").to_owned()).collect()
}

#[tokio::test]
async fn code_is_mailed_whichever_condition_comes_last() {
    for (case, before, last) in [
        ("the mail, with the doors open from the start", vec![rule_on()], mail_on()),
        ("the rule", vec![mail_on()], rule_on()),
        ("the codes", vec![codes(false, false), mail_on(), rule_on()], codes(true, false)),
        (
            "the program",
            vec![("program", json!({"enabled": false})), mail_on(), rule_on()],
            ("program", json!({"enabled": true})),
        ),
    ] {
        let fixture = ReferralFixture::with(json!({"enabled": true})).await;
        customer(&fixture, "anna").await;
        for one in before {
            change(&fixture, one).await;
            assert_eq!(mailed(&fixture).await, [] as [&str; 0], "{case}");
        }
        change(&fixture, last).await;
        for _ in 0..2 {
            assert_eq!(mailed(&fixture).await, ["anna"], "once: {case}");
        }
        customer(&fixture, "later").await;
        assert_eq!(mailed(&fixture).await, ["anna", "later"], "{case}");
    }
}

#[tokio::test]
async fn only_who_may_refer_and_has_an_address_is_mailed() {
    let fixture = ReferralFixture::with(json!({"enabled": true, "referrerEligibility": "members"})).await;
    change(&fixture, rule_on()).await;
    let has_code =
        fixture.app.put("/customers/dora", json!({"email": "d@example.com", "registeredAt": "2026-01-01T00:00:00Z"}));
    has_code.await;
    fixture.code("dora").await;
    change(&fixture, mail_on()).await;
    fixture.app.put("/customers/nobody", json!({"registeredAt": "2026-01-01T00:00:00Z"})).await;
    customer(&fixture, "guest").await;
    assert_eq!(mailed(&fixture).await, [] as [&str; 0], "neither without an address nor unregistered");
    let signup = json!({"accountId": "store", "refereeCustomerId": "guest"});
    fixture.post("/attributions/signup", signup).await;
    fixture.app.put("/customers/nobody", json!({"email": "n@example.com"})).await;
    let mut both = mailed(&fixture).await;
    both.sort();
    assert_eq!(both, ["guest", "nobody"]);

    change(&fixture, ("program", json!({"referrerEligibility": "buyers"}))).await;
    customer(&fixture, "buyer").await;
    assert_eq!(mailed(&fixture).await.len(), 2);
    fixture.buy("buyer", "s1", 100).await;
    assert_eq!(mailed(&fixture).await.last().map(String::as_str), Some("buyer"));
}

#[tokio::test]
async fn answer_of_a_switch_says_how_many_mails_it_makes() {
    let fixture = ReferralFixture::with(json!({"enabled": true})).await;
    for id in ["anna", "berta", "carl"] {
        customer(&fixture, id).await;
    }
    fixture.app.put("/customers/dora", json!({"name": "dora"})).await;
    fixture.app.put("/customers/gold", json!({"email": "g@example.com", "tier": "gold"})).await;
    assert_eq!(change(&fixture, mail_on()).await["codesToMail"], 0, "no rule rewards");
    let gold = json!({"name": "Gold", "tier": "gold", "status": "active", "slots": rule_on().1["slots"]});
    assert!(fixture.post("/rules", gold).await.0.is_success());
    assert_eq!(change(&fixture, mail_on()).await["codesToMail"], 1, "only the tier's");
    change(&fixture, rule_on()).await;
    assert_eq!(change(&fixture, codes(false, false)).await["codesToMail"], 0);
    assert_eq!(change(&fixture, codes(true, true)).await["codesToMail"], 4);
    assert_eq!(mailed(&fixture).await.len(), 4);
    assert_eq!(change(&fixture, mail_on()).await["codesToMail"], 0, "all have one");
}
