//! Our client against our hub over loopback.

use std::{sync::atomic::Ordering, time::Duration};

use flux_signalr::{
    client::{CallError, ErrorClass, State},
    hub::HubOptions,
};
use serde_json::{Value, json};

use crate::{
    net::{SOON, Token, eager, options, serve, session, soon, until},
    script::script,
    service::{Desk, hub},
};

async fn hub_at(desk: Desk) -> (flux_signalr::hub::Hub<Desk>, std::sync::Arc<Desk>, String) {
    let (hub, desk, router) = hub(desk, HubOptions::default());
    let url = format!("http://{}/hubs/agent", serve(router).await);
    (hub, desk, url)
}

#[tokio::test]
async fn points_24_and_25_a_call_brings_its_result_or_its_error_and_the_connection_stays() {
    let (_, desk, url) = hub_at(Desk::new()).await;
    let connection = session(&mut eager(options(&url), "good")).await.connection;
    let refused = |text: &str| Err(CallError::Refused(text.to_owned()));
    let call = async |target: &str, arguments| connection.invoke(target, arguments, SOON).await;
    assert_eq!(call("Echo", vec![json!({"a": [1]}), json!(null)]).await, Ok(json!([{"a": [1]}, null])));
    assert_eq!(call("eCHO", vec![]).await, Ok(json!([])));
    assert_eq!(call("Void", vec![]).await, Ok(Value::Null));
    assert_eq!(call("Fail", vec![]).await, refused("already_connected: castle"));
    assert_eq!(call("Nothing", vec![]).await, refused("unknown method"));
    assert_eq!(call("Panic", vec![]).await, refused("internal error"));
    assert_eq!(call("Echo", vec![json!(2)]).await, Ok(json!([2])));
    connection.send("Echo", vec![json!("fired")]).await.unwrap();
    soon(desk.logged(r#"Echo[String("fired")]"#)).await;
    assert!(!*desk.seen_authorization.lock().unwrap(), "the credential is no header for the application");
}

#[tokio::test]
async fn point_15_a_push_at_once_and_many_later_arrive_in_order() {
    let (_, _, url) = hub_at(Desk { greeting: Some(json!("hello")), ..Desk::new() }).await;
    let mut client = eager(options(&url), "good");
    let mut session = session(&mut client).await;
    let greeting = soon(session.incoming.recv()).await.unwrap();
    assert!(greeting.is("greet") && greeting.reply.is_none());
    assert_eq!(greeting.arguments, [json!("hello")]);
    session.connection.invoke("Push", vec![json!(100)], SOON).await.unwrap();
    for n in 0..100 {
        assert_eq!(soon(session.incoming.recv()).await.unwrap().arguments, [json!(n)]);
    }
}

#[tokio::test]
async fn point_10_a_rejected_token_is_a_state_of_its_own_and_a_nudge_tries_the_new_one() {
    let (_, _, url) = hub_at(Desk::new()).await;
    let token = Token::new("bad");
    let dialer = std::sync::Arc::new(flux_signalr::client::TcpDialer::new(None));
    let mut client = flux_signalr::client::Client::new(options(&url), dialer, token.clone(), Box::new(|_| 0));
    let reconnect = client.reconnect_handle();
    assert_eq!(soon(until(&mut client, |state| *state != State::Connecting)).await, State::Rejected { status: 401 });
    token.replace("good");
    reconnect.retry_now();
    let _session = session(&mut client).await;
    assert_eq!(*client.states().borrow(), State::Connected);
}

#[tokio::test]
async fn point_10_a_token_rejected_only_at_the_upgrade_is_seen_as_well() {
    let desk = Desk { authentications_left: 1.into(), ..Desk::new() };
    let (_, desk, url) = hub_at(desk).await;
    let mut client = eager(options(&url), "good");
    assert_eq!(soon(until(&mut client, |state| *state != State::Connecting)).await, State::Rejected { status: 401 });
    assert_eq!(desk.authentications_left.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn points_11_and_37_a_regenerated_token_ends_the_session_and_then_is_rejected() {
    let (_, desk, url) = hub_at(Desk::new()).await;
    let mut options = options(&url);
    options.no_reconnect_retry = Duration::from_millis(1);
    let mut client = eager(options, "good");
    let session = session(&mut client).await;
    desk.tokens.lock().unwrap().clear();
    soon(desk.connection(1)).await.close(Some("token_revoked: regenerated".to_owned()), false);
    let ended = soon(session.connection.closed()).await;
    assert_eq!((ended.class, ended.allow_reconnect), (ErrorClass::ServerClose, false));
    assert_eq!(ended.text, "token_revoked: regenerated");
    let state = soon(until(&mut client, |state| matches!(state, State::Rejected { .. }))).await;
    assert_eq!(state, State::Rejected { status: 401 });
}

#[tokio::test]
async fn a_close_from_within_a_call_lets_its_answer_out_first() {
    let (_, desk, url) = hub_at(Desk::new()).await;
    let session = session(&mut eager(options(&url), "good")).await;
    let answer = session.connection.invoke("Leave", vec![], SOON).await;
    assert_eq!(answer, Err(CallError::Refused("leaving".to_owned())));
    assert_eq!(soon(session.connection.closed()).await.text, "token_revoked: bye");
    soon(desk.logged("disconnected")).await;
}

#[tokio::test]
async fn points_5_and_41_a_redirect_brings_its_own_token_and_a_reconnect_starts_at_the_original_address() {
    let (_, desk, target) = hub_at(Desk::new()).await;
    let answer = json!({"url": target, "accessToken": "other"}).to_string();
    let (front, _sockets, router) =
        script(move |_, _| Some(axum::response::IntoResponse::into_response(answer.clone())));
    let mut client = eager(options(&format!("http://{}/hub", serve(router).await)), "good");
    for n in 1..=2 {
        let session = session(&mut client).await;
        soon(desk.connection(n)).await.close(None, true);
        soon(session.connection.closed()).await;
    }
    front.seen(|seen| {
        assert_eq!(seen.len(), 2);
        assert!(seen.iter().all(|request| request.headers["authorization"] == "Bearer good"));
    });
}

#[tokio::test]
async fn point_38_stop_sends_what_is_queued_says_close_and_ends_both_sides() {
    let (hub, desk, url) = hub_at(Desk::new()).await;
    let session = session(&mut eager(options(&url), "good")).await;
    for n in 0..20 {
        session.connection.send("Echo", vec![json!(n)]).await.unwrap();
    }
    soon(session.connection.stop()).await;
    soon(desk.logged("disconnected")).await;
    assert!(desk.connection(1).await.is_closed());
    assert_eq!(session.connection.closed().await.class, ErrorClass::Stopped);
    assert_eq!(session.connection.invoke("Echo", vec![], SOON).await, Err(CallError::Closed));
    assert_eq!(session.connection.send("Echo", vec![]).await, Err(CallError::Closed));
    soon(async {
        while hub.connections() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn dropping_the_last_handle_ends_the_session() {
    let (_, desk, url) = hub_at(Desk::new()).await;
    let session = session(&mut eager(options(&url), "good")).await;
    let clone = session.connection.clone();
    drop(session.connection);
    assert_eq!(clone.invoke("Void", vec![], SOON).await, Ok(Value::Null));
    drop(clone);
    soon(desk.logged("disconnected")).await;
}

#[tokio::test]
async fn point_50_a_shutdown_sends_everybody_away_to_come_back_and_lets_nobody_in() {
    let (hub, _, url) = hub_at(Desk::new()).await;
    let mut client = eager(options(&url), "good");
    let session = session(&mut client).await;
    assert_eq!(hub.connections(), 1);
    soon(hub.shutdown()).await;
    assert_eq!(hub.connections(), 0);
    let ended = soon(session.connection.closed()).await;
    assert_eq!((ended.class, ended.allow_reconnect), (ErrorClass::ServerClose, true));
    let refused = |state: &State| matches!(state, State::Reconnecting { class: ErrorClass::HttpStatus, .. });
    let State::Reconnecting { delay, .. } = soon(until(&mut client, refused)).await else { unreachable!() };
    assert!(delay > Duration::from_secs(4), "Retry-After of the hub's 503 is obeyed: {delay:?}");
}
