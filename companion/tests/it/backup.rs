//! A backup during a stream of orders, and the state after its restore.

use crate::cli::Program;
use crate::test_app::{TestApp, list, order, report, text};
use flux_storage::Db;
use http::StatusCode;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const ORDERS: usize = 120;

/// An agent that outlives the store's restore: its journal, and the number of runs of each command.
#[derive(Default)]
struct Agent {
    journal: BTreeSet<String>,
    runs: BTreeMap<String, usize>,
}

impl Agent {
    /// Takes and reports offered commands, as rules 1 and 9 require.
    async fn poll(&mut self, app: &TestApp, token: &str) {
        loop {
            let (status, polled) = app.poll(token, "j1").await;
            assert_eq!(status, StatusCode::OK, "{polled}");
            let offered = list(&polled, "commands");
            let reports: Vec<Value> = offered.iter().map(|command| self.take(command)).collect();
            if reports.is_empty() {
                return;
            }
            app.report(token, "j1", Value::Array(reports)).await;
        }
    }

    fn take(&mut self, command: &Value) -> Value {
        let (id, attempt) = (text(command, "id"), command["attempt"].as_u64().expect("a number") as u32);
        if self.journal.insert(id.clone()) {
            if command["redelivered"] == true {
                return report(&id, attempt, "failed", Some("uncertain"));
            }
            *self.runs.entry(id.clone()).or_default() += 1;
        }
        report(&id, attempt, "completed", None)
    }
}

async fn pay(app: &TestApp, number: usize) {
    let (status, answer) = app.put(&format!("/orders/o{number}"), order(1, "paid")).await;
    assert!(status.is_success(), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_10_restored_backup_runs_nothing_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = Program::in_folder(folder.path());
    Db::create(&program.database).expect("a new database");
    let (db, closed) = Db::open(&program.database).expect("it opens");
    let app = TestApp::on(db).await;
    let (_, token) = app.server().await;
    app.package(json!([{"command": "give {player} diamond"}])).await;
    let mut agent = Agent::default();
    let backup = folder.path().join("backup.db");
    let backup = backup.to_str().expect("a path").to_owned();
    let mut copying = None;
    for number in 0..ORDERS {
        pay(&app, number).await;
        if number % 10 == 9 && number < ORDERS - 10 {
            agent.poll(&app, &token).await;
        }
        if number == ORDERS / 3 {
            let (program, backup) = (Program::in_folder(folder.path()), backup.clone());
            copying = Some(std::thread::spawn(move || program.print(&["backup", &backup])));
        }
    }
    copying.expect("it was begun").join().expect("it was made");
    let before: usize = agent.runs.len();
    let epoch = text(&app.get("/events?limit=1").await.1, "storeEpoch");
    let app = {
        let TestApp { clock, admin, store, router, state } = app;
        drop((router, state));
        closed.await.ok();
        program.print(&["restore", &backup]);
        let (db, _) = Db::open(&program.database).expect("it opens");
        let entropy = std::sync::Arc::new(flux_platform::SystemEntropy);
        let (router, state) = flux_companion::router(crate::test_app::config(""), db, clock.clone(), entropy);
        TestApp { router, state, clock, admin, store }
    };
    let (_, kept) = app.get("/orders?limit=100").await;
    let restored = list(&kept, "items").len();
    assert!(restored > ORDERS / 3 - 1, "the backup holds what was acknowledged before it began: {restored}");
    let (_, kinds) = app.get("/events?after=1000000000").await;
    assert_ne!(text(&kinds, "storeEpoch"), epoch, "a restore begins a new epoch");
    assert_eq!(
        text(&list(&kinds, "items")[0], "kind"),
        "database.restored",
        "events are numbered on beyond what was lost"
    );

    for number in 0..ORDERS {
        pay(&app, number).await;
    }
    agent.poll(&app, &token).await;

    assert!(agent.runs.values().all(|runs| *runs == 1), "{:?}", agent.runs);
    assert_eq!(agent.journal.len(), ORDERS, "each order's command reached the agent");
    assert!(agent.runs.len() >= before && before > 0);
    let (_, open) = app.get("/commands?status=pending").await;
    assert_eq!(open["items"], json!([]));
}
