//! The event stream and the pages of the event log.

use crate::socket::Served;
use crate::test_app::{list, text};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Stops a hanging test; even a loaded machine stays far below it.
const TEST_LIMIT: Duration = Duration::from_secs(300);

/// A reader of the stream that works like a browser's EventSource.
struct Reader(BufReader<TcpStream>);

impl Reader {
    async fn open(served: &Served, query: &str, headers: &str) -> Reader {
        let mut stream = TcpStream::connect(served.address).await.expect("a connection");
        let key = &served.app.admin;
        let request = format!(
            "GET /api/v1/events/stream{query} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\n{headers}\r\n"
        );
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut reader = Reader(BufReader::new(stream));
        let head = reader.until("\r\n").await.expect("a head");
        assert!(head.contains("200 OK") && head.contains("text/event-stream"), "{head}");
        reader
    }

    /// Reads lines up to this one; `None` at the end of the stream.
    async fn until(&mut self, end: &str) -> Option<String> {
        let mut text = String::new();
        loop {
            let mut line = String::new();
            if timeout(TEST_LIMIT, self.0.read_line(&mut line)).await.expect("in time").unwrap_or(0) == 0 {
                return None;
            }
            if line == end {
                return Some(text);
            }
            text.push_str(&line);
        }
    }

    /// The next event, with its id.
    async fn event(&mut self) -> Option<(i64, Value)> {
        loop {
            let text = self.until("\n").await?;
            let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
            if let (Some(id), Some(data)) = (field("id: "), field("data: ")) {
                return Some((id.parse().expect("a seq"), serde_json::from_str(&data).expect("JSON")));
            }
        }
    }
}

#[tokio::test]
async fn event_stream_resumes_where_the_reader_stopped() {
    let served = Served::start().await;
    served.app.server().await;
    let mut live = Reader::open(&served, "", "").await;
    served.app.package(json!([{"command": "say hi"}])).await;
    let (saved, event) = live.event().await.expect("an event");
    assert_eq!((text(&event, "kind"), event["seq"].as_i64()), ("package.saved".into(), Some(saved)));
    drop(live);
    served.app.paid("o1").await;
    let mut again = Reader::open(&served, "", &format!("last-event-id: {saved}\r\n")).await;
    let mut kinds = Vec::new();
    let mut seqs = Vec::new();
    for _ in 0..3 {
        let (seq, event) = again.event().await.expect("an event");
        kinds.push(text(&event, "kind"));
        seqs.push(seq);
    }
    assert_eq!(kinds, ["order.created", "order.paid", "command.pending"]);
    assert_eq!(seqs, [saved + 1, saved + 2, saved + 3]);
    let mut all = Reader::open(&served, "?after=0", "").await;
    assert_eq!(text(&all.event().await.expect("an event").1, "kind"), "server.added");
    served.stop().await;
}

#[tokio::test]
async fn event_stream_ends_on_key_revocation_and_on_stop() {
    let served = Served::start().await;
    let mut reader = Reader::open(&served, "", "").await;
    served
        .app
        .state
        .db
        .write(|tx| flux_storage::keys::delete(tx, &"admin".parse().expect("a name")))
        .await
        .expect("revoked");
    assert!(reader.event().await.is_none());
    served.stop().await;

    let served = Served::start().await;
    let mut reader = Reader::open(&served, "", "").await;
    served.stop().await;
    assert!(reader.event().await.is_none());
}

#[tokio::test]
async fn events_are_paged_by_their_seq() {
    let app = crate::test_app::TestApp::new().await;
    app.package(json!([])).await;
    for number in 0..4 {
        app.paid(&format!("o{number}")).await;
    }
    let (mut seqs, mut after) = (Vec::new(), "0".to_owned());
    loop {
        let (_, page) = app.get(&format!("/events?limit=2&after={after}")).await;
        seqs.extend(list(&page, "items").iter().map(|event| event["seq"].as_i64().expect("a seq")));
        match page["nextCursor"].as_str() {
            Some(next) => after = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(seqs, (1..=9).collect::<Vec<_>>());
}

#[tokio::test]
async fn page_beyond_the_last_event_is_refused() {
    let served = Served::start().await;
    let (status, page) = served.app.get("/events?limit=1").await;
    assert!(status.is_success() && text(&page, "storeEpoch").len() == 32, "{page}");
    let last = served.app.get("/events?limit=100").await.1["items"].as_array().expect("events").len();
    let (status, page) = served.app.get(&format!("/events?after={last}")).await;
    assert_eq!((status.as_u16(), &page["items"]), (200, &json!([])), "a reader who has read everything");
    let (status, error) = served.app.get(&format!("/events?after={}", last + 1)).await;
    assert_eq!((status.as_u16(), error["error"]["code"].as_str()), (409, Some("cursor_ahead")));
    let (status, error) = served.call("GET", &format!("/events/stream?after={}", last + 1), &json!(null)).await;
    assert_eq!((status, error["error"]["code"].as_str()), (409, Some("cursor_ahead")));
    served.stop().await;
}
