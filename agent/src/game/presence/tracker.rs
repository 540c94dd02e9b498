//! Keeps the set of online players, from the game's list, and reports joins to the journal and the store.

use super::list::PlayerList;
use crate::game::connection::GameConnection;
use crate::game::error::Disconnect;
use crate::limits::{IDLE_LIST_INTERVAL, LIST_FRESH};
use crate::state::Shared;
use flux_delivery::{OnlinePlayer, OnlinePlayers};
use flux_protocol::{GameState, PlayerRef};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// The players in the game over one connection.
pub(in crate::game) struct Presence {
    shared: Arc<Shared>,
    list: PlayerList,
    online_players: OnlinePlayers,
    /// Time of the last list; `None` when one should be read now.
    listed_at: Option<Instant>,
    /// Receives joins, for the store.
    joined: mpsc::Sender<PlayerRef>,
    /// True if the game supports execution markers, for the view.
    has_markers: bool,
    /// Names of players who joined or left since the last look.
    moved: Vec<String>,
}

impl Presence {
    /// Starts with the first list of a connection. Its players were in the game before, so that no join delay applies.
    pub(in crate::game) fn new(
        shared: Arc<Shared>,
        list: PlayerList,
        players: Vec<OnlinePlayer>,
        joined: mpsc::Sender<PlayerRef>,
        has_markers: bool,
    ) -> Presence {
        let online_players = OnlinePlayers::default();
        let mut presence =
            Presence { shared, list, online_players, listed_at: None, joined, has_markers, moved: Vec::new() };
        let long_ago = presence.shared.now() - to_signed(presence.shared.config().presence.join_delay);
        presence.accept(players, long_ago);
        presence
    }

    /// The online players, or `None` where the game's list cannot be read.
    pub(in crate::game) fn online_players(&self) -> Option<&OnlinePlayers> {
        self.list.command().map(|_| &self.online_players)
    }

    /// Reads the list unless the last one is fresh. Returns whether it was read.
    pub(in crate::game) async fn refresh(&mut self, connection: &mut GameConnection) -> Result<bool, Disconnect> {
        let is_fresh = self.listed_at.is_some_and(|at| at.elapsed() < LIST_FRESH);
        if !is_fresh {
            self.read_list(connection).await?;
        }
        Ok(!is_fresh)
    }

    /// Reads the list.
    pub(in crate::game) async fn read_list(&mut self, connection: &mut GameConnection) -> Result<(), Disconnect> {
        self.shared.signals.clear_players_changed();
        let players = self.list.query(connection).await?;
        self.listed_at = Some(Instant::now());
        match players {
            Some(players) => self.accept(players, self.shared.now()),
            None => {
                self.shared.game.send_if_modified(|view| view.list_command.take().is_some());
            }
        }
        Ok(())
    }

    /// The reason why the last list could not be read.
    pub(in crate::game) fn problem(&self) -> Option<&str> {
        self.list.problem()
    }

    /// True if the last list has this player.
    pub(in crate::game) fn lists(&self, player: &PlayerRef) -> bool {
        self.online_players().is_some_and(|players| players.find(player).is_some())
    }

    /// Takes the names of players who joined or left since the last call.
    pub(in crate::game) fn take_moved(&mut self) -> Vec<String> {
        std::mem::take(&mut self.moved)
    }

    /// Time of the next list: soon while a command waits for a player, rarely otherwise.
    pub(in crate::game) fn next_list_at(&self) -> Instant {
        let is_awaited = self.shared.journal().has_awaiting_player().unwrap_or(true);
        let interval = match is_awaited {
            // However many signals come, the list is read once a second at most.
            true if self.shared.signals.players_changed() => LIST_FRESH,
            true => self.shared.config().presence.interval,
            false => IDLE_LIST_INTERVAL,
        };
        self.listed_at.map_or_else(Instant::now, |at| at + interval)
    }

    /// True if the list is due now.
    pub(in crate::game) fn is_list_due(&self) -> bool {
        // Computed first: without a last list it is the present moment, which must not be later than the one below.
        let at = self.next_list_at();
        at <= Instant::now()
    }

    /// Removes a player whom the game reports as away, so that the next list shows their join.
    pub(in crate::game) fn forget(&mut self, player: &PlayerRef) {
        self.online_players.forget(player);
    }

    /// Makes the list due now.
    pub(in crate::game) fn request_list(&mut self) {
        self.listed_at = None;
    }

    fn accept(&mut self, players: Vec<OnlinePlayer>, seen_at: Timestamp) {
        self.listed_at = Some(Instant::now());
        let before = self.online_players.clone();
        let joined = self.online_players.update(players, seen_at);
        let is_listed = |player: &OnlinePlayer| self.online_players.players().any(|other| other.name == player.name);
        let left = before.players().filter(|player| !is_listed(player));
        self.moved.extend(joined.iter().chain(left).map(|player| player.name.clone()));
        let (count, now) = (self.online_players.len() as u32, self.shared.now());
        let names = self.online_players.players().map(|player| player.name.clone()).collect();
        self.shared.game.send_if_modified(|view| {
            let changed = view.state != GameState::Online || view.players != count;
            view.state = GameState::Online;
            view.players = count;
            view.names = names;
            view.players_at = Some(now);
            view.list_command = self.list.command();
            view.proof = self.has_markers;
            view.error = None;
            changed
        });
        if !joined.is_empty() {
            self.record_joins(&joined, seen_at + to_signed(self.shared.config().presence.join_delay));
        }
    }

    fn record_joins(&mut self, joined: &[OnlinePlayer], runs_at: Timestamp) {
        match self.shared.journal().wake_joined(joined, runs_at) {
            Ok(jobs) => tracing::debug!(players = joined.len(), jobs, "players joined"),
            Err(error) => {
                self.shared.journal_failed(&error);
                self.online_players = OnlinePlayers::default(); // the next list shows these joins again
                return;
            }
        }
        for player in joined {
            let player = PlayerRef { name: player.name.clone(), uuid: player.uuid.map(|uuid| uuid.to_string()) };
            // A full queue loses the join; the store offers its open commands anyway.
            let _ = self.joined.try_send(player);
        }
    }
}

/// The duration as a signed one, clamped.
pub(in crate::game) fn to_signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}
