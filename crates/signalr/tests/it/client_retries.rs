//! The client's timers, with a paused clock.

use std::{sync::Arc, time::Duration};

use axum::response::IntoResponse;
use flux_signalr::client::{Client, Diagnosis, ErrorClass, Session, State};
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::{
    harness::{Pipes, options, patient_client, wait_for_state},
    scripted_server::{Script, ServerSocket, Sockets, plain, script, status},
};

const URL: &str = "http://hub/hub";

fn client(parts: (Arc<Script>, Sockets, axum::Router)) -> (Client, Arc<Script>, Sockets) {
    (patient_client(options(URL), Pipes::serve(parts.2)), parts.0, parts.1)
}

async fn connect(client: &mut Client, sockets: &mut Sockets) -> (Session, ServerSocket) {
    tokio::join!(client.next_session(), sockets.accept_ready())
}

/// The time until the client's next session.
async fn gap(client: &mut Client, sockets: &mut Sockets) -> (Duration, Session, ServerSocket) {
    let start = Instant::now();
    let (session, peer) = connect(client, sockets).await;
    (start.elapsed(), session, peer)
}

/// Checklist 32, 33.
#[tokio::test(start_paused = true)]
async fn client_pings_at_once_then_after_15_s_of_own_silence() {
    let (mut client, _, mut sockets) = client(plain());
    let start = Instant::now();
    let (session, mut peer) = connect(&mut client, &mut sockets).await;
    assert_eq!(start.elapsed(), Duration::ZERO, "the first attempt and its ping come at once");
    sleep(Duration::from_secs(10)).await;
    session.connection.send("Busy", vec![]).await.unwrap();
    assert_eq!(peer.next_record().await["target"], "Busy");
    assert_eq!(peer.next_record().await, json!({"type": 6}));
    assert_eq!(start.elapsed().as_secs(), 25);
}

/// Checklist 34.
#[tokio::test(start_paused = true)]
async fn silent_server_is_dropped_after_30_s_pinging_one_is_kept() {
    let (mut client, _, mut sockets) = client(plain());
    let (session, mut peer) = connect(&mut client, &mut sockets).await;
    for _ in 0..10 {
        sleep(Duration::from_secs(29)).await;
        peer.send_record(json!({"type": 6})).await;
    }
    let start = Instant::now();
    let ended = session.connection.closed().await;
    assert_eq!((ended.class, start.elapsed().as_secs()), (ErrorClass::ServerTimeout, 30));
    assert_eq!(ended.lasted.as_secs(), 320);
}

/// Checklist 27.
#[tokio::test(start_paused = true)]
async fn full_queue_pauses_reading_but_not_pings() {
    let (_, mut sockets, router) = plain();
    let mut options = options(URL);
    options.max_queued_incoming = 1;
    let mut client = patient_client(options, Pipes::serve(router));
    let (mut session, mut peer) = connect(&mut client, &mut sockets).await;
    for n in 0..3 {
        peer.send_record(json!({"type": 1, "target": "Push", "arguments": [n]})).await;
    }
    for _ in 0..20 {
        assert_eq!(peer.next_record().await, json!({"type": 6}));
    }
    for n in 0..3 {
        assert_eq!(session.incoming.recv().await.unwrap().arguments, vec![json!(n)].into());
    }
}

/// Checklist 27.
#[tokio::test(start_paused = true)]
async fn missing_reply_becomes_an_error_after_its_timeout() {
    let (mut client, _, mut sockets) = client(plain());
    let (mut session, mut peer) = connect(&mut client, &mut sockets).await;
    peer.send_record(json!({"type": 1, "invocationId": "x", "target": "Ask", "arguments": []})).await;
    let _reply = session.incoming.recv().await.unwrap().reply.unwrap();
    let mut answer = peer.next_record().await;
    while answer == json!({"type": 6}) {
        peer.send_record(json!({"type": 6})).await;
        answer = peer.next_record().await;
    }
    assert!(answer["error"].is_string());
}

/// Checklist 40.
#[tokio::test(start_paused = true)]
async fn backoff_grows_and_resets_after_a_lasting_session() {
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
    peer.send_record(json!({"type": 6})).await;
    sleep(Duration::from_secs(2)).await;
    drop(peer);
    session.connection.closed().await;
    assert_eq!(gap(&mut client, &mut sockets).await.0, Duration::from_millis(500));
}

