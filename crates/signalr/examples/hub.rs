//! A hub that repeats what it hears, to everybody who shows the token `let-me-in`:
//! `cargo run --example hub`

use std::{collections::BTreeMap, error::Error, sync::Arc, sync::Mutex};

use axum::Router;
use flux_signalr::{
    codec::target_matches,
    hub::{Caller, Credentials, Hub, HubConnection, HubError, HubOptions, HubService, Refusal},
};
use secrecy::ExposeSecret;
use serde_json::Value;

#[derive(Default)]
struct Room {
    listeners: Mutex<BTreeMap<u64, HubConnection>>,
}

impl HubService for Room {
    type Identity = ();

    async fn authenticate(&self, credentials: Credentials) -> Result<(), Refusal> {
        let token = credentials.token.ok_or(Refusal::Unauthorized)?;
        if token.expose_secret() == "let-me-in" { Ok(()) } else { Err(Refusal::Unauthorized) }
    }

    async fn connected(&self, caller: &Caller<()>) {
        if let Ok(mut listeners) = self.listeners.lock() {
            listeners.insert(caller.connection.id(), caller.connection.clone());
        }
    }

    async fn invoke(&self, _: &Caller<()>, target: &str, arguments: Vec<Value>) -> Result<Value, HubError> {
        if !target_matches(target, "Say") {
            return Err(HubError::UnknownMethod);
        }
        let listeners = self.listeners.lock().map_err(|_| HubError::Internal)?;
        let heard = listeners.values().filter(|listener| listener.send("Said", arguments.clone()).is_ok()).count();
        Ok(heard.into())
    }

    async fn disconnected(&self, caller: &Caller<()>) {
        if let Ok(mut listeners) = self.listeners.lock() {
            listeners.remove(&caller.connection.id());
        }
    }
}

#[expect(clippy::disallowed_methods, clippy::expect_used, reason = "an example is its own entropy module")]
fn fill_random(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system gives random bytes");
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let random = Arc::new(fill_random);
    let hub = Hub::new(Arc::new(Room::default()), HubOptions::default(), random);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:5080").await?;
    axum::serve(listener, Router::new().nest("/hubs/room", hub.router()))
        .with_graceful_shutdown(async move {
            let _ = tokio::signal::ctrl_c().await;
            hub.shutdown().await;
        })
        .await?;
    Ok(())
}
