//! A store's life in API calls: orders, commands, agents, customers, events and mails.

use super::statements::{Statements, write};
use crate::socket::Served;
use crate::test_app::{TestApp, only_command, order, report, text};
use flux_companion::sweep;
use flux_shop::{Actor, Audit, MailStatus};
use flux_storage::cursors::{self, Cursor};
use flux_storage::leases::{self, Job};
use flux_storage::mail::{self, Outcome, Wanted};
use flux_storage::{NodeId, commands, events, keys, meta, seats};
use jiff::SignedDuration;
use serde_json::json;

const UUID: &str = "069a79f444e94726a5befca90e38aaf5";

/// Plays every part.
pub(super) async fn play(statements: &Statements) {
    orders(&statements.app().await).await;
    commands_and_removal(&statements.app().await).await;
    moves(&statements.app().await).await;
    customers(&statements.app().await).await;
    upkeep(&statements.app().await).await;
    sessions(statements.app().await).await;
}

/// Orders in each way that they can go, and packages.
async fn orders(app: &TestApp) {
    let (_, token) = app.server().await;
    let templates = json!([{"command": "give {player} diamond 1"}, {"command": "clear {player}", "on": "refund"},
        {"command": "ban {player}", "on": "chargeback"}]);
    app.package(templates).await;
    for (id, word) in [("o1", "refunded"), ("o2", "chargeback"), ("o3", "cancelled"), ("o4", "completed")] {
        app.put(&format!("/orders/{id}"), order(1, "created")).await;
        app.post(&format!("/orders/{id}/paid"), json!({})).await;
        app.poll(&token, "j1").await;
        app.post(&format!("/orders/{id}/{word}"), json!({})).await;
    }
    let mut imported = order(1, "paid");
    imported["imported"] = json!(true);
    app.put("/orders/o5", imported).await;
    app.put("/orders/o6", order(1, "created")).await;
    app.delete("/packages/vip").await;
    app.post("/orders/o6/cancelled", json!({})).await;
    app.post("/orders/o4/player", json!({"player": {"name": "Stevie"}})).await;
    app.post("/orders/o4/refunded", json!({"refundedAmount": 1, "refundId": "r1"})).await;
    app.delete("/packages/vip").await;
    let policy = json!({"mode": "strict", "allow": ["give *"], "deny": [], "bedrockPrefix": ""});
    assert!(app.as_agent("POST", "/policy", &token, "j1", Some(policy)).await.0.is_success());
    for path in ["/orders", "/orders?status=paid", "/orders/o1", "/packages", "/packages/vip", "/servers"] {
        app.get(path).await;
    }
}

/// Commands by hand, each list of them, retries, and the removal of a server.
async fn commands_and_removal(app: &TestApp) {
    let (server, token) = app.server().await;
    let manual = json!({"serverId": server, "command": "say {player}", "player": {"name": "Steve"}});
    let id = text(&app.post("/commands", manual.clone()).await.1, "id");
    app.poll(&token, "j1").await;
    app.report(&token, "j1", json!([report(&id, 1, "failed", Some("expired"))])).await;
    app.post("/commands/bulk", json!({"action": "retry", "filter": {"server": server}})).await;
    app.post(&format!("/commands/{id}/retry"), json!({})).await;
    app.as_agent("POST", "/players/joined", &token, "j1", Some(json!({"name": "Steve", "uuid": UUID}))).await;
    app.poll(&token, "j2").await;
    app.post(&format!("/commands/{id}/cancel"), json!({})).await;
    let of_server = format!("?server={server}");
    for query in ["", "?status=pending", "?player=steve", "?order=o1", &of_server] {
        let (status, page) = app.get(&format!("/commands{query}")).await;
        assert!(status.is_success(), "{page}");
    }
    app.get(&format!("/commands/{id}")).await;
    app.get(&format!("/servers/{server}")).await;
    app.patch(&format!("/servers/{server}"), json!({"name": "Skyblock"})).await;
    let token = text(&app.post(&format!("/servers/{server}/token"), json!({})).await.1, "token");
    let mut expiring = manual;
    expiring["expiresAt"] = json!("2027-01-15T09:00:00Z");
    app.post("/commands", expiring).await;
    app.clock.pass(7_200);
    sweep(&app.state).await;
    app.delete(&format!("/servers/{server}?force=true")).await;
    app.poll(&token, "j2").await;
}

/// A command that follows its player to another server.
async fn moves(app: &TestApp) {
    let (one, two) = (app.server().await, app.server().await);
    app.package(json!([{"command": "say {player}", "servers": {"anyOf": [one.0, two.0]}}])).await;
    app.paid("o1").await;
    app.as_agent("POST", "/players/joined", &two.1, "j1", Some(json!({"name": "Steve"}))).await;
}

