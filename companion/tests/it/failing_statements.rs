//! Fails each SQL statement of each service once: the answer is a 503 with its reason, nothing is changed, and the same request
//! succeeds afterwards.

use crate::test_app::{TestApp, list, only_command, order, report, text};
use flux_storage::{Db, Error, Probe};
use http::StatusCode;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// Fails one statement, after this many others.
#[derive(Default)]
struct Failing(Mutex<Option<(usize, Error)>>);

impl Probe for Failing {
    fn before(&self, _: &str) -> Result<(), Error> {
        let mut next = self.0.lock().expect("not poisoned");
        match next.take() {
            Some((0, error)) => Err(error),
            Some((others, error)) => {
                *next = Some((others - 1, error));
                Ok(())
            }
            None => Ok(()),
        }
    }
}

impl Failing {
    fn set(&self, others: usize, error: Error) {
        *self.0.lock().expect("not poisoned") = Some((others, error));
    }

    /// Returns `true` if the statement has failed. Disarms the probe.
    fn has_failed(&self) -> bool {
        self.0.lock().expect("not poisoned").take().is_none()
    }
}

struct Store {
    app: TestApp,
    failing: Arc<Failing>,
    token: String,
}

/// The sender of a request: an admin, or the agent of the journal `j1`.
enum By {
    Admin,
    Agent,
}

impl Store {
    async fn new() -> Store {
        let failing = Arc::new(Failing::default());
        let db = Db::in_memory().expect("a database").with_probe(Arc::clone(&failing) as Arc<dyn Probe>);
        let app = TestApp::once(db, "").await;
        let (_, token) = app.server().await;
        app.package(json!([{"command": "give {player} diamond 1"}, {"command": "clear {player}", "on": "refund"}]))
            .await;
        Store { app, failing, token }
    }

    async fn once(&self, by: &By, method: &str, path: &str, body: Option<&Value>) -> (StatusCode, Value) {
        match by {
            By::Admin => self.app.with_key(&self.app.admin, method, path, body.cloned()).await,
            By::Agent => self.app.as_agent(method, path, &self.token, "j1", body.cloned()).await,
        }
    }

    /// Sends a request once for each of its statements, with that statement failing. Returns the last answer, which no failure has touched.
    async fn send(&self, by: By, method: &str, path: &str, body: Option<Value>) -> Value {
        for others in 0.. {
            for (error, code) in [(Error::Busy, "busy"), (Error::Disk("full".to_owned()), "unavailable")] {
                let before = self.app.dump().await;
                self.failing.set(others, error);
                let (status, answer) = self.once(&by, method, path, body.as_ref()).await;
                if !self.failing.has_failed() {
                    assert!(status.is_success(), "{method} {path}: {status} {answer}");
                    assert!(others > 0, "{method} {path} has statements");
                    return answer;
                }
                let place = format!("{method} {path}, statement {others}");
                assert_eq!(
                    (status, answer["error"]["code"].as_str()),
                    (StatusCode::SERVICE_UNAVAILABLE, Some(code)),
                    "{place}"
                );
                assert_eq!(self.app.dump().await, before, "{place}");
            }
        }
        unreachable!("a request has an end of statements")
    }
}

#[tokio::test]
async fn failing_statements_of_orders_and_deliveries_change_nothing() {
    let store = Store::new().await;
    let paid = store.send(By::Admin, "PUT", "/orders/o1", Some(order(1, "paid"))).await;
    let id = only_command(&paid);
    store.send(By::Agent, "GET", "/commands", None).await;
    store.send(By::Agent, "POST", "/reports", Some(json!({"reports": [report(&id, 1, "delivered", None)]}))).await;
    store.send(By::Agent, "POST", "/reports", Some(json!({"reports": [report(&id, 1, "completed", None)]}))).await;
    store.send(By::Admin, "POST", "/orders/o1/refunded", Some(json!({}))).await;
    let order = store.send(By::Admin, "GET", "/orders/o1", None).await;
    let statuses: Vec<_> = list(&order, "commands").iter().map(|command| text(command, "status")).collect();
    assert_eq!(
        (text(&order, "status"), statuses),
        ("refunded".to_owned(), vec!["completed".to_owned(), "pending".to_owned()])
    );
    store.send(By::Admin, "DELETE", "/packages/vip", None).await;
}

#[tokio::test]
async fn failing_statements_of_commands_and_customers_change_nothing() {
    let store = Store::new().await;
    let server = text(&list(&store.app.get("/servers").await.1, "items")[0], "id");
    let body = json!({"serverId": server, "command": "say hi", "requireOnline": false});
    let id = text(&store.send(By::Admin, "POST", "/commands", Some(body)).await, "id");
    store.send(By::Agent, "GET", "/commands", None).await;
    let refused = json!({"reports": [report(&id, 1, "failed", Some("expired"))]});
    store.send(By::Agent, "POST", "/reports", Some(refused)).await;
    store.send(By::Admin, "POST", &format!("/commands/{id}/retry"), None).await;
    store.send(By::Admin, "POST", &format!("/commands/{id}/cancel"), None).await;
    let customer = json!({"email": "c1@example.com", "name": "Steve"});
    store.send(By::Admin, "PUT", "/customers/c1", Some(customer)).await;
    store.send(By::Admin, "DELETE", "/customers/c1", None).await;
}

#[tokio::test]
async fn failing_statements_of_referrals_change_nothing() {
    let store = Store::new().await;
    let program =
        json!({"enabled": true, "rewardType": "percent", "referrerValue": 20, "refereeValue": 10, "currency": "EUR"});
    store.send(By::Admin, "PUT", "/referrals/program", Some(program)).await;
    let link = json!({"accountId": "store", "customerId": "c1"});
    let code = text(&store.send(By::Admin, "POST", "/referrals/links/issue", Some(link)).await, "code");
    let checkout = json!({"accountId": "store", "checkoutSessionId": "s1", "customerId": "f1", "code": code});
    store.send(By::Admin, "POST", "/referrals/attributions/checkout", Some(checkout)).await;
    let paid = json!({"checkoutSessionId": "s1", "status": "paid", "currency": "EUR", "amount": 900});
    let attribution = store.send(By::Admin, "POST", "/referrals/attributions/fulfill", Some(paid)).await;
    assert_eq!(text(&attribution, "status"), "rewarded", "{attribution}");
    let void = json!({"checkoutSessionId": "s1"});
    store.send(By::Admin, "POST", "/referrals/attributions/void", Some(void)).await;
    store.send(By::Admin, "GET", "/customers/c1/panel", None).await;
    store.send(By::Admin, "GET", "/referrals/stats", None).await;
}
