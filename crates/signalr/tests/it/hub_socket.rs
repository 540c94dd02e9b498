//! The hub's records, with a raw client.

use flux_signalr::hub::HubOptions;
use serde_json::json;
use tokio::net::TcpStream;

use crate::{
    harness::{serve, with_timeout},
    raw_client::RawClient,
    test_service::{TestService, hub},
};

const HANDSHAKE: &str = "{\"protocol\":\"json\",\"version\":1}\x1e";

async fn connect(address: &str) -> TcpStream {
    TcpStream::connect(address).await.unwrap()
}

async fn hub_at() -> (std::sync::Arc<TestService>, String) {
    let (_, service, router) = hub(TestService::new(), HubOptions::default());
    (service, serve(router).await)
}

async fn ready() -> RawClient<TcpStream> {
    RawClient::connected(connect(&hub_at().await.1).await).await
}

/// Checklist 14, 17.
#[tokio::test]
async fn bad_handshake_is_refused_and_closed_with_1000() {
    let (_, address) = hub_at().await;
    let refused = [
        r#"{"protocol":"messagepack","version":1}"#,
        r#"{"protocol":"json","version":3}"#,
        r#"{"type":6}"#,
        "nonsense",
    ];
    for request in refused {
        let mut raw = RawClient::open(connect(&address).await, "/hubs/agent", "good").await.ok().unwrap();
        raw.send_text(&format!("{request}\x1e")).await;
        assert!(with_timeout(raw.next_record()).await["error"].is_string(), "{request}");
        assert_eq!(with_timeout(raw.close_code()).await, Some(1000));
    }
}

/// Checklist 15, 20.
#[tokio::test]
async fn handshake_and_first_calls_may_share_a_frame() {
    let (_, address) = hub_at().await;
    let mut raw = RawClient::open(connect(&address).await, "/hubs/agent", "good").await.ok().unwrap();
    let calls = "{\"arguments\":[1],\"target\":\"Echo\",\"invocationId\":\"a\",\"type\":1}\x1e{\"type\":6}\x1e";
    raw.send_text(&format!("{HANDSHAKE}{calls}")).await;
    assert_eq!(with_timeout(raw.next_record()).await, json!({}));
    assert_eq!(with_timeout(raw.next_record()).await, json!({"type": 3, "invocationId": "a", "result": [1]}));
}

/// Checklist 18.
#[tokio::test]
async fn record_may_span_text_and_binary_frames() {
    let mut raw = ready().await;
    raw.send_text("{\"type\":1,\"invocationId\":\"1\",\"tar").await;
    raw.send_binary(b"get\":\"Echo\",\"argum").await;
    raw.send_text("ents\":[\"x\"]}\x1e").await;
    assert_eq!(with_timeout(raw.next_record()).await, json!({"type": 3, "invocationId": "1", "result": ["x"]}));
    assert!(raw.text_only);
}

/// Checklist 22.
#[tokio::test]
async fn bad_record_is_answered_with_close() {
    let (_, address) = hub_at().await;
    let broken: [&[u8]; 8] = [
        b"\x1e",
        b"{}\x1e",
        b"nonsense\x1e",
        b"[1]\x1e",
        b"{\"type\":1,\"target\":\"\xFF\",\"arguments\":[]}\x1e",
        b"{\"type\":1,\"target\":\"Echo\"}\x1e",
        b"{\"type\":1,\"target\":\"Echo\",\"arguments\":[],\"invocationId\":5}\x1e",
        b"{\"type\":3,\"invocationId\":\"1\",\"result\":1,\"error\":\"x\"}\x1e",
    ];
    for record in broken {
        let mut raw = RawClient::connected(connect(&address).await).await;
        raw.send_binary(record).await;
        let close = with_timeout(raw.next_record()).await;
        assert_eq!((&close["type"], &close["allowReconnect"]), (&json!(7), &json!(true)), "{record:?}");
        assert!(close["error"].is_string());
        assert_eq!(with_timeout(raw.close_code()).await, Some(1000));
    }
    RawClient::connected(connect(&address).await).await;
}