/// Checklist 37.
#[tokio::test(start_paused = true)]
async fn close_without_reconnect_is_retried_slowly() {
    let (mut client, _, mut sockets) = client(plain());
    let (session, mut peer) = connect(&mut client, &mut sockets).await;
    peer.send_record(json!({"type": 7})).await;
    drop(peer);
    session.connection.closed().await;
    assert_eq!(gap(&mut client, &mut sockets).await.0, Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn hold_off_delays_retry_and_handle_cuts_it_short() {
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

/// Checklist 10.
#[tokio::test(start_paused = true)]
async fn retry_after_is_obeyed_on_429_and_503_up_to_its_cap() {
    let date = "Fri, 27 Nov 2026 10:00:00 GMT";
    for (code, header, seconds) in [
        (503, "40", 40),
        (429, "7", 7),
        (503, "99999999", 3600),
        (503, "with_timeout", 0),
        (503, "Fri, 27 Nov 2026 10:00:25 GMT", 25),
        (503, "Fri, 27 Nov 2026 12:00:00 GMT", 3600),
    ] {
        let answer = move || (status(code), [("retry-after", header), ("date", date)]);
        let (mut client, _, _sockets) = client(script(move |_, _| {
            let (response, headers) = answer();
            Some((headers, response?).into_response())
        }));
        let state = wait_for_state(&mut client, |state| *state != State::Connecting).await;
        let State::Reconnecting { delay, class, attempt, .. } = state else { panic!("{state:?}") };
        assert_eq!((delay.as_secs(), class, attempt), (seconds, ErrorClass::HttpStatus, 1));
    }
}

/// Checklist 10.
#[tokio::test(start_paused = true)]
async fn cap_of_retry_after_can_change_while_it_retries() {
    let (mut client, _, _sockets) =
        client(script(|_, _| Some((http::StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "3600")]).into_response())));
    client.set_max_retry_after(Duration::from_secs(60));
    let state = wait_for_state(&mut client, |state| *state != State::Connecting).await;
    let State::Reconnecting { delay, .. } = state else { panic!("{state:?}") };
    assert_eq!(delay.as_secs(), 60);
}

/// Checklist 10.
#[tokio::test(start_paused = true)]
async fn rejected_credential_is_retried_every_minute() {
    let rejection = || ([("www-authenticate", "Bearer")], http::StatusCode::UNAUTHORIZED.into_response());
    let (mut client, script, mut sockets) = client(script(move |_, n| (n < 3).then(|| rejection().into_response())));
    let mut states = client.states();
    let (waited, _session, _peer) = gap(&mut client, &mut sockets).await;
    assert_eq!(waited, Duration::from_secs(180));
    assert_eq!(script.seen(|seen| seen.len()), 5);
    assert_eq!(*states.borrow_and_update(), State::Connected);
}

/// Checklist 10.
#[tokio::test(start_paused = true)]
async fn refusal_of_a_proxy_is_no_rejected_credential() {
    for code in [401, 403] {
        let basic = move || (status(code), [("www-authenticate", "Basic realm=\"x\"")]);
        let (mut client, _, _sockets) = client(script(move |_, _| {
            let (response, headers) = basic();
            Some((headers, response?).into_response())
        }));
        let state = wait_for_state(&mut client, |state| *state != State::Connecting).await;
        let State::Reconnecting { diagnosis, class, .. } = state else { panic!("{state:?}") };
        assert_eq!((diagnosis, class), (Some(Diagnosis::Intermediary), ErrorClass::HttpStatus));
    }
}

/// Checklist 16.
#[tokio::test(start_paused = true)]
async fn unanswered_handshake_is_dropped_after_15_s() {
    let (mut client, _, mut sockets) = client(plain());
    let start = Instant::now();
    let state = tokio::select! { biased;
        state = wait_for_state(&mut client, |state| *state != State::Connecting) => state,
        () = async { let _peer = sockets.accept().await; std::future::pending().await } => unreachable!(),
    };
    assert!(matches!(state, State::Reconnecting { class: ErrorClass::Network, .. }), "{state:?}");
    assert_eq!(start.elapsed().as_secs(), 15);
}

#[tokio::test(start_paused = true)]
async fn cancelled_wait_resumes_where_it_stopped() {
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
