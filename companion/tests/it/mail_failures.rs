//! Mails that fail: none delays another, and what has become of each can be read.

use crate::mail_server::MailServer;
use crate::socket::Served;
use crate::test_app::{TestApp, list, text};
use flux_shop::{Actor, Audit, MailStatus};
use flux_storage::mail::{self, Outcome};
use flux_storage::{Db, Tx, events};
use http::StatusCode;
use serde_json::{Value, json};

fn record_event(tx: &Tx<'_>, customer: &str, data: &Value) -> Result<i64, flux_storage::Error> {
    events::record(tx, &Audit { actor: Actor::companion() }, "mail.invitation", customer, data)?;
    events::last_seq(tx)
}

async fn record(app: &TestApp, data: Value) -> i64 {
    app.state.db.write(move |tx: &Tx<'_>| record_event(tx, "c1", &data)).await.expect("recorded")
}

/// Records a mail to this address, whose subject is the address.
pub(crate) async fn mail_to(app: &TestApp, to: &str) -> i64 {
    record(app, json!({"to": to, "subject": to, "body": "Hello"})).await
}

async fn row(app: &TestApp, seq: i64) -> Value {
    let (status, page) = app.get("/mails?limit=100").await;
    assert_eq!(status, StatusCode::OK, "{page}");
    list(&page, "items").into_iter().find(|row| row["seq"] == seq).expect("the mail")
}

pub(crate) async fn becomes(app: &TestApp, seq: i64, status: &str) -> Value {
    loop {
        let row = row(app, seq).await;
        if row["status"] == status {
            return row;
        }
        tokio::task::yield_now().await;
    }
}

/// A companion with this config that has begun to send mails.
pub(crate) async fn served(config: &str) -> Served {
    let served = Served::on(TestApp::new().await, config).await;
    // Mails from before the first begin are not sent.
    let has_begun = |tx: &Tx<'_>| flux_storage::cursors::position(tx, flux_storage::cursors::Cursor::Mail);
    while served.app.state.db.read(has_begun).await.expect("a position").is_none() {
        tokio::task::yield_now().await;
    }
    served
}

#[tokio::test]
async fn address_that_the_server_cannot_take_delays_no_other_mail() {
    let mut server = MailServer::start().await;
    let served = served(&server.config()).await;
    let app = &served.app;
    let (umlaut, domain) = (mail_to(app, "jürgen@example.com").await, mail_to(app, "a@bücher.example").await);
    let (invalid, nobody) = (mail_to(app, "a@b,c@d").await, mail_to(app, "nobody@example.com").await);
    let (forgotten, to_nobody) = (record(app, json!({})).await, record(app, json!({"subject": "x"})).await);
    let after = mail_to(app, "after@example.com").await;
    assert_eq!(server.next().await.to, "a@xn--bcher-kva.example", "a domain goes out in ASCII");
    assert_eq!(server.next().await.to, "after@example.com");
    for (seq, reason) in [
        (umlaut, "SMTPUTF8"),
        (invalid, "not valid"),
        (nobody, "no such mailbox"),
        (forgotten, "forgotten"),
        (to_nobody, "no address"),
    ] {
        let row = becomes(app, seq, "given_up").await;
        assert!(text(&row, "reason").contains(reason), "{row}");
        assert_eq!((&row["tries"], &row["nextAttemptAt"]), (&json!(1), &Value::Null));
    }
    for seq in [domain, after] {
        assert_eq!(becomes(app, seq, "sent").await["reason"], Value::Null);
    }
    served.stop().await;
}

#[tokio::test]
async fn mail_that_breaks_the_connection_is_put_off_and_the_next_is_sent() {
    let mut server = MailServer::start().await;
    let served = served(&server.config()).await;
    let app = &served.app;
    let (hang_up, stop) = (mail_to(app, "hang.up@example.com").await, mail_to(app, "stop@example.com").await);
    let once = mail_to(app, "stop.once@example.com").await;
    let later = mail_to(app, "later.once@example.com").await;
    let after = mail_to(app, "after@example.com").await;
    assert_eq!(server.take().await, "after@example.com");
    becomes(app, after, "sent").await;
    for (seq, reason) in [(hang_up, "incomplete"), (stop, "421"), (once, "421"), (later, "451")] {
        let row = becomes(app, seq, "put_off").await;
        assert!(text(&row, "reason").contains(reason), "{row}");
        assert_eq!((&row["tries"], row["nextAttemptAt"].is_string()), (&json!(1), true));
    }
    app.clock.pass(6);
    let last = mail_to(app, "last@example.com").await;
    let mut found = [server.take().await, server.take().await, server.take().await];
    found.sort();
    assert_eq!(found, ["last@example.com", "later.once@example.com", "stop.once@example.com"]);
    for seq in [once, later] {
        assert_eq!(becomes(app, seq, "sent").await["tries"], 2);
    }
    becomes(app, last, "sent").await;
    served.stop().await;
}

#[tokio::test]
async fn server_that_takes_no_connection_costs_a_mail_no_try() {
    let mut server = MailServer::busy_at_first(1).await;
    let served = served(&server.config()).await;
    let seq = mail_to(&served.app, "steve@example.com").await;
    assert_eq!(server.take().await, "steve@example.com");
    assert_eq!(becomes(&served.app, seq, "sent").await["tries"], 1);
    served.stop().await;
}

async fn done(app: &TestApp, seq: i64, outcome: Outcome) {
    let write = move |tx: &Tx<'_>| mail::done(tx, seq, None, &outcome);
    assert!(app.state.db.write(write).await.map_err(|error: flux_storage::Error| error).expect("done"));
}

#[tokio::test]
async fn mails_are_listed_by_status_newest_first_for_admins() {
    let app = TestApp::new().await;
    let mut all = Vec::new();
    for to in ["a@example.com", "b@example.com", "c@example.com", "d@example.com"] {
        all.push(mail_to(&app, to).await);
    }
    let reason = || "451 later".to_owned();
    done(&app, all[0], Outcome::Sent).await;
    done(&app, all[1], Outcome::PutOff { reason: reason(), next_attempt_at: app.state.clock.now() }).await;
    done(&app, all[2], Outcome::GivenUp { reason: reason() }).await;
    let seqs = async |query: &str| {
        let (status, page) = app.get(&format!("/mails{query}")).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        list(&page, "items").iter().filter_map(|row| row["seq"].as_i64()).collect::<Vec<_>>()
    };
    let newest_first: Vec<_> = all.iter().copied().rev().collect();
    assert_eq!(seqs("").await, newest_first);
    for (status, seq) in [("sent", all[0]), ("put_off", all[1]), ("given_up", all[2]), ("waiting", all[3])] {
        assert_eq!(seqs(&format!("?status={status}")).await, [seq], "{status}");
    }
    assert_eq!(seqs("?status=skipped").await, [0_i64; 0]);
    let (_, page) = app.get("/mails?limit=3").await;
    assert_eq!(seqs(&format!("?cursor={}", text(&page, "nextCursor"))).await, [all[0]]);
    let row = row(&app, all[1]).await;
    assert_eq!(
        (&row["to"], &row["customerId"], &row["reason"]),
        (&json!("b@example.com"), &json!("c1"), &json!(reason()))
    );
    assert!(row.get("body").is_none() && row.get("subject").is_none(), "{row}");
    assert_eq!(app.get("/mails?status=lost").await.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(app.with_key(&app.store, "GET", "/mails", None).await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn answer_that_names_an_address_is_forgotten_with_its_customer() {
    let app = TestApp::new().await;
    app.put("/customers/c1", json!({"email": "c1@example.com"})).await;
    app.put("/customers/bob", json!({"email": "bob@example.com"})).await;
    let invited = mail_to(&app, "Bob@example.com").await;
    let own = record(&app, json!({"to": null, "subject": "x", "body": "x"})).await;
    for seq in [invited, own] {
        done(&app, seq, Outcome::GivenUp { reason: "550 <an address> is unknown".to_owned() }).await;
    }
    app.delete("/customers/bob").await;
    assert_eq!((&row(&app, invited).await["reason"], &row(&app, invited).await["to"]), (&Value::Null, &Value::Null));
    assert!(row(&app, own).await["reason"].is_string());
    app.delete("/customers/c1").await;
    assert_eq!(row(&app, own).await["reason"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn command_line_lists_mails() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = crate::cli::Program::in_folder(folder.path());
    program.print(&["init"]);
    assert_eq!(program.print(&["mail", "list"]), "no mails\n");
    let (db, closed) = Db::open(&program.database).expect("it opens");
    let write = |tx: &Tx<'_>| {
        let data = json!({"to": "bob@example.com", "subject": "x", "body": "x"});
        let seq = record_event(tx, "c1", &data)?;
        mail::done(tx, seq, None, &Outcome::GivenUp { reason: "550 no\u{1b}[31m such mailbox".to_owned() })
    };
    db.write(write).await.map_err(|error: flux_storage::Error| error).expect("written");
    drop(db);
    closed.await.ok();
    let table = program.print(&["mail", "list", "--status", MailStatus::GivenUp.as_str()]);
    for part in ["mail.invitation", "c1", "bob@example.com", "given_up", "550 no"] {
        assert!(table.contains(part), "{table}");
    }
    assert!(!table.contains('\u{1b}'), "{table}");
    let found: Value = serde_json::from_str(&program.print(&["mail", "list", "--json"])).expect("JSON");
    assert_eq!(found[0]["status"], "given_up");
    assert_eq!(program.print(&["mail", "list", "--status", "sent"]), "no mails\n");
    assert_eq!(program.print(&["mail", "resubscribe", "a@example.com"]), "a@example.com had not unsubscribed\n");
}
