//! The client's timers, with the clock under control.

use std::{sync::Arc, time::Duration};

use axum::response::IntoResponse;
use flux_signalr::client::{Client, ErrorClass, Session, State};
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::{
    net::{Pipes, options, patient, until},
    script::{Peer, Script, Sockets, plain, script, status},
};

const URL: &str = "http://hub/hub";

fn client(parts: (Arc<Script>, Sockets, axum::Router)) -> (Client, Arc<Script>, Sockets) {
    (patient(options(URL), Pipes::serve(parts.2)), parts.0, parts.1)
}

async fn connect(client: &mut Client, sockets: &mut Sockets) -> (Session, Peer) {
    tokio::join!(client.next_session(), sockets.ready())
}

/// How long the client takes to its next session.
async fn gap(client: &mut Client, sockets: &mut Sockets) -> (Duration, Session, Peer) {
    let start = Instant::now();
    let (session, peer) = connect(client, sockets).await;
    (start.elapsed(), session, peer)
}

#[tokio::test(start_paused = true)]
async fn points_32_and_33_the_first_ping_goes_out_at_once_and_the_next_after_15_s_of_own_silence() {
    let (mut client, _, mut sockets) = client(plain());
    let start = Instant::now();
    let (session, mut peer) = connect(&mut client, &mut sockets).await;
    assert_eq!(start.elapsed(), Duration::ZERO, "the first attempt and its ping come at once");
    sleep(Duration::from_secs(10)).await;
    session.connection.send("Busy", vec![]).await.unwrap();
    assert_eq!(peer.hear().await["target"], "Busy");
    assert_eq!(peer.hear().await, json!({"type": 6}));
    assert_eq!(start.elapsed().as_secs(), 25);
}

#[tokio::test(start_paused = true)]
async fn point_34_a_silent_server_is_given_up_after_30_s_and_one_that_pings_is_not() {
    let (mut client, _, mut sockets) = client(plain());
    let (session, mut peer) = connect(&mut client, &mut sockets).await;
    for _ in 0..10 {
        sleep(Duration::from_secs(29)).await;
        peer.say_record(json!({"type": 6})).await;
    }
    let start = Instant::now();
    let ended = session.connection.closed().await;
    assert_eq!((ended.class, start.elapsed().as_secs()), (ErrorClass::ServerTimeout, 30));
    assert_eq!(ended.lasted.as_secs(), 320);
}

#[tokio::test(start_paused = true)]
async fn point_27_a_full_queue_pauses_reading_but_neither_pings_nor_the_session_suffer() {
    let (_, mut sockets, router) = plain();
    let mut options = options(URL);
    options.max_queued_incoming = 1;
    let mut client = patient(options, Pipes::serve(router));
    let (mut session, mut peer) = connect(&mut client, &mut sockets).await;
    for n in 0..3 {
        peer.say_record(json!({"type": 1, "target": "Push", "arguments": [n]})).await;
    }
    for _ in 0..20 {
        assert_eq!(peer.hear().await, json!({"type": 6}));
    }
    for n in 0..3 {
        assert_eq!(session.incoming.recv().await.unwrap().arguments, [json!(n)]);
    }
}

#[tokio::test(start_paused = true)]
async fn point_27_an_answer_that_never_comes_becomes_an_error_after_its_time() {
    let (mut client, _, mut sockets) = client(plain());
    let (mut session, mut peer) = connect(&mut client, &mut sockets).await;
    peer.say_record(json!({"type": 1, "invocationId": "x", "target": "Ask", "arguments": []})).await;
    let _reply = session.incoming.recv().await.unwrap().reply.unwrap();
    let mut answer = peer.hear().await;
    while answer == json!({"type": 6}) {
        peer.say_record(json!({"type": 6})).await;
        answer = peer.hear().await;
    }
    assert!(answer["error"].is_string());
}

