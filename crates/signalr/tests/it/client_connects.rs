//! The client's way to a session, against a scripted server.

use axum::response::IntoResponse;
use flux_signalr::client::{ErrorClass, State};
use serde_json::json;

use crate::{
    net::{eager, options, serve, session, soon, until},
    script::{Sockets, negotiated, plain, script, status},
};

async fn failure(client: &mut flux_signalr::client::Client) -> (ErrorClass, String) {
    match soon(until(client, |state| matches!(state, State::Reconnecting { .. }))).await {
        State::Reconnecting { class, error, .. } => (class, error),
        _ => unreachable!(),
    }
}

async fn connect(client: &mut flux_signalr::client::Client, sockets: &mut Sockets) -> crate::script::Peer {
    let (_, peer) = soon(async { tokio::join!(client.next_session(), sockets.ready()) }).await;
    peer
}

#[tokio::test]
async fn points_1_3_and_7_both_requests_carry_token_and_headers_and_no_url_holds_the_token() {
    let (script, mut sockets, router) = plain();
    let mut options = options(&format!("http://{}/hub?x=1", serve(router).await));
    options.headers.insert("flux-journal", "j1".parse().unwrap());
    connect(&mut eager(options, "planted"), &mut sockets).await;
    script.seen(|seen| {
        let lines: Vec<_> = seen.iter().map(|request| format!("{} {}", request.method, request.uri)).collect();
        assert_eq!(lines, ["POST /hub/negotiate?x=1&negotiateVersion=1", "GET /hub?x=1&id=se%2Bcret"]);
        for request in seen {
            assert_eq!(request.headers["authorization"], "Bearer planted");
            assert_eq!(request.headers["flux-journal"], "j1");
        }
        assert_eq!(seen[0].headers["content-length"], "0");
    });
}

#[tokio::test]
async fn point_15_messages_in_the_handshakes_frame_are_not_lost() {
    let (_, mut sockets, router) = plain();
    let mut client = eager(options(&format!("http://{}/hub", serve(router).await)), "good");
    let serve = async {
        let mut peer = sockets.greeted().await;
        peer.say("{}\x1e{\"type\":1,\"target\":\"First\",\"arguments\":[1]}\x1e{\"type\":1,\"target\":\"Sec").await;
        peer.say("ond\",\"arguments\":[2]}\x1e").await;
        peer
    };
    let (mut session, _peer) = soon(async { tokio::join!(client.next_session(), serve) }).await;
    assert!(soon(session.incoming.recv()).await.unwrap().is("First"));
    assert!(soon(session.incoming.recv()).await.unwrap().is("Second"));
}

#[tokio::test]
async fn points_4_and_14_the_servers_own_words_are_kept() {
    let refuse = json!({"error": "the hall is full"}).to_string();
    let (_, mut sockets, router) = script(move |_, n| (n == 0).then(|| refuse.clone().into_response()));
    let mut client = eager(options(&format!("http://{}/hub", serve(router).await)), "good");
    let (class, error) = failure(&mut client).await;
    assert_eq!(class, ErrorClass::Refused);
    assert!(error.contains("the hall is full"));

    let serve = async {
        sockets.greeted().await.say("{\"error\":\"no such protocol\"}\x1e").await;
    };
    let mut states = client.states();
    let seen = states
        .wait_for(|state| matches!(state, State::Reconnecting { error, .. } if error.contains("no such protocol")));
    soon(async {
        tokio::select! { biased;
            _ = async { tokio::join!(seen, serve) } => {}
            _ = client.next_session() => panic!("it was refused"),
        }
    })
    .await;
}

#[tokio::test]
async fn point_5_a_circle_of_redirects_is_left_after_five() {
    let (script, _sockets, router) = script(|seen, _| {
        let url = format!("http://{}/hub", seen.headers["host"].to_str().unwrap());
        Some(json!({"url": url}).to_string().into_response())
    });
    let mut client = eager(options(&format!("http://{}/hub", serve(router).await)), "good");
    let (class, error) = failure(&mut client).await;
    assert_eq!((class, error.as_str()), (ErrorClass::Protocol, "more than 5 redirects"));
    assert!(script.seen(|seen| seen.len()) >= 6);
}

#[tokio::test]
async fn point_9_a_404_at_the_upgrade_leads_to_a_new_negotiation() {
    let (script, mut sockets, router) = script(|_, n| if n == 1 { status(404) } else { None });
    let mut client = eager(options(&format!("http://{}/hub", serve(router).await)), "good");
    connect(&mut client, &mut sockets).await;
    let methods: Vec<_> = script.seen(|seen| seen.iter().map(|request| request.method.clone()).collect());
    assert_eq!(methods, ["POST", "GET", "POST", "GET"]);
}

#[tokio::test]
async fn a_body_without_end_and_a_server_that_is_none_are_failures_not_hangs() {
    let huge = format!("{}{}", negotiated(), " ".repeat(1024 * 1024));
    let (_, _sockets, router) =
        script(move |_, n| Some(if n == 0 { huge.clone() } else { "<html>".to_owned() }.into_response()));
    let mut client = eager(options(&format!("http://{}/hub", serve(router).await)), "good");
    assert_eq!(failure(&mut client).await.0, ErrorClass::Network);
    let protocol = |state: &State| matches!(state, State::Reconnecting { class: ErrorClass::Protocol, .. });
    soon(until(&mut client, protocol)).await;
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_a_network_error_that_names_it() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let mut client = eager(options(&format!("http://{address}/hub")), "good");
    let (class, error) = failure(&mut client).await;
    assert_eq!(class, ErrorClass::Network);
    assert!(error.contains(&address.to_string()), "{error}");
}

#[tokio::test]
async fn the_token_is_in_no_state_and_no_debug_output() {
    let (_, _sockets, router) = script(|_, _| status(500));
    let mut client = eager(options(&format!("http://{}/hub?key=planted", serve(router).await)), "planted");
    let (_, error) = failure(&mut client).await;
    let shown = format!("{error} {:?}", options("http://a/hub?key=planted"));
    assert!(!shown.contains("planted"), "{shown}");

    let mut client = eager(options("http://127.0.0.1:1/hub"), "planted\n");
    let (class, error) = failure(&mut client).await;
    assert!(class == ErrorClass::Protocol && !error.contains("planted"), "{error}");
}

#[tokio::test]
async fn dropping_the_client_is_the_state_stopped() {
    let client = eager(options("http://127.0.0.1:1/hub"), "good");
    let states = client.states();
    assert_eq!(*states.borrow(), State::Connecting);
    drop(client);
    assert_eq!(*states.borrow(), State::Stopped);
}

#[tokio::test]
async fn a_session_lives_on_when_its_client_is_dropped() {
    let (_, mut sockets, router) = plain();
    let mut client = eager(options(&format!("http://{}/hub", serve(router).await)), "good");
    let (session, mut peer) = soon(async { tokio::join!(session(&mut client), sockets.ready()) }).await;
    drop(client);
    session.connection.send("Still", vec![]).await.unwrap();
    assert_eq!(soon(peer.hear()).await, json!({"type": 1, "target": "Still", "arguments": []}));
}
