//! Mails over SMTP: each once, in order; after a time without `mail`, only the young ones.

use crate::socket::Served;
use crate::test_app::TestApp;
use flux_shop::{Actor, Audit};
use flux_storage::cursors::{self, Cursor};
use flux_storage::{Tx, events, mail, params};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::time::timeout;

/// Stops a hanging test; even a loaded machine stays far below it.
const TEST_LIMIT: Duration = Duration::from_secs(300);
const HOUR: i64 = 3_600;

/// A mail server that accepts every mail.
struct MailServer(TcpListener);

impl MailServer {
    async fn start() -> MailServer {
        MailServer(TcpListener::bind("127.0.0.1:0").await.expect("a port"))
    }

    fn config(&self) -> String {
        let address = self.0.local_addr().expect("an address");
        format!("mail: {{server: '{address}', from: shop@example.com, tls: none}}")
    }

    /// Accepts the next mail and returns its subject.
    async fn take(&self) -> String {
        let (stream, _) = timeout(TEST_LIMIT, self.0.accept()).await.expect("in time").expect("a connection");
        let mut stream = BufReader::new(stream);
        stream.write_all(b"220 test\r\n").await.expect("greeted");
        let (mut subject, mut in_data) = (String::new(), false);
        loop {
            let mut line = String::new();
            let count = timeout(TEST_LIMIT, stream.read_line(&mut line)).await.expect("in time").expect("a line");
            assert!(count > 0, "the client says QUIT first");
            let answer = match line.trim_end() {
                "." if in_data => {
                    in_data = false;
                    "250 taken"
                }
                text if in_data => {
                    if let Some(found) = text.strip_prefix("Subject: ") {
                        found.clone_into(&mut subject);
                    }
                    continue;
                }
                "DATA" => {
                    in_data = true;
                    "354 go on"
                }
                "QUIT" => {
                    stream.write_all(b"221 bye\r\n").await.ok();
                    return subject;
                }
                _ => "250 ok",
            };
            stream.write_all(format!("{answer}\r\n").as_bytes()).await.expect("answered");
        }
    }
}

async fn record(app: &TestApp, subject: &'static str) -> i64 {
    let write = move |tx: &Tx<'_>| {
        let data = json!({"to": "steve@example.com", "subject": subject, "body": "Hello"});
        events::record(tx, &Audit { actor: Actor::companion() }, "mail.invitation", "c1", &data)?;
        events::last_seq(tx)
    };
    app.state.db.write(write).await.expect("recorded")
}

async fn position(app: &TestApp) -> Option<i64> {
    app.state.db.read(|tx: &Tx<'_>| cursors::position(tx, Cursor::Mail)).await.expect("a position")
}

async fn position_is(app: &TestApp, seq: i64) {
    while position(app).await != Some(seq) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn time_without_mail_loses_no_mail_of_the_last_day() {
    let server = MailServer::start().await;
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

async fn next(app: &TestApp) -> Option<mail::Mail> {
    app.state.db.read(|tx: &Tx<'_>| mail::next(tx, tx.now())).await.expect("the next")
}

async fn done(app: &TestApp, seq: i64, after: Option<i64>, again: Option<(u32, Timestamp)>) -> bool {
    app.state.db.write(move |tx: &Tx<'_>| mail::done(tx, seq, after, again)).await.expect("done")
}

#[tokio::test]
async fn mail_that_another_one_has_sent_does_not_move_the_cursor_back() {
    let app = TestApp::new().await;
    begin(&app, 24).await;
    let (first, second) = (record(&app, "first").await, record(&app, "second").await);
    let mail = next(&app).await.expect("a mail");
    assert_eq!(mail.event.seq, first);
    assert!(done(&app, first, mail.after, None).await);
    assert!(done(&app, second, Some(first), None).await);
    assert!(!done(&app, first, mail.after, None).await, "the cursor is beyond it");
    assert_eq!(position(&app).await, Some(second));
    assert!(next(&app).await.is_none());
}

#[tokio::test]
async fn begin_skips_old_mails_and_retries_up_to_the_first_young_one() {
    let app = TestApp::new().await;
    begin(&app, 24).await;
    let deferred = record(&app, "deferred").await;
    let after = next(&app).await.expect("a mail").after;
    assert!(done(&app, deferred, after, Some((1, app.state.clock.now()))).await);
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
        assert!(done(&app, seq, mail.after, None).await);
    }
    let left = |tx: &Tx<'_>| tx.exists("SELECT 1 FROM mail_retries LIMIT 1", params![]);
    let left: Result<bool, flux_storage::Error> = app.state.db.read(left).await;
    assert!(!left.expect("an answer"));
    assert!(next(&app).await.is_none());
}
