use jiff::Timestamp;
use std::sync::{Mutex, PoisonError};
use tokio::sync::Notify;

/// What the game's task is told by others, to look at when it can.
#[derive(Debug, Default)]
pub struct Hints(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Somebody may have come or gone.
    presence: bool,
    /// The game began to start without having stopped, then.
    crashed_at: Option<Timestamp>,
    /// When the connection to the game was lost that there was last.
    lost_at: Option<Timestamp>,
}

impl Hints {
    /// Somebody may have come or gone.
    pub(super) fn somebody_moved(&self, wake: &Notify) {
        self.state().presence = true;
        wake.notify_one();
    }

    /// Whether the list should be asked for at once.
    pub(super) fn wants_list(&self) -> bool {
        self.state().presence
    }

    /// The list is about to be asked for.
    pub(super) fn list_asked(&self) {
        self.state().presence = false;
    }

    /// The game began to start without having stopped.
    pub(super) fn crashed(&self, at: Timestamp) {
        self.state().crashed_at = Some(at);
    }

    /// Takes the news of a crash.
    pub(super) fn take_crash(&self) -> Option<Timestamp> {
        self.state().crashed_at.take()
    }

    /// The connection to the game is lost.
    pub(super) fn lost(&self, at: Timestamp) {
        self.state().lost_at = Some(at);
    }

    /// When the last connection was lost.
    pub(super) fn lost_at(&self) -> Option<Timestamp> {
        self.state().lost_at
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
