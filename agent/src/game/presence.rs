use super::Lost;
use super::abilities::probe_list;
use super::connection::ask;
use super::executor::Executor;
use crate::limits::{IDLE_LIST_INTERVAL, ROSTER_FRESH};
use flux_delivery::{OnlinePlayer, OnlinePlayers, parse_list};
use flux_protocol::{GameState, PlayerRef};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;
use tokio::time::Instant;

impl Executor {
    /// Takes the first list of a connection: who is in it has been there before, so no join delay is due.
    pub(super) fn first_list(&mut self, players: Vec<OnlinePlayer>) {
        let long_ago = self.shared.now() - signed(self.shared.config().presence.join_delay);
        self.take_list(players, long_ago);
    }

    /// Asks the game who is online, unless it has just said so; whether it was asked.
    pub(super) async fn fresh_list(&mut self) -> Result<bool, Lost> {
        let is_fresh = self.list_age().is_some_and(|age| age < ROSTER_FRESH);
        if !is_fresh {
            self.ask_list().await?;
        }
        Ok(!is_fresh)
    }

    /// Asks the game who is online. A game whose list could not be read is asked in every way again.
    pub(super) async fn ask_list(&mut self) -> Result<(), Lost> {
        self.shared.hints.list_asked();
        let players = match self.abilities.list {
            Some(line) => parse_list(&ask(&mut self.connection, line).await?),
            None => {
                let (list, players) = probe_list(&mut self.connection).await?;
                self.abilities.list = list;
                list.map(|_| players)
            }
        };
        self.listed_at = Some(Instant::now());
        match players {
            Some(players) => self.take_list(players, self.shared.now()),
            None => tracing::debug!("the game's list of players could not be read this time"),
        }
        Ok(())
    }

    /// When the list is to be asked next: soon while somebody waits, rarely otherwise.
    pub(super) fn next_list(&self) -> Instant {
        let waits = self.shared.journal().somebody_waits().unwrap_or(true);
        let interval = match waits {
            // However much the log tells, the game is asked once a second at most.
            true if self.shared.hints.wants_list() => ROSTER_FRESH,
            true => self.shared.config().presence.interval,
            false => IDLE_LIST_INTERVAL,
        };
        self.listed_at.map_or_else(Instant::now, |at| at + interval)
    }

    /// Whether the game is to be asked now.
    pub(super) fn is_list_due(&self) -> bool {
        // Asked for first: where nothing was listed it is the present moment, which must not be later than the one it is compared with.
        let at = self.next_list();
        at <= Instant::now()
    }

    fn list_age(&self) -> Option<Duration> {
        self.listed_at.map(|at| at.elapsed())
    }

    fn take_list(&mut self, players: Vec<OnlinePlayer>, seen_at: Timestamp) {
        self.listed_at = Some(Instant::now());
        let joined = self.online_players.update(players, seen_at);
        let (count, now) = (self.online_players.len() as u32, self.shared.now());
        let names = self.online_players.players().map(|player| player.name.clone()).collect();
        self.shared.game.send_if_modified(|view| {
            let changed = view.state != GameState::Online || view.players != count;
            view.state = GameState::Online;
            view.players = count;
            view.names = names;
            view.players_at = Some(now);
            view.presence_source = self.abilities.list;
            view.proof = self.abilities.proof;
            view.error = None;
            changed
        });
        if !joined.is_empty() {
            self.take_joins(&joined, seen_at + signed(self.shared.config().presence.join_delay));
        }
    }

    fn take_joins(&mut self, joined: &[OnlinePlayer], runs_at: Timestamp) {
        match self.shared.journal().joined(joined, runs_at) {
            Ok(jobs) => tracing::debug!(players = joined.len(), jobs, "players joined"),
            Err(error) => {
                self.shared.journal_failed(&error);
                self.online_players = OnlinePlayers::default(); // so that the next list brings these joins again
                return;
            }
        }
        for player in joined {
            let player = PlayerRef { name: player.name.clone(), uuid: player.uuid.map(|uuid| uuid.to_string()) };
            // When full, the store does not hear of this join: it offers again what is open anyway.
            let _ = self.joined.try_send(player);
        }
    }
}

pub(super) fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}
