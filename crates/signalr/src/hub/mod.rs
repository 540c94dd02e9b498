//! A SignalR hub as an axum router: negotiate versions 0 and 1, JSON over WebSockets.
//!
//! Implement [`HubService`], give it to a [`Hub`] and nest [`Hub::router`]. The service pushes to a client through the
//! [`HubConnection`] of its [`Caller`].
//!
//! It differs from ASP.NET Core in two points. It drops a client that was silent for [`HubOptions::client_timeout`] even
//! if that client never pinged; ASP.NET Core starts to watch at the first ping. At a shutdown it sends Close with
//! `allowReconnect: true`; ASP.NET Core drops its connections.
//!
//! Tokens may come in the query (`?access_token=`), because browsers cannot set headers on a WebSocket. The hub logs no
//! requests; a layer of the application that does must leave out the query.

mod connection;
mod error;
mod http;
mod negotiation;
mod options;
mod rate_limit;
mod registry;
mod service;
mod session;
mod socket;
mod worker;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    routing::{get, post},
};
use tokio::time::timeout;

pub use connection::HubConnection;
pub use error::{HubCallError, HubSendError};
pub use negotiation::{ConnectionId, NegotiationKey};
pub use options::HubOptions;
pub use service::{AuthRejection, Caller, Credentials, HubError, HubService};

use registry::Registry;

/// Fills a buffer with unpredictable bytes.
pub type FillRandom = dyn Fn(&mut [u8]) + Send + Sync;
/// Returns the time since 1970. It may jump: a client whose token is then refused negotiates again.
pub type WallClock = dyn Fn() -> Duration + Send + Sync;

/// Serves one [`HubService`]. Clones share it.
pub struct Hub<S: HubService> {
    inner: Arc<Inner<S>>,
}

struct Inner<S: HubService> {
    service: Arc<S>,
    options: HubOptions,
    random: Arc<FillRandom>,
    clock: Arc<WallClock>,
    registry: Arc<Registry<S::Identity>>,
}

impl<S: HubService> Clone for Hub<S> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<S: HubService> Hub<S> {
    /// Creates a hub without connections. `random` makes the connections' ids, and `clock` dates their tokens.
    #[must_use]
    pub fn new(service: Arc<S>, options: HubOptions, random: Arc<FillRandom>, clock: Arc<WallClock>) -> Self {
        let registry = Arc::new(Registry::new(&options));
        Self { inner: Arc::new(Inner { service, options, random, clock, registry }) }
    }

    /// The routes `/` (the socket) and `/negotiate`. Nest them at the hub's address: with
    /// `.nest("/hubs/agent", hub.router())` clients connect to `…/hubs/agent`.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/", get(http::attach::<S>))
            .route("/negotiate", post(http::negotiate::<S>))
            .with_state(self.clone())
    }

    /// Sends every client a Close that allows a reconnect, refuses new clients with 503, and waits until all are gone, for
    /// at most [`HubOptions::shutdown_timeout`].
    pub async fn shutdown(&self) {
        for connection in self.inner.registry.shut_down() {
            connection.close(None, true);
        }
        // After the timeout the process ends anyway, together with the remaining connections.
        let _ = timeout(self.inner.options.shutdown_timeout, self.inner.registry.wait_until_empty()).await;
    }

    /// The number of open sockets, including those in their handshake.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.inner.registry.connections()
    }
}
