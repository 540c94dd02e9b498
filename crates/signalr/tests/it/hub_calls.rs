//! The hub's calls to its clients, the limits of its own methods, and the connection handle.

use std::{sync::Arc, time::Duration};

use flux_signalr::{
    client::{CallError, IncomingCall, Session},
    codec::{ArgumentsError, arguments},
    hub::{HubCallError, HubConnection, HubOptions, HubSendError},
};
use serde_json::{Value, json};
use tokio::time::{Instant, advance};

use crate::{
    harness::{Pipes, TEST_TIMEOUT, options, patient_client},
    raw_client::RawClient,
    test_service::{TestService, hub},
};

async fn pair() -> (Session, HubConnection) {
    let (_, service, router) = hub(TestService::new(), HubOptions::default());
    let session = patient_client(options("http://hub/hubs/agent"), Pipes::serve(router)).next_session().await;
    (session, service.connection(1).await)
}

async fn next(session: &mut Session) -> IncomingCall {
    session.incoming.recv().await.unwrap()
}

/// Checklist 24, 27, 28.
#[tokio::test(start_paused = true)]
async fn hub_call_returns_the_clients_result_or_error() {
    let (mut session, connection) = pair().await;
    for (outcome, expected) in [
        (Ok(json!({"a": 1})), Ok(json!({"a": 1}))),
        (Ok(Value::Null), Ok(Value::Null)),
        (Err("not now".to_owned()), Err(HubCallError::Refused("not now".to_owned()))),
    ] {
        let client = async {
            let call = next(&mut session).await;
            assert!(call.is("Question"));
            assert_eq!(call.arguments.parse::<(i32, String, Option<bool>)>().unwrap(), (1, "x".to_owned(), Some(true)));
            call.reply.unwrap().complete(outcome);
        };
        let asked = connection.invoke("Question", vec![json!(1), json!("x"), json!(true)], TEST_TIMEOUT);
        assert_eq!(tokio::join!(asked, client).0, expected);
    }
}

/// Checklist 28.
#[tokio::test(start_paused = true)]
async fn both_sides_may_use_the_same_invocation_id() {
    let (mut session, _) = pair().await;
    let connection = session.connection.clone();
    let client = async {
        let question = next(&mut session).await;
        question.reply.unwrap().complete(Ok(json!("answered")));
    };
    let (answer, ()) = tokio::join!(connection.invoke("Ask", vec![], TEST_TIMEOUT), client);
    assert_eq!(answer, Ok(json!("answered")), "each was the other's call 1");
}

/// Checklist 31.
#[tokio::test(start_paused = true)]
async fn hub_calls_resolve_at_deadline_or_disconnect() {
    let (mut session, connection) = pair().await;
    let start = Instant::now();
    let deadline = Duration::from_secs(3);
    assert_eq!(connection.invoke("Never", vec![], deadline).await, Err(HubCallError::TimedOut(deadline)));
    assert_eq!(start.elapsed(), deadline);

    let hour = Duration::from_secs(3600);
    let call = || connection.invoke("Never", vec![], hour);
    let leave = async {
        for _ in 0..3 {
            assert!(next(&mut session).await.is("Never"));
        }
        drop(session);
    };
    let (a, b, ()) = tokio::join!(call(), call(), leave);
    assert_eq!((a, b), (Err(HubCallError::ConnectionLost), Err(HubCallError::ConnectionLost)));
    assert_eq!(call().await, Err(HubCallError::NotSent(HubSendError::Closed)));
}

/// Checklist 11.
#[tokio::test(start_paused = true)]
async fn connection_handle_can_close_and_wait_for_the_end() {
    let (session, connection) = pair().await;
    let watcher = connection.clone();
    let closed = tokio::spawn(async move { watcher.closed().await });
    connection.close(Some("revoked".to_owned()), false);
    closed.await.unwrap();
    assert_eq!(session.connection.closed().await.text, "revoked");

    let (session, connection) = pair().await;
    session.connection.stop().await;
    connection.closed().await;
}

/// Checklist 24.
#[tokio::test(start_paused = true)]
async fn invalid_arguments_are_an_error_and_connection_stays() {
    let (session, _) = pair().await;
    let invalid = Err(CallError::Refused("invalid arguments".to_owned()));
    let add = async |arguments| session.connection.invoke("Add", arguments, TEST_TIMEOUT).await;
    for wrong in [vec![], vec![json!(1)], vec![json!(1), json!(2), json!(3)], vec![json!(1), json!("2")]] {
        assert_eq!(add(wrong).await, invalid);
    }
    assert_eq!(add(vec![json!(1), json!(2)]).await, Ok(json!(3)));
    assert_eq!(arguments::<[(); 0]>(vec![]), Ok([]));
    assert_eq!(arguments::<[(); 0]>(vec![json!(1)]), Err(ArgumentsError));
}

/// Checklist 27.
#[tokio::test(start_paused = true)]
async fn stuck_method_times_out_and_the_next_call_runs() {
    let (session, _) = pair().await;
    let start = Instant::now();
    let hour = Duration::from_secs(3600);
    let (stuck, next) =
        tokio::join!(session.connection.invoke("Wait", vec![], hour), session.connection.invoke("Echo", vec![], hour),);
    assert_eq!(stuck, Err(CallError::Refused("the call took too long".to_owned())));
    assert_eq!((next, start.elapsed().as_secs()), (Ok(json!([])), 60));
}

/// Checklist 27.
#[tokio::test(start_paused = true)]
async fn stuck_connected_callback_closes_the_connection() {
    let (_, service, router) = hub(TestService { stuck: true, ..TestService::new() }, HubOptions::default());
    let session = patient_client(options("http://hub/hubs/agent"), Pipes::serve(router)).next_session().await;
    let ended = session.connection.closed().await;
    assert_eq!((ended.text.as_str(), ended.allow_reconnect, ended.lasted.as_secs()), ("the server is busy", true, 60));
    service.logged("disconnected").await;
}

/// Checklist 49.
#[tokio::test(start_paused = true)]
async fn message_rate_is_limited() {
    let options = HubOptions { max_messages_per_second: 10, ..HubOptions::default() };
    let (_, _, router) = hub(TestService::new(), options);
    let mut raw = RawClient::connected(Pipes::serve(router).connect().await).await;
    let start = Instant::now();
    for _ in 0..30 {
        raw.send_text("{\"type\":6}\x1e").await;
    }
    raw.send_text("{\"type\":1,\"invocationId\":\"1\",\"target\":\"Echo\",\"arguments\":[]}\x1e").await;
    assert_eq!(raw.next_record().await["invocationId"], "1");
    assert_eq!(start.elapsed().as_secs(), 2, "ten at once, twenty at ten a second");
}

/// Checklist 36.
#[tokio::test(start_paused = true)]
async fn hub_keeps_talking_client_after_a_clock_jump() {
    let (_, service, router) = hub(TestService::new(), HubOptions::default());
    let pipes: Arc<Pipes> = Pipes::serve(router);
    let (mut spoke, mut silent) =
        (RawClient::connected(pipes.connect().await).await, RawClient::connected(pipes.connect().await).await);
    let (first, second) = (service.connection(1).await, service.connection(2).await);
    spoke.send_text("{\"type\":6}\x1e").await;
    advance(Duration::from_secs(3600)).await;
    second.closed().await;
    assert_eq!(silent.next_record().await["type"], 7);
    assert!(!first.is_closed());
}
