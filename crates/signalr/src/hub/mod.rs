//! A hub as an axum router: negotiate versions 0 and 1, JSON over WebSockets.
//!
//! It differs from ASP.NET Core in two points, both for the sake of dead clients: one that is silent for
//! [`HubOptions::client_timeout`] is dropped even if it never sent a ping (ASP.NET Core begins to watch at the first
//! ping), and a shutdown says Close, reconnect allowed, where ASP.NET Core drops the connection.
//!
//! Tokens may come in the query (`?access_token=`), as browsers cannot set headers on a WebSocket. The hub logs no
//! request; a layer of the application that does must leave queries out.

mod connection;
mod http;
mod options;
mod pace;
mod service;
mod session;
mod table;
mod work;

use std::sync::Arc;

use axum::{
    Router,
    routing::{get, post},
};
use tokio::time::timeout;

pub use connection::{HubCallError, HubConnection, HubSendError};
pub use options::HubOptions;
pub use service::{AuthRejection, Caller, Credentials, HubError, HubService};

use table::Table;

/// Fills a buffer with unguessable bytes.
pub type FillRandom = dyn Fn(&mut [u8]) + Send + Sync;

/// Serves one [`HubService`]. Clones share it.
pub struct Hub<S: HubService> {
    inner: Arc<Inner<S>>,
}

struct Inner<S: HubService> {
    service: Arc<S>,
    options: HubOptions,
    random: Arc<FillRandom>,
    table: Arc<Table<S::Identity>>,
}

impl<S: HubService> Clone for Hub<S> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<S: HubService> Hub<S> {
    /// A hub without connections. Connection tokens are made of `random`.
    #[must_use]
    pub fn new(service: Arc<S>, options: HubOptions, random: Arc<FillRandom>) -> Self {
        let table = Arc::new(Table::new(&options));
        Self { inner: Arc::new(Inner { service, options, random, table }) }
    }

    /// The routes `/` (the socket) and `/negotiate`. Nest them where the hub shall be: with
    /// `.nest("/hubs/agent", hub.router())` clients are given the address `…/hubs/agent`.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/", get(http::attach::<S>))
            .route("/negotiate", post(http::negotiate::<S>))
            .with_state(self.clone())
    }

    /// Tells every client to come back later (Close, reconnect allowed), refuses new ones with 503, and waits until all
    /// are gone, at most [`HubOptions::shutdown_timeout`].
    pub async fn shutdown(&self) {
        for connection in self.inner.table.shut() {
            connection.close(None, true);
        }
        // After the limit the process ends anyway, and with it what is left.
        let _ = timeout(self.inner.options.shutdown_timeout, self.inner.table.emptied()).await;
    }

    /// How many sockets are open, those in their handshake included.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.inner.table.connections()
    }
}
