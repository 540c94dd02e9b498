//! Seats: one session is a server's agent, and every call of a session checks that it still is.

use crate::socket::{AgentEnd, Served, hello};
use crate::test_app::{TestApp, order, text};
use flux_protocol::ServerId;
use flux_signalr::codec::Message;
use flux_storage::seats::{self, Seat, SeatHolder};
use flux_storage::{Db, NodeId, Tx};
use futures_util::future::join_all;
use serde_json::json;

async fn served() -> (Served, ServerId, String) {
    let served = Served::start().await;
    let (server, token) = served.app.server().await;
    served.app.package(json!([{"command": "say hi"}])).await;
    (served, server.parse().expect("an id"), token)
}

async fn seat(app: &TestApp, server: &ServerId) -> Option<Seat> {
    let server = server.clone();
    app.state.db.read(move |tx: &Tx<'_>| seats::find(tx, &server)).await.expect("an answer")
}

/// Gives a server's seat to a session of another process.
async fn take(app: &TestApp, server: &ServerId, journal: &str) -> Seat {
    let (server, journal) = (server.clone(), journal.parse().expect("a journal"));
    let holder = SeatHolder { node: NodeId::new("node_x".to_owned()), connection: "connection_x".to_owned() };
    let take = move |tx: &Tx<'_>| seats::take(tx, &server, &holder, &journal, Some("mc-2"));
    app.state.db.write(take).await.expect("a seat")
}

#[tokio::test]
async fn session_has_the_seat_until_it_ends() {
    let (served, server, token) = served().await;
    let first = served.agent(&token, "j1").await;
    let taken = seat(&served.app, &server).await.expect("a holder");
    assert_eq!((taken.journal_id.as_str(), taken.hostname.as_deref(), taken.epoch), ("j1", Some("mc-1"), 1));
    let mut other = served.connect(&token).await.expect("a connection");
    assert_eq!(other.invoke("Hello", hello("j2")).await, Err("already_connected: mc-1".to_owned()));
    assert_eq!(seat(&served.app, &server).await.expect("a holder").epoch, 1, "a refused session changes nothing");
    let second = served.agent(&token, "j1").await;
    assert_eq!(seat(&served.app, &server).await.expect("a holder").epoch, 2);
    drop((first, second, other));
    let app = served.stop().await;
    assert!(seat(&app, &server).await.is_none(), "nobody has it");
    assert_eq!(app.count_events("agent.connected").await, 2);
    assert_eq!(app.count_events("agent.disconnected").await, 1, "only the holder's end is one");
    assert_eq!(take(&app, &server, "j3").await.epoch, 3, "the epoch goes on");
}

#[tokio::test]
async fn session_that_has_lost_its_seat_changes_nothing_and_ends() {
    let (served, server, token) = served().await;
    let mut agent = served.agent(&token, "j1").await;
    take(&served.app, &server, "j1").await;
    let calls = [
        ("Report", json!([])),
        ("PlayerJoined", json!({"name": "Steve"})),
        ("GameStatus", json!({"state": "online", "players": 1})),
    ];
    let before = served.app.dump().await;
    for (method, argument) in calls {
        let refused = agent.invoke(method, argument).await;
        assert_eq!(refused, Err("this agent has a newer session".to_owned()), "{method}");
    }
    assert_eq!(served.app.dump().await, before);
    served.call("PUT", "/orders/o1", &order(1, "paid")).await;
    assert_eq!(agent.closed().await, (Some("this agent has a newer session".to_owned()), true));
    assert_eq!(agent.kept(), [] as [Message; 0], "nothing is offered to it");
    drop(agent);
    let app = served.stop().await;
    assert_eq!(seat(&app, &server).await.expect("a holder").holder.connection, "connection_x");
    assert_eq!(app.count_events("agent.disconnected").await, 0, "it was not the agent any more");
}

#[tokio::test]
async fn seat_of_a_process_that_has_ended_is_free_at_once() {
    let (served, server, token) = served().await;
    take(&served.app, &server, "j1").await;
    let agent = served.agent(&token, "j2").await;
    assert_eq!(seat(&served.app, &server).await.expect("a holder").journal_id.as_str(), "j2");
    drop(agent);
    served.stop().await;
}

#[tokio::test]
async fn new_token_clears_the_seat() {
    let (served, server, token) = served().await;
    let mut agent = served.agent(&token, "j1").await;
    let (_, answer) = served.call("POST", &format!("/servers/{server}/token"), &json!({})).await;
    assert!(seat(&served.app, &server).await.is_none());
    let other = served.agent(&text(&answer, "token"), "j2").await;
    assert!(agent.closed().await.0.expect("an error").starts_with("token_revoked:"));
    drop((agent, other));
    let app = served.stop().await;
    assert_eq!(app.count_events("agent.disconnected").await, 1, "the new session's");
}

/// A companion on a file, with threads.
async fn threaded() -> (Served, ServerId, String, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("companion.db");
    Db::create(&path).expect("a new database");
    let app = TestApp::on(Db::open(&path).expect("it opens").0).await;
    let (server, token) = app.server().await;
    app.package(json!([{"command": "say hi"}])).await;
    (Served::on(app, "").await, server.parse().expect("an id"), token, folder)
}

/// Twelve sessions that say Hello at once, each with its connection.
async fn at_once(
    served: &Served,
    token: &str,
    journal: impl Fn(usize) -> String,
) -> Vec<(AgentEnd, Result<(), String>)> {
    let ends = join_all((0..12).map(|_| served.connect(token))).await;
    let hellos = ends.into_iter().enumerate().map(|(number, end)| {
        let hello = hello(&journal(number));
        async move {
            let mut end = end.expect("a connection");
            let said = end.invoke("Hello", hello).await.map(drop);
            (end, said)
        }
    });
    join_all(hellos).await
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_journals_at_once_one_gets_the_seat() {
    let (served, server, token, _folder) = threaded().await;
    let said = at_once(&served, &token, |number| format!("j{number}")).await;
    let accepted: Vec<_> = (0..12).filter(|number| said[*number].1.is_ok()).collect();
    assert_eq!(accepted.len(), 1, "{accepted:?}");
    let seat = seat(&served.app, &server).await.expect("a holder");
    assert_eq!((seat.journal_id.as_str(), seat.epoch), (&*format!("j{}", accepted[0]), 1));
    let refused = said.iter().filter_map(|(_, said)| said.as_ref().err());
    assert!(refused.clone().all(|error| error == "already_connected: mc-1"), "{:?}", refused.collect::<Vec<_>>());
    drop(said);
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_sessions_of_one_journal_the_last_is_served() {
    let (served, server, token, _folder) = threaded().await;
    // A session that a newer one has replaced may be closed before it has its answer.
    let ends = join_all((0..12).map(|_| served.connect(&token))).await;
    let hellos = ends.into_iter().map(|end| async {
        let mut end = end.expect("a connection");
        end.say("Hello", hello("j1")).await;
        end.first_push_or_close().await
    });
    let hellos = join_all(hellos);
    let paid = async {
        while seat(&served.app, &server).await.is_none_or(|seat| seat.epoch < 12) {
            tokio::task::yield_now().await;
        }
        served.call("PUT", "/orders/o1", &order(1, "paid")).await
    };
    let (outcomes, paid) = tokio::join!(hellos, paid);
    assert_eq!(paid.0, 201);
    let pushed = outcomes.iter().filter(|pushed| pushed.is_some()).count();
    assert_eq!(pushed, 1, "each command goes to one session: {outcomes:?}");
    served.stop().await;
}

#[tokio::test]
async fn server_is_online_while_an_open_session_has_its_seat() {
    let (served, server, token) = served().await;
    served.call("PUT", "/orders/o1", &order(1, "paid")).await;
    let online = async || {
        let (_, shown) = served.call("GET", &format!("/servers/{server}"), &json!({})).await;
        let (_, listed) = served.call("GET", "/servers", &json!({})).await;
        assert_eq!(listed["items"][0]["status"], shown["status"], "{listed}");
        let (_, order) = served.call("GET", "/orders/o1", &json!({})).await;
        let is_blocked = text(&order["obstacles"][0], "text") == "the agent of Survival is not connected";
        assert_eq!(is_blocked, shown["status"] == "offline", "{order}");
        shown["status"] == "online"
    };
    assert!(!online().await, "nobody has the seat");
    let mut agent = served.agent(&token, "j1").await;
    assert!(online().await);
    take(&served.app, &server, "j1").await;
    assert!(!online().await, "the seat is of a process that has ended, whatever is connected here");
    assert!(agent.invoke("Report", json!([])).await.is_err(), "it has lost the seat");
    drop(agent);
    let agent = served.agent(&token, "j1").await;
    assert!(online().await, "a new session has the seat");
    drop(agent);
    served.stop().await;
}
