//! The hub's timers and queues.

use std::time::Duration;

use flux_signalr::hub::{HubOptions, HubSendError};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::Instant};

use crate::{
    harness::{Pipes, serve, with_timeout},
    raw_client::RawClient,
    test_service::{TestService, hub},
};

fn pipes() -> (std::sync::Arc<TestService>, std::sync::Arc<Pipes>) {
    let (_, service, router) = hub(TestService::new(), HubOptions::default());
    (service, Pipes::serve(router))
}

/// Checklist 16.
#[tokio::test(start_paused = true)]
async fn missing_handshake_is_refused_after_15_s() {
    let (_, pipes) = pipes();
    let start = Instant::now();
    let mut raw = RawClient::open(pipes.connect().await, "/hubs/agent", "good").await.ok().unwrap();
    assert!(raw.next_record().await["error"].is_string());
    assert_eq!(start.elapsed().as_secs(), 15);
    assert_eq!(raw.close_code().await, Some(1000));
}

/// Checklist 32, 35.
#[tokio::test(start_paused = true)]
async fn hub_pings_after_15_s_and_drops_silent_client_after_30_s() {
    let (_, pipes) = pipes();
    let mut raw = RawClient::connected(pipes.connect().await).await;
    let start = Instant::now();
    assert_eq!(raw.next_record().await, json!({"type": 6}));
    assert_eq!(start.elapsed().as_secs(), 15);
    raw.send_text("{\"type\":6}\x1e").await;
    let since = Instant::now();
    let mut last = raw.next_record().await;
    while last == json!({"type": 6}) {
        last = raw.next_record().await;
    }
    assert_eq!((&last["type"], &last["allowReconnect"]), (&json!(7), &json!(true)));
    assert_eq!(since.elapsed().as_secs(), 30);
}

/// Checklist 24.
#[tokio::test(start_paused = true)]
async fn deeply_nested_arguments_are_invalid_and_connection_stays() {
    let (_, pipes) = pipes();
    let mut raw = RawClient::connected(pipes.connect().await).await;
    let nested = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    for (id, arguments) in [("1", nested.as_str()), ("2", "[1e999]"), ("3", "[]")] {
        let call =
            format!("{{\"type\":1,\"invocationId\":\"{id}\",\"target\":\"Echo\",\"arguments\":{arguments}}}\x1e");
        raw.send_text(&call).await;
    }
    for id in ["1", "2"] {
        let refused = json!({"type": 3, "invocationId": id, "error": "invalid arguments"});
        assert_eq!(raw.next_record().await, refused);
    }
    assert_eq!(raw.next_record().await, json!({"type": 3, "invocationId": "3", "result": []}));
}

/// Checklist 27, 29.
#[tokio::test(start_paused = true)]
async fn calls_run_one_at_a_time_while_pings_continue() {
    let (service, pipes) = pipes();
    let mut raw = RawClient::connected(pipes.connect().await).await;
    raw.send_text("{\"type\":1,\"invocationId\":\"slow\",\"target\":\"Wait\",\"arguments\":[]}\x1e").await;
    raw.send_text("{\"type\":1,\"invocationId\":\"next\",\"target\":\"Echo\",\"arguments\":[]}\x1e").await;
    for _ in 0..3 {
        assert_eq!(raw.next_record().await, json!({"type": 6}));
        raw.send_text("{\"type\":6}\x1e").await;
    }
    service.gate.add_permits(1);
    assert_eq!(raw.next_record().await["invocationId"], "slow");
    assert_eq!(raw.next_record().await["invocationId"], "next");
}

#[tokio::test(start_paused = true)]
async fn running_call_delays_a_close_by_at_most_5_s() {
    let (service, pipes) = pipes();
    let mut raw = RawClient::connected(pipes.connect().await).await;
    raw.send_text("{\"type\":1,\"invocationId\":\"slow\",\"target\":\"Wait\",\"arguments\":[]}\x1e").await;
    service.logged("Wait[]").await;
    let start = Instant::now();
    service.connection(1).await.close(None, false);
    service.logged("disconnected").await;
    assert_eq!(start.elapsed(), Duration::from_secs(5));
    assert_eq!(raw.next_record().await, Value::Null);
}

/// Checklist 49.
#[tokio::test]
async fn slow_client_is_closed() {
    let options = HubOptions { close_timeout: Duration::from_millis(50), ..HubOptions::default() };
    let (hub, service, router) = hub(TestService::new(), options);
    let raw = RawClient::connected(TcpStream::connect(serve(router).await).await.unwrap()).await;
    let connection = with_timeout(service.connection(1)).await;
    let filler = json!("x".repeat(512 * 1024));
    let error = with_timeout(async {
        loop {
            if let Err(error) = connection.send("Fill", vec![filler.clone()]) {
                return error;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(error, HubSendError::Slow);
    assert!(connection.is_closed());
    with_timeout(service.logged("disconnected")).await;
    with_timeout(async {
        while hub.connections() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    drop(raw);
}

/// Checklist 49.
#[tokio::test]
async fn oversized_hub_message_is_refused_and_client_stays() {
    let options = HubOptions { max_queued_bytes: 1024, ..HubOptions::default() };
    let (_, service, router) = hub(TestService::new(), options);
    let mut raw = RawClient::connected(TcpStream::connect(serve(router).await).await.unwrap()).await;
    let connection = with_timeout(service.connection(1)).await;
    let error = connection.send("Fill", vec![json!("x".repeat(2000))]).unwrap_err();
    assert!(matches!(error, HubSendError::TooLarge { limit_bytes: 1024, .. }));
    connection.send("Fits", vec![]).unwrap();
    assert_eq!(with_timeout(raw.next_record()).await["target"], "Fits");
    let filler = "x".repeat(2000);
    raw.send_text(&format!(
        "{{\"type\":1,\"invocationId\":\"1\",\"target\":\"Echo\",\"arguments\":[\"{filler}\"]}}\x1e"
    ))
    .await;
    assert!(with_timeout(raw.next_record()).await["error"].is_string(), "the answer would not fit either");
}
