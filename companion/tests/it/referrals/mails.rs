//! The texts of mails: what they name, when they are filled in, and which texts are refused.

use super::fixture::{ReferralFixture, why};
use crate::mail_failures::served;
use crate::mail_server::MailServer;
use crate::test_app::{TestApp, list, text};
use flux_referrals::ReferralContext;
use flux_referrals::service::{self, Letter};
use flux_storage::{Tx, events};
use http::StatusCode;
use serde_json::{Value, json};

const ON: [&str; 5] = ["codeIssued", "invitation", "friendJoined", "rewardIssued", "rewardTakenBack"];

async fn switch_on(app: &TestApp, mails: &[&str]) {
    for mail in mails {
        let (status, answer) = app.put("/referrals/emails", json!({*mail: {"on": true}})).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    }
}

/// The recorded mails of this kind.
async fn mails(app: &TestApp, kind: &str) -> Vec<Value> {
    let kind = format!("mail.{kind}");
    let events = list(&app.get("/events?limit=100").await.1, "items");
    events.into_iter().filter(|event| text(event, "kind") == kind).collect()
}

async fn only(app: &TestApp, kind: &str, customer: &str) -> (String, String) {
    let mut found = mails(app, kind).await;
    found.retain(|event| event["subject"] == customer);
    assert_eq!(found.len(), 1, "{kind} to {customer}");
    (text(&found[0]["data"], "subject"), text(&found[0]["data"], "body"))
}

/// R3-31, R3-32.
#[tokio::test]
async fn mail_that_is_only_switched_on_names_the_reward() {
    let fixture = ReferralFixture::code_rewards().await;
    switch_on(&fixture.app, &ON).await;
    let code = fixture.referrer("alice", "AliceMC").await;
    let (subject, body) = only(&fixture.app, "codeIssued", "alice").await;
    assert_eq!(subject, format!("Your code for friends: {code}"));
    assert!(body.starts_with("Hi alice,") && body.contains("you get 20 % off"), "{body}");

    fixture.refer("bob", &code, 2500).await;
    let (subject, body) = only(&fixture.app, "friendJoined", "alice").await;
    assert_eq!(subject, "Good news: a friend has joined 127.0.0.1:8787");
    assert!(!body.contains('{'), "{body}");
    let (subject, body) = only(&fixture.app, "rewardIssued", "bob").await;
    let reward = fixture.rewards("bob").await.remove(0);
    assert_eq!(subject, "Your reward at 127.0.0.1:8787: 10 % off");
    assert!(body.starts_with("Hi there,"), "nobody knows the name: {body}");
    assert!(body.contains(&text(&reward, "code")) && body.contains(" UTC\n"), "{body}");
    let (_, body) = only(&fixture.app, "rewardIssued", "alice").await;
    assert!(!body.contains(&code), "her referral code takes nothing off: {body}");

    fixture.void("s-bob").await;
    let (subject, body) = only(&fixture.app, "rewardTakenBack", "bob").await;
    assert_eq!(subject, "A reward at 127.0.0.1:8787 was taken back: 10 % off");
    assert!(body.contains(&text(&reward, "code")) && !body.contains("valid until"), "{body}");
}

/// R3-33.
#[tokio::test]
async fn every_mail_is_off_at_first_and_german_is_one_setting() {
    let fixture = ReferralFixture::code_rewards().await;
    let before = fixture.get("/emails").await;
    for mail in ON {
        assert_eq!(before[mail]["on"], false, "{mail}");
        assert!(!text(&before[mail], "body").is_empty(), "{mail}");
    }
    let (_, german) = fixture.app.put("/referrals/emails", json!({"language": "de", "codeIssued": {"on": true}})).await;
    assert!(text(&german["codeIssued"], "body").starts_with("Hallo {name},"), "{german}");
    assert!(text(&fixture.get("/share").await["x"], "text").starts_with("Schau mal"));
    assert_eq!(why(&fixture.app.put("/referrals/emails", json!({"language": "fr"})).await).0, 422);
    fixture.code("erin").await;
    assert!(only(&fixture.app, "codeIssued", "erin").await.1.starts_with("Hallo du,"));
}