/// Checklist 19.
#[tokio::test]
async fn message_over_32_kib_closes_even_unfinished() {
    let mut raw = ready().await;
    let call = |size: usize| {
        let filler = "x".repeat(size);
        format!("{{\"type\":1,\"target\":\"Echo\",\"invocationId\":\"1\",\"arguments\":[\"{filler}\"]}}\x1e")
    };
    raw.send_text(&call(31 * 1024)).await;
    assert_eq!(with_timeout(raw.next_record()).await["result"][0].as_str().map(str::len), Some(31 * 1024));
    raw.send_text(&call(33 * 1024)).await;
    assert_eq!(with_timeout(raw.next_record()).await["type"], 7);

    let mut raw = ready().await;
    for _ in 0..3 {
        raw.send_text(&" ".repeat(12 * 1024)).await;
    }
    assert_eq!(with_timeout(raw.next_record()).await["type"], 7);

    let mut raw = ready().await;
    raw.send_text(&" ".repeat(200 * 1024)).await;
    assert_eq!(with_timeout(raw.next_record()).await["type"], 7, "over the WebSocket's own limit as well");
}

/// Checklist 21, 30, 47.
#[tokio::test]
async fn hub_ignores_unknown_messages_and_refuses_streams() {
    let mut raw = ready().await;
    let ignored = [
        json!({"type": 8, "sequenceId": 1}),
        json!({"type": 9, "sequenceId": 1}),
        json!({"type": 99}),
        json!({"type": 5, "invocationId": "nope"}),
        json!({"type": 2, "invocationId": "nope", "item": 1}),
        json!({"type": 3, "invocationId": "nope", "result": 1}),
    ];
    for record in ignored {
        raw.send_text(&format!("{record}\x1e")).await;
    }
    raw.send_text("{\"type\":4,\"invocationId\":\"s\",\"target\":\"Echo\",\"arguments\":[]}\x1e").await;
    let answer = with_timeout(raw.next_record()).await;
    assert_eq!((&answer["type"], &answer["invocationId"]), (&json!(3), &json!("s")));
    assert!(answer["error"].is_string());
}

/// Checklist 23.
#[tokio::test]
async fn call_without_an_id_is_never_answered() {
    let mut raw = ready().await;
    for target in ["Echo", "Fail", "Nothing", "Panic"] {
        raw.send_text(&format!("{{\"type\":1,\"target\":\"{target}\",\"arguments\":[]}}\x1e")).await;
    }
    raw.send_text("{\"type\":1,\"invocationId\":\"last\",\"target\":\"Void\",\"arguments\":[]}\x1e").await;
    assert_eq!(with_timeout(raw.next_record()).await, json!({"type": 3, "invocationId": "last", "result": null}));
}

/// Checklist 38.
#[tokio::test]
async fn close_is_answered_with_close_and_1000() {
    let (service, address) = hub_at().await;
    let mut raw = RawClient::connected(connect(&address).await).await;
    raw.send_text("{\"type\":7}\x1e").await;
    assert_eq!(with_timeout(raw.next_record()).await, json!({"type": 7}));
    assert_eq!(with_timeout(raw.close_code()).await, Some(1000));
    drop(raw);
    with_timeout(service.logged("disconnected")).await;
}

/// Checklist 39.
#[tokio::test]
async fn vanished_client_is_disconnected_after_its_call() {
    let (service, address) = hub_at().await;
    let mut raw = RawClient::connected(connect(&address).await).await;
    raw.send_text("{\"type\":1,\"target\":\"Wait\",\"arguments\":[]}\x1e").await;
    raw.send_text("{\"type\":1,\"target\":\"Echo\",\"arguments\":[]}\x1e").await;
    with_timeout(service.logged("Wait[]")).await;
    drop(raw);
    let connection = service.connection(1).await;
    with_timeout(async {
        while !connection.is_closed() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(connection.send("Late", vec![]), Err(flux_signalr::hub::HubSendError::Closed));
    service.gate.add_permits(1);
    with_timeout(service.logged("disconnected")).await;
    assert_eq!(*service.log.borrow(), ["connected", "Wait[]", "waited", "disconnected"], "no further call began");
}
