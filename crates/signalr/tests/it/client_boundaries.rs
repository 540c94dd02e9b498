//! Every fault at every byte that a server sends, from its negotiate response to the answer to a call: the client never
//! hangs, every call resolves, and a working session follows.

use std::{sync::Arc, time::Duration};

use flux_signalr::client::{CallError, Client, State};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncWriteExt, DuplexStream},
    sync::mpsc,
    time::Instant,
};

use crate::{
    harness::{Pipes, Token, options},
    scripted_server::negotiated,
    wire_faults::{FLIPS, Fault, FaultyWriter, answer, frame, read_frame, read_head, upgraded},
};

/// The handshake and a push in one frame, a push over two frames, and the answer to call 1.
const HANDSHAKE: &str = "{}\x1e{\"type\":1,\"target\":\"Push\",\"arguments\":[1]}\x1e";
const SECOND_PUSH: [&str; 2] = ["{\"type\":1,\"target\":\"Pu", "sh\",\"arguments\":[2]}\x1e"];
const COMPLETION: &str = "{\"type\":3,\"invocationId\":\"1\",\"result\":\"done\"}\x1e";

/// Serves one connection; false if the fault ended it.
async fn play(stream: &mut DuplexStream, writer: &mut FaultyWriter) -> bool {
    let Some(head) = read_head(stream).await else { return false };
    if head.starts_with("POST") {
        return writer.write(stream, &answer(&negotiated())).await;
    }
    let mut opening = upgraded(&head);
    opening.extend(frame(HANDSHAKE, None));
    opening.extend(SECOND_PUSH.iter().flat_map(|half| frame(half, None)));
    if !writer.write(stream, &opening).await {
        return false;
    }
    while let Some(content) = read_frame(stream).await {
        if content.starts_with(b"{\"type\":1") {
            return writer.write(stream, &frame(COMPLETION, None)).await;
        }
    }
    false
}

async fn serve(mut streams: mpsc::Receiver<DuplexStream>, mut writer: FaultyWriter) {
    let mut kept = Vec::new();
    while let Some(mut stream) = streams.recv().await {
        if play(&mut stream, &mut writer).await || writer.fault == Fault::Stall {
            kept.push(stream);
        }
    }
}

/// The number of bytes that the server sends in one exchange.
fn length() -> usize {
    let key = "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let frames = [HANDSHAKE, SECOND_PUSH[0], SECOND_PUSH[1], COMPLETION].map(|text| frame(text, None).len());
    answer(&negotiated()).len() + upgraded(key).len() + frames.iter().sum::<usize>()
}

/// One session as the application saw it: the pushes, and the outcome of its call.
type Observed = (Vec<Value>, Result<Value, CallError>);

/// Runs a client through the fault until a call is answered.
async fn run_with_fault(fault: Fault, at: usize) -> (Vec<Observed>, Duration) {
    let (pipes, streams) = Pipes::bare();
    tokio::spawn(serve(streams, FaultyWriter { fault, left: Some(at) }));
    let mut client = Client::new(options("http://hub/hub"), pipes, Token::new("good"), Box::new(|_| 0));
    let start = Instant::now();
    let mut seen: Vec<Observed> = Vec::new();
    while !matches!(seen.last(), Some((_, Ok(_)))) {
        assert!(seen.len() < 3, "{fault:?} at byte {at}: {seen:?}");
        let mut session = client.next_session().await;
        let call = session.connection.invoke("Ask", vec![], Duration::from_secs(3600)).await;
        let mut pushes = Vec::new();
        while let Ok(push) = session.incoming.try_recv() {
            pushes.extend(push.arguments.parse::<Vec<Value>>().unwrap());
        }
        seen.push((pushes, call));
    }
    (seen, start.elapsed())
}

fn complete() -> Observed {
    (vec![json!(1), json!(2)], Ok(json!("done")))
}

/// Checklist 31, 39, 41.
#[tokio::test(start_paused = true)]
async fn cut_at_any_byte_ends_calls_and_a_new_session_follows() {
    for at in 0..length() {
        let (mut seen, elapsed) = run_with_fault(Fault::Cut, at).await;
        assert_eq!((seen.pop(), elapsed), (Some(complete()), Duration::ZERO), "at byte {at}");
        for (pushes, call) in seen {
            assert_eq!(call, Err(CallError::ConnectionLost), "at byte {at}");
            assert!(complete().0.starts_with(&pushes), "at byte {at}: {pushes:?}");
        }
    }
}

/// Checklist 12, 16, 34.
#[tokio::test(start_paused = true)]
async fn server_stalled_at_any_byte_is_dropped_in_15_or_30_s() {
    for at in 0..length() {
        let (mut seen, elapsed) = run_with_fault(Fault::Stall, at).await;
        assert_eq!(seen.pop(), Some(complete()), "at byte {at}");
        let expected = if seen.is_empty() { 15 } else { 30 };
        assert_eq!(elapsed.as_secs(), expected, "at byte {at}");
        assert!(seen.iter().all(|(_, call)| *call == Err(CallError::ConnectionLost)), "at byte {at}");
    }
}

/// Checklist 15, 18.
#[tokio::test(start_paused = true)]
async fn server_bytes_split_anywhere_give_the_same_session() {
    for at in 0..length() {
        assert_eq!(run_with_fault(Fault::Split, at).await, (vec![complete()], Duration::from_secs(1)), "at byte {at}");
    }
}

/// Checklist 22.
#[tokio::test(start_paused = true)]
async fn any_flipped_byte_still_leads_to_a_session_within_90_s() {
    for fault in FLIPS {
        for at in 0..length() {
            let (_, elapsed) = run_with_fault(fault, at).await;
            assert!(elapsed <= Duration::from_secs(90), "{fault:?} at byte {at}: {elapsed:?}");
        }
    }
}

/// Checklist 10.
#[tokio::test(start_paused = true)]
async fn upgrade_401_split_anywhere_is_a_rejection() {
    const REJECTED: &[u8] = b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\nContent-Length: 0\r\n\r\n";
    for at in 0..REJECTED.len() {
        let (pipes, mut streams) = Pipes::bare();
        tokio::spawn(async move {
            let mut writer = FaultyWriter { fault: Fault::Split, left: Some(at) };
            let mut kept = Vec::new();
            while let Some(mut stream) = streams.recv().await {
                match read_head(&mut stream).await {
                    Some(head) if head.starts_with("POST") => {
                        stream.write_all(&answer(&negotiated())).await.unwrap();
                    }
                    _ => drop(writer.write(&mut stream, REJECTED).await),
                }
                kept.push(stream);
            }
        });
        let mut client = crate::harness::patient_client(options("http://hub/hub"), Arc::clone(&pipes));
        let state = crate::harness::wait_for_state(&mut client, |state| *state != State::Connecting).await;
        assert_eq!(state, State::Rejected { status: 401 }, "at byte {at}");
    }
}
