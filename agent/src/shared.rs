use crate::config::{Config, LiveConfig};
use crate::game::{Ask, GameView, Hints};
use crate::journal::{Journal, JournalError};
use crate::telemetry::Metrics;
use crate::upstream::{Link, PollAsk, StoreView};
use crate::{Loader, Pulse};
use flux_platform::{Clock, Entropy, SystemdNotifier};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, mpsc, watch};

/// Where the daemon is on its way to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// At work.
    Running,
    /// Nothing new is taken or sent; the line in flight may answer, and what is known is reported.
    Draining,
    /// Everything ends.
    Stopping,
}

/// What the daemon's tasks have in common. The journal is the truth; the rest is how the tasks wake each other, and what `status` shows.
pub struct Shared {
    /// Wall clock and boot clock.
    pub clock: Arc<dyn Clock>,
    /// For jitter.
    pub entropy: Arc<dyn Entropy>,
    /// When this daemon started.
    pub started_at: Timestamp,
    /// The session to the store, where there is one.
    pub link: watch::Sender<Link>,
    /// What is known of the store.
    pub store: watch::Sender<StoreView>,
    /// What is known of the game.
    pub game: watch::Sender<GameView>,
    /// What others tell the game's task.
    pub hints: Hints,
    /// Something may run.
    pub wake_game: Notify,
    /// Something is to be reported.
    pub wake_outbox: Notify,
    /// Rises with every acknowledgement of the store.
    pub acknowledged: watch::Sender<u64>,
    /// Why the journal does not work, while it does not.
    pub journal_error: watch::Sender<Option<String>>,
    /// Items of the store that could not be read and were said so.
    pub(crate) bad_items: Mutex<BTreeSet<String>>,
    /// What the admin asks of the game; the game's task answers between two jobs.
    pub asks: mpsc::Sender<Ask>,
    /// Polls that the admin asks for.
    pub polls: mpsc::Sender<PollAsk>,
    /// What is counted.
    pub metrics: Metrics,
    /// Whether every task's loop turns.
    pub pulse: Pulse,
    /// Tells systemd.
    pub notifier: SystemdNotifier,
    pub(crate) live: LiveConfig,
    pub(crate) loader: Loader,
    reload_error: Mutex<Option<String>>,
    phase: watch::Sender<Phase>,
    journal: Mutex<Journal>,
}

/// What [`Shared`] is made of.
pub(crate) struct Parts {
    pub live: LiveConfig,
    pub loader: Loader,
    pub journal: Journal,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub notifier: SystemdNotifier,
    pub asks: mpsc::Sender<Ask>,
    pub polls: mpsc::Sender<PollAsk>,
}

impl Shared {
    pub(crate) fn new(parts: Parts) -> Shared {
        let Parts { live, loader, journal, clock, entropy, notifier, asks, polls } = parts;
        Shared {
            asks,
            polls,
            metrics: Metrics::default(),
            pulse: Pulse::default(),
            notifier,
            live,
            loader,
            reload_error: Mutex::new(None),
            started_at: clock.now(),
            clock,
            entropy,
            link: watch::Sender::new(Link::Starting),
            store: watch::Sender::new(StoreView::default()),
            game: watch::Sender::new(GameView::default()),
            hints: Hints::default(),
            wake_game: Notify::new(),
            wake_outbox: Notify::new(),
            acknowledged: watch::Sender::new(0),
            journal_error: watch::Sender::new(None),
            bad_items: Mutex::default(),
            phase: watch::Sender::new(Phase::Running),
            journal: Mutex::new(journal),
        }
    }

    /// The journal. Held for one call, never across an `await`: all tasks share one thread.
    pub fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The configuration in force.
    pub fn config(&self) -> Arc<Config> {
        self.live.get()
    }

    /// What is wrong with the changed configuration, while the old one stays in force.
    pub fn reload_error(&self) -> Option<String> {
        self.reload_error.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_reload_error(&self, error: Option<String>) {
        *self.reload_error.lock().unwrap_or_else(PoisonError::into_inner) = error;
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The time now on the store's clock: what it told last, and what has passed since on a clock that nobody sets.
    pub fn store_now(&self) -> Timestamp {
        let told = self.store.borrow().clock;
        let now = told.and_then(|(theirs, at)| theirs.checked_add(SignedDuration::try_from(at.elapsed()).ok()?).ok());
        now.unwrap_or_else(|| self.now())
    }

    /// The journal failed: said once, until it works again.
    pub(crate) fn journal_failed(&self, error: &JournalError) {
        let text = error.to_string();
        let is_news = self.journal_error.send_if_modified(|known| {
            let is_news = known.is_none();
            *known = Some(text);
            is_news
        });
        if is_news {
            tracing::error!(%error, "the journal failed; nothing runs and nothing new is acknowledged until it works again");
        }
    }

    /// The journal works.
    pub(crate) fn journal_works(&self) {
        if self.journal_error.borrow().is_some() {
            self.journal_error.send_replace(None);
            tracing::info!("the journal works again");
        }
    }

    /// Goes on to the next phase.
    pub(crate) fn enter(&self, phase: Phase) {
        self.phase.send_replace(phase);
    }

    /// Whether this phase has come.
    pub fn is(&self, phase: Phase) -> bool {
        *self.phase.borrow() >= phase
    }

    /// Waits for this phase.
    pub async fn reached(&self, phase: Phase) {
        // The sender lives in `self`, so the wait ends with the phase alone.
        let _ = self.phase.subscribe().wait_for(|now| *now >= phase).await;
    }
}
