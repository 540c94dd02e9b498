//! Sessions of agents on the hub: offers, reports, replacement, revocation.

use crate::socket::{Served, hello};
use crate::test_app::{only_command, report, text};
use flux_signalr::codec::Message;
use serde_json::{Value, json};

async fn served() -> (Served, String, String) {
    let served = Served::start().await;
    let (server, token) = served.app.server().await;
    served.app.package(json!([{"command": "say hi"}])).await;
    (served, server, token)
}

async fn pay(served: &Served, id: &str) -> String {
    let (status, order) = served.call("PUT", &format!("/orders/{id}"), &crate::test_app::order(1, "paid")).await;
    assert_eq!(status, 201);
    only_command(&order)
}

#[tokio::test]
async fn a_paid_order_is_pushed_reported_and_delivered() {
    let (served, server, token) = served().await;
    let mut agent = served.connect(&token).await.expect("a session");
    let welcome = agent.invoke("Hello", hello("j1")).await.expect("a welcome");
    let epoch = served.app.get("/events").await.1["storeEpoch"].clone();
    assert_eq!(
        welcome,
        json!({"serverId": server, "serverName": "Survival", "protocolVersion": 1, "now": "2027-01-15T08:00:00Z",
            "storeEpoch": epoch})
    );
    let id = pay(&served, "o1").await;
    let pushed = agent.pushed("Deliver").await;
    assert_eq!((&pushed[0]["id"], &pushed[0]["redelivered"]), (&json!(id), &json!(false)));
    for status in ["delivered", "completed"] {
        let answer = agent.invoke("Report", json!([report(&id, 1, status, None)])).await;
        assert_eq!(answer, Ok(json!({"acknowledged": [id]})));
    }
    assert_eq!(text(&served.app.get("/orders/o1").await.1, "delivery"), "delivered");
    agent.invoke("GameStatus", json!({"state": "online", "players": 7})).await.expect("taken");
    let (_, shown) = served.call("GET", &format!("/servers/{server}"), &Value::Null).await;
    let told = ["status", "agentVersion", "gameState"].map(|key| text(&shown, key));
    assert_eq!((told, &shown["players"]), (["online".into(), "0.1.0".into(), "online".into()], &json!(7)));
    assert_eq!(agent.kept(), [] as [Message; 0], "a report brings nothing again");
    drop(agent);
    served.stop().await;
}

#[tokio::test]
async fn waiting_commands_follow_hello_in_batches_of_500() {
    let (served, _, token) = served().await;
    let (status, _) = served.call("PUT", "/orders/o1", &crate::test_app::order(700, "paid")).await;
    assert_eq!(status, 201);
    let mut agent = served.agent(&token, "j1").await;
    let first = agent.pushed("Deliver").await;
    let reports = |batch: &Value| -> Value {
        batch
            .as_array()
            .expect("a batch")
            .iter()
            .map(|command| report(&text(command, "id"), 1, "delivered", None))
            .collect()
    };
    let mut sequences: Vec<_> =
        first.as_array().expect("a batch").iter().map(|command| command["sequence"].as_u64()).collect();
    assert_eq!(sequences.len(), 500);
    // In parts, as an agent reports: a hub accepts messages of up to 32 KiB.
    for part in reports(&first).as_array().expect("reports").chunks(100) {
        agent.invoke("Report", json!(part)).await.expect("taken");
    }
    let second = agent.pushed("Deliver").await;
    sequences.extend(second.as_array().expect("a batch").iter().map(|command| command["sequence"].as_u64()));
    assert_eq!(sequences, (1..=700).map(Some).collect::<Vec<_>>(), "oldest first, each once");
    drop(agent);
    served.stop().await;
}

#[tokio::test]
async fn same_journal_replaces_its_session_and_another_is_refused() {
    let (served, _, token) = served().await;
    let mut first = served.agent(&token, "j1").await;
    let mut second = served.agent(&token, "j1").await;
    assert!(first.closed().await.1, "the older one is closed");
    let mut other = served.connect(&token).await.expect("a session");
    assert_eq!(other.invoke("Hello", hello("j2")).await, Err("already_connected: mc-1".to_owned()));
    let refused = other.invoke("Report", json!([])).await.expect_err("no Hello, no reports");
    assert!(refused.contains("Hello"), "{refused}");
    let id = pay(&served, "o1").await;
    assert_eq!(text(&second.pushed("Deliver").await[0], "id"), id, "the newer one is served");
    assert_eq!(other.kept(), [] as [Message; 0]);
    drop((first, second, other));
    served.stop().await;
}

#[tokio::test]
async fn rule_9_next_journal_gets_lost_commands_redelivered() {
    let (served, server, token) = served().await;
    let mut first = served.agent(&token, "j1").await;
    let id = pay(&served, "o1").await;
    first.pushed("Deliver").await;
    drop(first);
    // The store notices the end when the socket closes.
    loop {
        let (_, shown) = served.call("GET", &format!("/servers/{server}"), &Value::Null).await;
        if text(&shown, "status") == "offline" {
            break;
        }
        tokio::task::yield_now().await;
    }
    let mut second = served.agent(&token, "j2").await;
    let again = second.pushed("Deliver").await;
    assert_eq!((text(&again[0], "id"), &again[0]["redelivered"]), (id, &json!(true)));
    drop(second);
    served.stop().await;
}

