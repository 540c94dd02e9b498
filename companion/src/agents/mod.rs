//! The agents' side: authentication, the hub's methods, the sessions, and the dispatcher that sends each session its
//! commands.

pub(crate) mod auth;
mod dispatcher;
mod players;
pub(crate) mod reports;
mod service;
mod sessions;
mod signals;

pub(crate) use players::record_join;
pub(crate) use service::AgentHub;
pub use sessions::{Session, Sessions};
pub use signals::SessionSignals;

use crate::app::App;
use crate::limits;
use flux_signalr::hub::{Hub, HubOptions};
use std::sync::Arc;
use std::time::Duration;

/// The hub of a running companion, to be mounted at `/hubs/agent`.
pub(crate) fn hub(app: &Arc<App>) -> Hub<AgentHub> {
    let options = HubOptions {
        max_connections: app.config.limits.connections,
        max_connections_per_identity: limits::AGENT_CONNECTIONS,
        max_receive_bytes: flux_protocol::limits::AGENT_MESSAGE_BYTES,
        ..HubOptions::default()
    };
    let (entropy, clock) = (Arc::clone(&app.entropy), Arc::clone(&app.clock));
    let random = Arc::new(move |bytes: &mut [u8]| entropy.fill(bytes));
    let clock = Arc::new(move || Duration::try_from(clock.now().as_duration()).unwrap_or_default());
    Hub::new(Arc::new(AgentHub::new(Arc::clone(app))), options, random, clock)
}
