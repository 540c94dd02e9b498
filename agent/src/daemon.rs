//! Starts the daemon's tasks, connects them, and stops them in order.

use crate::config::LiveConfig;
use crate::control;
use crate::game::{self, GameDialer};
use crate::journal::{Journal, JournalError};
use crate::limits::{
    HEARTBEAT_SLACK, PRUNE_INTERVAL, PRUNED_PER_ROUND, QUEUED_JOINS, QUEUED_REQUESTS, REMEMBERED, STOP_LINE,
    STOP_REPORTS,
};
use crate::reload::reload;
use crate::state::SharedParts;
use crate::state::{Loader, Phase, SessionState, Shared};
use crate::telemetry::{self, MetricsListener};
use crate::upstream::{self, Rest};
use flux_platform::{Clock, Entropy, SystemdNotifier};
use flux_protocol::JOURNAL_HEADER;
use flux_signalr::client::{Client, ClientOptions, Dialer, HubUrl, TokenSource, UrlError};
use http::HeaderValue;
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use std::sync::Arc;
use tokio::sync::mpsc;

/// The daemon's surroundings: those of the machine in production, simulated ones in a test.
pub struct Resources {
    /// The clocks.
    pub clock: Arc<dyn Clock>,
    /// The random source.
    pub entropy: Arc<dyn Entropy>,
    /// The open journal.
    pub journal: Journal,
    /// Opens connections to the store.
    pub dialer: Arc<dyn Dialer>,
    /// Opens connections to the game.
    pub game: Arc<dyn GameDialer>,
    /// Carries REST calls.
    pub rest: Arc<dyn Rest>,
    /// Accepts requests of the command line.
    pub control: Option<Box<dyn control::Listener>>,
    /// Accepts requests for metrics and health.
    pub metrics: Option<MetricsListener>,
    /// Notifies systemd.
    pub notifier: SystemdNotifier,
    /// Reads the configuration again.
    pub loader: Loader,
    /// Each message requests a reload (SIGHUP).
    pub reloads: mpsc::Receiver<()>,
}

/// The reason the daemon cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store's address is not valid.
    #[error("store.url: {0}")]
    Url(#[from] UrlError),
    /// The journal failed.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A task ended before the stop: a bug.
    #[error(
        "the {0} task ended unexpectedly; this is a bug in flux-agent, please report it with the log. A restart loses nothing"
    )]
    Task(&'static str),
}

/// Runs until `shutdown`, then stops in order: accepts nothing new, lets the line in flight answer, and sends the last reports.
pub async fn run(live: LiveConfig, resources: Resources, shutdown: impl Future<Output = ()>) -> Result<(), StartError> {
    let client = client(&live, &resources)?;
    let Resources { clock, entropy, journal, game, rest, control, metrics, notifier, loader, reloads, .. } = resources;
    let (joined, joins) = mpsc::channel(QUEUED_JOINS);
    let (admin_requests, admin_receiver) = mpsc::channel(QUEUED_REQUESTS);
    let (polls, polls_receiver) = mpsc::channel(QUEUED_REQUESTS);
    let shared =
        Arc::new(Shared::new(SharedParts { live, loader, journal, clock, entropy, notifier, admin_requests, polls }));
    let config = shared.config();
    tracing::info!(
        version = crate::VERSION,
        store.url = config.store.url,
        rcon.address = config.rcon.address,
        "flux-agent started"
    );
    let mut game = tokio::spawn(game::run(shared.clone(), game, joined, admin_receiver));
    let mut store = tokio::spawn(upstream::run(shared.clone(), client, rest, joins, polls_receiver));
    let other_tasks = [
        Some(tokio::spawn(housekeeping(shared.clone()))),
        Some(tokio::spawn(reload_on_request(shared.clone(), reloads))),
        Some(tokio::spawn(telemetry::notify_systemd(shared.clone()))),
        control.map(|listener| tokio::spawn(control::serve(listener, shared.clone()))),
        metrics.map(|listener| tokio::spawn(telemetry::serve(listener, shared.clone()))),
    ];

    let outcome = tokio::select! { biased;
        () = shutdown => Ok(()),
        error = shared.journal_changed() => Err(StartError::Journal(error)),
        _ = &mut game => Err(StartError::Task("game")),
        _ = &mut store => Err(StartError::Task("store")),
    };
    let reports = shared.journal().unreported_count().unwrap_or(0);
    tracing::info!(reports, "stopping; waiting for the line in flight and the last reports");
    shared.enter(Phase::Draining);
    if !game.is_finished() && tokio::time::timeout(STOP_LINE, &mut game).await.is_err() {
        tracing::warn!("the line in flight was not answered in time; settling it at the next start");
        game.abort();
    }
    send_last_reports(&shared).await;
    shared.enter(Phase::Stopping);
    if !store.is_finished() && tokio::time::timeout(STOP_REPORTS, &mut store).await.is_err() {
        store.abort();
    }
    for task in other_tasks.into_iter().flatten() {
        task.abort();
    }
    tracing::info!("stopped");
    outcome
}

