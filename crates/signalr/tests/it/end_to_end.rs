//! The client against the hub, over loopback.

use std::{sync::atomic::Ordering, time::Duration};

use flux_signalr::{
    client::{CallError, ErrorClass, State},
    hub::HubOptions,
};
use serde_json::{Value, json};

use crate::{
    harness::{TEST_TIMEOUT, Token, eager_client, options, serve, session, wait_for_state, with_timeout},
    scripted_server::script,
    test_service::{TestService, hub},
};

async fn hub_at(service: TestService) -> (flux_signalr::hub::Hub<TestService>, std::sync::Arc<TestService>, String) {
    let (hub, service, router) = hub(service, HubOptions::default());
    let url = format!("http://{}/hubs/agent", serve(router).await);
    (hub, service, url)
}

/// Checklist 24, 25.
#[tokio::test]
async fn call_returns_result_or_error_and_connection_stays() {
    let (_, service, url) = hub_at(TestService::new()).await;
    let connection = session(&mut eager_client(options(&url), "good")).await.connection;
    let refused = |text: &str| Err(CallError::Refused(text.to_owned()));
    let call = async |target: &str, arguments| connection.invoke(target, arguments, TEST_TIMEOUT).await;
    assert_eq!(call("Echo", vec![json!({"a": [1]}), json!(null)]).await, Ok(json!([{"a": [1]}, null])));
    assert_eq!(call("eCHO", vec![]).await, Ok(json!([])));
    assert_eq!(call("Void", vec![]).await, Ok(Value::Null));
    assert_eq!(call("Fail", vec![]).await, refused("already_connected: castle"));
    assert_eq!(call("Nothing", vec![]).await, refused("unknown method"));
    assert_eq!(call("Panic", vec![]).await, refused("internal error"));
    assert_eq!(call("Echo", vec![json!(2)]).await, Ok(json!([2])));
    connection.send("Echo", vec![json!("fired")]).await.unwrap();
    with_timeout(service.logged(r#"Echo[String("fired")]"#)).await;
    assert!(!*service.seen_authorization.lock().unwrap(), "the credential is no header for the application");
}

/// Checklist 15.
#[tokio::test]
async fn pushes_on_connect_and_later_arrive_in_order() {
    let (_, _, url) = hub_at(TestService { greeting: Some(json!("hello")), ..TestService::new() }).await;
    let mut client = eager_client(options(&url), "good");
    let mut session = session(&mut client).await;
    let greeting = with_timeout(session.incoming.recv()).await.unwrap();
    assert!(greeting.is("greet") && greeting.reply.is_none());
    assert_eq!(greeting.arguments, vec![json!("hello")].into());
    session.connection.invoke("Push", vec![json!(100)], TEST_TIMEOUT).await.unwrap();
    for n in 0..100 {
        assert_eq!(with_timeout(session.incoming.recv()).await.unwrap().arguments, vec![json!(n)].into());
    }
}

/// Checklist 10.
#[tokio::test]
async fn rejected_token_is_a_state_and_retry_now_uses_a_new_one() {
    let (_, _, url) = hub_at(TestService::new()).await;
    let token = Token::new("bad");
    let dialer = std::sync::Arc::new(flux_signalr::client::TcpDialer::new(None));
    let mut client = flux_signalr::client::Client::new(options(&url), dialer, token.clone(), Box::new(|_| 0));
    let reconnect = client.reconnect_handle();
    assert_eq!(
        with_timeout(wait_for_state(&mut client, |state| *state != State::Connecting)).await,
        State::Rejected { status: 401 }
    );
    token.replace("good");
    reconnect.retry_now();
    let _session = session(&mut client).await;
    assert_eq!(*client.states().borrow(), State::Connected);
}

/// Checklist 10.
#[tokio::test]
async fn token_rejected_only_at_the_upgrade_is_reported() {
    let service = TestService { authentications_left: 1.into(), ..TestService::new() };
    let (_, service, url) = hub_at(service).await;
    let mut client = eager_client(options(&url), "good");
    assert_eq!(
        with_timeout(wait_for_state(&mut client, |state| *state != State::Connecting)).await,
        State::Rejected { status: 401 }
    );
    assert_eq!(service.authentications_left.load(Ordering::SeqCst), 0);
}

/// Checklist 11, 37.
#[tokio::test]
async fn revoked_token_ends_the_session_and_is_then_rejected() {
    let (_, service, url) = hub_at(TestService::new()).await;
    let mut options = options(&url);
    options.no_reconnect_retry = Duration::from_millis(1);
    let mut client = eager_client(options, "good");
    let session = session(&mut client).await;
    service.tokens.lock().unwrap().clear();
    with_timeout(service.connection(1)).await.close(Some("token_revoked: regenerated".to_owned()), false);
    let ended = with_timeout(session.connection.closed()).await;
    assert_eq!((ended.class, ended.allow_reconnect), (ErrorClass::ServerClose, false));
    assert_eq!(ended.text, "token_revoked: regenerated");
    let state = with_timeout(wait_for_state(&mut client, |state| matches!(state, State::Rejected { .. }))).await;
    assert_eq!(state, State::Rejected { status: 401 });
}

#[tokio::test]
async fn close_from_within_a_call_sends_its_answer_first() {
    let (_, service, url) = hub_at(TestService::new()).await;
    let session = session(&mut eager_client(options(&url), "good")).await;
    let answer = session.connection.invoke("Leave", vec![], TEST_TIMEOUT).await;
    assert_eq!(answer, Err(CallError::Refused("leaving".to_owned())));
    assert_eq!(with_timeout(session.connection.closed()).await.text, "token_revoked: bye");
    with_timeout(service.logged("disconnected")).await;
}

/// Checklist 5, 41.
#[tokio::test]
async fn redirect_uses_its_token_and_reconnect_starts_over() {
    let (_, service, target) = hub_at(TestService::new()).await;
    let answer = json!({"url": target, "accessToken": "other"}).to_string();
    let (front, _sockets, router) =
        script(move |_, _| Some(axum::response::IntoResponse::into_response(answer.clone())));
    let mut client = eager_client(options(&format!("http://{}/hub", serve(router).await)), "good");
    for n in 1..=2 {
        let session = session(&mut client).await;
        with_timeout(service.connection(n)).await.close(None, true);
        with_timeout(session.connection.closed()).await;
    }
    front.seen(|seen| {
        assert_eq!(seen.len(), 2);
        assert!(seen.iter().all(|request| request.headers["authorization"] == "Bearer good"));
    });
}

/// Checklist 38.
#[tokio::test]
async fn stop_flushes_the_queue_and_ends_both_sides() {
    let (hub, service, url) = hub_at(TestService::new()).await;
    let session = session(&mut eager_client(options(&url), "good")).await;
    for n in 0..20 {
        session.connection.send("Echo", vec![json!(n)]).await.unwrap();
    }
    with_timeout(session.connection.stop()).await;
    with_timeout(service.logged("disconnected")).await;
    assert!(service.connection(1).await.is_closed());
    assert_eq!(session.connection.closed().await.class, ErrorClass::Stopped);
    assert_eq!(session.connection.invoke("Echo", vec![], TEST_TIMEOUT).await, Err(CallError::Closed));
    assert_eq!(session.connection.send("Echo", vec![]).await, Err(CallError::Closed));
    with_timeout(async {
        while hub.connections() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn dropping_the_last_handle_ends_the_session() {
    let (_, service, url) = hub_at(TestService::new()).await;
    let session = session(&mut eager_client(options(&url), "good")).await;
    let clone = session.connection.clone();
    drop(session.connection);
    assert_eq!(clone.invoke("Void", vec![], TEST_TIMEOUT).await, Ok(Value::Null));
    drop(clone);
    with_timeout(service.logged("disconnected")).await;
}

/// Checklist 50.
#[tokio::test]
async fn shutdown_closes_clients_and_refuses_new_ones() {
    let (hub, _, url) = hub_at(TestService::new()).await;
    let mut client = eager_client(options(&url), "good");
    let session = session(&mut client).await;
    assert_eq!(hub.connections(), 1);
    with_timeout(hub.shutdown()).await;
    assert_eq!(hub.connections(), 0);
    let ended = with_timeout(session.connection.closed()).await;
    assert_eq!((ended.class, ended.allow_reconnect), (ErrorClass::ServerClose, true));
    let refused = |state: &State| matches!(state, State::Reconnecting { class: ErrorClass::HttpStatus, .. });
    let State::Reconnecting { delay, .. } = with_timeout(wait_for_state(&mut client, refused)).await else {
        unreachable!()
    };
    assert!(delay > Duration::from_secs(4), "Retry-After of the hub's 503 is obeyed: {delay:?}");
}
