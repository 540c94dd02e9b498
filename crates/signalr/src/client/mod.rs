//! A SignalR client that reconnects for ever.
//!
//! [`Client::next_session`] negotiates, connects and shakes hands, as often as it takes, with a backoff between attempts.
//! A [`Session`] is one connection: the application calls the server through its [`Connection`], and receives the
//! server's calls from [`Session::incoming`]. When a session ends, every pending call resolves, and the next
//! `next_session` starts over at the configured address with a fresh token. Messages sent in between are lost; the
//! application reconciles.
//!
//! All timers are tokio's and use the monotonic clock: a change of the wall clock does not affect them, and after a
//! suspend a dead server is noticed within [`ClientOptions::server_timeout`].
//!
//! ```no_run
//! use std::{sync::Arc, time::Duration};
//!
//! use flux_signalr::client::{Client, ClientOptions, TcpDialer, TokenSource};
//! use secrecy::SecretString;
//!
//! struct Token;
//!
//! impl TokenSource for Token {
//!     fn token(&self) -> Option<SecretString> {
//!         Some("secret".to_owned().into())
//!     }
//! }
//!
//! # async fn run(random: Box<dyn FnMut(u64) -> u64 + Send>) -> Result<(), Box<dyn std::error::Error>> {
//! let options = ClientOptions::new("http://127.0.0.1:5080/hubs/room".parse()?);
//! let mut client = Client::new(options, Arc::new(TcpDialer::new(None)), Arc::new(Token), random);
//! loop {
//!     let mut session = client.next_session().await;
//!     session.connection.invoke("Join", vec!["Steve".into()], Duration::from_secs(5)).await?;
//!     while let Some(call) = session.incoming.recv().await {
//!         println!("{}: {}", call.target, call.arguments.as_str());
//!     }
//! }
//! # }
//! ```

mod backoff;
mod connect;
mod connection;
mod diagnosis;
mod dialer;
mod driver;
mod error;
mod http;
mod incoming;
mod negotiate;
mod options;
mod queue;
mod reader;
mod reconnect;
mod redirect;
mod sessions;
mod state;
mod url;

use secrecy::SecretString;

pub use connection::{CallError, Connection};
pub use diagnosis::{Diagnosis, UnexpectedResponse};
pub use dialer::{BoxFuture, ByteStream, Dialer, TcpDialer};
pub use incoming::{IncomingCall, Reply};
pub use options::ClientOptions;
pub use queue::IncomingCalls;
pub use reconnect::ReconnectHandle;
pub use sessions::Client;
pub use state::{ErrorClass, SessionEnd, State};
pub use url::{HubUrl, UrlError};

/// Supplies the bearer token. It is called at each attempt, so a replaced token is used at once.
pub trait TokenSource: Send + Sync {
    /// The token, or `None` for a hub without authentication.
    fn token(&self) -> Option<SecretString>;
}

/// One connection to the hub, from the handshake to its end.
#[derive(Debug)]
pub struct Session {
    /// Calls the server. The session ends when the last clone is dropped.
    pub connection: Connection,
    /// The calls of the server, in order; `None` once the session has ended and the queue is empty.
    ///
    /// It holds [`ClientOptions::max_queued_incoming`] calls of [`ClientOptions::max_queued_incoming_bytes`] together.
    /// While it is full, nothing is read from the socket, so the answers to the application's own calls and the server's
    /// Close wait too: read it steadily, or rely on the deadlines of the calls. Pings are still sent, and the server
    /// timeout does not count that pause.
    pub incoming: IncomingCalls,
}
