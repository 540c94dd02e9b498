//! Signals from other tasks to the game loop.

use jiff::Timestamp;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Facts that other tasks leave for the game loop to handle in its next step.
#[derive(Debug, Default)]
pub struct GameSignals(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// A player may have joined or left.
    players_changed: bool,
    /// Time of a start of the game that no orderly stop preceded.
    crashed_at: Option<Timestamp>,
    /// End of the last connection to the game.
    disconnected_at: Option<Timestamp>,
}

impl GameSignals {
    /// Records that a player may have joined or left, and wakes the game loop.
    pub fn signal_players_changed(&self, wake: &Notify) {
        self.state().players_changed = true;
        wake.notify_one();
    }

    /// True if the player list should be read as soon as allowed.
    pub fn players_changed(&self) -> bool {
        self.state().players_changed
    }

    /// Clears the signal, just before the list is read.
    pub fn clear_players_changed(&self) {
        self.state().players_changed = false;
    }

    /// Records that the game started without an orderly stop.
    pub fn signal_crash(&self, at: Timestamp) {
        self.state().crashed_at = Some(at);
    }

    /// Takes the recorded crash.
    pub fn take_crash(&self) -> Option<Timestamp> {
        self.state().crashed_at.take()
    }

    /// Records the end of a connection to the game.
    pub fn record_disconnect(&self, at: Timestamp) {
        self.state().disconnected_at = Some(at);
    }

    /// End of the last connection to the game.
    pub fn disconnected_at(&self) -> Option<Timestamp> {
        self.state().disconnected_at
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
