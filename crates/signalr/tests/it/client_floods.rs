//! A server that sends as much as it can: the client's memory stays within its limits, and the session ends in words.

use std::time::Duration;

use flux_signalr::client::{CallError, Client, ClientOptions, ErrorClass, Session};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncWriteExt, DuplexStream},
    sync::mpsc,
    time::{Instant, timeout},
};

use crate::{
    harness::{Pipes, options, patient_client},
    scripted_server::{ServerSocket, negotiated, plain},
    wire_faults::{answer, frame, read_head, upgraded},
};

const URL: &str = "http://hub/hub";

/// A session on pipes, with a paused clock.
async fn paused(change: impl FnOnce(&mut ClientOptions)) -> (Session, ServerSocket) {
    let (_, mut sockets, router) = plain();
    let mut options = options(URL);
    change(&mut options);
    let mut client = patient_client(options, Pipes::serve(router));
    tokio::join!(client.next_session(), sockets.accept_ready())
}

/// A call whose argument has this many bytes.
fn push(target: &str, bytes: usize) -> String {
    format!("{{\"type\":1,\"target\":\"{target}\",\"arguments\":[\"{}\"]}}\x1e", "x".repeat(bytes))
}

/// Sends calls without end, and returns their number once the client has accepted nothing for a minute.
async fn flood(peer: &mut ServerSocket, bytes: usize) -> usize {
    let mut sent = 0;
    while timeout(Duration::from_secs(60), peer.send_text(&push("Push", bytes))).await.is_ok() {
        sent += 1;
    }
    sent
}

/// Checklist 27.
#[tokio::test(start_paused = true)]
async fn flood_before_an_answer_is_bounded_in_bytes() {
    const BUDGET_BYTES: usize = 1024 * 1024;
    for bytes in [10_000, 300_000, 2_000_000] {
        let (session, mut peer) = paused(|options| {
            options.max_queued_incoming_bytes = BUDGET_BYTES;
            options.server_timeout = Duration::from_secs(3600);
        })
        .await;
        let call = session.connection.invoke("Hello", vec![], Duration::from_secs(600));
        let (answer, sent) = tokio::join!(call, flood(&mut peer, bytes));
        assert_eq!(answer, Err(CallError::TimedOut(Duration::from_secs(600))), "the answer would be behind the calls");
        assert!(session.incoming.queued_bytes() <= BUDGET_BYTES);
        // One waits at the queue's end, and one in the connection's buffers.
        assert!(sent * bytes <= BUDGET_BYTES.max(bytes) + 3 * bytes + 200_000, "{sent} calls of {bytes} bytes");
    }
}

/// Checklist 27.
#[tokio::test(start_paused = true)]
async fn paused_calls_and_the_answer_behind_them_arrive() {
    const CALLS: usize = 20;
    let (mut session, mut peer) = paused(|options| options.max_queued_incoming_bytes = 10_000).await;
    let connection = session.connection.clone();
    let server = async {
        for _ in 0..CALLS {
            peer.send_text(&push("Push", 3_000)).await;
        }
        peer.send_record(json!({"type": 3, "invocationId": "1", "result": "welcome"})).await;
        peer
    };
    let application = async {
        let mut taken = 0;
        while taken < CALLS {
            let call = session.incoming.recv().await.unwrap();
            assert_eq!(call.arguments.first::<String>().unwrap().len(), 3_000);
            taken += 1;
        }
        session
    };
    let answer = connection.invoke("Hello", vec![], Duration::from_secs(30));
    let (answer, session, _peer) = tokio::join!(answer, application, server);
    assert_eq!((answer, session.incoming.queued_bytes()), (Ok(json!("welcome")), 0));
}

/// Checklist 27, 38.
#[tokio::test(start_paused = true)]
async fn full_queue_hinders_neither_pings_nor_a_stop() {
    let (session, mut peer) = paused(|options| options.max_queued_incoming_bytes = 1_000).await;
    for _ in 0..3 {
        peer.send_text(&push("Push", 900)).await;
    }
    for _ in 0..20 {
        assert_eq!(peer.next_record().await, json!({"type": 6}));
    }
    let start = Instant::now();
    let stop = session.connection.stop();
    let server = async {
        let mut record = peer.next_record().await;
        while record == json!({"type": 6}) {
            record = peer.next_record().await;
        }
        record
    };
    let ((), record) = tokio::join!(stop, server);
    assert_eq!(record, json!({"type": 7}));
    assert!(start.elapsed() <= Duration::from_secs(5), "{:?}", start.elapsed());
}

/// Checklist 27, 39.
#[tokio::test(start_paused = true)]
async fn server_that_leaves_behind_a_full_queue_is_noticed() {
    let (mut session, mut peer) = paused(|options| options.max_queued_incoming_bytes = 1_000).await;
    for _ in 0..3 {
        peer.send_text(&push("Push", 900)).await;
    }
    drop(peer);
    let end = session.connection.closed().await;
    assert_eq!(end.class, ErrorClass::Network);
    let mut taken = 0;
    while session.incoming.recv().await.is_some() {
        taken += 1;
    }
    assert!(taken >= 1, "what was queued is still there");
}