/// Customers, and what is removed of them.
async fn customers(app: &TestApp) {
    let (server, token) = app.server().await;
    app.package(json!([{"command": "say {player}"}])).await;
    app.put("/tiers", json!({"tiers": [{"id": "gold", "name": "Gold"}]})).await;
    app.put("/customers/c2", json!({"player": {"name": "Alex", "uuid": UUID}, "tier": "gold"})).await;
    app.put("/customers/c3", json!({"player": {"name": "Alex"}})).await;
    let profile = json!({"email": "c1@example.com", "name": "Steve", "player": {"name": "Steve"}});
    app.put("/customers/c1", profile).await;
    let paid = app.paid("o1").await;
    let manual = json!({"serverId": server, "command": "say steve", "player": {"name": "Steve"}});
    let by_hand = text(&app.post("/commands", manual).await.1, "id");
    app.poll(&token, "j1").await;
    let done = [only_command(&paid), by_hand].map(|id| report(&id, 1, "completed", None));
    app.report(&token, "j1", json!(done)).await;
    app.as_agent("POST", "/players/joined", &token, "j1", Some(json!({"name": "Alexa", "uuid": UUID}))).await;
    app.get("/customers/c1").await;
    let (status, answer) = app.delete("/customers/c1").await;
    assert!(status.is_success(), "{answer}");
}

/// Keys, cursors, leases, mails and the database's epoch.
async fn upkeep(app: &TestApp) {
    app.get("/events?after=0").await;
    app.get("/events?after=1000").await;
    app.get("/health/ready").await;
    idempotent(app).await;
    write(app, |tx| {
        let keys = keys::all(tx)?;
        keys::is_good(tx, keys.first().expect("a key"))?;
        keys::delete(tx, &"shop".parse().expect("a name"))?;
        meta::renew_store_epoch(tx)?;
        meta::negotiation_key(tx)?;
        meta::unsubscribe_key(tx)?;
        meta::forgotten_key(tx)?;
        let lease = leases::take(tx, Job::Sweeps, &NodeId::new("node".to_owned()))?;
        leases::is_held(tx, &lease)?;
        let cursor = cursors::position(tx, Cursor::Webhook)?.expect("a position");
        cursors::advance(tx, Cursor::Webhook, cursor, cursor + 1)?;
        mail::begin(tx, tx.now())?;
        let data = json!({"to": "steve@example.com", "subject": "Hello", "body": "Hello"});
        events::record(tx, &Audit { actor: Actor::companion() }, "mail.invitation", "c1", &data)?;
        let put_off = Outcome::PutOff { reason: "451".to_owned(), next_attempt_at: tx.now() };
        let next = mail::next(tx, tx.now(), Wanted::NewFirst)?.expect("a mail");
        mail::done(tx, next.event.seq, next.after, &put_off)?;
        mail::next(tx, tx.now(), Wanted::PutOffFirst)?.expect("the same");
        mail::find(tx, next.event.seq)?;
        mail::unsubscribe(tx, b"recipient")?;
        mail::is_unsubscribed(tx, b"recipient")?;
        mail::resubscribe(tx, b"recipient")?;
        for status in [None, Some(MailStatus::Waiting), Some(MailStatus::PutOff)] {
            mail::page(tx, i64::MAX, status, 1)?;
        }
        mail::begin(tx, tx.now() + SignedDuration::from_hours(1))
    })
    .await;
}

/// A request with an `Idempotency-Key`, twice.
async fn idempotent(app: &TestApp) {
    for _ in 0..2 {
        let request = http::Request::builder().method("POST").uri("/api/v1/servers").header("idempotency-key", "k1");
        let request = request.header("authorization", format!("Bearer {}", app.admin));
        let body = json!({"name": "Creative", "address": "mc.example.com"}).to_string();
        app.call(request.body(body.into()).expect("a request")).await;
    }
}

/// An agent's session over the hub, with its seat.
async fn sessions(app: TestApp) {
    let (server, token) = app.server().await;
    app.package(json!([{"command": "say hi"}])).await;
    let id = only_command(&app.paid("o1").await);
    let served = Served::on(app, "").await;
    let mut agent = served.agent(&token, "j1").await;
    agent.pushed("Deliver").await;
    for call in [json!([report(&id, 1, "delivered", None)]), json!([report(&id, 1, "completed", None)])] {
        agent.invoke("Report", call).await.expect("taken");
    }
    agent.invoke("GameStatus", json!({"state": "online", "players": 7})).await.expect("taken");
    agent.invoke("PlayerJoined", json!({"name": "Steve", "uuid": UUID})).await.expect("taken");
    drop(agent);
    let app = served.stop().await;
    let server = server.parse().expect("an id");
    write(&app, move |tx| {
        seats::find(tx, &server)?;
        seats::clear(tx, &server)?;
        commands::open_count(tx, &server)?;
        commands::counts(tx)?;
        commands::all_open(tx).map(drop)
    })
    .await;
}
