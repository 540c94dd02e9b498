//! Tracks outages of the game, so that the log has one event for their begin and one for their end.

use crate::state::Shared;
use flux_protocol::GameState;
use std::time::Duration;
use tokio::time::Instant;

/// An outage of the game: one log event when it begins or its cause changes, one when it ends.
#[derive(Debug, Default)]
pub(super) struct Outage {
    since: Option<Instant>,
    tries: u64,
    error: String,
}

impl Outage {
    /// Records a failed attempt or a lost connection.
    pub(super) fn record(&mut self, shared: &Shared, error: String) {
        self.tries += 1;
        if self.since.is_none() || self.error != error {
            tracing::warn!(error, "game unreachable; retrying");
            if self.since.is_none() {
                self.since = Some(Instant::now());
                shared.signals.record_disconnect(shared.now());
            }
            self.error.clone_from(&error);
        }
        shared.game.send_if_modified(|view| {
            let changed = view.state != GameState::Offline || view.error.as_ref() != Some(&error);
            view.state = GameState::Offline;
            view.players = 0;
            view.names.clear();
            view.warnings.clear();
            view.error = Some(error);
            changed
        });
    }

    /// Ends the outage.
    pub(super) fn end(&mut self) {
        let lasted = self.since.take().map_or(Duration::ZERO, |since| since.elapsed());
        tracing::info!(tries = self.tries, outage.seconds = lasted.as_secs(), "game connected");
        *self = Outage::default();
    }
}