#[tokio::test]
async fn rule_5_new_token_ends_the_session_and_the_old_one_gets_401() {
    let (served, server, token) = served().await;
    let mut agent = served.agent(&token, "j1").await;
    let mut silent = served.connect(&token).await.expect("a session that has not said Hello");
    let (status, answer) = served.call("POST", &format!("/servers/{server}/token"), &json!({})).await;
    assert_eq!(status, 200);
    let (error, allow_reconnect) = agent.closed().await;
    assert!(error.is_some_and(|error| error.starts_with("token_revoked:")) && !allow_reconnect);
    assert_eq!(served.connect(&token).await.err(), Some(401));
    let late = silent.invoke("Hello", hello("j1")).await.expect_err("the token was replaced meanwhile");
    assert!(late.starts_with("token_revoked:"), "{late}");
    served.agent(&text(&answer, "token"), "j1").await;
    drop((agent, silent));
    served.stop().await;
}

#[tokio::test]
async fn agent_keeps_only_its_own_slots_and_only_after_hello() {
    let (served, _, token) = served().await;
    let (other, _) = served.call("POST", "/servers", &json!({"name": "Other", "address": "localhost"})).await;
    assert_eq!(other, 201);
    let mut silent = Vec::new();
    for _ in 0..16 {
        silent.push(served.connect(&token).await.expect("a place of its own"));
    }
    assert_eq!(served.connect(&token).await.err(), Some(503), "no more of them");
    let server = served.app.server().await;
    served.agent(&server.1, "j2").await;
    let (error, _) = silent[0].closed().await;
    assert_eq!(error.as_deref(), Some("no Hello came"));
    drop(silent);
    served.stop().await;
}

#[tokio::test]
async fn cancelled_command_is_revoked_right_after_its_offer() {
    let (served, _, token) = served().await;
    let mut agent = served.agent(&token, "j1").await;
    let id = pay(&served, "o1").await;
    agent.pushed("Deliver").await;
    served.call("POST", &format!("/commands/{id}/cancel"), &json!({})).await;
    assert_eq!(agent.pushed("Revoke").await, json!([{"id": id, "attempt": 1, "redelivered": false}]));
    agent.invoke("Report", json!([report(&id, 1, "cancelled", None)])).await.expect("taken");
    assert_eq!(text(&served.app.command(&id).await, "status"), "cancelled");
    drop(agent);
    served.stop().await;
}

#[tokio::test]
async fn join_delivers_what_this_journal_has_not_reported() {
    let (served, _, token) = served().await;
    let mut agent = served.agent(&token, "j1").await;
    let id = pay(&served, "o1").await;
    agent.pushed("Deliver").await;
    assert_eq!(agent.invoke("PlayerJoined", json!({"name": "steve"})).await, Ok(Value::Null));
    assert_eq!(text(&agent.pushed("Deliver").await[0], "id"), id);
    agent.invoke("Report", json!([report(&id, 1, "delivered", None)])).await.expect("taken");
    agent.invoke("PlayerJoined", json!({"name": "Steve"})).await.expect("taken");
    assert_eq!(agent.kept(), [] as [Message; 0], "what is in the journal does not come again");
    drop(agent);
    served.stop().await;
}

#[tokio::test]
async fn invalid_call_is_an_error_and_the_session_stays() {
    let (served, _, token) = served().await;
    let mut agent = served.connect(&token).await.expect("a session");
    let mut newer = hello("j1");
    newer["protocolVersion"] = json!(2);
    let refused = agent.invoke("Hello", newer).await.expect_err("an unknown version");
    assert!(refused.starts_with("unsupported_protocol:"), "{refused}");
    for (method, argument) in [
        ("Hello", json!(7)),
        ("Hello", json!({})),
        ("Report", json!("x")),
        ("Dance", json!(1)),
        ("GameStatus", json!({"state": "asleep", "players": 1})),
    ] {
        agent.invoke(method, argument).await.expect_err(method);
    }
    agent.invoke("hello", hello("j1")).await.expect("the session lives");
    drop(agent);
    served.stop().await;
}

#[tokio::test]
async fn stop_allows_agents_to_reconnect() {
    let (served, _, token) = served().await;
    let mut agent = served.agent(&token, "j1").await;
    let (closed, _) = tokio::join!(agent.closed(), served.stop());
    assert_eq!(closed, (None, true));
}

#[tokio::test]
async fn open_session_refuses_another_journals_poll() {
    let (served, _, token) = served().await;
    let agent = served.agent(&token, "j1").await;
    let other = http_poll(&served, &token, "j2").await;
    assert_eq!(other, 409);
    assert_eq!(http_poll(&served, &token, "j1").await, 200);
    drop(agent);
    served.stop().await;
}

async fn http_poll(served: &Served, token: &str, journal: &str) -> u16 {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let request = format!(
        "GET /api/v1/agent/commands HTTP/1.1\r\nhost: x\r\nconnection: close\r\nflux-journal: {journal}\r\nauthorization: Bearer {token}\r\n\r\n"
    );
    let mut stream = tokio::net::TcpStream::connect(served.address).await.expect("a connection");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    answer[9..12].parse().expect("a status")
}

#[tokio::test]
async fn token_replaced_in_the_database_ends_the_session() {
    let (served, server, token) = served().await;
    let mut agent = served.agent(&token, "j1").await;
    // As the command line does: on the same database, without the served sessions.
    let waiting = json!({"serverId": server, "command": "say hi", "player": {"name": "Steve"}});
    served.app.post("/commands", waiting).await;
    served.app.post(&format!("/servers/{server}/token"), json!({})).await;
    let refused = agent.invoke("PlayerJoined", json!({"name": "Steve"})).await.expect_err("an old token");
    assert!(refused.starts_with("token_revoked:"), "{refused}");
    pay(&served, "o1").await;
    let (error, allow_reconnect) = agent.closed().await;
    assert!(error.is_some_and(|error| error.starts_with("token_revoked:")) && !allow_reconnect);
    assert_eq!(agent.kept(), [] as [Message; 0], "nothing is offered to it");
    drop(agent);
    served.stop().await;
}
