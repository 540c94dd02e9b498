//! Connection tokens: each opens one socket, of the agent that has negotiated it, within 15 s.

use crate::socket::Served;
use crate::test_app::text;
use serde_json::{Value, json};

#[tokio::test]
async fn connection_token_opens_one_socket() {
    let served = Served::start().await;
    let (_, token) = served.app.server().await;
    let query = served.negotiate(&token).await;
    let first = served.connect_with(&token, &query).await.expect("a session");
    assert_eq!(served.connect_with(&token, &query).await.err(), Some(409), "its socket is open");
    drop(first);
    let status = loop {
        match served.connect_with(&token, &query).await.err() {
            Some(409) => tokio::task::yield_now().await,
            status => break status,
        }
    };
    assert_eq!(status, Some(404), "it is used up");
    served.stop().await;
}

#[tokio::test]
async fn expired_and_forged_connection_tokens_open_nothing() {
    let served = Served::start().await;
    let (_, token) = served.app.server().await;
    let (late, in_time) = (served.negotiate(&token).await, served.negotiate(&token).await);
    let forged = format!("{}A", &late[..late.len() - 1]);
    let other = if forged == late { format!("{}B", &late[..late.len() - 1]) } else { forged };
    for query in [other.as_str(), "?id=unknown", "?id="] {
        assert_eq!(served.connect_with(&token, query).await.err(), Some(404), "{query}");
    }
    served.app.clock.pass(14);
    drop(served.connect_with(&token, &in_time).await.expect("a session"));
    served.app.clock.pass(1);
    assert_eq!(served.connect_with(&token, &late).await.err(), Some(404));
    served.stop().await;
}

#[tokio::test]
async fn connection_token_of_another_server_or_secret_opens_nothing() {
    let served = Served::start().await;
    let ((id, token), (_, other)) = (served.app.server().await, served.app.server().await);
    let query = served.negotiate(&token).await;
    assert_eq!(served.connect_with(&other, &query).await.err(), Some(404));
    let (_, answer) = served.call("POST", &format!("/servers/{id}/token"), &json!({})).await;
    let new = text(&answer, "token");
    assert_eq!(served.connect_with(&new, &query).await.err(), Some(404), "a new secret is another agent");
    assert_eq!(served.connect_with(&token, &query).await.err(), Some(401));
    served.stop().await;
}

#[tokio::test]
async fn connection_token_outlives_a_restart_and_a_jump_costs_one_negotiation() {
    let served = Served::start().await;
    let (_, token) = served.app.server().await;
    let query = served.negotiate(&token).await;
    let served = Served::on(served.stop().await, "").await;
    drop(served.connect_with(&token, &query).await.expect("the key is the database's"));
    for jump in [86_400, -172_800] {
        let query = served.negotiate(&token).await;
        served.app.clock.pass(jump);
        assert_eq!(served.connect_with(&token, &query).await.err(), Some(404), "{jump}");
        let query = served.negotiate(&token).await;
        drop(served.connect_with(&token, &query).await.expect("the next negotiation counts"));
    }
    assert_eq!(served.call("GET", "/servers", &Value::Null).await.0, 200);
    served.stop().await;
}
