//! Towards the store: a session first, polling while there is none, and the reports over whichever way is open.

mod intake;
mod joins;
mod negotiate;
mod outbox;
mod poller;
mod rest;
mod session;
mod startup_hold;
mod tls;

pub use negotiate::negotiate;
pub use rest::{Call, HttpRest, Method, Rest, RestError};
pub use tls::{TlsError, client_config};

use crate::limits::CLOCK_SKEW;
use crate::state::{PollRequest, SessionState, Shared};
use flux_protocol::PlayerRef;
use flux_signalr::client::Client;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Everything towards the store, until the daemon stops. `joined` brings who joined the game.
/// `asked` brings the polls that the admin asks for.
pub async fn run(
    shared: Arc<Shared>,
    client: Client,
    rest: Arc<dyn Rest>,
    joined: mpsc::Receiver<PlayerRef>,
    asked: mpsc::Receiver<PollRequest>,
) {
    let states = client.states();
    tokio::join!(
        biased;
        session::run(&shared, client),
        session::watch_states(&shared, states),
        poller::run(&shared, &*rest, asked),
        outbox::run(&shared, &*rest),
        joins::run(&shared, &*rest, joined),
        startup_hold::run(&shared),
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
