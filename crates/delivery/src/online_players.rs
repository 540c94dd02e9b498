//! The players in the game, and finding the one that a store means.

use crate::Uuid;
use flux_protocol::PlayerRef;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// A player in the game's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnlinePlayer {
    /// The name in the game's spelling.
    pub name: String,
    /// The UUID, which `list uuids` gives and `list` does not.
    pub uuid: Option<Uuid>,
}

/// The players in the game's latest list, each with the time at which they were first seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OnlinePlayers {
    players: BTreeMap<String, (OnlinePlayer, Timestamp)>,
}

impl OnlinePlayers {
    /// Replaces the list and returns the players who are new in it. Players who stayed keep the time at which they were
    /// first seen; new ones get `seen_at`.
    pub fn update(&mut self, listed: Vec<OnlinePlayer>, seen_at: Timestamp) -> Vec<OnlinePlayer> {
        let mut joined = Vec::new();
        let mut players = BTreeMap::new();
        for player in listed {
            let key = player.name.to_lowercase();
            let since = self.players.get(&key).map(|(_, since)| *since);
            if since.is_none() {
                joined.push(player.clone());
            }
            // The clock may have been set back: nobody was seen in the future.
            players.insert(key, (player, since.map_or(seen_at, |since| since.min(seen_at))));
        }
        self.players = players;
        joined
    }

    /// Finds the player that a store means, with the time at which they were first seen.
    ///
    /// A UUID finds a player who was renamed. Otherwise the whole name decides, in any case, unless both sides have an
    /// account's UUID and the two differ: then another account has taken the name.
    pub fn find(&self, wanted: &PlayerRef) -> Option<(&OnlinePlayer, Timestamp)> {
        let uuid = wanted.uuid.as_deref().and_then(Uuid::parse);
        let by_uuid = uuid.and_then(|uuid| self.players.values().find(|(player, _)| player.uuid == Some(uuid)));
        // Offline mode and Floodgate make UUIDs of their own, which say nothing about the account.
        let is_other_account = |player: &OnlinePlayer| {
            uuid.zip(player.uuid)
                .is_some_and(|(meant, listed)| meant != listed && meant.is_of_an_account() && listed.is_of_an_account())
        };
        let by_name = || self.players.get(&wanted.name.to_lowercase()).filter(|(player, _)| !is_other_account(player));
        by_uuid.or_else(by_name).map(|(player, since)| (player, *since))
    }

    /// Removes a player whom the game did not find. If the next list has them, they count as joined.
    pub fn forget(&mut self, player: &PlayerRef) {
        if let Some(key) = self.find(player).map(|(found, _)| found.name.to_lowercase()) {
            self.players.remove(&key);
        }
    }

    /// The players, ordered by name.
    pub fn players(&self) -> impl Iterator<Item = &OnlinePlayer> {
        self.players.values().map(|(player, _)| player)
    }

    /// The number of players.
    pub fn len(&self) -> usize {
        self.players.len()
    }

    /// True if nobody is online.
    pub fn is_empty(&self) -> bool {
        self.players.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEVE: &str = "069a79f4-44e9-4726-a5be-fca90e38aaf5";

    fn wanted(name: &str, uuid: Option<&str>) -> PlayerRef {
        PlayerRef { name: name.into(), uuid: uuid.map(str::to_owned) }
    }

    #[test]
    fn players_are_found_by_whole_name_or_by_uuid() {
        let now = Timestamp::UNIX_EPOCH;
        let mut online = OnlinePlayers::default();
        let joined = online.update(vec![OnlinePlayer { name: "Steve".into(), uuid: Uuid::parse(STEVE) }], now);
        assert_eq!(joined.len(), 1);
        assert_eq!(online.find(&wanted("sTEVE", None)).unwrap().0.name, "Steve");
        assert_eq!(online.find(&wanted("OldName", Some(STEVE))).unwrap().0.name, "Steve");
        for other in ["Stev", "Steve1", "teve", "@a", ""] {
            assert!(online.find(&wanted(other, None)).is_none(), "{other}");
        }
    }

    #[test]
    fn name_taken_by_another_account_is_not_found() {
        let (account, other) = ("ec561538-f3fd-461d-aff5-086b22154bce", "00000000-0000-0000-0009-01f5f1d5c6e7");
        let offline = "36532b5e-c442-3dbb-a24c-c7e55d0f979a";
        for (listed, is_found) in [(account, false), (STEVE, true), (offline, true), (other, true)] {
            let mut online = OnlinePlayers::default();
            let steve = OnlinePlayer { name: "Steve".into(), uuid: Uuid::parse(listed) };
            online.update(vec![steve], Timestamp::UNIX_EPOCH);
            assert_eq!(online.find(&wanted("steve", Some(STEVE))).is_some(), is_found, "{listed}");
            assert!(online.find(&wanted("steve", Some(offline))).is_some(), "the order has an offline-mode UUID");
        }
    }

    #[test]
    fn forgotten_player_counts_as_joined_in_the_next_list() {
        let steve = || vec![OnlinePlayer { name: "Steve".into(), uuid: None }];
        let mut online = OnlinePlayers::default();
        online.update(steve(), Timestamp::UNIX_EPOCH);
        let names = |online: &OnlinePlayers| online.players().map(|player| player.name.clone()).collect::<Vec<_>>();
        assert_eq!((online.len(), online.is_empty(), names(&online)), (1, false, vec!["Steve".to_owned()]));
        online.forget(&wanted("sTEVE", None));
        assert_eq!((online.len(), online.is_empty(), names(&online)), (0, true, vec![]));
        assert_eq!(online.update(steve(), Timestamp::UNIX_EPOCH), steve());
    }

    #[test]
    fn staying_player_keeps_the_time_of_the_join() {
        let (early, late) = (Timestamp::from_second(10).unwrap(), Timestamp::from_second(20).unwrap());
        let steve = || OnlinePlayer { name: "Steve".into(), uuid: None };
        let mut online = OnlinePlayers::default();
        online.update(vec![steve()], early);
        assert_eq!(online.update(vec![steve()], late), vec![]);
        assert_eq!(online.find(&wanted("Steve", None)).unwrap().1, early);
        online.update(vec![], late);
        assert_eq!(online.update(vec![steve()], late).len(), 1);
    }
}
