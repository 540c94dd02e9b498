//! The number of SQL statements of the store's main transactions: with a database server, each is a round trip.

use crate::test_app::{TestApp, list, report, text};
use flux_storage::{Db, Error, Probe};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// Records each statement.
#[derive(Default)]
struct Statements(Mutex<Vec<String>>);

impl Probe for Statements {
    fn before(&self, sql: &str) -> Result<(), Error> {
        self.0.lock().expect("not poisoned").push(sql.split_whitespace().collect::<Vec<_>>().join(" "));
        Ok(())
    }
}

impl Statements {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().expect("not poisoned"))
    }

    fn check(&self, what: &str, most: usize) {
        let statements = self.take();
        assert!(
            (1..=most).contains(&statements.len()),
            "{what}: {} statements, at most {most} are wanted\n{}",
            statements.len(),
            statements.join("\n")
        );
    }
}

async fn counted() -> (TestApp, Arc<Statements>) {
    let statements = Arc::new(Statements::default());
    let db = Db::in_memory().expect("a database").with_probe(Arc::clone(&statements) as Arc<dyn Probe>);
    (TestApp::once(db, "").await, statements)
}

fn order(number: usize) -> Value {
    json!({"customer": {"id": format!("c{number}")}, "player": {"name": format!("P{number}")},
        "items": [{"packageId": "vip", "quantity": 1}], "amount": 499, "currency": "EUR", "status": "paid"})
}

#[tokio::test]
async fn paid_order_of_one_item_costs_at_most_20_statements() {
    let (app, statements) = counted().await;
    app.server().await;
    app.package(json!([{"command": "give {player} diamond 1"}])).await;
    statements.take();
    app.put("/orders/o1", order(1)).await;
    statements.check("a paid order", 20);
}

#[tokio::test]
async fn batches_of_offers_and_reports_cost_few_statements() {
    let (app, statements) = counted().await;
    let (_, token) = app.server().await;
    app.package(json!([{"command": "give {player} diamond 1"}])).await;
    for number in 0..500 {
        app.put(&format!("/orders/o{number}"), order(number)).await;
    }
    statements.take();
    let (_, polled) = app.as_agent("GET", "/commands?max=500", &token, "j1", None).await;
    let commands = list(&polled, "commands");
    assert_eq!(commands.len(), 500);
    // Two statements for the token, one for the seat, and one for the contact.
    statements.check("a poll that offers 500 commands", 4 + 3);
    for (state, reason) in [("delivered", None), ("completed", None)] {
        let reports = commands[..100].iter().map(|command| report(&text(command, "id"), 1, state, reason));
        let reports: Vec<_> = reports.collect();
        let (_, answer) = app.report(&token, "j1", json!(reports)).await;
        assert_eq!(list(&answer, "acknowledged").len(), 100);
        statements.check("100 reports", 12);
    }
}

/// Tables that stay small, however much a store sells.
const SMALL: [&str; 8] =
    ["api_keys", "meta", "referral_deltas", "referral_program", "referral_rules", "servers", "p", "r"];

#[tokio::test]
async fn no_statement_of_a_sale_reads_a_whole_table() {
    let (app, statements) = counted().await;
    let (_, token) = app.server().await;
    app.package(json!([{"command": "give {player} diamond 1"}])).await;
    statements.take();
    let mut sale = order(1);
    sale["customer"]["email"] = json!("p1@example.com");
    let paid = app.put("/orders/o1", sale).await.1;
    let id = text(&list(&paid, "commands")[0], "id");
    app.poll(&token, "j1").await;
    app.report(&token, "j1", json!([report(&id, 1, "completed", None)])).await;
    app.post("/orders/o1/refunded", json!({})).await;
    app.get("/commands?player=P1").await;
    let mut scans = Vec::new();
    for sql in statements.take() {
        let plan = app.plan(&sql).await;
        let scanned = plan.iter().filter_map(|step| step.strip_prefix("SCAN ")?.split(' ').next());
        // A part of the statement is no table, and reads as many rows as its own limit says.
        let is_part = |name: &str| name == "CONSTANT" || sql.contains(&format!(") AS {name}"));
        let large = scanned.filter(|name| !SMALL.contains(name) && !name.starts_with("json_each") && !is_part(name));
        scans.extend(large.map(|table| format!("{table}: {sql}")));
    }
    assert_eq!(scans, Vec::<String>::new());
}