#[tokio::test(start_paused = true)]
async fn point_40_the_backoff_grows_over_short_sessions_and_starts_over_after_one_that_lasted() {
    let (mut client, _, mut sockets) = client(plain());
    let (mut session, mut peer) = connect(&mut client, &mut sockets).await;
    for seconds in [0.5, 1.0, 2.0, 4.0] {
        drop(peer);
        session.connection.closed().await;
        let (waited, next, next_peer) = gap(&mut client, &mut sockets).await;
        assert_eq!(waited.as_millis(), (seconds * 1000.0) as u128);
        (session, peer) = (next, next_peer);
    }
    sleep(Duration::from_secs(29)).await;
    peer.say_record(json!({"type": 6})).await;
    sleep(Duration::from_secs(2)).await;
    drop(peer);
    session.connection.closed().await;
    assert_eq!(gap(&mut client, &mut sockets).await.0, Duration::from_millis(500));
}

#[tokio::test(start_paused = true)]
async fn point_37_a_close_that_allows_no_reconnect_is_followed_by_a_slow_retry_not_by_none() {
    let (mut client, _, mut sockets) = client(plain());
    let (session, mut peer) = connect(&mut client, &mut sockets).await;
    peer.say_record(json!({"type": 7})).await;
    drop(peer);
    session.connection.closed().await;
    assert_eq!(gap(&mut client, &mut sockets).await.0, Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn hold_off_delays_the_next_attempt_and_a_nudge_cuts_it_short() {
    let (mut client, _, mut sockets) = client(plain());
    for is_cut_short in [false, true] {
        let (session, peer) = connect(&mut client, &mut sockets).await;
        drop(peer);
        session.connection.closed().await;
        client.hold_off(Duration::from_secs(120));
        let reconnect = client.reconnect_handle();
        let start = Instant::now();
        let nudging = async {
            if is_cut_short {
                sleep(Duration::from_secs(7)).await;
                reconnect.retry_now();
            }
        };
        let ((session, peer), ()) = tokio::join!(connect(&mut client, &mut sockets), nudging);
        assert_eq!(start.elapsed().as_secs(), if is_cut_short { 7 } else { 120 });
        drop(peer);
        session.connection.closed().await;
    }
}

#[tokio::test(start_paused = true)]
async fn point_10_retry_after_is_obeyed_on_429_and_503_up_to_its_cap() {
    for (code, header, seconds) in [(503, "40", 40), (429, "7", 7), (503, "99999999", 3600), (503, "soon", 0)] {
        let answer = move || (status(code), [("retry-after", header)]);
        let (mut client, _, _sockets) = client(script(move |_, _| {
            let (response, headers) = answer();
            Some((headers, response?).into_response())
        }));
        let state = until(&mut client, |state| *state != State::Connecting).await;
        let State::Reconnecting { delay, class, attempt, .. } = state else { panic!("{state:?}") };
        assert_eq!((delay.as_secs(), class, attempt), (seconds, ErrorClass::HttpStatus, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn point_10_a_rejected_credential_is_tried_again_every_minute() {
    let (mut client, script, mut sockets) = client(script(|_, n| if n < 3 { status(403) } else { None }));
    let mut states = client.states();
    let (waited, _session, _peer) = gap(&mut client, &mut sockets).await;
    assert_eq!(waited, Duration::from_secs(180));
    assert_eq!(script.seen(|seen| seen.len()), 5);
    assert_eq!(*states.borrow_and_update(), State::Connected);
}

#[tokio::test(start_paused = true)]
async fn point_16_a_server_that_never_answers_the_handshake_is_given_up_after_15_s() {
    let (mut client, _, mut sockets) = client(plain());
    let start = Instant::now();
    let state = tokio::select! { biased;
        state = until(&mut client, |state| *state != State::Connecting) => state,
        () = async { let _peer = sockets.greeted().await; std::future::pending().await } => unreachable!(),
    };
    assert!(matches!(state, State::Reconnecting { class: ErrorClass::Network, .. }), "{state:?}");
    assert_eq!(start.elapsed().as_secs(), 15);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_was_dropped_goes_on_where_it_was() {
    let (mut client, _, mut sockets) = client(plain());
    let (session, peer) = connect(&mut client, &mut sockets).await;
    client.hold_off(Duration::from_secs(100));
    drop(peer);
    session.connection.closed().await;
    let start = Instant::now();
    for _ in 0..3 {
        assert!(tokio::time::timeout(Duration::from_secs(30), client.next_session()).await.is_err());
    }
    connect(&mut client, &mut sockets).await;
    assert_eq!(start.elapsed().as_secs(), 100);
}
