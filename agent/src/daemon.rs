//! Wires the rooms: what the tasks share, what each is given, and the order in which they stop.

use crate::config::Config;
use crate::game::{self, GameDialer};
use crate::journal::{Journal, JournalError};
use crate::limits::{PRUNE_INTERVAL, QUEUED_JOINS, STOP_LINE, STOP_REPORTS};
use crate::store::{self, Rest};
use crate::{Phase, Shared, control};
use flux_ambient::{Clock, Entropy};
use flux_protocol::JOURNAL_HEADER;
use flux_signalr::client::{Client, ClientOptions, Dialer, HubUrl, TokenSource, UrlError};
use http::HeaderValue;
use jiff::SignedDuration;
use secrecy::SecretString;
use std::sync::Arc;
use tokio::sync::mpsc;

/// What the daemon takes from its surroundings: the machine's in production, simulated ones in a test.
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
    /// Where the command line asks.
    pub control: Option<control::Listener>,
}

/// Why the daemon cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store's address.
    #[error("store.url: {0}")]
    Url(#[from] UrlError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A task ended by itself: a mistake of this program.
    #[error(
        "the task towards the {0} ended by itself; this is a mistake of flux-agent, please report it with the log. Started again, it loses nothing"
    )]
    Task(&'static str),
}

/// Runs until `shutdown`, then stops in order: nothing new is taken, the line in flight may answer, what is known is reported.
pub async fn run(config: Config, resources: Resources, shutdown: impl Future<Output = ()>) -> Result<(), StartError> {
    let client = client(&config, &resources)?;
    let Resources { clock, entropy, journal, game: game_dialer, rest, control, .. } = resources;
    let shared = Arc::new(Shared::new(config, journal, clock, entropy));
    let (joined, joins) = mpsc::channel(QUEUED_JOINS);
    let mut game = tokio::spawn(game::run(shared.clone(), game_dialer, joined));
    let mut store = tokio::spawn(store::run(shared.clone(), client, rest, joins));
    let housekeeping = tokio::spawn(housekeeping(shared.clone()));
    let control = control.map(|listener| tokio::spawn(control::serve(listener, shared.clone())));
    tracing::info!(
        version = crate::VERSION,
        store.url = shared.config.store.url,
        rcon.address = shared.config.rcon.address,
        "flux-agent started"
    );

    let outcome = tokio::select! { biased;
        () = shutdown => Ok(()),
        _ = &mut game => Err(StartError::Task("game")),
        _ = &mut store => Err(StartError::Task("store")),
    };
    tracing::info!("stopping: nothing new is taken, the line in flight may answer");
    shared.enter(Phase::Draining);
    if !game.is_finished() && tokio::time::timeout(STOP_LINE, &mut game).await.is_err() {
        tracing::warn!("the line in flight was not answered in time; it is settled at the next start");
        game.abort();
    }
    report_the_rest(&shared).await;
    shared.enter(Phase::Stopping);
    if !store.is_finished() && tokio::time::timeout(STOP_REPORTS, &mut store).await.is_err() {
        store.abort();
    }
    housekeeping.abort();
    if let Some(control) = control {
        control.abort();
    }
    tracing::info!("stopped");
    outcome
}

fn client(config: &Config, resources: &Resources) -> Result<Client, StartError> {
    let url: HubUrl = config.store.hub_url().parse()?;
    let mut options = ClientOptions::new(url);
    if let Ok(journal) = HeaderValue::try_from(resources.journal.id().as_str()) {
        options.headers.insert(JOURNAL_HEADER, journal);
    }
    let entropy = resources.entropy.clone();
    let tokens = Arc::new(Token(config.store.token.expose()));
    Ok(Client::new(options, resources.dialer.clone(), tokens, Box::new(move |bound| entropy.below(bound))))
}

struct Token(SecretString);

impl TokenSource for Token {
    fn token(&self) -> Option<SecretString> {
        Some(self.0.clone())
    }
}

/// Gives the outbox a moment to bring the last states to the store.
async fn report_the_rest(shared: &Shared) {
    if shared.store.borrow().session != store::SessionState::Connected {
        return;
    }
    let (mut link, mut acknowledged) = (shared.link.subscribe(), shared.acknowledged.subscribe());
    let empty = async {
        while shared.journal().unreported_count().is_ok_and(|count| count > 0) {
            tokio::select! { biased;
                changed = acknowledged.changed() => if changed.is_err() { return },
                changed = link.changed() => if changed.is_err() { return },
            }
        }
    };
    if tokio::time::timeout(STOP_REPORTS, empty).await.is_err() {
        tracing::info!("some reports are not acknowledged; they are kept and sent at the next start");
    }
}

async fn housekeeping(shared: Arc<Shared>) {
    let keep = SignedDuration::try_from(shared.config.delivery.keep_history).unwrap_or(SignedDuration::MAX);
    loop {
        let before = shared.now() - keep;
        match shared.journal().prune(before) {
            Ok(0) => {}
            Ok(jobs) => tracing::info!(jobs, "details of old jobs pruned"),
            Err(error) => tracing::error!(%error, "old details could not be pruned"),
        }
        tokio::time::sleep(PRUNE_INTERVAL).await;
    }
}