/// A connection after negotiate, upgrade and handshake.
async fn opened(streams: &mut mpsc::Receiver<DuplexStream>) -> DuplexStream {
    let mut negotiation = streams.recv().await.unwrap();
    read_head(&mut negotiation).await.unwrap();
    negotiation.write_all(&answer(&negotiated())).await.unwrap();
    let mut stream = streams.recv().await.unwrap();
    let head = read_head(&mut stream).await.unwrap();
    stream.write_all(&upgraded(&head)).await.unwrap();
    stream.write_all(&frame("{}\x1e", None)).await.unwrap();
    stream
}

/// The header of a frame of this length.
fn header(kind: u8, length: u64) -> Vec<u8> {
    [&[kind, 127][..], &length.to_be_bytes()].concat()
}

const TEXT_THEN_MORE: u8 = 0x01;
const TEXT: u8 = 0x81;
const CONTINUATION: u8 = 0x80;

async fn raw_session() -> (Session, DuplexStream) {
    let (pipes, mut streams) = Pipes::bare();
    let mut client: Client = patient_client(options(URL), pipes);
    tokio::join!(client.next_session(), opened(&mut streams))
}

/// Checklist 19.
#[tokio::test(start_paused = true)]
async fn frame_over_the_limit_is_refused_at_its_header() {
    let most = u64::try_from(options(URL).max_receive_bytes).unwrap();
    for length in [most + 1024 * 1024, 4 * most, u64::MAX >> 1] {
        let (session, mut stream) = raw_session().await;
        let start = Instant::now();
        stream.write_all(&header(TEXT, length)).await.unwrap();
        assert_eq!(session.connection.closed().await.class, ErrorClass::Protocol, "{length}");
        assert_eq!(start.elapsed(), Duration::ZERO, "none of its content was needed");
    }
}

/// Checklist 19.
#[tokio::test(start_paused = true)]
async fn zeros_without_a_separator_end_at_the_limit() {
    let most = options(URL).max_receive_bytes;
    // One frame, and fragments without end.
    for fragment in [most + 1, 100_000] {
        let (session, mut stream) = raw_session().await;
        let zeros = vec![b'0'; fragment];
        let length = u64::try_from(fragment).unwrap();
        let flood = async {
            let mut kind = if fragment > most { TEXT } else { TEXT_THEN_MORE };
            let mut sent = 0;
            while stream.write_all(&header(kind, length)).await.is_ok() && stream.write_all(&zeros).await.is_ok() {
                sent += fragment;
                kind = 0;
            }
            sent
        };
        let (end, sent) = tokio::join!(session.connection.closed(), flood);
        assert_eq!(end.class, ErrorClass::Protocol);
        assert!(sent <= most + 512 * 1024, "{sent} bytes");
    }
}

/// Checklist 18, 19.
#[tokio::test(start_paused = true)]
async fn largest_record_may_come_in_fragments_and_with_others() {
    let most = options(URL).max_receive_bytes;
    let (mut session, mut stream) = raw_session().await;
    let small = push("Small", 50_000);
    let overhead = push("Large", 0).len() - 1;
    let message = format!("{small}{}", push("Large", most - overhead));
    let (first, last) = message.as_bytes().split_at(1_000_000);
    let send = async {
        for (kind, part) in [(TEXT_THEN_MORE, first), (CONTINUATION, last)] {
            stream.write_all(&header(kind, u64::try_from(part.len()).unwrap())).await.unwrap();
            stream.write_all(part).await.unwrap();
        }
    };
    let take = async {
        let mut targets = Vec::new();
        while targets.len() < 2 {
            targets.push(session.incoming.recv().await.unwrap().target);
        }
        targets
    };
    assert_eq!(tokio::join!(send, take).1, ["Small", "Large"]);
}

/// Checklist 22.
#[tokio::test(start_paused = true)]
async fn deep_nesting_costs_neither_the_stack_nor_the_session() {
    let nested = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    let (mut session, mut peer) = paused(|_| {}).await;
    let call = session.connection.invoke("Ask", vec![], Duration::from_secs(30));
    let server = async {
        for record in [
            format!("{{\"type\":1,\"target\":\"Deep\",\"arguments\":{nested}}}\x1e"),
            format!("{{\"type\":6,\"unknown\":{nested}}}\x1e"),
            format!("{{\"type\":2,\"invocationId\":\"x\",\"item\":{nested}}}\x1e"),
            format!("{{\"type\":3,\"invocationId\":\"1\",\"result\":{nested}}}\x1e"),
            push("After", 1),
        ] {
            peer.send_text(&record).await;
        }
    };
    let (answer, ()) = tokio::join!(call, server);
    assert!(matches!(answer, Err(CallError::Unreadable(_))), "{answer:?}");
    let deep = session.incoming.recv().await.unwrap();
    assert!(deep.arguments.parse::<Value>().is_err() && deep.arguments.first::<Value>().is_err());
    assert!(session.incoming.recv().await.unwrap().is("After"));
}

/// Checklist 22, 28.
#[tokio::test(start_paused = true)]
async fn long_invocation_id_ends_the_session() {
    let (session, mut peer) = paused(|_| {}).await;
    let id = "x".repeat(1_000_000);
    peer.send_record(json!({"type": 1, "invocationId": id, "target": "Ask", "arguments": []})).await;
    assert_eq!(session.connection.closed().await.class, ErrorClass::Protocol);
}
