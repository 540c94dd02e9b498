//! Calls in both directions, against a scripted server.

use std::time::Duration;

use flux_signalr::client::{CallError, ClientOptions, ErrorClass, Session, SessionEnd};
use serde_json::{Value, json};

use crate::{
    net::{SOON, eager, options, serve, soon},
    script::{Peer, plain},
};

async fn pair_with(change: impl FnOnce(&mut ClientOptions)) -> (Session, Peer) {
    let (_, mut sockets, router) = plain();
    let mut options = options(&format!("http://{}/hub", serve(router).await));
    change(&mut options);
    let mut client = eager(options, "good");
    soon(async { tokio::join!(client.next_session(), sockets.ready()) }).await
}

async fn pair() -> (Session, Peer) {
    pair_with(|_| {}).await
}

async fn ended(session: &Session) -> SessionEnd {
    soon(session.connection.closed()).await
}

#[tokio::test]
async fn points_23_25_and_28_ids_count_up_and_completions_find_their_call_in_any_order() {
    let (session, mut peer) = pair().await;
    let call = |target| session.connection.invoke(target, vec![], SOON);
    let server = async {
        assert_eq!(peer.hear().await, json!({"type": 1, "invocationId": "1", "target": "A", "arguments": []}));
        assert_eq!(peer.hear().await["invocationId"], "2");
        assert_eq!(peer.hear().await["invocationId"], "3");
        peer.say_record(json!({"type": 3, "invocationId": "unknown", "result": 0})).await;
        peer.say_record(json!({"type": 3, "invocationId": "2", "result": null})).await;
        peer.say_record(json!({"type": 3, "invocationId": "3"})).await;
        peer.say_record(json!({"type": 3, "invocationId": "1", "result": [1]})).await;
    };
    let (a, b, c, ()) = soon(async { tokio::join!(call("A"), call("B"), call("C"), server) }).await;
    assert_eq!((a, b, c), (Ok(json!([1])), Ok(Value::Null), Ok(Value::Null)));
}

#[tokio::test]
async fn points_31_and_39_every_pending_call_resolves_when_the_connection_drops_without_a_word() {
    let (session, mut peer) = pair().await;
    let call = || session.connection.invoke("Never", vec![], Duration::from_secs(3600));
    let drop_it = async {
        peer.hear().await;
        peer.hear().await;
        drop(peer);
    };
    let (a, b, ()) = soon(async { tokio::join!(call(), call(), drop_it) }).await;
    assert_eq!((a, b), (Err(CallError::ConnectionLost), Err(CallError::ConnectionLost)));
    let ended = ended(&session).await;
    assert!(ended.allow_reconnect && ended.class != ErrorClass::ServerClose, "{ended:?}");
}

#[tokio::test]
async fn point_31_a_call_gives_up_at_its_deadline_and_a_late_answer_harms_nothing() {
    let (session, mut peer) = pair().await;
    let deadline = Duration::from_millis(20);
    assert_eq!(session.connection.invoke("Slow", vec![], deadline).await, Err(CallError::TimedOut(deadline)));
    assert_eq!(soon(peer.hear()).await["target"], "Slow");
    peer.say_record(json!({"type": 3, "invocationId": "1", "result": 1})).await;
    let server = async {
        assert_eq!(peer.hear().await["invocationId"], "2");
        peer.say_record(json!({"type": 3, "invocationId": "2", "result": 2})).await;
    };
    let (answer, ()) = soon(async { tokio::join!(session.connection.invoke("Next", vec![], SOON), server) }).await;
    assert_eq!(answer, Ok(json!(2)));
}

#[tokio::test]
async fn point_19_a_message_that_the_server_would_not_take_fails_here_and_the_session_stays() {
    let (session, mut peer) = pair().await;
    let large = || vec![json!("x".repeat(33 * 1024))];
    let error = session.connection.invoke("Report", large(), SOON).await.unwrap_err();
    assert!(matches!(error, CallError::TooLarge { limit_bytes: 32_768, .. }));
    let error = session.connection.send("Report", large()).await.unwrap_err();
    assert!(matches!(error, CallError::TooLarge { size_bytes: 33_793.., limit_bytes: 32_768 }));
    session.connection.send("Small", vec![]).await.unwrap();
    assert_eq!(soon(peer.hear()).await["target"], "Small");
}

#[tokio::test]
async fn points_19_and_22_a_server_that_sends_too_much_or_nonsense_is_left() {
    let (session, mut peer) = pair_with(|options| options.max_receive_bytes = 1000).await;
    peer.say(&" ".repeat(1001)).await;
    let end = ended(&session).await;
    assert_eq!((end.class, end.allow_reconnect), (ErrorClass::Protocol, true));

    let (session, mut peer) = pair_with(|options| options.max_receive_bytes = 1000).await;
    peer.say(&" ".repeat(5000)).await;
    assert_eq!(ended(&session).await.class, ErrorClass::Protocol);

    let (session, mut peer) = pair().await;
    peer.say("\x1e").await;
    let end = ended(&session).await;
    assert_eq!((end.class, end.text.as_str()), (ErrorClass::Protocol, "the server sent an empty record"));
}

