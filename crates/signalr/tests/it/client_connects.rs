//! The client's attempts to connect, against a scripted server.

use axum::response::IntoResponse;
use flux_signalr::client::{Diagnosis, ErrorClass, State};
use serde_json::json;

use crate::{
    harness::{eager_client, options, serve, session, wait_for_state, with_timeout},
    scripted_server::{Sockets, negotiated, plain, script, status},
};

async fn failure(client: &mut flux_signalr::client::Client) -> (ErrorClass, String) {
    match with_timeout(wait_for_state(client, |state| matches!(state, State::Reconnecting { .. }))).await {
        State::Reconnecting { class, error, .. } => (class, error),
        _ => unreachable!(),
    }
}

async fn connect(
    client: &mut flux_signalr::client::Client,
    sockets: &mut Sockets,
) -> crate::scripted_server::ServerSocket {
    let (_, peer) = with_timeout(async { tokio::join!(client.next_session(), sockets.accept_ready()) }).await;
    peer
}

/// Checklist 1, 3, 7.
#[tokio::test]
async fn both_requests_send_the_token_in_a_header_only() {
    let (script, mut sockets, router) = plain();
    let mut options = options(&format!("http://{}/hub?x=1", serve(router).await));
    options.headers.insert("flux-journal", "j1".parse().unwrap());
    connect(&mut eager_client(options, "planted"), &mut sockets).await;
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

/// Checklist 15.
#[tokio::test]
async fn messages_in_the_handshake_frame_are_not_lost() {
    let (_, mut sockets, router) = plain();
    let mut client = eager_client(options(&format!("http://{}/hub", serve(router).await)), "good");
    let serve = async {
        let mut peer = sockets.accept().await;
        peer.send_text("{}\x1e{\"type\":1,\"target\":\"First\",\"arguments\":[1]}\x1e{\"type\":1,\"target\":\"Sec")
            .await;
        peer.send_text("ond\",\"arguments\":[2]}\x1e").await;
        peer
    };
    let (mut session, _peer) = with_timeout(async { tokio::join!(client.next_session(), serve) }).await;
    assert!(with_timeout(session.incoming.recv()).await.unwrap().is("First"));
    assert!(with_timeout(session.incoming.recv()).await.unwrap().is("Second"));
}

/// Checklist 4, 14.
#[tokio::test]
async fn server_refusal_text_is_kept() {
    let refuse = json!({"error": "the hall is full"}).to_string();
    let (_, mut sockets, router) = script(move |_, n| (n == 0).then(|| refuse.clone().into_response()));
    let mut client = eager_client(options(&format!("http://{}/hub", serve(router).await)), "good");
    let (class, error) = failure(&mut client).await;
    assert_eq!(class, ErrorClass::Refused);
    assert!(error.contains("the hall is full"));

    let serve = async {
        sockets.accept().await.send_text("{\"error\":\"no such protocol\"}\x1e").await;
    };
    let mut states = client.states();
    let seen = states
        .wait_for(|state| matches!(state, State::Reconnecting { error, .. } if error.contains("no such protocol")));
    with_timeout(async {
        tokio::select! { biased;
            _ = async { tokio::join!(seen, serve) } => {}
            _ = client.next_session() => panic!("it was refused"),
        }
    })
    .await;
}

/// Checklist 5.
#[tokio::test]
async fn redirect_loop_stops_after_five() {
    let (script, _sockets, router) = script(|seen, _| {
        let url = format!("http://{}/hub", seen.headers["host"].to_str().unwrap());
        Some(json!({"url": url}).to_string().into_response())
    });
    let mut client = eager_client(options(&format!("http://{}/hub", serve(router).await)), "good");
    let (class, error) = failure(&mut client).await;
    assert_eq!((class, error.as_str()), (ErrorClass::Protocol, "the server redirects more than 5 times"));
    assert!(script.seen(|seen| seen.len()) >= 6);
}

/// Checklist 9.
#[tokio::test]
async fn upgrade_404_leads_to_a_new_negotiation() {
    let (script, mut sockets, router) = script(|_, n| if n == 1 { status(404) } else { None });
    let mut client = eager_client(options(&format!("http://{}/hub", serve(router).await)), "good");
    connect(&mut client, &mut sockets).await;
    let methods: Vec<_> = script.seen(|seen| seen.iter().map(|request| request.method.clone()).collect());
    assert_eq!(methods, ["POST", "GET", "POST", "GET"]);
}

#[tokio::test]
async fn endless_body_and_non_signalr_answer_fail_without_hanging() {
    let huge = format!("{}{}", negotiated(), " ".repeat(1024 * 1024));
    let (_, _sockets, router) =
        script(move |_, n| Some(if n == 0 { huge.clone() } else { "<html>".to_owned() }.into_response()));
    let mut client = eager_client(options(&format!("http://{}/hub", serve(router).await)), "good");
    assert_eq!(failure(&mut client).await.0, ErrorClass::Network);
    let protocol = |state: &State| matches!(state, State::Reconnecting { class: ErrorClass::Protocol, .. });
    with_timeout(wait_for_state(&mut client, protocol)).await;
}

#[tokio::test]
async fn closed_port_is_a_network_error_naming_the_address() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let mut client = eager_client(options(&format!("http://{address}/hub")), "good");
    let (class, error) = failure(&mut client).await;
    assert_eq!(class, ErrorClass::Network);
    assert!(error.contains(&address.to_string()), "{error}");
}

