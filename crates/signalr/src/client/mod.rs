//! A client that never gives up.
//!
//! [`Client::next_session`] waits out the backoff, negotiates, connects and shakes hands, as often as it takes. A
//! [`Session`] is one connection: calls go out through its [`Connection`], the server's calls come in through
//! [`Session::incoming`]. When it ends, every pending call resolves, and the next `next_session` starts anew: a new
//! negotiation at the configured address, with a fresh token. What was sent meanwhile is lost; reconciling is the
//! application's business.
//!
//! All timers are tokio's, on the monotonic clock: a changed wall clock does not touch them, and after a suspend a dead
//! server is noticed within [`ClientOptions::server_timeout`].

mod backoff;
mod connection;
mod dialer;
mod driver;
mod error;
mod exchange;
mod incoming;
mod negotiate;
mod open;
mod options;
mod state;
mod url;

use std::{sync::Arc, time::Duration};

use secrecy::SecretString;
use tokio::{
    sync::{Notify, mpsc, watch},
    time::{Instant, sleep_until},
};

pub use connection::{CallError, Connection};
pub use dialer::{BoxFuture, ByteStream, Dialer, TcpDialer};
pub use incoming::{IncomingCall, Reply};
pub use options::ClientOptions;
pub use state::{ErrorClass, SessionEnd, State};
pub use url::{HubUrl, UrlError};

use backoff::Backoff;
use error::ConnectError;

/// Where the bearer token comes from. It is asked afresh at each attempt, so a token that changed is picked up.
pub trait TokenSource: Send + Sync {
    /// The token, or `None` for a hub that wants none.
    fn token(&self) -> Option<SecretString>;
}

/// One connection to the hub, from handshake to end.
#[derive(Debug)]
pub struct Session {
    /// Calls the server. The session ends when its last clone is dropped.
    pub connection: Connection,
    /// What the server calls, in the order it was sent; `None` once the session has ended and the queue is empty.
    ///
    /// It holds [`ClientOptions::max_queued_incoming`]. While it is full nothing is read from the socket, so answers to
    /// own calls wait too: take from it steadily, or rely on the calls' deadlines. Pings go out all the same, and the
    /// server timeout does not count that pause.
    pub incoming: mpsc::Receiver<IncomingCall>,
}

/// Makes one session after another. See the [module](self).
pub struct Client {
    options: ClientOptions,
    dialer: Arc<dyn Dialer>,
    tokens: Arc<dyn TokenSource>,
    backoff: Backoff,
    states: watch::Sender<State>,
    reconnect: ReconnectHandle,
    /// The next attempt comes no sooner; `None`: at once.
    due: Option<Instant>,
    /// How the session made last ended, until that has been looked at.
    last: Option<watch::Receiver<Option<SessionEnd>>>,
}

impl Client {
    /// A client that has not tried anything yet.
    ///
    /// `random(bound)` returns a number uniform in `0..bound`; it spreads the retries (full jitter).
    #[must_use]
    pub fn new(
        options: ClientOptions,
        dialer: Arc<dyn Dialer>,
        tokens: Arc<dyn TokenSource>,
        random: Box<dyn FnMut(u64) -> u64 + Send>,
    ) -> Self {
        let backoff = Backoff::new(&options, random);
        let states = watch::Sender::new(State::Connecting);
        Self { options, dialer, tokens, backoff, states, reconnect: ReconnectHandle::default(), due: None, last: None }
    }

    /// The next session: at once the first time, after the backoff from then on, however many attempts it takes.
    ///
    /// There is one session at a time: while the one before it lives, this waits for its end. Dropping the future stops
    /// trying; what is left of a wait counts for the next call.
    pub async fn next_session(&mut self) -> Session {
        if let Some(last) = &mut self.last {
            let ended = SessionEnd::of(last).await;
            self.last = None;
            self.retry_after_session(ended);
        }
        loop {
            self.wait().await;
            match self.attempt().await {
                Ok(session) => return session,
                Err(error) => self.retry_after_failure(&error),
            }
        }
    }

    /// The application was refused after connecting: the next attempt comes no sooner than this from now, though later
    /// if the backoff says so. A [`ReconnectHandle`] cuts this short too.
    pub fn hold_off(&mut self, at_least: Duration) {
        self.due = self.due.max(Some(Instant::now() + at_least));
    }

    /// What the client is doing, for health pages and logs.
    #[must_use]
    pub fn states(&self) -> watch::Receiver<State> {
        self.states.subscribe()
    }

    /// A handle that cuts a wait short.
    #[must_use]
    pub fn reconnect_handle(&self) -> ReconnectHandle {
        self.reconnect.clone()
    }

    async fn wait(&mut self) {
        if let Some(due) = self.due {
            tokio::select! { biased;
                () = self.reconnect.0.notified() => {}
                () = sleep_until(due) => {}
            }
            self.due = None;
        }
    }

    async fn attempt(&mut self) -> Result<Session, ConnectError> {
        let opened = open::open(&self.options, &*self.dialer, self.tokens.token()).await?;
        let session = driver::start(opened, &self.options);
        self.last = Some(session.connection.watch_end());
        // A nudge that came during this attempt must not cut a later, unrelated wait short.
        self.reconnect.forget();
        self.states.send_replace(State::Connected);
        Ok(session)
    }

    fn retry_after_session(&mut self, ended: SessionEnd) {
        if ended.lasted >= self.options.reset_after {
            self.backoff.reset();
        }
        let mut delay = self.backoff.next_delay();
        if !ended.allow_reconnect {
            delay = delay.max(self.options.no_reconnect_retry);
        }
        self.pause(delay, ended.class, ended.text);
    }

    fn retry_after_failure(&mut self, error: &ConnectError) {
        if let Some(status) = error.rejection() {
            tracing::debug!(http.status = status, "the server rejected the credential");
            self.due = self.due.max(Some(Instant::now() + self.options.rejected_retry));
            self.states.send_replace(State::Rejected { status });
            return;
        }
        let asked = error.retry_after().unwrap_or_default().min(self.options.max_retry_after);
        let delay = self.backoff.next_delay().max(asked);
        self.pause(delay, error.class(), error.to_string());
    }

    fn pause(&mut self, delay: Duration, class: ErrorClass, error: String) {
        let now = Instant::now();
        let due = self.due.map_or(now + delay, |due| due.max(now + delay));
        self.due = Some(due);
        let (attempt, delay) = (self.backoff.attempt(), due - now);
        tracing::debug!(error.class = %class, error.text = error, attempt, ?delay, "the hub is out of reach");
        self.states.send_replace(State::Reconnecting { attempt, delay, class, error });
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.states.send_replace(State::Stopped);
    }
}

/// Cuts the client's present wait short, say after a reload brought a new token. Outside of a wait it counts for the
/// next one, unless an attempt that is under way then succeeds.
#[derive(Clone, Debug, Default)]
pub struct ReconnectHandle(Arc<Notify>);

impl ReconnectHandle {
    /// Try now.
    pub fn retry_now(&self) {
        self.0.notify_one();
    }

    fn forget(&self) {
        // Polling once takes the stored permit, if there is one; dropping the future then gives nothing back.
        let _ = futures_util::FutureExt::now_or_never(self.0.notified());
    }
}
