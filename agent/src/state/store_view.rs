//! The connection to the store, as the agent last saw it.

use flux_signalr::client::Connection;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use tokio::time::Instant;

/// The session with the store.
#[derive(Debug, Clone)]
pub enum Link {
    /// The first attempt has not ended yet.
    Starting,
    /// The store has welcomed this agent.
    Up(Connection),
    /// There is no session: the agent polls.
    Down,
}

impl Link {
    /// The open session's connection.
    pub fn connection(&self) -> Option<Connection> {
        match self {
            Link::Up(connection) => Some(connection.clone()),
            Link::Starting | Link::Down => None,
        }
    }
}

/// The store as the agent last saw it: for `status` and metrics.
#[derive(Debug, Clone, Default)]
pub struct StoreView {
    /// State of the session.
    pub session: SessionState,
    /// The server's name at the store.
    pub server_name: Option<String>,
    /// The store's last known time, and when it was received.
    pub clock: Option<(Timestamp, Instant)>,
    /// The store's clock minus this machine's at that moment.
    pub skew: SignedDuration,
    /// The store's last answer, by session or by polling.
    pub answered_at: Option<Timestamp>,
    /// The last poll that was answered.
    pub polled_at: Option<Timestamp>,
    /// The next poll.
    pub next_poll_at: Option<Timestamp>,
    /// Warnings about hints of the store that cannot be read, by the hint's name.
    pub warnings: BTreeMap<&'static str, String>,
    /// The last error.
    pub error: Option<String>,
    /// Start of the outage and the number of failed attempts, while there is no session.
    pub outage: Option<(Instant, u64)>,
}

/// State of the session with the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SessionState {
    /// The first attempt is under way.
    #[default]
    Connecting,
    /// Open and welcomed.
    Connected,
    /// Lost; the agent reconnects.
    Reconnecting,
    /// HTTP 401: the agent needs a new token.
    TokenRejected,
    /// The store refuses this agent: another one is connected, or the server was removed.
    Refused,
}

impl SessionState {
    /// The name used in `status` and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Connected => "connected",
            Self::Reconnecting => "reconnecting",
            Self::TokenRejected => "token_rejected",
            Self::Refused => "refused",
        }
    }
}
