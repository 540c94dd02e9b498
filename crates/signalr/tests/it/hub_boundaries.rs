//! Every fault at every byte that a client sends, from its upgrade request to its second call: the hub never hangs,
//! reports every end to its service, and removes the connection.

use std::{sync::Arc, time::Duration};

use flux_signalr::hub::{Hub, HubOptions};
use serde_json::{Value, json};
use tokio::{io::DuplexStream, time::sleep};

use crate::{
    harness::Pipes,
    test_service::{TestService, hub},
    wire_faults::{FLIPS, Fault, FaultyWriter, frame, read_frame, read_head},
};

const MASK: [u8; 4] = [0x11, 0x22, 0x33, 0x44];

/// An upgrade request, the handshake and a call in one frame, and a call over two frames.
fn bytes() -> Vec<u8> {
    let fixed = "Host: hub\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
    let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer good\r\n";
    let mut bytes = format!("GET /hubs/agent HTTP/1.1\r\n{fixed}{key}\r\n").into_bytes();
    let first = "{\"type\":1,\"invocationId\":\"1\",\"target\":\"Echo\",\"arguments\":[1]}\x1e";
    for text in [
        &format!("{{\"protocol\":\"json\",\"version\":1}}\x1e{first}"),
        "{\"type\":1,\"invocationId\":\"2\",\"target\":\"Ec",
        "ho\",\"arguments\":[2]}\x1e",
    ] {
        bytes.extend(frame(text, Some(MASK)));
    }
    bytes
}

struct Playback {
    hub: Hub<TestService>,
    service: Arc<TestService>,
    /// The client's end of the connection, while it exists.
    stream: Option<DuplexStream>,
}

/// Plays a client with the fault.
async fn play(fault: Fault, at: usize) -> Playback {
    let (hub, service, router) = hub(TestService::new(), HubOptions::default());
    let mut stream = Pipes::serve(router).connect().await;
    let continues = FaultyWriter { fault, left: Some(at) }.write(&mut stream, &bytes()).await;
    Playback { hub, service, stream: Some(stream).filter(|_| continues || fault == Fault::Stall) }
}

impl Playback {
    /// True if nobody is connected, and every connection was reported as closed.
    fn is_over(&self) -> bool {
        let log = self.service.log.borrow();
        let count = |line: &str| log.iter().filter(|logged| *logged == line).count();
        self.hub.connections() == 0 && count("connected") == count("disconnected")
    }
}

async fn records(stream: &mut DuplexStream, count: usize) -> Vec<Value> {
    assert!(read_head(stream).await.unwrap().starts_with("HTTP/1.1 101 "));
    let mut text = Vec::new();
    while text.iter().filter(|byte| **byte == 0x1E).count() < count {
        text.extend(read_frame(stream).await.unwrap());
    }
    text.split(|byte| *byte == 0x1E).take(count).map(|record| serde_json::from_slice(record).unwrap()).collect()
}

/// Checklist 39.
#[tokio::test(start_paused = true)]
async fn client_gone_at_any_byte_is_removed_at_once() {
    for at in 0..=bytes().len() {
        let mut playback = play(Fault::Cut, at).await;
        playback.stream = None;
        sleep(Duration::from_millis(1)).await;
        assert!(playback.is_over(), "at byte {at}");
    }
}

/// Checklist 16, 35.
#[tokio::test(start_paused = true)]
async fn client_stalled_at_any_byte_is_removed_after_35_s() {
    for at in 0..=bytes().len() {
        let playback = play(Fault::Stall, at).await;
        // 15 s for the handshake or 30 s of silence, and 5 s for the farewell.
        sleep(Duration::from_secs(36)).await;
        assert!(playback.is_over(), "at byte {at}");
    }
}

/// Checklist 15, 18.
#[tokio::test(start_paused = true)]
async fn client_bytes_split_anywhere_give_the_same_answers() {
    let expected = [
        json!({}),
        json!({"type": 3, "invocationId": "1", "result": [1]}),
        json!({"type": 3, "invocationId": "2", "result": [2]}),
    ];
    for at in 0..bytes().len() {
        let mut playback = play(Fault::Split, at).await;
        assert_eq!(records(playback.stream.as_mut().unwrap(), 3).await, expected, "at byte {at}");
    }
}

/// Checklist 22.
#[tokio::test(start_paused = true)]
async fn hub_survives_any_flipped_byte_of_a_client() {
    for fault in FLIPS {
        for at in 0..bytes().len() {
            let playback = play(fault, at).await;
            sleep(Duration::from_secs(36)).await;
            assert!(playback.is_over(), "{fault:?} at byte {at}");
        }
    }
}
