//! The hub's negotiate and upgrade, with raw requests.

use std::{sync::atomic::Ordering, time::Duration};

use flux_signalr::hub::{HubOptions, NegotiationKey};
use tokio::net::TcpStream;

use crate::{
    harness::{Pipes, serve, with_timeout},
    raw_client::{RawClient, http, json_body},
    test_service::{TestService, hub},
};

async fn hub_at() -> String {
    serve(hub(TestService::new(), HubOptions::default()).2).await
}

async fn send_request(address: &str, request: &str, token: &str) -> (u16, String) {
    http(TcpStream::connect(address).await.unwrap(), request, token).await
}

async fn negotiated_id(address: &str) -> String {
    let (_, answer) = send_request(address, "POST /hubs/agent/negotiate?negotiateVersion=1", "good").await;
    json_body(&answer)["connectionToken"].as_str().unwrap().to_owned()
}

async fn open(address: &str, target: &str, token: &str) -> Result<RawClient<TcpStream>, u16> {
    RawClient::open(TcpStream::connect(address).await.unwrap(), target, token).await
}

/// Checklist 2, 43.
#[tokio::test]
async fn negotiate_answers_with_the_common_version() {
    let address = hub_at().await;
    let negotiate = async |query: &str| {
        let (status, answer) = send_request(&address, &format!("POST /hubs/agent/negotiate{query}"), "good").await;
        assert_eq!(status, 200);
        assert!(answer.contains("content-type: application/json"));
        json_body(&answer)
    };
    for query in ["?negotiateVersion=1", "?negotiateVersion=9"] {
        let body = negotiate(query).await;
        assert_eq!(body["negotiateVersion"], 1);
        assert_ne!(body["connectionId"], body["connectionToken"]);
        assert_eq!(body["connectionId"].as_str().unwrap().len(), 32);
        assert_eq!(body["availableTransports"][0]["transport"], "WebSockets");
        assert!(body.get("useStatefulReconnect").is_none());
    }
    let body = negotiate("").await;
    assert_eq!(body["negotiateVersion"], 0);
    assert!(body.get("connectionToken").is_none());
    assert!(negotiate("?negotiateVersion=-1").await["error"].is_string());
    assert!(negotiate("?negotiateVersion=x").await["error"].is_string());
    assert_eq!(send_request(&address, "GET /hubs/agent/negotiate", "good").await.0, 405);
}

/// Checklist 3, 8.
#[tokio::test]
async fn connection_id_opens_exactly_one_socket() {
    let address = hub_at().await;
    let target = format!("/hubs/agent?id={}", negotiated_id(&address).await);
    assert_eq!(send_request(&address, &format!("GET {target}"), "good").await.0, 400);
    let first = open(&address, &target, "good").await.ok().unwrap();
    assert_eq!(open(&address, &target, "good").await.err(), Some(409));
    assert_eq!(open(&address, "/hubs/agent?id=unknown", "good").await.err(), Some(404));
    assert_eq!(send_request(&address, "GET /hubs/agent", "good").await.0, 400);
    assert!(open(&address, "/hubs/agent", "good").await.is_ok());
    drop(first);
}

