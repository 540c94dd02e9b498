//! Calls in both directions, against a scripted server.

use std::time::Duration;

use flux_signalr::client::{CallError, ClientOptions, ErrorClass, Session, SessionEnd};
use serde_json::{Value, json};

use crate::{
    harness::{TEST_TIMEOUT, eager_client, options, serve, with_timeout},
    scripted_server::{ServerSocket, plain},
};

/// A client and its scripted server.
async fn pair_with(change: impl FnOnce(&mut ClientOptions)) -> (Session, ServerSocket) {
    let (_, mut sockets, router) = plain();
    let mut options = options(&format!("http://{}/hub", serve(router).await));
    change(&mut options);
    let mut client = eager_client(options, "good");
    with_timeout(async { tokio::join!(client.next_session(), sockets.accept_ready()) }).await
}

async fn pair() -> (Session, ServerSocket) {
    pair_with(|_| {}).await
}

async fn ended(session: &Session) -> SessionEnd {
    with_timeout(session.connection.closed()).await
}

/// Checklist 23, 25, 28.
#[tokio::test]
async fn completions_in_any_order_reach_their_calls() {
    let (session, mut peer) = pair().await;
    let call = |target| session.connection.invoke(target, vec![], TEST_TIMEOUT);
    let server = async {
        assert_eq!(peer.next_record().await, json!({"type": 1, "invocationId": "1", "target": "A", "arguments": []}));
        assert_eq!(peer.next_record().await["invocationId"], "2");
        assert_eq!(peer.next_record().await["invocationId"], "3");
        peer.send_record(json!({"type": 3, "invocationId": "unknown", "result": 0})).await;
        peer.send_record(json!({"type": 3, "invocationId": "2", "result": null})).await;
        peer.send_record(json!({"type": 3, "invocationId": "3"})).await;
        peer.send_record(json!({"type": 3, "invocationId": "1", "result": [1]})).await;
    };
    let (a, b, c, ()) = with_timeout(async { tokio::join!(call("A"), call("B"), call("C"), server) }).await;
    assert_eq!((a, b, c), (Ok(json!([1])), Ok(Value::Null), Ok(Value::Null)));
}

/// Checklist 31, 39.
#[tokio::test]
async fn dropped_connection_resolves_every_pending_call() {
    let (session, mut peer) = pair().await;
    let call = || session.connection.invoke("Never", vec![], Duration::from_secs(3600));
    let drop_it = async {
        peer.next_record().await;
        peer.next_record().await;
        drop(peer);
    };
    let (a, b, ()) = with_timeout(async { tokio::join!(call(), call(), drop_it) }).await;
    assert_eq!((a, b), (Err(CallError::ConnectionLost), Err(CallError::ConnectionLost)));
    let ended = ended(&session).await;
    assert!(ended.allow_reconnect && ended.class != ErrorClass::ServerClose, "{ended:?}");
}

/// Checklist 31.
#[tokio::test]
async fn call_times_out_and_late_answer_is_harmless() {
    let (session, mut peer) = pair().await;
    let deadline = Duration::from_millis(20);
    assert_eq!(session.connection.invoke("Slow", vec![], deadline).await, Err(CallError::TimedOut(deadline)));
    assert_eq!(with_timeout(peer.next_record()).await["target"], "Slow");
    peer.send_record(json!({"type": 3, "invocationId": "1", "result": 1})).await;
    let server = async {
        assert_eq!(peer.next_record().await["invocationId"], "2");
        peer.send_record(json!({"type": 3, "invocationId": "2", "result": 2})).await;
    };
    let (answer, ()) =
        with_timeout(async { tokio::join!(session.connection.invoke("Next", vec![], TEST_TIMEOUT), server) }).await;
    assert_eq!(answer, Ok(json!(2)));
}

/// Checklist 19.
#[tokio::test]
async fn oversized_send_fails_locally_and_session_stays() {
    let (session, mut peer) = pair().await;
    let large = || vec![json!("x".repeat(33 * 1024))];
    let error = session.connection.invoke("Report", large(), TEST_TIMEOUT).await.unwrap_err();
    assert!(matches!(error, CallError::TooLarge { limit_bytes: 32_768, .. }));
    let error = session.connection.send("Report", large()).await.unwrap_err();
    assert!(matches!(error, CallError::TooLarge { size_bytes: 33_793.., limit_bytes: 32_768 }));
    session.connection.send("Small", vec![]).await.unwrap();
    assert_eq!(with_timeout(peer.next_record()).await["target"], "Small");
}

/// Checklist 19, 22.
#[tokio::test]
async fn client_leaves_server_that_sends_too_much_or_nonsense() {
    let (session, mut peer) = pair_with(|options| options.max_receive_bytes = 1000).await;
    peer.send_text(&" ".repeat(1001)).await;
    let end = ended(&session).await;
    assert_eq!((end.class, end.allow_reconnect), (ErrorClass::Protocol, true));

    let (session, mut peer) = pair_with(|options| options.max_receive_bytes = 1000).await;
    peer.send_text(&" ".repeat(5000)).await;
    assert_eq!(ended(&session).await.class, ErrorClass::Protocol);

    let (session, mut peer) = pair().await;
    peer.send_text("\x1e").await;
    let end = ended(&session).await;
    assert_eq!((end.class, end.text.as_str()), (ErrorClass::Protocol, "the server sent an empty record"));
}

