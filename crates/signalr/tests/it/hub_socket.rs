//! The hub's records, by hand.

use flux_signalr::hub::HubOptions;
use serde_json::json;
use tokio::net::TcpStream;

use crate::{
    net::{serve, soon},
    raw::Raw,
    service::{Desk, hub},
};

const HANDSHAKE: &str = "{\"protocol\":\"json\",\"version\":1}\x1e";

async fn connect(address: &str) -> TcpStream {
    TcpStream::connect(address).await.unwrap()
}

async fn hub_at() -> (std::sync::Arc<Desk>, String) {
    let (_, desk, router) = hub(Desk::new(), HubOptions::default());
    (desk, serve(router).await)
}

async fn ready() -> Raw<TcpStream> {
    Raw::ready(connect(&hub_at().await.1).await).await
}

#[tokio::test]
async fn points_14_and_17_a_handshake_that_cannot_be_served_is_refused_and_the_socket_closed_1000() {
    let (_, address) = hub_at().await;
    let refused = [
        r#"{"protocol":"messagepack","version":1}"#,
        r#"{"protocol":"json","version":3}"#,
        r#"{"type":6}"#,
        "nonsense",
    ];
    for request in refused {
        let mut raw = Raw::open(connect(&address).await, "/hubs/agent", "good").await.ok().unwrap();
        raw.say(&format!("{request}\x1e")).await;
        assert!(soon(raw.hear()).await["error"].is_string(), "{request}");
        assert_eq!(soon(raw.close_code()).await, Some(1000));
    }
}

#[tokio::test]
async fn points_15_and_20_handshake_and_first_calls_may_share_a_frame() {
    let (_, address) = hub_at().await;
    let mut raw = Raw::open(connect(&address).await, "/hubs/agent", "good").await.ok().unwrap();
    let calls = "{\"arguments\":[1],\"target\":\"Echo\",\"invocationId\":\"a\",\"type\":1}\x1e{\"type\":6}\x1e";
    raw.say(&format!("{HANDSHAKE}{calls}")).await;
    assert_eq!(soon(raw.hear()).await, json!({}));
    assert_eq!(soon(raw.hear()).await, json!({"type": 3, "invocationId": "a", "result": [1]}));
}

#[tokio::test]
async fn point_18_a_record_may_span_frames_text_or_binary_and_answers_are_text() {
    let mut raw = ready().await;
    raw.say("{\"type\":1,\"invocationId\":\"1\",\"tar").await;
    raw.say_bytes(b"get\":\"Echo\",\"argum").await;
    raw.say("ents\":[\"x\"]}\x1e").await;
    assert_eq!(soon(raw.hear()).await, json!({"type": 3, "invocationId": "1", "result": ["x"]}));
    assert!(raw.text_only);
}

#[tokio::test]
async fn point_22_a_record_that_breaks_the_protocol_is_answered_with_close_and_the_hub_lives_on() {
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
        let mut raw = Raw::ready(connect(&address).await).await;
        raw.say_bytes(record).await;
        let close = soon(raw.hear()).await;
        assert_eq!((&close["type"], &close["allowReconnect"]), (&json!(7), &json!(true)), "{record:?}");
        assert!(close["error"].is_string());
        assert_eq!(soon(raw.close_code()).await, Some(1000));
    }
    Raw::ready(connect(&address).await).await;
}

#[tokio::test]
async fn point_19_a_message_under_32_kib_passes_and_one_over_it_closes_even_unfinished() {
    let mut raw = ready().await;
    let call = |size: usize| {
        let filler = "x".repeat(size);
        format!("{{\"type\":1,\"target\":\"Echo\",\"invocationId\":\"1\",\"arguments\":[\"{filler}\"]}}\x1e")
    };
    raw.say(&call(31 * 1024)).await;
    assert_eq!(soon(raw.hear()).await["result"][0].as_str().map(str::len), Some(31 * 1024));
    raw.say(&call(33 * 1024)).await;
    assert_eq!(soon(raw.hear()).await["type"], 7);

    let mut raw = ready().await;
    for _ in 0..3 {
        raw.say(&" ".repeat(12 * 1024)).await;
    }
    assert_eq!(soon(raw.hear()).await["type"], 7);

    let mut raw = ready().await;
    raw.say(&" ".repeat(200 * 1024)).await;
    assert_eq!(soon(raw.hear()).await["type"], 7, "over the WebSocket's own limit as well");
}

#[tokio::test]
async fn points_21_30_and_47_what_is_unknown_is_ignored_and_a_stream_call_gets_an_error() {
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
        raw.say(&format!("{record}\x1e")).await;
    }
    raw.say("{\"type\":4,\"invocationId\":\"s\",\"target\":\"Echo\",\"arguments\":[]}\x1e").await;
    let answer = soon(raw.hear()).await;
    assert_eq!((&answer["type"], &answer["invocationId"]), (&json!(3), &json!("s")));
    assert!(answer["error"].is_string());
}

#[tokio::test]
async fn point_23_a_call_without_an_id_is_never_answered_not_even_on_error() {
    let mut raw = ready().await;
    for target in ["Echo", "Fail", "Nothing", "Panic"] {
        raw.say(&format!("{{\"type\":1,\"target\":\"{target}\",\"arguments\":[]}}\x1e")).await;
    }
    raw.say("{\"type\":1,\"invocationId\":\"last\",\"target\":\"Void\",\"arguments\":[]}\x1e").await;
    assert_eq!(soon(raw.hear()).await, json!({"type": 3, "invocationId": "last", "result": null}));
}

#[tokio::test]
async fn point_38_a_close_is_answered_with_close_and_1000() {
    let (desk, address) = hub_at().await;
    let mut raw = Raw::ready(connect(&address).await).await;
    raw.say("{\"type\":7}\x1e").await;
    assert_eq!(soon(raw.hear()).await, json!({"type": 7}));
    assert_eq!(soon(raw.close_code()).await, Some(1000));
    drop(raw);
    soon(desk.logged("disconnected")).await;
}

#[tokio::test]
async fn point_39_a_client_that_just_vanishes_is_disconnected_after_its_running_call() {
    let (desk, address) = hub_at().await;
    let mut raw = Raw::ready(connect(&address).await).await;
    raw.say("{\"type\":1,\"target\":\"Wait\",\"arguments\":[]}\x1e").await;
    raw.say("{\"type\":1,\"target\":\"Echo\",\"arguments\":[]}\x1e").await;
    soon(desk.logged("Wait[]")).await;
    drop(raw);
    let connection = desk.connection(1).await;
    soon(async {
        while !connection.is_closed() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(connection.send("Late", vec![]), Err(flux_signalr::hub::HubSendError::Closed));
    desk.gate.add_permits(1);
    soon(desk.logged("disconnected")).await;
    assert_eq!(*desk.log.borrow(), ["connected", "Wait[]", "waited", "disconnected"], "no further call began");
}
