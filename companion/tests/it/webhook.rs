//! The webhook: order, signature and retries.

use crate::socket::Served;
use crate::test_app::{list, order, text};
use flux_companion::signature;
use flux_storage::Tx;
use flux_storage::cursors::{self, Cursor};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// Stops a hanging test; even a loaded machine stays far below it.
const TEST_LIMIT: Duration = Duration::from_secs(300);
const SECRET: &str = "a-secret-of-32-characters-or-more";

/// The storefront's server.
struct Receiver(TcpListener);

impl Receiver {
    /// Answers the next request with this status, and returns its headers and body.
    async fn take(&self, status: u16) -> (BTreeMap<String, String>, Vec<u8>) {
        let (mut stream, headers, body) = self.next().await;
        answer(&mut stream, status).await;
        (headers, body)
    }

    /// The next request, which waits for its answer.
    async fn next(&self) -> (TcpStream, BTreeMap<String, String>, Vec<u8>) {
        let (mut stream, _) = timeout(TEST_LIMIT, self.0.accept()).await.expect("in time").expect("a connection");
        let (headers, body) = read(&mut stream).await;
        (stream, headers, body)
    }
}

async fn answer(stream: &mut TcpStream, status: u16) {
    let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    stream.write_all(answer.as_bytes()).await.expect("answered");
}

async fn read(stream: &mut TcpStream) -> (BTreeMap<String, String>, Vec<u8>) {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|part| part == b"\r\n\r\n") {
            let head = String::from_utf8(bytes[..end].to_vec()).expect("text");
            let headers: BTreeMap<String, String> = head
                .lines()
                .skip(1)
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
                .collect();
            let length: usize = headers["content-length"].parse().expect("a length");
            let mut body = bytes[end + 4..].to_vec();
            while body.len() < length {
                let count = stream.read_buf(&mut body).await.expect("a body");
                assert!(count > 0, "a whole body");
            }
            return (headers, body);
        }
        assert!(stream.read_buf(&mut bytes).await.expect("a head") > 0, "a whole head");
    }
}

fn seqs(body: &[u8]) -> Vec<i64> {
    let told: Value = serde_json::from_slice(body).expect("JSON");
    list(&told, "events").iter().map(|event| event["seq"].as_i64().expect("a seq")).collect()
}

#[tokio::test]
async fn webhook_gets_every_event_signed_in_order_with_retries() {
    let receiver = Receiver(TcpListener::bind("127.0.0.1:0").await.expect("a port"));
    let address = receiver.0.local_addr().expect("an address");
    let served = Served::configured(&format!("webhook: {{url: 'http://{address}/hook?a=b', secret: {SECRET}}}")).await;
    served.app.package(json!([])).await;
    let (first, refused) = receiver.take(500).await;
    let (headers, taken) = receiver.take(204).await;
    assert_eq!(refused, taken, "told again, whole");
    let timestamp: i64 = headers["flux-timestamp"].parse().expect("seconds");
    assert_eq!(headers["flux-signature"], signature(&SECRET.into(), timestamp, &taken));
    assert_ne!(headers["flux-signature"], signature(&"another".into(), timestamp, &taken));
    assert_eq!(first["content-type"], "application/json");
    let told: Value = serde_json::from_slice(&taken).expect("JSON");
    assert_eq!((text(&told, "storeId"), text(&told["events"][0], "kind")), ("store".into(), "package.saved".into()));

    let mut all = seqs(&taken);
    for number in 0..3 {
        served.call("PUT", &format!("/orders/o{number}"), &order(1, "paid")).await;
    }
    while all.len() < 7 {
        all.extend(seqs(&receiver.take(200).await.1));
    }
    let begin = all[0];
    assert_eq!(all, (begin..begin + 7).collect::<Vec<_>>(), "each once, in order");
    served.stop().await;
}

#[tokio::test]
async fn answer_to_a_batch_does_not_move_the_cursor_back() {
    let receiver = Receiver(TcpListener::bind("127.0.0.1:0").await.expect("a port"));
    let address = receiver.0.local_addr().expect("an address");
    let served = Served::configured(&format!("webhook: {{url: 'http://{address}/hook', secret: {SECRET}}}")).await;
    served.app.package(json!([])).await;
    let (mut waiting, _, body) = receiver.next().await;
    let sent = *seqs(&body).last().expect("an event");
    // Meanwhile somebody else delivers this batch and the next event.
    served.app.paid("o1").await;
    let ahead = |tx: &Tx<'_>| {
        let from = cursors::position(tx, Cursor::Webhook)?.expect("a position");
        let last = flux_storage::events::last_seq(tx)?;
        Ok::<_, flux_storage::Error>((last, cursors::advance(tx, Cursor::Webhook, from, last)?))
    };
    let (last, moved) = served.app.state.db.write(ahead).await.expect("moved");
    assert!(moved && last > sent);
    answer(&mut waiting, 200).await;
    served.app.paid("o2").await;
    let next = seqs(&receiver.take(200).await.1);
    assert_eq!(next.first(), Some(&(last + 1)), "it goes on from where the other one is");
    served.stop().await;
}