fn client(live: &LiveConfig, resources: &Resources) -> Result<Client, StartError> {
    let url: HubUrl = live.get().store.hub_url().parse()?;
    let mut options = ClientOptions::new(url);
    options.max_retry_after = live.get().polling.max;
    if let Ok(journal) = HeaderValue::try_from(resources.journal.id().as_str()) {
        options.headers.insert(JOURNAL_HEADER, journal);
    }
    let entropy = resources.entropy.clone();
    let tokens = Arc::new(Tokens(live.clone()));
    Ok(Client::new(options, resources.dialer.clone(), tokens, Box::new(move |bound| entropy.below(bound))))
}

/// The token of the configuration in force.
struct Tokens(LiveConfig);

impl TokenSource for Tokens {
    fn token(&self) -> Option<SecretString> {
        Some(self.0.get().store.token.expose())
    }
}

async fn reload_on_request(shared: Arc<Shared>, mut requests: mpsc::Receiver<()>) {
    while requests.recv().await.is_some() {
        // The log and `status` show the outcome.
        let _ = reload(&shared);
    }
}

/// Waits for the outbox to send the last reports, at most [`STOP_REPORTS`].
async fn send_last_reports(shared: &Shared) {
    if shared.store.borrow().session != SessionState::Connected {
        return;
    }
    let (mut link, mut acknowledged) = (shared.link.subscribe(), shared.acknowledged.subscribe());
    let empty = async {
        while shared.journal().has_unreported().unwrap_or(false) {
            tokio::select! { biased;
                changed = acknowledged.changed() => if changed.is_err() { return },
                changed = link.changed() => if changed.is_err() { return },
            }
        }
    };
    if tokio::time::timeout(STOP_REPORTS, empty).await.is_err() {
        tracing::info!("some reports are unacknowledged; sending them at the next start");
    }
}

async fn housekeeping(shared: Arc<Shared>) {
    loop {
        let now = shared.now();
        let details = SignedDuration::try_from(shared.config().delivery.keep_history).unwrap_or(SignedDuration::MAX);
        let jobs = in_rounds(&shared, |journal| journal.prune(before(now, details), PRUNED_PER_ROUND)).await;
        if jobs > 0 {
            tracing::info!(jobs, "pruned details of old jobs");
        }
        let store_now = shared.store.borrow().clock.is_some().then(|| shared.store_now());
        if let Some(before) = forgotten_before(now, store_now, details) {
            let jobs = in_rounds(&shared, |journal| journal.forget(before, PRUNED_PER_ROUND)).await;
            if jobs > 0 {
                tracing::info!(jobs, "removed old jobs");
            }
        }
        shared.heartbeat.expect_within("housekeeping", PRUNE_INTERVAL + HEARTBEAT_SLACK);
        tokio::time::sleep(PRUNE_INTERVAL).await;
    }
}

/// Jobs that ended before this time are forgotten; `None` while the store's time is unknown. The earlier clock counts: one that
/// runs ahead must not make the agent forget.
fn forgotten_before(now: Timestamp, store_now: Option<Timestamp>, details: SignedDuration) -> Option<Timestamp> {
    Some(before(now.min(store_now?), details.max(REMEMBERED)))
}

fn before(now: Timestamp, kept: SignedDuration) -> Timestamp {
    now.checked_sub(kept).unwrap_or(Timestamp::MIN)
}

/// Repeats a step until it finds no more jobs, with a turn for the other tasks after each. Returns the number of jobs.
async fn in_rounds(shared: &Shared, step: impl Fn(&mut Journal) -> Result<usize, JournalError>) -> usize {
    let mut jobs = 0;
    loop {
        shared.heartbeat.expect_within("housekeeping", HEARTBEAT_SLACK);
        let done = step(&mut shared.journal());
        match done {
            Ok(0) => return jobs,
            Ok(some) => jobs += some,
            Err(error) => {
                tracing::error!(%error, "failed to prune details of old jobs");
                return jobs;
            }
        }
        tokio::task::yield_now().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: SignedDuration = SignedDuration::from_hours(24);

    #[test]
    fn jobs_are_forgotten_after_90_days_on_both_clocks() {
        let now: Timestamp = "2026-11-28T00:00:00Z".parse().unwrap();
        let ago = |days: i32| now - DAY * days;
        for (own, store, details, expected) in [
            (now, Some(now), 30, Some(ago(90))),
            (now, Some(now), 365, Some(ago(365))),
            (now + DAY * 3_650, Some(now), 30, Some(ago(90))),
            (now, Some(now + DAY * 3_650), 30, Some(ago(90))),
            (now, None, 30, None),
        ] {
            assert_eq!(forgotten_before(own, store, DAY * details), expected, "{own} {store:?} {details}");
        }
        assert_eq!(before(now, SignedDuration::MAX), Timestamp::MIN);
    }
}
