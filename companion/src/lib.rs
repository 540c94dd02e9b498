//! The companion: a slim store server. One binary, one SQLite file.
//!
//! The path of a request: `server` (connections) → `http` or `agents` (decoding) → `services` (one transaction: rules between
//! reads and writes) → `flux_storage` (the only SQL). Commands leave by `agents::dispatcher` or as the answer to a poll.

mod agents;
mod app;
pub mod cli;
pub mod config;
mod http;
mod leases;
pub mod limits;
mod notify;
mod reload;
mod secrets;
mod server;
pub mod services;
mod sweeps;
mod systemd;

pub use agents::{Session, SessionSignals, Sessions};
pub use app::App;
pub use notify::webhook::signature;
pub use secrets::{KeySecret, server_id, server_token};

use agents::AgentHub;
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::serve::Listener;
use config::Config;
use flux_platform::{Clock, Entropy};
use flux_signalr::hub::Hub;
use flux_storage::Db;
use flux_storage::leases::Job;
use server::Connections;
pub use server::Tcp;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::time::timeout;

/// The resources of a companion, passed in so that a test or a simulation can bring its own.
pub struct Resources<L> {
    /// The listening socket.
    pub listener: L,
    /// The listening socket of the metrics; `None` serves none.
    pub metrics: Option<L>,
    /// Its database.
    pub db: Db,
    /// The wall clock.
    pub clock: Arc<dyn Clock>,
    /// The random source.
    pub entropy: Arc<dyn Entropy>,
}

/// Serves until `shutdown` resolves. Then it closes the agents' sessions so that they reconnect later, lets
/// requests in flight finish (up to a limit), and returns. Everything acknowledged is on disk.
pub async fn serve<L: Listener<Addr = SocketAddr>>(
    config: Config,
    resources: Resources<L>,
    shutdown: impl Future<Output = ()>,
) {
    let Resources { mut listener, mut metrics, db, clock, entropy } = resources;
    let connections = Connections::new(config.limits.connections);
    let scrapers = Connections::new(limits::METRICS_CONNECTIONS);
    let app = App::new(config, db, clock, entropy);
    let hub = agents::hub(&app);
    let router = whole(&app, &hub);
    let figures = http::metrics_router(&app);
    tokio::select! { biased;
        () = shutdown => {}
        () = connections.accept(&mut listener, &router) => {}
        () = accept_if_any(&scrapers, metrics.as_mut(), &figures) => {}
        () = sweeps::run(Arc::clone(&app)) => {}
        () = http::count_wrong_keys(Arc::clone(&app)) => {}
        () = notify::webhook::run(Arc::clone(&app)) => {}
        () = notify::mail::run(Arc::clone(&app)) => {}
    }
    drop((listener, metrics));
    app.stopping.send_replace(true);
    tracing::info!(sessions = hub.connections(), "stopping");
    let ended = timeout(limits::DRAIN, async {
        tokio::join!(hub.shutdown(), connections.finish(), scrapers.finish());
    });
    if ended.await.is_err() {
        tracing::warn!("requests in flight were cut off");
    }
    http::log_wrong_keys(&app);
}

/// The API and the hub, with the limit on wrong keys around both.
fn whole(app: &Arc<App>, hub: &Hub<AgentHub>) -> Router {
    let limit = from_fn_with_state(Arc::clone(app), http::limit_wrong_keys);
    http::router(app).nest("/hubs/agent", hub.router()).layer(limit)
}

/// Serves the metrics for ever, if they are on.
async fn accept_if_any<L: Listener<Addr = SocketAddr>>(
    scrapers: &Connections,
    listener: Option<&mut L>,
    router: &Router,
) {
    match listener {
        Some(listener) => scrapers.accept(listener, router).await,
        None => std::future::pending().await,
    }
}

/// The metrics without a socket, for tests.
pub fn metrics_router(app: &Arc<App>) -> Router {
    http::metrics_router(app)
}

/// The whole API without a socket, for tests: the router, and what it shares.
pub fn router(config: Config, db: Db, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> (Router, Arc<App>) {
    let app = App::new(config, db, clock, entropy);
    (whole(&app, &agents::hub(&app)), app)
}

/// One sweep under a new lease, for tests. The timer runs one every 30 s.
pub async fn sweep(app: &Arc<App>) {
    let lease = leases::take(app, Job::Sweeps).await;
    sweeps::sweep(app, &lease).await;
}
