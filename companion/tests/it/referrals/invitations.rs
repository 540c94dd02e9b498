//! Invitations: how many a customer may send and a mailbox may get, and the names in them.

use super::fixture::{ReferralFixture, why};
use crate::test_app::{list, text};
use flux_referrals::limits::{INVITATIONS_OF_CUSTOMER, INVITATIONS_TO_RECIPIENT};
use flux_storage::{Tx, params};
use http::StatusCode;
use serde_json::{Value, json};

const HOUR: i64 = 3_600;

async fn fixture() -> ReferralFixture {
    let fixture = ReferralFixture::code_rewards().await;
    let text = json!({"on": true, "subject": "{name} invites you", "body": "{name}: {link}"});
    fixture.app.put("/referrals/emails", json!({"invitation": text})).await;
    for customer in ["alice", "bob", "carol", "c0", "c1", "c2", "c3"] {
        fixture.app.put(&format!("/customers/{customer}"), json!({"name": customer})).await;
    }
    fixture
}

/// R3-38.
#[tokio::test]
async fn only_known_customers_invite() {
    let fixture = fixture().await;
    let body = |customer: &str| json!({"accountId": "store", "customerId": customer, "email": "f@example.com"});
    assert_eq!(why(&fixture.post("/invitations", body("stranger")).await), (404, "not_found"));
    assert_eq!(fixture.app.get("/customers/stranger").await.0, StatusCode::NOT_FOUND, "no customer was made for it");
    assert_eq!(mails(&fixture).await.len(), 0);
    assert_eq!(fixture.post("/invitations", body("alice")).await.0, StatusCode::ACCEPTED);
}

async fn invite(fixture: &ReferralFixture, customer: &str, to: &str) -> StatusCode {
    let body = json!({"accountId": "store", "customerId": customer, "email": to});
    let answer = fixture.post("/invitations", body).await;
    if !answer.0.is_success() {
        assert_eq!(why(&answer), (409, "invitation_limit"));
    }
    answer.0
}

async fn mails(fixture: &ReferralFixture) -> Vec<Value> {
    let events = list(&fixture.app.get("/events?limit=100").await.1, "items");
    events
        .into_iter()
        .filter(|event| text(event, "kind") == "mail.invitation")
        .map(|event| event["data"].clone())
        .collect()
}

#[tokio::test]
async fn customer_sends_so_many_invitations_a_day() {
    let fixture = fixture().await;
    for number in 0..INVITATIONS_OF_CUSTOMER {
        assert_eq!(invite(&fixture, "alice", &format!("f{number}@example.com")).await, StatusCode::ACCEPTED);
    }
    assert_eq!(invite(&fixture, "alice", "one.more@example.com").await, StatusCode::CONFLICT);
    assert_eq!(mails(&fixture).await.len(), INVITATIONS_OF_CUSTOMER as usize, "a refused one is no event");
    assert_eq!(invite(&fixture, "bob", "one.more@example.com").await, StatusCode::ACCEPTED);
    fixture.app.clock.pass(24 * HOUR);
    assert_eq!(invite(&fixture, "alice", "one.more@example.com").await, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn mailbox_gets_so_many_invitations_a_day_however_it_is_written() {
    let fixture = fixture().await;
    let spellings = ["v.ictim@gmail.com", "Victim+1@GoogleMail.com", "victim+2@gmail.com", "vic.tim@gmail.com"];
    let mut sent = 0;
    for (number, to) in spellings.iter().enumerate() {
        let status = invite(&fixture, &format!("c{number}"), to).await;
        sent += u32::from(status == StatusCode::ACCEPTED);
    }
    assert_eq!(sent, INVITATIONS_TO_RECIPIENT);
}

async fn kept(fixture: &ReferralFixture) -> i64 {
    let sql = "SELECT count(*) AS total FROM referral_invitations";
    let read = move |tx: &Tx<'_>| tx.only(sql, params![], |row| row.get::<i64>("total"));
    fixture.app.state.db.read(read).await.map_err(|error: flux_storage::Error| error).expect("a count")
}

#[tokio::test]
async fn counted_invitations_are_kept_for_a_day_and_forgotten_with_the_customer() {
    let fixture = fixture().await;
    fixture.app.put("/customers/bob", json!({"email": "bob@example.com"})).await;
    for (customer, to) in [("alice", "x@example.com"), ("carol", "Bob+1@example.com"), ("carol", "y@example.com")] {
        assert_eq!(invite(&fixture, customer, to).await, StatusCode::ACCEPTED);
    }
    for (forgotten, left) in [("alice", 2), ("bob", 1)] {
        assert_eq!(fixture.app.delete(&format!("/customers/{forgotten}")).await.0, StatusCode::NO_CONTENT);
        assert_eq!(kept(&fixture).await, left, "{forgotten}");
    }
    fixture.app.clock.pass(25 * HOUR);
    flux_companion::sweep(&fixture.app.state).await;
    assert_eq!(kept(&fixture).await, 0);
}

#[tokio::test]
async fn name_with_a_link_reaches_neither_subject_nor_text_of_a_mail() {
    let fixture = fixture().await;
    let player = json!({"name": "SteveMC"});
    for (id, customer, shown) in [
        ("c1", json!({"name": "FREE NITRO http://evil.example/login"}), "A friend"),
        ("c2", json!({"name": "evil.example", "player": player}), "SteveMC"),
        ("c3", json!({"name": "Jörg Müller"}), "Jörg Müller"),
        ("c4", json!({"name": "a".repeat(100)}), &*"a".repeat(30)),
    ] {
        fixture.app.put(&format!("/customers/{id}"), customer).await;
        assert_eq!(invite(&fixture, id, &format!("{id}@example.com")).await, StatusCode::ACCEPTED);
        let mail = mails(&fixture).await.pop().expect("a mail");
        assert_eq!(text(&mail, "subject"), format!("{shown} invites you"));
        let body = text(&mail, "body");
        assert!(body.starts_with(&format!("{shown}: http")), "{body}");
    }
}