#[tokio::test]
async fn points_21_and_30_what_is_unknown_is_ignored() {
    let (mut session, mut peer) = pair().await;
    for kind in [8, 9, 10] {
        peer.say_record(json!({"type": kind, "sequenceId": 1})).await;
    }
    peer.say_record(json!({"type": 2, "invocationId": "x", "item": 1})).await;
    peer.say_record(json!({"type": 5, "invocationId": "x"})).await;
    peer.say_record(json!({"type": 1, "target": "After", "arguments": []})).await;
    assert!(soon(session.incoming.recv()).await.unwrap().is("after"));
}

#[tokio::test]
async fn point_27_a_call_of_the_server_is_answered_once_whatever_the_application_does() {
    let (mut session, mut peer) = pair_with(|options| options.max_send_bytes = 1000).await;
    let mut take = async |peer: &mut Peer, id: &str| {
        peer.say_record(json!({"type": 1, "invocationId": id, "target": "Ask", "arguments": [1]})).await;
        soon(session.incoming.recv()).await.unwrap().reply.unwrap()
    };
    take(&mut peer, "ok").await.complete(Ok(json!({"a": 1})));
    assert_eq!(soon(peer.hear()).await, json!({"type": 3, "invocationId": "ok", "result": {"a": 1}}));
    take(&mut peer, "no").await.complete(Err("not now".to_owned()));
    assert_eq!(soon(peer.hear()).await, json!({"type": 3, "invocationId": "no", "error": "not now"}));
    drop(take(&mut peer, "dropped").await);
    assert!(soon(peer.hear()).await["error"].is_string());
    take(&mut peer, "large").await.complete(Ok(json!("x".repeat(2000))));
    assert!(soon(peer.hear()).await["error"].is_string());
    let last = take(&mut peer, "kept").await;
    drop(session.incoming);
    peer.say_record(json!({"type": 1, "invocationId": "nobody", "target": "Ask", "arguments": []})).await;
    let answer = soon(peer.hear()).await;
    assert!(answer["invocationId"] == "nobody" && answer["error"].is_string());
    drop(last);
}

#[tokio::test]
async fn point_27_a_handler_that_panics_is_an_error_for_the_server_and_the_session_stays() {
    let (mut session, mut peer) = pair().await;
    for id in ["1", "2"] {
        peer.say_record(json!({"type": 1, "invocationId": id, "target": "Ask", "arguments": []})).await;
        let call = soon(session.incoming.recv()).await.unwrap();
        let handler = tokio::spawn(async move {
            let _reply = call.reply;
            panic!("planted");
        });
        assert!(handler.await.is_err());
        let answer = soon(peer.hear()).await;
        assert!(answer["invocationId"] == id && answer["error"].is_string());
    }
}

#[tokio::test]
async fn point_27_more_open_calls_than_the_limit_get_an_error() {
    let (mut session, mut peer) = pair_with(|options| options.max_open_replies = 1).await;
    for id in ["first", "second"] {
        peer.say_record(json!({"type": 1, "invocationId": id, "target": "Ask", "arguments": []})).await;
    }
    let first = soon(session.incoming.recv()).await.unwrap().reply.unwrap();
    let answer = soon(peer.hear()).await;
    assert!(answer["invocationId"] == "second" && answer["error"].is_string());
    first.complete(Ok(Value::Null));
    assert_eq!(soon(peer.hear()).await["invocationId"], "first");
}

#[tokio::test]
async fn point_37_the_words_of_a_close_are_kept() {
    for (close, text, allow_reconnect) in [
        (json!({"type": 7, "error": "moving", "allowReconnect": true}), "moving", true),
        (json!({"type": 7, "error": "token_revoked: x"}), "token_revoked: x", false),
        (json!({"type": 7}), "the server ended the session", false),
    ] {
        let (session, mut peer) = pair().await;
        peer.say_record(close).await;
        let watch = async { while peer.hear().await != Value::Null {} };
        let (end, ()) = soon(async { tokio::join!(session.connection.closed(), watch) }).await;
        assert_eq!((end.class, end.text.as_str()), (ErrorClass::ServerClose, text));
        assert_eq!(end.allow_reconnect, allow_reconnect);
    }
}

#[tokio::test]
async fn point_38_stop_says_close_and_returns_even_if_the_server_never_answers() {
    let (session, mut peer) = pair_with(|options| options.stop_timeout = Duration::from_millis(50)).await;
    soon(session.connection.stop()).await;
    assert_eq!(soon(peer.hear()).await, json!({"type": 7}));
}
