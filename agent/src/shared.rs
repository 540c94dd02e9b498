use crate::config::Config;
use crate::game::GameView;
use crate::journal::{Journal, JournalError};
use crate::store::{Link, StoreView};
use flux_ambient::{Clock, Entropy};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, watch};

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
    /// The checked configuration.
    pub config: Config,
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
    phase: watch::Sender<Phase>,
    journal: Mutex<Journal>,
}

impl Shared {
    pub(crate) fn new(config: Config, journal: Journal, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Shared {
        Shared {
            config,
            started_at: clock.now(),
            clock,
            entropy,
            link: watch::Sender::new(Link::Starting),
            store: watch::Sender::new(StoreView::default()),
            game: watch::Sender::new(GameView::default()),
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
