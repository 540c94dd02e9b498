//! Mails over SMTP: each once, in order; after a time without `mail`, only the young ones.

use crate::cli::Program;
use crate::mail_server::MailServer;
use crate::socket::Served;
use crate::test_app::{TestApp, list, text};
use flux_shop::{Actor, Audit};
use flux_storage::cursors::{self, Cursor};
use flux_storage::mail::{self, NextMail, Outcome, Wanted};
use flux_storage::{Tx, events};
use jiff::SignedDuration;
use serde_json::json;

const HOUR: i64 = 3_600;

async fn record(app: &TestApp, subject: &'static str) -> i64 {
    let write = move |tx: &Tx<'_>| {
        let data = json!({"to": "steve@example.com", "subject": subject, "body": "Hello"});
        events::record(tx, &Audit { actor: Actor::companion() }, "mail.invitation", "c1", &data)?;
        events::last_seq(tx)
    };
    app.state.db.write(write).await.expect("recorded")
}

async fn position(app: &TestApp) -> Option<i64> {
    app.state.db.read(|tx: &Tx<'_>| cursors::position(tx, Cursor::Invitations)).await.expect("a position")
}

async fn position_is(app: &TestApp, seq: i64) {
    while position(app).await != Some(seq) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn time_without_mail_loses_no_mail_of_the_last_day() {
    let mut server = MailServer::start().await;
    let app = TestApp::new().await;
    let before = record(&app, "before mail was set up").await;
    let served = Served::on(app, &server.config()).await;
    position_is(&served.app, before).await;
    let first = record(&served.app, "first").await;
    assert_eq!(server.take().await, "first");
    position_is(&served.app, first).await;

    let served = Served::on(served.stop().await, "").await;
    record(&served.app, "second").await;
    served.app.clock.pass(23 * HOUR);
    let app = served.stop().await;
    assert_eq!(position(&app).await, Some(first), "a start without mail leaves the cursor");

    let served = Served::on(app, &server.config()).await;
    assert_eq!(server.take().await, "second");
    let app = served.stop().await;

    record(&app, "too old").await;
    app.clock.pass(25 * HOUR);
    let third = record(&app, "third").await;
    let served = Served::on(app, &server.config()).await;
    assert_eq!(server.take().await, "third");
    position_is(&served.app, third).await;
    served.stop().await;
}

/// Begins at this many hours before now; returns the number of skipped mails.
async fn begin(app: &TestApp, hours: i64) -> u64 {
    let begin = move |tx: &Tx<'_>| mail::begin(tx, tx.now() - SignedDuration::from_hours(hours));
    app.state.db.write(begin).await.expect("begun")
}

async fn next(app: &TestApp) -> Option<NextMail> {
    app.state.db.read(|tx: &Tx<'_>| mail::next(tx, tx.now(), Wanted::PutOffFirst)).await.expect("the next")
}

async fn done(app: &TestApp, seq: i64, after: Option<(Cursor, i64)>, outcome: Outcome) -> bool {
    app.state.db.write(move |tx: &Tx<'_>| mail::done(tx, seq, after, &outcome)).await.expect("done")
}

async fn statuses(app: &TestApp) -> Vec<String> {
    let rows = list(&app.get("/mails").await.1, "items");
    rows.iter().rev().map(|row| text(row, "status")).collect()
}

#[tokio::test]
async fn mail_that_another_one_has_sent_does_not_move_the_cursor_back() {
    let app = TestApp::new().await;
    begin(&app, 24).await;
    let (first, second) = (record(&app, "first").await, record(&app, "second").await);
    let mail = next(&app).await.expect("a mail");
    assert_eq!(mail.event.seq, first);
    assert!(done(&app, first, mail.after, Outcome::Sent).await);
    assert!(done(&app, second, Some((Cursor::Invitations, first)), Outcome::Sent).await);
    assert!(!done(&app, first, mail.after, Outcome::Sent).await, "the cursor is beyond it");
    assert_eq!(position(&app).await, Some(second));
    assert!(next(&app).await.is_none());
}

#[tokio::test]
async fn begin_skips_old_mails_and_retries_up_to_the_first_young_one() {
    let app = TestApp::new().await;
    begin(&app, 24).await;
    let deferred = record(&app, "deferred").await;
    let after = next(&app).await.expect("a mail").after;
    let put_off = Outcome::PutOff { reason: "451".to_owned(), next_attempt_at: app.state.clock.now() };
    assert!(done(&app, deferred, after, put_off).await);
    assert_eq!(begin(&app, 24).await, 0, "nothing is old yet");
    record(&app, "old").await;
    app.clock.pass(25 * HOUR);
    let young = record(&app, "young").await;
    app.clock.pass(-60 * HOUR);
    let slow_clock = record(&app, "made while the clock was behind").await;
    app.clock.pass(60 * HOUR);
    assert_eq!(begin(&app, 24).await, 2, "the retry, and the old one");
    for seq in [young, slow_clock] {
        let mail = next(&app).await.expect("a mail");
        assert_eq!(mail.event.seq, seq);
        assert!(done(&app, seq, mail.after, Outcome::Sent).await);
    }
    assert!(next(&app).await.is_none());
    assert_eq!(statuses(&app).await, ["skipped", "skipped", "sent", "sent"]);
}

#[tokio::test]
async fn test_mail_is_sent_at_once_and_an_error_names_the_server() {
    let mut server = MailServer::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let test = async |mail: String| {
        let program = Program::in_folder(folder.path());
        std::fs::write(folder.path().join("companion.yml"), format!("database: companion.db\n{mail}\n"))
            .expect("written");
        let run = move || program.run(&["mail", "test", "steve@example.com"]);
        let output = tokio::task::spawn_blocking(run).await.expect("it ran");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    assert_eq!(test(server.config()).await.0, Some(0));
    assert_eq!(server.take().await, "Test mail of your store");
    let (code, problem) = test(String::new()).await;
    assert_eq!((code, problem.contains("no `mail` section")), (Some(78), true), "{problem}");
    let config = server.config();
    drop(server);
    let (code, problem) = test(config).await;
    assert_eq!((code, problem.contains("the test mail was not sent: mail.server")), (Some(69), true), "{problem}");
}

/// R3-39.
#[tokio::test]
async fn invitations_hold_up_no_other_mail() {
    let app = TestApp::new().await;
    begin(&app, 24).await;
    let invitations = [record(&app, "one").await, record(&app, "two").await];
    let other = |tx: &Tx<'_>| {
        let data = json!({"to": "steve@example.com", "subject": "x", "body": "x"});
        events::record(tx, &Audit { actor: Actor::companion() }, "mail.rewardIssued", "c1", &data)?;
        events::last_seq(tx)
    };
    let reward = app.state.db.write(other).await.expect("recorded");
    assert_eq!(statuses(&app).await, ["waiting"; 3]);
    for expected in [reward, invitations[0], invitations[1]] {
        let mail = next(&app).await.expect("a mail");
        assert_eq!(mail.event.seq, expected);
        assert!(done(&app, expected, mail.after, Outcome::Sent).await);
    }
    assert_eq!(statuses(&app).await, ["sent"; 3]);
}
