//! State that the daemon's tasks share: the open journal, the configuration in force, views for `status`, and the means to wake each other.
//! It depends on no task.

mod game_view;
mod heartbeat;
mod metrics;
mod requests;
mod signals;
mod store_view;

pub use game_view::GameView;
pub use heartbeat::Heartbeat;
pub use metrics::{Counters, CountsByOutcome, Metrics, RCON_BUCKETS_SECONDS};
pub use requests::{AdminAction, AdminRequest, AdminRequestError, PollRequest};
pub use signals::GameSignals;
pub use store_view::{Link, SessionState, StoreView};

use crate::config::{Config, LiveConfig};
use crate::journal::{Journal, JournalError};
use crate::limits::JOURNAL_FILE_CHECK;
use flux_platform::{Clock, Entropy, OpenedFile, SystemdNotifier};
use flux_protocol::Hint;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, mpsc, watch};

/// Reads and checks the configuration file again; the error is for the admin.
pub type Loader = Box<dyn Fn() -> Result<Config, String> + Send + Sync>;

/// Phase of the daemon's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// The daemon works.
    Running,
    /// The daemon accepts and sends nothing new. The line in flight may answer, and reports still go out.
    Draining,
    /// All tasks end.
    Stopping,
}

/// State of the daemon. The journal is the truth; everything else wakes tasks or is shown by `status`.
pub struct Shared {
    /// Wall clock and boot clock.
    pub clock: Arc<dyn Clock>,
    /// Random source for jitter.
    pub entropy: Arc<dyn Entropy>,
    /// Start of this daemon.
    pub started_at: Timestamp,
    /// The session with the store.
    pub link: watch::Sender<Link>,
    /// The store as last seen.
    pub store: watch::Sender<StoreView>,
    /// The game as last seen.
    pub game: watch::Sender<GameView>,
    /// Signals to the game loop.
    pub signals: GameSignals,
    /// Wakes the game loop: a job may be ready.
    pub wake_game: Notify,
    /// Wakes the outbox: a state may be unreported.
    pub wake_outbox: Notify,
    /// Counts acknowledgements of the store; only its changes matter.
    pub acknowledged: watch::Sender<u64>,
    /// The error of the journal, until it works again.
    pub journal_error: watch::Sender<Option<String>>,
    /// True from the refusal of a new command for lack of room until a new one is accepted.
    pub(crate) is_without_room: AtomicBool,
    /// Unreadable items of the store that were logged already.
    pub(crate) bad_items: Mutex<BTreeSet<u64>>,
    /// Requests of the admin to the game loop.
    pub admin_requests: mpsc::Sender<AdminRequest>,
    /// Polls that the admin requests.
    pub polls: mpsc::Sender<PollRequest>,
    /// Counters.
    pub metrics: Metrics,
    /// Deadlines of the tasks.
    pub heartbeat: Heartbeat,
    /// Connection to systemd.
    pub notifier: SystemdNotifier,
    pub(crate) live: LiveConfig,
    pub(crate) loader: Loader,
    reload_error: Mutex<Option<String>>,
    phase: watch::Sender<Phase>,
    journal: Mutex<Journal>,
    journal_file: OpenedFile,
}

/// The parts of a [`Shared`] that its creator supplies.
pub(crate) struct SharedParts {
    pub live: LiveConfig,
    pub loader: Loader,
    pub journal: Journal,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub notifier: SystemdNotifier,
    pub admin_requests: mpsc::Sender<AdminRequest>,
    pub polls: mpsc::Sender<PollRequest>,
}

impl Shared {
    pub(crate) fn new(parts: SharedParts) -> Shared {
        let SharedParts { live, loader, journal, clock, entropy, notifier, admin_requests, polls } = parts;
        Shared {
            admin_requests,
            polls,
            metrics: Metrics::default(),
            heartbeat: Heartbeat::default(),
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
            signals: GameSignals::default(),
            wake_game: Notify::new(),
            wake_outbox: Notify::new(),
            acknowledged: watch::Sender::new(0),
            journal_error: watch::Sender::new(None),
            is_without_room: AtomicBool::new(false),
            bad_items: Mutex::default(),
            phase: watch::Sender::new(Phase::Running),
            journal_file: journal.file().clone(),
            journal: Mutex::new(journal),
        }
    }

