//! The server faults that break published clients (README.md). Faults at every byte are in `client_boundaries.rs`;
//! merged handshakes, redirect loops, Close and silence are tested with their requirements.

use std::time::Duration;

use flux_signalr::client::{CallError, Client, ErrorClass, Session, SessionEnd};
use serde_json::json;
use tokio::{
    io::AsyncWriteExt,
    net::TcpListener,
    time::{Instant, advance, sleep},
};

use crate::{
    harness::{Pipes, TEST_TIMEOUT, eager_client, options, patient_client, with_timeout},
    scripted_server::{ServerSocket, Sockets, negotiated, plain},
    wire_faults::{answer, frame, read_frame, read_head, upgraded},
};

async fn connect(client: &mut Client, sockets: &mut Sockets) -> (Session, ServerSocket) {
    tokio::join!(client.next_session(), sockets.accept_ready())
}

/// A session on pipes, with a paused clock.
async fn paused() -> (Session, ServerSocket) {
    let (_, mut sockets, router) = plain();
    connect(&mut patient_client(options("http://hub/hub"), Pipes::serve(router)), &mut sockets).await
}

async fn targets(session: &mut Session) -> Vec<String> {
    let mut targets = Vec::new();
    while let Some(call) = session.incoming.recv().await {
        targets.push(call.target);
    }
    targets
}

/// Checklist 22.
#[tokio::test(start_paused = true)]
async fn bad_record_between_good_ones_ends_the_session() {
    for bad in ["nonsense", "", "{}", "[1]", r#"{"type":1,"target":"T"}"#, r#"{"type":3,"invocationId":7}"#] {
        let (mut session, mut peer) = paused().await;
        let good = |target| format!("{{\"type\":1,\"target\":\"{target}\",\"arguments\":[]}}\x1e");
        peer.send_text(&format!("{}{bad}\x1e{}", good("Before"), good("After"))).await;
        assert_eq!(targets(&mut session).await, ["Before"], "{bad:?}");
        let SessionEnd { class, allow_reconnect, .. } = session.connection.closed().await;
        assert_eq!((class, allow_reconnect), (ErrorClass::Protocol, true), "{bad:?}");
    }
}

/// Checklist 26.
#[tokio::test(start_paused = true)]
async fn unknown_target_between_good_ones_loses_neither() {
    let (mut session, mut peer) = paused().await;
    for target in ["Before", "Unknown", "After"] {
        peer.send_record(json!({"type": 1, "target": target, "arguments": []})).await;
    }
    drop(peer);
    assert_eq!(targets(&mut session).await, ["Before", "Unknown", "After"]);
}

/// Checklist 18.
#[tokio::test(start_paused = true)]
async fn client_reads_json_in_binary_frames_but_not_messagepack() {
    let (mut session, mut peer) = paused().await;
    peer.send_binary(b"{\"type\":1,\"target\":\"Binary\",\"argu").await;
    peer.send_text("ments\":[]}\x1e").await;
    assert!(session.incoming.recv().await.unwrap().is("Binary"));
    peer.send_binary(b"\x02\x91\x06\x1e").await;
    assert_eq!(session.connection.closed().await.class, ErrorClass::Protocol);
}

/// Checklist 31, 34.
#[tokio::test(start_paused = true)]
async fn calls_to_a_server_that_only_pings_time_out() {
    let (session, mut peer) = paused().await;
    let start = Instant::now();
    let ping = async {
        loop {
            sleep(Duration::from_secs(15)).await;
            peer.send_record(json!({"type": 6})).await;
        }
    };
    let deadline = Duration::from_secs(600);
    let answer = tokio::select! { biased;
        answer = session.connection.invoke("Never", vec![], deadline) => answer,
        () = ping => unreachable!(),
    };
    assert_eq!((answer, start.elapsed()), (Err(CallError::TimedOut(deadline)), deadline));
}

/// Checklist 34.
#[tokio::test(start_paused = true)]
async fn frozen_server_is_dropped_after_30_s() {
    let (session, _peer) = paused().await;
    let start = Instant::now();
    // More than the connection buffers without a reader.
    let filler = json!("x".repeat(30 * 1024));
    let mut refused = None;
    while refused.is_none() {
        refused = session.connection.send("Fill", vec![filler.clone()]).await.err();
    }
    assert_eq!((refused, start.elapsed().as_secs()), (Some(CallError::Closed), 30));
    assert_eq!(session.connection.closed().await.class, ErrorClass::ServerTimeout);
}

/// Checklist 36.
#[tokio::test(start_paused = true)]
async fn client_notices_dead_server_after_a_clock_jump() {
    let (mut session, mut peer) = paused().await;
    peer.send_record(json!({"type": 1, "target": "Arrived", "arguments": []})).await;
    advance(Duration::from_secs(3600)).await;
    assert!(session.incoming.recv().await.unwrap().is("Arrived"), "the session lives, because data had arrived");
    advance(Duration::from_secs(3600)).await;
    let start = Instant::now();
    assert_eq!(session.connection.closed().await.class, ErrorClass::ServerTimeout);
    assert_eq!(start.elapsed(), Duration::ZERO);
}

/// Serves one session over TCP up to its second call, then resets the connection.
async fn reset_after_two_calls(listener: &TcpListener) {
    let (mut negotiation, _) = listener.accept().await.unwrap();
    read_head(&mut negotiation).await.unwrap();
    negotiation.write_all(&answer(&negotiated())).await.unwrap();
    let (mut stream, _) = listener.accept().await.unwrap();
    let head = read_head(&mut stream).await.unwrap();
    stream.write_all(&upgraded(&head)).await.unwrap();
    stream.write_all(&frame("{}\x1e", None)).await.unwrap();
    let mut calls = 0;
    while calls < 2 {
        calls += usize::from(read_frame(&mut stream).await.unwrap().starts_with(b"{\"type\":1"));
    }
    stream.set_zero_linger().unwrap();
}

/// Checklist 31, 39.
#[tokio::test]
async fn reset_resolves_pending_calls_and_a_new_session_follows() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut client = eager_client(options(&format!("http://{}/hub", listener.local_addr().unwrap())), "good");
    for _ in 0..2 {
        let talk = async {
            let session = client.next_session().await;
            let call = || session.connection.invoke("Never", vec![], TEST_TIMEOUT);
            tokio::join!(call(), call())
        };
        let (calls, ()) = with_timeout(async { tokio::join!(talk, reset_after_two_calls(&listener)) }).await;
        assert_eq!(calls, (Err(CallError::ConnectionLost), Err(CallError::ConnectionLost)));
    }
}
