//! The client itself: one attempt after another, with the delays between them.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

use super::{
    ClientOptions, Diagnosis, Dialer, ErrorClass, ReconnectHandle, Session, SessionEnd, State, TokenSource,
    backoff::Backoff, connect, driver, error::ConnectError,
};

/// Makes one session after another; see the [module](super).
pub struct Client {
    options: ClientOptions,
    dialer: Arc<dyn Dialer>,
    tokens: Arc<dyn TokenSource>,
    backoff: Backoff,
    states: watch::Sender<State>,
    reconnect: ReconnectHandle,
    /// The earliest time of the next attempt; `None` means now.
    not_before: Option<Instant>,
    /// The end of the last session, until it has been handled.
    last_end: Option<watch::Receiver<Option<SessionEnd>>>,
}

impl Client {
    /// Creates a client; nothing happens until [`next_session`](Self::next_session).
    ///
    /// `random(bound)` returns a number uniform in `0..bound`, which spreads the retries (full jitter).
    #[must_use]
    pub fn new(
        options: ClientOptions,
        dialer: Arc<dyn Dialer>,
        tokens: Arc<dyn TokenSource>,
        random: Box<dyn FnMut(u64) -> u64 + Send>,
    ) -> Self {
        let backoff = Backoff::new(&options, random);
        let states = watch::Sender::new(State::Connecting);
        let reconnect = ReconnectHandle::default();
        Self { options, dialer, tokens, backoff, states, reconnect, not_before: None, last_end: None }
    }

    /// Makes the next session: at once the first time, after the backoff from then on, with as many attempts as it takes.
    ///
    /// There is one session at a time: while the previous one lives, this waits for its end. Dropping the future stops
    /// the attempts; the rest of a wait counts for the next call.
    pub async fn next_session(&mut self) -> Session {
        if let Some(last_end) = &mut self.last_end {
            let end = SessionEnd::wait(last_end).await;
            self.last_end = None;
            self.schedule_after_session(end);
        }
        loop {
            self.wait().await;
            match self.attempt().await {
                Ok(session) => return session,
                Err(error) => self.schedule_after_failure(&error),
            }
        }
    }

    /// Delays the next attempt by at least this time from now, for an application that was refused after connecting.
    /// A [`ReconnectHandle`] ends this wait too.
    pub fn hold_off(&mut self, at_least: Duration) {
        self.delay_until(Instant::now() + at_least);
    }

    /// Changes the longest `Retry-After` that the client obeys, from the next response on.
    pub fn set_max_retry_after(&mut self, at_most: Duration) {
        self.options.max_retry_after = at_most;
    }

    /// Watches the state of the client, for health pages and logs.
    #[must_use]
    pub fn states(&self) -> watch::Receiver<State> {
        self.states.subscribe()
    }

    /// A handle that ends a wait early.
    #[must_use]
    pub fn reconnect_handle(&self) -> ReconnectHandle {
        self.reconnect.clone()
    }

    async fn wait(&mut self) {
        if let Some(not_before) = self.not_before {
            tokio::select! { biased;
                () = self.reconnect.requested() => {}
                () = sleep_until(not_before) => {}
            }
            self.not_before = None;
        }
    }

    async fn attempt(&mut self) -> Result<Session, ConnectError> {
        let open = connect::connect(&self.options, &*self.dialer, self.tokens.token()).await?;
        let session = driver::start(open, &self.options);
        self.last_end = Some(session.connection.watch_end());
        // A request made during this attempt must not end a later, unrelated wait.
        self.reconnect.forget();
        self.states.send_replace(State::Connected);
        Ok(session)
    }

    fn schedule_after_session(&mut self, end: SessionEnd) {
        if end.lasted >= self.options.reset_after {
            self.backoff.reset();
        }
        let mut delay = self.backoff.next_delay();
        if !end.allow_reconnect {
            delay = delay.max(self.options.no_reconnect_retry);
        }
        self.schedule(delay, end.class, end.text, None);
    }

    fn schedule_after_failure(&mut self, error: &ConnectError) {
        if let Some(status) = error.rejection() {
            tracing::debug!(http.status = status, "the server rejected the credential");
            self.delay_until(Instant::now() + self.options.rejected_retry);
            self.states.send_replace(State::Rejected { status });
            return;
        }
        let retry_after = error.retry_after().unwrap_or_default().min(self.options.max_retry_after);
        let delay = self.backoff.next_delay().max(retry_after);
        self.schedule(delay, error.class(), error.to_string(), error.diagnosis());
    }

    fn schedule(&mut self, delay: Duration, class: ErrorClass, error: String, diagnosis: Option<Diagnosis>) {
        let now = Instant::now();
        let delay = self.delay_until(now + delay) - now;
        let attempt = self.backoff.attempt();
        tracing::debug!(error.class = %class, error.text = error, attempt, ?delay, "not connected to the hub; retrying");
        self.states.send_replace(State::Reconnecting { attempt, delay, class, error, diagnosis });
    }

    /// Delays the next attempt until `instant`, or longer if it is delayed longer already, and returns its time.
    fn delay_until(&mut self, instant: Instant) -> Instant {
        let not_before = self.not_before.map_or(instant, |not_before| not_before.max(instant));
        self.not_before = Some(not_before);
        not_before
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.states.send_replace(State::Stopped);
    }
}