/// Checklist 3, 9.
#[tokio::test]
async fn used_token_opens_no_second_socket_once_the_first_has_ended() {
    let (hub, _, router) = hub(TestService::new(), HubOptions::default());
    let address = serve(router).await;
    let target = format!("/hubs/agent?id={}", negotiated_id(&address).await);
    drop(open(&address, &target, "good").await.ok().unwrap());
    with_timeout(async {
        while hub.connections() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(open(&address, &target, "good").await.err(), Some(404));
}

/// Checklist 3, 48.
#[tokio::test]
async fn forged_token_opens_no_socket() {
    let address = hub_at().await;
    let token = negotiated_id(&address).await;
    let other_key = TestService { key: NegotiationKey::new([8; 32]), ..TestService::new() };
    let foreign = negotiated_id(&serve(hub(other_key, HubOptions::default()).2).await).await;
    let changed: String = token.chars().rev().collect();
    for forged in [&foreign, &changed, &token[1..].to_owned()] {
        assert_eq!(open(&address, &format!("/hubs/agent?id={forged}"), "good").await.err(), Some(404), "{forged}");
    }
}

/// Checklist 9.
#[tokio::test]
async fn any_hub_with_the_key_accepts_a_token() {
    let (one, other) = (hub_at().await, hub_at().await);
    let target = format!("/hubs/agent?id={}", negotiated_id(&one).await);
    assert!(open(&other, &target, "good").await.is_ok());
}

/// Checklist 9.
#[tokio::test]
async fn clock_that_jumps_costs_one_negotiation() {
    let (_, service, router) = hub(TestService::new(), HubOptions::default());
    let address = serve(router).await;
    for jump in [3_600, -3_600] {
        let target = format!("/hubs/agent?id={}", negotiated_id(&address).await);
        service.clock_jump.fetch_add(jump, Ordering::SeqCst);
        assert_eq!(open(&address, &target, "good").await.err(), Some(404), "{jump}");
        let target = format!("/hubs/agent?id={}", negotiated_id(&address).await);
        assert!(open(&address, &target, "good").await.is_ok(), "{jump}");
    }
}

/// Checklist 3.
#[tokio::test]
async fn public_id_opens_no_socket_under_version_1() {
    let address = hub_at().await;
    let (_, answer) = send_request(&address, "POST /hubs/agent/negotiate?negotiateVersion=1", "good").await;
    let target = format!("/hubs/agent?id={}", json_body(&answer)["connectionId"].as_str().unwrap());
    assert_eq!(open(&address, &target, "good").await.err(), Some(404));
}

/// Checklist 7, 10.
#[tokio::test]
async fn every_request_needs_a_token_in_header_or_query() {
    let address = hub_at().await;
    assert_eq!(send_request(&address, "POST /hubs/agent/negotiate", "bad").await.0, 401);
    assert_eq!(open(&address, "/hubs/agent", "bad").await.err(), Some(401));
    let stream = TcpStream::connect(&address).await.unwrap();
    let request = "ws://hub/hubs/agent?access_token=good";
    assert!(tokio_tungstenite::client_async(request, stream).await.is_ok());
}

/// Checklist 48.
#[tokio::test]
async fn connection_id_works_only_for_its_identity() {
    let address = hub_at().await;
    let target = format!("/hubs/agent?id={}", negotiated_id(&address).await);
    assert_eq!(open(&address, &target, "other").await.err(), Some(404));
    assert!(open(&address, &target, "good").await.is_ok(), "the wrong caller did not use it up");
}

/// Checklist 9.
#[tokio::test(start_paused = true)]
async fn unused_negotiation_expires_after_15_s() {
    let pipes = Pipes::serve(hub(TestService::new(), HubOptions::default()).2);
    for (age, opens) in [(14, true), (16, false)] {
        let request = "POST /hubs/agent/negotiate?negotiateVersion=1";
        let (_, answer) = http(pipes.connect().await, request, "good").await;
        let target = format!("/hubs/agent?id={}", json_body(&answer)["connectionToken"].as_str().unwrap());
        tokio::time::advance(Duration::from_secs(age)).await;
        assert_eq!(RawClient::open(pipes.connect().await, &target, "good").await.is_ok(), opens, "after {age} s");
    }
}

/// Checklist 49.
#[tokio::test]
async fn connections_are_limited() {
    let options = HubOptions { max_connections: 1, ..HubOptions::default() };
    let address = serve(hub(TestService::new(), options).2).await;
    let target = format!("/hubs/agent?id={}", negotiated_id(&address).await);
    let late = format!("/hubs/agent?id={}", negotiated_id(&address).await);
    let _first = open(&address, &target, "good").await.ok().unwrap();
    for target in ["/hubs/agent", &late] {
        assert_eq!(open(&address, target, "good").await.err(), Some(503));
    }
    let (status, answer) = send_request(&address, "POST /hubs/agent/negotiate", "good").await;
    assert_eq!(status, 503);
    assert!(answer.contains("retry-after: 5"));
}

/// Checklist 49.
#[tokio::test(start_paused = true)]
async fn used_tokens_of_one_identity_are_limited() {
    let options = HubOptions { max_connections_per_identity: 1, ..HubOptions::default() };
    let (hub, _, router) = hub(TestService::new(), options);
    let pipes = Pipes::serve(router);
    let connect = async |token: &str| {
        let (status, answer) =
            http(pipes.connect().await, "POST /hubs/agent/negotiate?negotiateVersion=1", token).await;
        if status != 200 {
            return status;
        }
        let target = format!("/hubs/agent?id={}", json_body(&answer)["connectionToken"].as_str().unwrap());
        drop(RawClient::open(pipes.connect().await, &target, token).await.ok().unwrap());
        while hub.connections() > 0 {
            tokio::task::yield_now().await;
        }
        101
    };
    for _ in 0..4 {
        assert_eq!(connect("good").await, 101);
    }
    assert_eq!(connect("good").await, 503);
    assert_eq!(connect("other").await, 101, "the others have theirs");
    tokio::time::advance(Duration::from_secs(31)).await;
    assert_eq!(connect("good").await, 101, "they are forgotten once they have expired");
}

/// Checklist 51.
#[tokio::test]
async fn browser_headers_are_ignored() {
    let address = hub_at().await;
    let request = "POST /hubs/agent/negotiate?negotiateVersion=1&_=1700000000000";
    let headers = "HTTP/1.1\r\nX-Requested-With: XMLHttpRequest\r\nX-SignalR-User-Agent: Microsoft SignalR/10.0\r\nOrigin: http://x\r\nX-Ignored:";
    assert_eq!(send_request(&address, &format!("{request} {headers}"), "good").await.0, 200);
}
