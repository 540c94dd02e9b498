//! Leases and cursors: one process does each job, and a cursor moves forward only.

use crate::socket::Served;
use crate::test_app::TestApp;
use flux_storage::cursors::{self, Cursor};
use flux_storage::leases::{self, Job, Lease};
use flux_storage::{NodeId, Tx, params};

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