/// R3-31.
#[tokio::test]
async fn empty_texts_and_unknown_placeholders_are_refused() {
    let fixture = ReferralFixture::code_rewards().await;
    for (path, body, field, says) in [
        ("emails", json!({"invitation": {"body": ""}}), "invitation.body", "empty"),
        ("emails", json!({"invitation": {"subject": " "}}), "invitation.subject", "empty"),
        ("emails", json!({"invitation": {"body": "Hi {nmae}"}}), "invitation.body", "known are {name}, {code}, {link}"),
        ("emails", json!({"rewardIssued": {"body": "Use {code}"}}), "rewardIssued.body", "{reward_code}"),
        ("emails", json!({"memberPage": "https://elsewhere.example"}), "memberPage", "host of the store"),
        ("share", json!({"x": {"text": "{reward_code}"}}), "x.text", "known are"),
        ("share", json!({"email": {"title": "two\nlines"}}), "email.title", "one line"),
    ] {
        let (status, answer) = fixture.app.put(&format!("/referrals/{path}"), body).await;
        assert_eq!((status.as_u16(), answer["error"]["field"].as_str()), (422, Some(field)), "{answer}");
        assert!(text(&answer["error"], "message").contains(says), "{answer}");
    }
    let own = json!({"invitation": {"subject": "Come", "body": "{link}"}});
    assert_eq!(fixture.app.put("/referrals/emails", own).await.1["invitation"]["subject"], "Come");
    let ready = json!({"invitation": {"subject": null, "body": null}});
    let (_, answer) = fixture.app.put("/referrals/emails", ready).await;
    assert_eq!(answer["invitation"]["subject"], "{name} invites you to {store}");
}

/// The text of the last mail of this kind as it would be sent now.
async fn letter(app: &TestApp, kind: &str) -> Letter {
    let seq = mails(app, kind).await.pop().expect("a mail")["seq"].as_i64().expect("a number");
    let ctx = ReferralContext {
        zone: app.state.config.store.zone.clone(),
        address: app.state.config.store.address.clone(),
        store_name: "Example Shop".to_owned(),
    };
    let read = move |tx: &Tx<'_>| {
        let event = events::after(tx, seq - 1, 1)?.remove(0);
        service::letter(tx, &ctx, &event)
    };
    app.state.db.read(read).await.map_err(|error: flux_storage::Error| error).expect("read").expect("a letter")
}

/// R3-31.
#[tokio::test]
async fn name_that_comes_after_the_signup_is_in_the_mail() {
    let fixture = ReferralFixture::code_rewards().await;
    let slot = json!({"benefit": {"type": "points", "points": 500}});
    fixture.rule(json!({"slots": {"referrer": {"registration": slot}, "referee": {"registration": slot}}})).await;
    switch_on(&fixture.app, &["rewardIssued", "friendJoined"]).await;
    let page = json!({"memberPage": "/account"});
    fixture.app.put("/referrals/emails", page).await;
    let code = fixture.code("alice").await;
    fixture.signup("bob", &code).await;
    assert!(letter(&fixture.app, "rewardIssued").await.body.starts_with("Hi there,"));
    fixture.app.put("/customers/bob", json!({"email": "bob@example.com", "name": "Bob <3"})).await;
    let Letter { subject, body, to_name } = letter(&fixture.app, "rewardIssued").await;
    assert_eq!((subject.as_str(), to_name.as_deref()), ("Your reward at Example Shop: 500 points", Some("Bob <3")));
    assert!(body.starts_with("Hi Bob <3,") && body.contains("http://127.0.0.1:8787/account"), "{body}");
    assert!(!body.contains("code") && !body.contains("valid"), "points have neither: {body}");
    assert!(letter(&fixture.app, "friendJoined").await.body.contains("Bob <3 has registered"));

    fixture.app.delete("/customers/bob").await;
    let all = fixture.app.get("/events?limit=100").await.1.to_string();
    assert!(!all.contains("Bob <3"), "a mail to the referrer named the friend: {all}");
}

/// R3-35.
#[tokio::test]
async fn mail_has_the_name_plain_text_and_html_without_pictures() {
    let mut server = MailServer::start().await;
    let served = served(&server.config()).await;
    let app = &served.app;
    app.put(
        "/referrals/program",
        json!({"enabled": true, "rewardType": "percent", "referrerValue": 20, "refereeValue": 10}),
    )
    .await;
    let own = json!({"on": true, "subject": "For {name}", "body": "Hi {name}, <b>look</b> & see"});
    app.put("/referrals/emails", json!({"codeIssued": own})).await;
    app.put("/customers/anna", json!({"name": "Anna", "email": "anna@example.com"})).await;
    app.post("/referrals/links/issue", json!({"accountId": "store", "customerId": "anna"})).await;
    let mail = server.next().await;
    let lines = mail.headers.join("\n");
    assert!(
        lines.contains("To: Anna <anna@example.com>") || lines.contains("To: \"Anna\" <anna@example.com>"),
        "{lines}"
    );
    for part in [
        "multipart/alternative",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Type: text/html; charset=utf-8",
        "Hi Anna, <b>look</b> & see",
        "Hi Anna, &lt;b&gt;look&lt;/b&gt; &amp; see",
    ] {
        assert!(lines.contains(part), "{part}\n{lines}");
    }
    assert!(!lines.contains("<img"), "{lines}");
    served.stop().await;
}
