//! The connection to the store: a session, polling while there is none, and reports over either.

mod advice;
mod http_rest;
mod intake;
mod joins;
mod outbox;
mod policy_notice;
mod poller;
mod probe;
mod report_pace;
mod rest;
mod session;
mod startup_hold;
mod tls;

pub use http_rest::HttpRest;
pub use probe::{ProbeError, call_api, open_session, read_templates};
pub use rest::{Call, Method, Rest, RestError};
pub use tls::{TlsError, client_config};

use crate::limits::{CLOCK_SKEW, ERROR_CHARS};
use crate::state::{PollRequest, SessionState, Shared};
use flux_protocol::PlayerRef;
use flux_signalr::client::Client;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Runs the tasks of the connection to the store until the daemon stops. `joined` receives the players that join the game,
/// `polls` the polls that the admin requests.
pub async fn run(
    shared: Arc<Shared>,
    client: Client,
    rest: Arc<dyn Rest>,
    joined: mpsc::Receiver<PlayerRef>,
    polls: mpsc::Receiver<PollRequest>,
) {
    let states = client.states();
    tokio::join!(
        biased;
        session::run(&shared, client),
        session::watch_states(&shared, states),
        poller::run(&shared, &*rest, polls),
        outbox::run(&shared, &*rest),
        joins::run(&shared, &*rest, joined),
        startup_hold::run(&shared),
        policy_notice::run(&shared, &*rest),
    );
}

/// The beginning of a text of the store, or of an error that quotes one, on one line.
fn excerpt(text: &str) -> String {
    text.chars().take(ERROR_CHARS).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Records an answer of the store, and its time if the answer has one. Warns when the clocks begin to differ.
fn record_answer(shared: &Shared, store_now: Option<Timestamp>) {
    let now = shared.now();
    let differs = |skew: SignedDuration| skew.unsigned_abs() > CLOCK_SKEW;
    shared.store.send_modify(|view| {
        view.answered_at = Some(now);
        if let Some(theirs) = store_now {
            let skew = theirs.duration_since(now);
            if differs(skew) && !differs(view.skew) {
                tracing::warn!(
                    skew.seconds = skew.as_secs(),
                    "this machine's clock differs from the store's; set the time (the store's clock decides about expiry)"
                );
            }
            view.skew = skew;
            view.clock = Some((theirs, Instant::now()));
        }
    });
}

/// Records that the store rejected the token, and logs it once, whether the session or a poll noticed it.
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
