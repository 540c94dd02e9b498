//! Leases and cursors: one process does each job, and a cursor moves forward only.

use crate::socket::Served;
use crate::test_app::TestApp;
use flux_referrals::storage::program;
use flux_referrals::{Error, ReferralContext, service};
use flux_shop::{Actor, Audit};
use flux_storage::cursors::{self, Cursor};
use flux_storage::leases::{self, Job, Lease};
use flux_storage::{NodeId, Tx, params};
use serde_json::json;

async fn take(app: &TestApp, job: Job, node: &str) -> Lease {
    let node = NodeId::new(node.to_owned());
    app.state.db.write(move |tx: &Tx<'_>| leases::take(tx, job, &node)).await.expect("a lease")
}

async fn is_held(app: &TestApp, lease: &Lease) -> bool {
    let lease = lease.clone();
    app.state.db.read(move |tx: &Tx<'_>| leases::is_held(tx, &lease)).await.expect("an answer")
}

async fn advance(app: &TestApp, cursor: Cursor, from: i64, to: i64) -> bool {
    app.state.db.write(move |tx: &Tx<'_>| cursors::advance(tx, cursor, from, to)).await.expect("an answer")
}

async fn position(app: &TestApp, cursor: Cursor) -> Option<i64> {
    app.state.db.read(move |tx: &Tx<'_>| cursors::position(tx, cursor)).await.expect("a position")
}

#[tokio::test]
async fn lease_is_held_until_it_is_taken_again() {
    let app = TestApp::new().await;
    let first = take(&app, Job::Webhook, "node_1").await;
    let sweeps = take(&app, Job::Sweeps, "node_1").await;
    app.clock.pass(10 * 365 * 86_400);
    assert!(is_held(&app, &first).await, "no clock ends it");
    let second = take(&app, Job::Webhook, "node_2").await;
    assert_eq!((is_held(&app, &first).await, is_held(&app, &second).await), (false, true));
    let third = take(&app, Job::Webhook, "node_2").await;
    assert_eq!((is_held(&app, &second).await, is_held(&app, &third).await), (false, true), "the epoch counts too");
    assert!(is_held(&app, &sweeps).await, "each job has its own");
}

#[tokio::test]
async fn cursor_moves_forward_only_and_only_from_where_it_is() {
    let app = TestApp::new().await;
    assert_eq!(position(&app, Cursor::Mail).await, None);
    assert!(!advance(&app, Cursor::Mail, 0, 5).await, "it has no position");
    assert!(advance(&app, Cursor::Webhook, 0, 5).await);
    for (from, to) in [(0, 7), (4, 7), (5, 5), (5, 4)] {
        assert!(!advance(&app, Cursor::Webhook, from, to).await, "{from} to {to}");
    }
    assert_eq!(position(&app, Cursor::Webhook).await, Some(5));
    let start = |tx: &Tx<'_>| cursors::start(tx, Cursor::Webhook, 1);
    app.state.db.write(start).await.expect("written");
    assert_eq!(position(&app, Cursor::Webhook).await, Some(5), "a start does not move it back");
}

#[tokio::test]
async fn serving_takes_the_leases_of_an_earlier_process_at_once() {
    let app = TestApp::new().await;
    let dead = take(&app, Job::Sweeps, "node_dead").await;
    let served = Served::on(app, "").await;
    while is_held(&served.app, &dead).await {
        tokio::task::yield_now().await;
    }
    let app = served.stop().await;
    let epoch = |tx: &Tx<'_>| {
        tx.only("SELECT epoch FROM leases WHERE name = 'sweeps'", params![], |row| row.get::<i64>("epoch"))
    };
    let epoch: Result<i64, flux_storage::Error> = app.state.db.read(epoch).await;
    assert_eq!(epoch.expect("an epoch"), 2);
}

/// The last customer who was given a missing code.
async fn codes_after(app: &TestApp) -> Option<String> {
    let read =
        |tx: &Tx<'_>| tx.only("SELECT codes_after FROM referral_program", params![], |row| row.get("codes_after"));
    app.state.db.read(read).await.map_err(|error: flux_storage::Error| error).expect("a position")
}

/// A companion whose customer `erin` has no code yet, although codes are enabled.
async fn without_code() -> TestApp {
    let app = TestApp::new().await;
    let program = json!({"rewardType": "percent", "referrerValue": 20, "currency": "EUR",
        "bind": {"codeAtSignup": false, "codeAtCheckout": false}});
    let (status, answer) = app.put("/referrals/program", program).await;
    assert!(status.is_success(), "{answer}");
    app.put("/referrals/emails", json!({"codeIssued": {"on": true}})).await;
    app.put("/customers/erin", json!({"name": "Erin", "email": "erin@example.com"})).await;
    app.put("/referrals/program", json!({"bind": {"codeAtSignup": true, "codeAtCheckout": true}})).await;
    assert_eq!(codes_after(&app).await.as_deref(), Some(""));
    app
}

#[tokio::test]
async fn codes_are_issued_only_by_the_holder_of_the_sweeps() {
    let app = without_code().await;
    let earlier = take(&app, Job::Sweeps, "node_1").await;
    let present = take(&app, Job::Sweeps, "node_2").await;
    let issue = async |lease: Lease| {
        let ctx = ReferralContext {
            zone: app.state.config.store.zone.clone(),
            address: app.state.config.store.address.clone(),
            store_name: "Example Shop".to_owned(),
        };
        let audit = Audit { actor: Actor::companion() };
        let issue = move |tx: &Tx<'_>| service::issue_missing_codes(tx, &audit, &ctx, &lease);
        app.state.db.write(issue).await.map_err(|error: Error| error).expect("issued")
    };
    let before = app.dump().await;
    assert!(!issue(earlier).await);
    assert_eq!(app.dump().await, before, "another process does this now");
    issue(present).await;
    assert_eq!((app.count_events("link.issued").await, codes_after(&app).await), (1, None));
}

#[tokio::test]
async fn progress_of_codes_moves_forward_only_and_only_from_where_it_is() {
    let app = without_code().await;
    let moved = async |from: &'static str, to: Option<&'static str>| {
        let moved = move |tx: &Tx<'_>| program::move_codes(tx, from, to);
        app.state.db.write(moved).await.map_err(|error: flux_storage::Error| error).expect("an answer")
    };
    assert!(moved("", Some("c5")).await);
    for (from, to) in [("", Some("c7")), ("c4", None), ("c5", Some("c5")), ("c5", Some("c4"))] {
        assert!(!moved(from, to).await, "{from} to {to:?}");
    }
    app.put("/referrals/share", json!({})).await;
    assert_eq!(codes_after(&app).await.as_deref(), Some("c5"), "other settings leave it");
    assert!(moved("c5", None).await);
    assert!(!moved("", Some("c1")).await, "it has ended");
}
