//! Towards the store: a session first, polling while there is none, and the reports over whichever way is open.

mod careful;
mod intake;
mod joins;
mod negotiate;
mod outbox;
mod poller;
mod rest;
mod session;
mod tls;

pub use negotiate::negotiate;
pub use poller::PollAsk;
pub use rest::{Call, HttpRest, Method, Rest, RestError};
pub use tls::{TlsError, client_config};

use crate::Shared;
use crate::limits::CLOCK_SKEW;
use flux_protocol::PlayerRef;
use flux_signalr::client::{Client, Connection};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// The session to the store.
#[derive(Debug, Clone)]
pub enum Link {
    /// Not tried to the end yet.
    Starting,
    /// The store has welcomed this agent.
    Up(Connection),
    /// There is none: the agent polls.
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

/// What is known of the store.
#[derive(Debug, Clone, Default)]
pub struct StoreView {
    /// `connected`, `connecting`, `reconnecting`, `token_rejected`, `refused`.
    pub session: SessionState,
    /// The server's name at the store.
    pub server_name: Option<String>,
    /// The store's clock as it told it last, and when that was.
    pub clock: Option<(Timestamp, Instant)>,
    /// How far it was from ours then.
    pub skew: SignedDuration,
    /// When the store last answered, by session or by polling.
    pub answered_at: Option<Timestamp>,
    /// The last poll that was answered.
    pub polled_at: Option<Timestamp>,
    /// When the next poll is due.
    pub next_poll_at: Option<Timestamp>,
    /// The last error.
    pub error: Option<String>,
    /// Since when there is no session, and how often one was tried in vain.
    pub outage: Option<(Instant, u64)>,
}

/// The session, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SessionState {
    /// The first try is under way.
    #[default]
    Connecting,
    /// Open and welcomed.
    Connected,
    /// Lost; tried again by itself.
    Reconnecting,
    /// 401: a new token is needed.
    TokenRejected,
    /// The store does not want this agent: another one is connected, the server was removed.
    Refused,
}

impl SessionState {
    /// The word in `status`.
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

/// Everything towards the store, until the daemon stops. `joined` brings who joined the game.
/// `asked` brings the polls that the admin asks for.
pub async fn run(
    shared: Arc<Shared>,
    client: Client,
    rest: Arc<dyn Rest>,
    joined: mpsc::Receiver<PlayerRef>,
    asked: mpsc::Receiver<PollAsk>,
) {
    let states = client.states();
    tokio::join!(
        biased;
        session::run(&shared, client),
        session::watch_states(&shared, states),
        poller::run(&shared, &*rest, asked),
        outbox::run(&shared, &*rest),
        joins::run(&shared, &*rest, joined),
        careful::run(&shared),
    );
}

/// The store answered: it is there. Its clock is looked at where it told the time; a new difference is worth a warning.
fn note_answer(shared: &Shared, store_now: Option<Timestamp>) {
    let now = shared.now();
    let differs = |skew: SignedDuration| skew.unsigned_abs() > CLOCK_SKEW;
    shared.store.send_modify(|view| {
        view.answered_at = Some(now);
        if let Some(theirs) = store_now {
            let skew = theirs.duration_since(now);
            if differs(skew) && !differs(view.skew) {
                tracing::warn!(
                    skew.seconds = skew.as_secs(),
                    "this machine's clock and the store's differ; set the time (expiry is judged on the store's clock)"
                );
            }
            view.skew = skew;
            view.clock = Some((theirs, Instant::now()));
        }
    });
}

/// The token is no good: said once, with what to do, whichever way noticed it.
fn token_rejected(shared: &Shared, status: u16) {
    const TEXT: &str = "the store rejected the token; make a new one at the store and run flux-agent token set";
    if shared.store.borrow().session != SessionState::TokenRejected {
        tracing::error!(http.status = status, "{TEXT}");
    }
    shared.store.send_modify(|view| {
        view.session = SessionState::TokenRejected;
        view.error = Some(format!("{TEXT} (HTTP {status})"));
    });
}
