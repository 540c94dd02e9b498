//! The game's side of the agent: one task, one RCON connection, one line in flight.
//!
//! [`reconnect`] keeps a connection; [`game_loop`] owns the parts that work over it, each in a file of its own.

mod admin_requests;
mod capabilities;
mod conditions;
mod connection;
mod error;
mod expiry;
mod game_clock;
mod game_loop;
mod job_writer;
mod judge;
mod markers;
mod outage;
mod presence;
mod quote;
mod reconnect;
mod resolver;
mod rollback;
mod runner;

pub(crate) use capabilities::unreadable_clock;
pub use connection::{GameDialer, RconDialer};
pub use presence::LIST_COMMANDS;
pub(crate) use quote::quote;

use crate::state::{AdminRequest, Shared};
use flux_protocol::PlayerRef;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Runs the journal's jobs until the daemon drains. `joined` receives players who joined; `requests` brings the admin's requests.
pub async fn run(
    shared: Arc<Shared>,
    dialer: Arc<dyn GameDialer>,
    joined: mpsc::Sender<PlayerRef>,
    requests: mpsc::Receiver<AdminRequest>,
) {
    tokio::join!(
        biased;
        reconnect::run(&shared, &*dialer, joined, requests),
        expiry::run(&shared),
        presence::watch_sources(&shared),
    );
}