/// A redirect, a web page, a proxy that passes no WebSocket: each shows what is in the way.
#[tokio::test]
async fn failed_attempts_name_what_is_in_the_way() {
    async fn diagnosis(
        answer: impl Fn(usize) -> Option<axum::response::Response> + Send + Sync + 'static,
    ) -> Option<Diagnosis> {
        let (_, _sockets, router) = script(move |_, n| answer(n));
        let mut client = eager_client(options(&format!("http://{}/hub", serve(router).await)), "good");
        let failed = |state: &State| matches!(state, State::Reconnecting { .. });
        match with_timeout(wait_for_state(&mut client, failed)).await {
            State::Reconnecting { diagnosis, .. } => diagnosis,
            _ => unreachable!(),
        }
    }
    let to = "https://store.example/hub/negotiate";
    let moved = move |_| Some(([("location", to)], http::StatusCode::PERMANENT_REDIRECT).into_response());
    assert_eq!(diagnosis(moved).await, Some(Diagnosis::Moved { to: to.to_owned() }));
    assert_eq!(diagnosis(|_| Some("<html>parked</html>".into_response())).await, Some(Diagnosis::NotTheServer));
    assert_eq!(diagnosis(|_| Some("{}".into_response())).await, None, "JSON, but no transport");
    let no_sockets = |n| if n == 0 { None } else { status(400) };
    assert_eq!(diagnosis(no_sockets).await, Some(Diagnosis::NoWebSockets));
    assert_eq!(diagnosis(|_| status(502)).await, Some(Diagnosis::ServerBehindProxyDown));
}

#[tokio::test]
async fn token_never_appears_in_state_or_debug_output() {
    let (_, _sockets, router) = script(|_, _| status(500));
    let mut client = eager_client(options(&format!("http://{}/hub?key=planted", serve(router).await)), "planted");
    let (_, error) = failure(&mut client).await;
    let shown = format!("{error} {:?}", options("http://a/hub?key=planted"));
    assert!(!shown.contains("planted"), "{shown}");

    let mut client = eager_client(options("http://127.0.0.1:1/hub"), "planted\n");
    let (class, error) = failure(&mut client).await;
    assert!(class == ErrorClass::Protocol && !error.contains("planted"), "{error}");
}

#[tokio::test]
async fn dropping_the_client_sets_the_state_stopped() {
    let client = eager_client(options("http://127.0.0.1:1/hub"), "good");
    let states = client.states();
    assert_eq!(*states.borrow(), State::Connecting);
    drop(client);
    assert_eq!(*states.borrow(), State::Stopped);
}

#[tokio::test]
async fn session_outlives_its_client() {
    let (_, mut sockets, router) = plain();
    let mut client = eager_client(options(&format!("http://{}/hub", serve(router).await)), "good");
    let (session, mut peer) = with_timeout(async { tokio::join!(session(&mut client), sockets.accept_ready()) }).await;
    drop(client);
    session.connection.send("Still", vec![]).await.unwrap();
    assert_eq!(with_timeout(peer.next_record()).await, json!({"type": 1, "target": "Still", "arguments": []}));
}
