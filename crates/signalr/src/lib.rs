//! SignalR for Rust: the JSON hub protocol over WebSockets, as a client and as an [axum](https://docs.rs/axum) hub.
//!
//! - [`codec`] turns records into messages and back. It is pure: no I/O, no clock.
#![cfg_attr(
    feature = "client",
    doc = "- [`client`] connects to a hub and reconnects for ever, on hyper and tokio-tungstenite."
)]
#![cfg_attr(feature = "hub", doc = "- [`hub`] serves clients as an axum router, with one trait to implement.")]
//!
//! It talks to ASP.NET Core SignalR and its official clients, and to itself. Calls with results work in both directions.
//! It has no MessagePack, Server-Sent Events, long polling, streaming or stateful reconnect, and it is no broadcast layer:
//! groups and users are the application's.
//!
//! # Example
//!
//! A client calls a hub over an in-process server:
//!
#![cfg_attr(all(feature = "client", feature = "hub"), doc = "```")]
#![cfg_attr(not(all(feature = "client", feature = "hub")), doc = "```ignore")]
//! use std::{sync::Arc, time::Duration};
//!
//! use flux_signalr::{
//!     client::{Client, ClientOptions, TcpDialer, TokenSource},
//!     hub::{AuthRejection, Caller, Credentials, Hub, HubError, HubOptions, HubService, NegotiationKey},
//! };
//! use secrecy::SecretString;
//! use serde_json::{Value, json};
//!
//! struct Greeter;
//!
//! impl HubService for Greeter {
//!     type Identity = String;
//!
//!     async fn authenticate(&self, _: Credentials) -> Result<String, AuthRejection> {
//!         Ok("anybody".to_owned())
//!     }
//!     async fn negotiation_key(&self) -> Result<NegotiationKey, AuthRejection> {
//!         Ok(NegotiationKey::new([7; 32])) // A real key is random.
//!     }
//!     async fn connected(&self, _: &Caller<String>) {}
//!     async fn disconnected(&self, _: &Caller<String>) {}
//!
//!     async fn invoke(&self, _: &Caller<String>, method: &str, arguments: Vec<Value>) -> Result<Value, HubError> {
//!         match (method, arguments.as_slice()) {
//!             ("Greet", [Value::String(name)]) => Ok(json!(format!("Hello, {name}!"))),
//!             _ => Err(HubError::UnknownMethod),
//!         }
//!     }
//! }
//!
//! struct NoToken;
//!
//! impl TokenSource for NoToken {
//!     fn token(&self) -> Option<SecretString> {
//!         None
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // A real hub fills the buffer from the operating system's random source, and reads the system's clock.
//! let random = Arc::new(|bytes: &mut [u8]| bytes.fill(7));
//! let clock = Arc::new(|| Duration::from_secs(1_800_000_000));
//! let hub = Hub::new(Arc::new(Greeter), HubOptions::default(), random, clock);
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! let url = format!("http://{}", listener.local_addr()?).parse()?;
//! tokio::spawn(async move { axum::serve(listener, hub.router()).await });
//!
//! let dialer = Arc::new(TcpDialer::new(None));
//! let mut client = Client::new(ClientOptions::new(url), dialer, Arc::new(NoToken), Box::new(|_| 0));
//! let session = client.next_session().await;
//! let answer = session.connection.invoke("Greet", vec![json!("Steve")], Duration::from_secs(5)).await?;
//! assert_eq!(answer, "Hello, Steve!");
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! | feature | default | adds |
//! | --- | --- | --- |
//! | `client` | yes | the module `client` |
//! | `hub` | yes | the module `hub` |
//!
//! Without features only the codec remains, with serde as its only runtime dependency.

pub mod codec;

#[cfg(any(feature = "client", feature = "hub"))]
mod pending_calls;
#[cfg(any(feature = "client", feature = "hub"))]
mod text;

#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "hub")]
pub mod hub;