    /// The journal. Hold the guard for one call, never across an `await`: all tasks share one thread.
    pub fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The configuration in force.
    pub fn config(&self) -> Arc<Config> {
        self.live.get()
    }

    /// The error of the changed configuration, while the old one stays in force.
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

    /// The time now on the store's clock: its last known time plus the time since then on the monotonic clock.
    pub fn store_now(&self) -> Timestamp {
        let known = self.store.borrow().clock;
        let now = known.and_then(|(theirs, at)| theirs.checked_add(SignedDuration::try_from(at.elapsed()).ok()?).ok());
        now.unwrap_or_else(|| self.now())
    }

    /// Records that the journal failed, and logs it once until it works again.
    pub(crate) fn journal_failed(&self, error: &JournalError) {
        let changed = self.journal_change();
        let error = changed.as_ref().unwrap_or(error);
        let text = error.to_string();
        let is_new = self.journal_error.send_if_modified(|known| {
            let is_new = known.is_none();
            *known = Some(text);
            is_new
        });
        if is_new {
            tracing::error!(%error, "the journal failed; nothing runs and nothing new is acknowledged until it works again");
        }
    }

    /// Resolves when the path of the journal names another file, or none.
    pub(crate) async fn journal_changed(&self) -> JournalError {
        let mut failures = self.journal_error.subscribe();
        loop {
            if let Some(error) = self.journal_change() {
                self.journal_failed(&error);
                return error;
            }
            // The wait ends early when the journal fails; the sender lives in `self`.
            let _ = tokio::time::timeout(JOURNAL_FILE_CHECK, failures.changed()).await;
        }
    }

    fn journal_change(&self) -> Option<JournalError> {
        let change = self.journal_file.change()?;
        Some(JournalError::FileChanged { path: self.journal_file.path().to_owned(), change })
    }

    /// Records that the journal works.
    pub(crate) fn journal_works(&self) {
        if self.journal_error.borrow().is_some() {
            self.journal_error.send_replace(None);
            tracing::info!("the journal works again");
        }
    }

    /// The value of a hint of the store. One that cannot be read is logged once and shown by `status`, until it can be read.
    pub(crate) fn read_hint<T>(&self, name: &'static str, hint: Hint<T>) -> Option<T> {
        let warning = hint.unreadable().map(|text| format!("the store's {name} cannot be read and is ignored: {text}"));
        let mut is_new = false;
        self.store.send_if_modified(|view| match &warning {
            None => view.warnings.remove(name).is_some(),
            Some(text) => {
                let known = view.warnings.insert(name, text.clone());
                is_new = known.is_none();
                known.as_ref() != Some(text)
            }
        });
        if let Some(warning) = warning.filter(|_| is_new) {
            tracing::warn!("{warning}");
        }
        hint.known()
    }

    /// Sets or clears a warning about the game, for `status`. Returns whether it is new.
    pub(crate) fn set_game_warning(&self, topic: &'static str, text: Option<String>) -> bool {
        let has_text = text.is_some();
        let mut is_new = false;
        self.game.send_if_modified(|view| {
            let known = match text {
                Some(text) => view.warnings.insert(topic, text),
                None => view.warnings.remove(topic),
            };
            is_new = has_text && known.is_none();
            has_text || known.is_some()
        });
        is_new
    }

    /// Enters a phase.
    pub(crate) fn enter(&self, phase: Phase) {
        self.phase.send_replace(phase);
    }

    /// True if this phase or a later one has begun.
    pub fn is(&self, phase: Phase) -> bool {
        *self.phase.borrow() >= phase
    }

    /// Waits for this phase.
    pub async fn reached(&self, phase: Phase) {
        // The sender lives in `self`, so the wait cannot fail.
        let _ = self.phase.subscribe().wait_for(|now| *now >= phase).await;
    }
}