/// Checklist 21, 30.
#[tokio::test]
async fn client_ignores_unknown_messages() {
    let (mut session, mut peer) = pair().await;
    for kind in [8, 9, 10] {
        peer.send_record(json!({"type": kind, "sequenceId": 1})).await;
    }
    peer.send_record(json!({"type": 2, "invocationId": "x", "item": 1})).await;
    peer.send_record(json!({"type": 5, "invocationId": "x"})).await;
    peer.send_record(json!({"type": 1, "target": "After", "arguments": []})).await;
    assert!(with_timeout(session.incoming.recv()).await.unwrap().is("after"));
}

/// Checklist 27.
#[tokio::test]
async fn server_call_is_answered_exactly_once() {
    let (mut session, mut peer) = pair_with(|options| options.max_send_bytes = 1000).await;
    let mut take = async |peer: &mut ServerSocket, id: &str| {
        peer.send_record(json!({"type": 1, "invocationId": id, "target": "Ask", "arguments": [1]})).await;
        with_timeout(session.incoming.recv()).await.unwrap().reply.unwrap()
    };
    take(&mut peer, "ok").await.complete(Ok(json!({"a": 1})));
    assert_eq!(with_timeout(peer.next_record()).await, json!({"type": 3, "invocationId": "ok", "result": {"a": 1}}));
    take(&mut peer, "no").await.complete(Err("not now".to_owned()));
    assert_eq!(with_timeout(peer.next_record()).await, json!({"type": 3, "invocationId": "no", "error": "not now"}));
    drop(take(&mut peer, "dropped").await);
    assert!(with_timeout(peer.next_record()).await["error"].is_string());
    take(&mut peer, "large").await.complete(Ok(json!("x".repeat(2000))));
    assert!(with_timeout(peer.next_record()).await["error"].is_string());
    let last = take(&mut peer, "kept").await;
    drop(session.incoming);
    peer.send_record(json!({"type": 1, "invocationId": "nobody", "target": "Ask", "arguments": []})).await;
    let answer = with_timeout(peer.next_record()).await;
    assert!(answer["invocationId"] == "nobody" && answer["error"].is_string());
    drop(last);
}

/// Checklist 27.
#[tokio::test]
async fn panicking_handler_is_an_error_and_session_stays() {
    let (mut session, mut peer) = pair().await;
    for id in ["1", "2"] {
        peer.send_record(json!({"type": 1, "invocationId": id, "target": "Ask", "arguments": []})).await;
        let call = with_timeout(session.incoming.recv()).await.unwrap();
        let handler = tokio::spawn(async move {
            let _reply = call.reply;
            panic!("planted");
        });
        assert!(handler.await.is_err());
        let answer = with_timeout(peer.next_record()).await;
        assert!(answer["invocationId"] == id && answer["error"].is_string());
    }
}

/// Checklist 27.
#[tokio::test]
async fn server_calls_over_the_limit_get_an_error() {
    let (mut session, mut peer) = pair_with(|options| options.max_open_replies = 1).await;
    for id in ["first", "second"] {
        peer.send_record(json!({"type": 1, "invocationId": id, "target": "Ask", "arguments": []})).await;
    }
    let first = with_timeout(session.incoming.recv()).await.unwrap().reply.unwrap();
    let answer = with_timeout(peer.next_record()).await;
    assert!(answer["invocationId"] == "second" && answer["error"].is_string());
    first.complete(Ok(Value::Null));
    assert_eq!(with_timeout(peer.next_record()).await["invocationId"], "first");
}

/// Checklist 37.
#[tokio::test]
async fn close_message_text_is_kept() {
    for (close, text, allow_reconnect) in [
        (json!({"type": 7, "error": "moving", "allowReconnect": true}), "moving", true),
        (json!({"type": 7, "error": "token_revoked: x"}), "token_revoked: x", false),
        (json!({"type": 7}), "the server closed the session", false),
    ] {
        let (session, mut peer) = pair().await;
        peer.send_record(close).await;
        let watch = async { while peer.next_record().await != Value::Null {} };
        let (end, ()) = with_timeout(async { tokio::join!(session.connection.closed(), watch) }).await;
        assert_eq!((end.class, end.text.as_str()), (ErrorClass::ServerClose, text));
        assert_eq!(end.allow_reconnect, allow_reconnect);
    }
}

/// Checklist 38.
#[tokio::test]
async fn stop_sends_close_and_returns_without_an_answer() {
    let (session, mut peer) = pair_with(|options| options.stop_timeout = Duration::from_millis(50)).await;
    with_timeout(session.connection.stop()).await;
    assert_eq!(with_timeout(peer.next_record()).await, json!({"type": 7}));
}
