//! A hub that broadcasts messages to all clients and collects their answers to a question; the token is `let-me-in`:
//! `cargo run --example hub [ADDRESS]`

use std::{
    collections::BTreeMap,
    error::Error,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::Router;
use flux_signalr::{
    codec::{arguments as read, target_matches},
    hub::{
        AuthRejection, Caller, ConnectionId, Credentials, Hub, HubConnection, HubError, HubOptions, HubService,
        NegotiationKey,
    },
};
use secrecy::ExposeSecret;
use serde_json::Value;

struct Room {
    clients: Mutex<BTreeMap<ConnectionId, HubConnection>>,
    key: NegotiationKey,
}

impl Room {
    fn clients(&self) -> Result<Vec<HubConnection>, HubError> {
        Ok(self.clients.lock().map_err(|_| HubError::Internal)?.values().cloned().collect())
    }

    /// Sends to every client and returns how many were reached.
    fn broadcast(&self, arguments: &[Value]) -> Result<Value, HubError> {
        let clients = self.clients()?;
        Ok(clients.iter().filter(|client| client.send("Message", arguments.to_vec()).is_ok()).count().into())
    }

    /// The answers that arrived in time.
    async fn ask(&self, question: String) -> Result<Value, HubError> {
        let mut answers = Vec::new();
        for client in self.clients()? {
            answers.extend(client.invoke("Question", vec![question.clone().into()], Duration::from_secs(5)).await);
        }
        Ok(answers.into())
    }
}

impl HubService for Room {
    type Identity = String;

    async fn authenticate(&self, credentials: Credentials) -> Result<String, AuthRejection> {
        let token = credentials.token.ok_or(AuthRejection::Unauthorized)?;
        if token.expose_secret() == "let-me-in" { Ok("guest".to_owned()) } else { Err(AuthRejection::Unauthorized) }
    }

    async fn negotiation_key(&self) -> Result<NegotiationKey, AuthRejection> {
        Ok(self.key.clone())
    }

    async fn connected(&self, caller: &Caller<String>) {
        if let Ok(mut clients) = self.clients.lock() {
            clients.insert(caller.connection.id(), caller.connection.clone());
        }
    }

    async fn invoke(&self, _: &Caller<String>, target: &str, arguments: Vec<Value>) -> Result<Value, HubError> {
        if target_matches(target, "Broadcast") {
            self.broadcast(&arguments)
        } else if target_matches(target, "Ask") {
            let (question,) = read(arguments)?;
            self.ask(question).await
        } else {
            Err(HubError::UnknownMethod)
        }
    }

    async fn disconnected(&self, caller: &Caller<String>) {
        if let Ok(mut clients) = self.clients.lock() {
            clients.remove(&caller.connection.id());
        }
    }
}

#[expect(clippy::disallowed_methods, clippy::expect_used, reason = "an example has no entropy module")]
fn fill_random(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system gives random bytes");
}

#[expect(clippy::disallowed_methods, reason = "an example has no clock module")]
fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut key = [0; 32];
    fill_random(&mut key);
    let room = Room { clients: Mutex::default(), key: NegotiationKey::new(key) };
    let hub = Hub::new(Arc::new(room), HubOptions::default(), Arc::new(fill_random), Arc::new(since_1970));
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:5080".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on http://{}/hubs/room", listener.local_addr()?);
    axum::serve(listener, Router::new().nest("/hubs/room", hub.router()))
        .with_graceful_shutdown(async move {
            let _ = tokio::signal::ctrl_c().await;
            hub.shutdown().await;
        })
        .await?;
    Ok(())
}
