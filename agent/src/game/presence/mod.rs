//! Presence: the players in the game.
//!
//! The game's own list decides who is online ([`Presence`] reads it over RCON). Other sources only notice a change sooner; each is a [`PresenceSource`] in a file
//! of its own. To add one, implement the trait and add it to [`watch_sources`].

mod list;
mod log_file;
mod tracker;

pub use list::LIST_COMMANDS;
pub(super) use list::PlayerList;
pub(super) use tracker::{Presence, to_signed};

use crate::state::Shared;
use log_file::LogFile;

/// A source that notices joins and leaves before the next regular list.
trait PresenceSource {
    /// Watches until the daemon drains. Each change becomes a signal, upon which the game loop reads the list.
    async fn watch(&self, shared: &Shared);
}

/// Watches all sources until the daemon drains.
pub(super) async fn watch_sources(shared: &Shared) {
    tokio::join!(biased; LogFile.watch(shared));
}
