//! The hub's calls of its clients, the limits on its own methods, and what a handle on a connection can do.

use std::{sync::Arc, time::Duration};

use flux_signalr::{
    client::{CallError, IncomingCall, Session},
    codec::{ArgumentsError, arguments},
    hub::{HubCallError, HubConnection, HubOptions, HubSendError},
};
use serde_json::{Value, json};
use tokio::time::{Instant, advance};

use crate::{
    net::{Pipes, SOON, options, patient},
    raw::Raw,
    service::{Desk, hub},
};

async fn pair() -> (Session, HubConnection) {
    let (_, desk, router) = hub(Desk::new(), HubOptions::default());
    let session = patient(options("http://hub/hubs/agent"), Pipes::serve(router)).next_session().await;
    (session, desk.connection(1).await)
}

async fn next(session: &mut Session) -> IncomingCall {
    session.incoming.recv().await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn points_24_27_and_28_the_hub_is_given_its_clients_result_or_error() {
    let (mut session, connection) = pair().await;
    for (outcome, expected) in [
        (Ok(json!({"a": 1})), Ok(json!({"a": 1}))),
        (Ok(Value::Null), Ok(Value::Null)),
        (Err("not now".to_owned()), Err(HubCallError::Refused("not now".to_owned()))),
    ] {
        let client = async {
            let call = next(&mut session).await;
            assert!(call.is("Question"));
            assert_eq!(arguments(call.arguments), Ok((1, "x".to_owned(), Some(true))));
            call.reply.unwrap().complete(outcome);
        };
        let asked = connection.invoke("Question", vec![json!(1), json!("x"), json!(true)], SOON);
        assert_eq!(tokio::join!(asked, client).0, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn point_28_both_sides_may_use_the_same_id_at_once_and_a_call_may_ask_its_caller_back() {
    let (mut session, _) = pair().await;
    let connection = session.connection.clone();
    let client = async {
        let question = next(&mut session).await;
        question.reply.unwrap().complete(Ok(json!("answered")));
    };
    let (answer, ()) = tokio::join!(connection.invoke("Ask", vec![], SOON), client);
    assert_eq!(answer, Ok(json!("answered")), "each was the other's call 1");
}

#[tokio::test(start_paused = true)]
async fn point_31_every_call_of_the_hub_resolves_when_its_client_goes_and_none_waits_longer_than_its_deadline() {
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

#[tokio::test(start_paused = true)]
async fn point_11_who_holds_a_connection_can_close_it_and_wait_for_its_end() {
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

#[tokio::test(start_paused = true)]
async fn point_24_arguments_that_do_not_fit_in_number_or_type_are_an_error_and_the_connection_stays() {
    let (session, _) = pair().await;
    let invalid = Err(CallError::Refused("invalid arguments".to_owned()));
    let add = async |arguments| session.connection.invoke("Add", arguments, SOON).await;
    for wrong in [vec![], vec![json!(1)], vec![json!(1), json!(2), json!(3)], vec![json!(1), json!("2")]] {
        assert_eq!(add(wrong).await, invalid);
    }
    assert_eq!(add(vec![json!(1), json!(2)]).await, Ok(json!(3)));
    assert_eq!(arguments::<[(); 0]>(vec![]), Ok([]));
    assert_eq!(arguments::<[(); 0]>(vec![json!(1)]), Err(ArgumentsError));
}

#[tokio::test(start_paused = true)]
async fn point_27_a_method_that_never_returns_becomes_an_error_and_the_next_call_runs() {
    let (session, _) = pair().await;
    let start = Instant::now();
    let hour = Duration::from_secs(3600);
    let (stuck, next) =
        tokio::join!(session.connection.invoke("Wait", vec![], hour), session.connection.invoke("Echo", vec![], hour),);
    assert_eq!(stuck, Err(CallError::Refused("the call took too long".to_owned())));
    assert_eq!((next, start.elapsed().as_secs()), (Ok(json!([])), 60));
}

#[tokio::test(start_paused = true)]
async fn point_27_a_service_that_never_takes_a_connection_in_has_it_closed() {
    let (_, desk, router) = hub(Desk { stuck: true, ..Desk::new() }, HubOptions::default());
    let session = patient(options("http://hub/hubs/agent"), Pipes::serve(router)).next_session().await;
    let ended = session.connection.closed().await;
    assert_eq!((ended.text.as_str(), ended.allow_reconnect, ended.lasted.as_secs()), ("the server is busy", true, 60));
    desk.logged("disconnected").await;
}

#[tokio::test(start_paused = true)]
async fn point_49_messages_of_any_kind_are_taken_at_a_limited_rate() {
    let options = HubOptions { max_messages_per_second: 10, ..HubOptions::default() };
    let (_, _, router) = hub(Desk::new(), options);
    let mut raw = Raw::ready(Pipes::serve(router).connect().await).await;
    let start = Instant::now();
    for _ in 0..30 {
        raw.say("{\"type\":6}\x1e").await;
    }
    raw.say("{\"type\":1,\"invocationId\":\"1\",\"target\":\"Echo\",\"arguments\":[]}\x1e").await;
    assert_eq!(raw.hear().await["invocationId"], "1");
    assert_eq!(start.elapsed().as_secs(), 2, "ten at once, twenty at ten a second");
}

#[tokio::test(start_paused = true)]
async fn point_36_after_a_jump_of_the_clock_a_client_that_spoke_stays_and_a_silent_one_goes() {
    let (_, desk, router) = hub(Desk::new(), HubOptions::default());
    let pipes: Arc<Pipes> = Pipes::serve(router);
    let (mut spoke, mut silent) = (Raw::ready(pipes.connect().await).await, Raw::ready(pipes.connect().await).await);
    let (first, second) = (desk.connection(1).await, desk.connection(2).await);
    spoke.say("{\"type\":6}\x1e").await;
    advance(Duration::from_secs(3600)).await;
    second.closed().await;
    assert_eq!(silent.hear().await["type"], 7);
    assert!(!first.is_closed());
}
