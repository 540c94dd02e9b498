//! The hub's timers and queues.

use std::time::Duration;

use flux_signalr::hub::{HubOptions, HubSendError};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::Instant};

use crate::{
    net::{Pipes, serve, soon},
    raw::Raw,
    service::{Desk, hub},
};

fn pipes() -> (std::sync::Arc<Desk>, std::sync::Arc<Pipes>) {
    let (_, desk, router) = hub(Desk::new(), HubOptions::default());
    (desk, Pipes::serve(router))
}

#[tokio::test(start_paused = true)]
async fn point_16_a_client_without_a_handshake_is_dropped_after_15_s_with_an_error_record() {
    let (_, pipes) = pipes();
    let start = Instant::now();
    let mut raw = Raw::open(pipes.connect().await, "/hubs/agent", "good").await.ok().unwrap();
    assert!(raw.hear().await["error"].is_string());
    assert_eq!(start.elapsed().as_secs(), 15);
    assert_eq!(raw.close_code().await, Some(1000));
}

#[tokio::test(start_paused = true)]
async fn points_32_and_35_the_hub_pings_after_15_s_of_its_own_silence_and_drops_a_client_after_30_s_of_its() {
    let (_, pipes) = pipes();
    let mut raw = Raw::ready(pipes.connect().await).await;
    let start = Instant::now();
    assert_eq!(raw.hear().await, json!({"type": 6}));
    assert_eq!(start.elapsed().as_secs(), 15);
    raw.say("{\"type\":6}\x1e").await;
    let since = Instant::now();
    let mut last = raw.hear().await;
    while last == json!({"type": 6}) {
        last = raw.hear().await;
    }
    assert_eq!((&last["type"], &last["allowReconnect"]), (&json!(7), &json!(true)));
    assert_eq!(since.elapsed().as_secs(), 30);
}

#[tokio::test(start_paused = true)]
async fn points_27_and_29_calls_run_one_at_a_time_and_pings_go_on_meanwhile() {
    let (desk, pipes) = pipes();
    let mut raw = Raw::ready(pipes.connect().await).await;
    raw.say("{\"type\":1,\"invocationId\":\"slow\",\"target\":\"Wait\",\"arguments\":[]}\x1e").await;
    raw.say("{\"type\":1,\"invocationId\":\"next\",\"target\":\"Echo\",\"arguments\":[]}\x1e").await;
    for _ in 0..3 {
        assert_eq!(raw.hear().await, json!({"type": 6}));
        raw.say("{\"type\":6}\x1e").await;
    }
    desk.gate.add_permits(1);
    assert_eq!(raw.hear().await["invocationId"], "slow");
    assert_eq!(raw.hear().await["invocationId"], "next");
}

#[tokio::test(start_paused = true)]
async fn a_running_call_holds_up_a_close_for_5_s_at_most() {
    let (desk, pipes) = pipes();
    let mut raw = Raw::ready(pipes.connect().await).await;
    raw.say("{\"type\":1,\"invocationId\":\"slow\",\"target\":\"Wait\",\"arguments\":[]}\x1e").await;
    desk.logged("Wait[]").await;
    let start = Instant::now();
    desk.connection(1).await.close(None, false);
    desk.logged("disconnected").await;
    assert_eq!(start.elapsed(), Duration::from_secs(5));
    assert_eq!(raw.hear().await, Value::Null);
}

#[tokio::test]
async fn point_49_a_client_that_cannot_keep_up_is_closed() {
    let options = HubOptions { close_timeout: Duration::from_millis(50), ..HubOptions::default() };
    let (hub, desk, router) = hub(Desk::new(), options);
    let raw = Raw::ready(TcpStream::connect(serve(router).await).await.unwrap()).await;
    let connection = soon(desk.connection(1)).await;
    let filler = json!("x".repeat(512 * 1024));
    let error = soon(async {
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
    soon(desk.logged("disconnected")).await;
    soon(async {
        while hub.connections() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    drop(raw);
}

#[tokio::test]
async fn point_49_a_message_that_is_too_large_for_the_queue_is_refused_and_the_client_stays() {
    let options = HubOptions { max_queued_bytes: 1024, ..HubOptions::default() };
    let (_, desk, router) = hub(Desk::new(), options);
    let mut raw = Raw::ready(TcpStream::connect(serve(router).await).await.unwrap()).await;
    let connection = soon(desk.connection(1)).await;
    let error = connection.send("Fill", vec![json!("x".repeat(2000))]).unwrap_err();
    assert!(matches!(error, HubSendError::TooLarge { limit_bytes: 1024, .. }));
    connection.send("Fits", vec![]).unwrap();
    assert_eq!(soon(raw.hear()).await["target"], "Fits");
    let filler = "x".repeat(2000);
    raw.say(&format!("{{\"type\":1,\"invocationId\":\"1\",\"target\":\"Echo\",\"arguments\":[\"{filler}\"]}}\x1e"))
        .await;
    assert!(soon(raw.hear()).await["error"].is_string(), "the answer would not fit either");
}
