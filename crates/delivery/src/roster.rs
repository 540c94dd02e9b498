use crate::Uuid;
use flux_protocol::PlayerRef;
use jiff::Timestamp;
use regex::Regex;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A player in the game's own list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnlinePlayer {
    /// As the game spells it.
    pub name: String,
    /// From `list uuids`; `list` alone gives none.
    pub uuid: Option<Uuid>,
}

/// Who is online, as the game said last, and since when each has been seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roster {
    players: BTreeMap<String, (OnlinePlayer, Timestamp)>,
}

impl Roster {
    /// Takes the game's new list: who stayed keeps the time they were first seen, who is new gets `seen_at`. Returns who is new.
    pub fn update(&mut self, listed: Vec<OnlinePlayer>, seen_at: Timestamp) -> Vec<OnlinePlayer> {
        let mut joined = Vec::new();
        let mut players = BTreeMap::new();
        for player in listed {
            let key = player.name.to_lowercase();
            let since = self.players.get(&key).map(|(_, since)| *since);
            if since.is_none() {
                joined.push(player.clone());
            }
            // Our clock may have been set back: nobody has been seen in the future.
            players.insert(key, (player, since.map_or(seen_at, |since| since.min(seen_at))));
        }
        self.players = players;
        joined
    }

    /// The player that a store means, and since when they have been seen: by UUID first (a rename), else by the whole name without case, unless that is
    /// another account's by now.
    pub fn find(&self, wanted: &PlayerRef) -> Option<(&OnlinePlayer, Timestamp)> {
        let uuid = wanted.uuid.as_deref().and_then(Uuid::parse);
        let by_uuid = uuid.and_then(|uuid| self.players.values().find(|(player, _)| player.uuid == Some(uuid)));
        // A game without accounts (offline mode, Floodgate) has UUIDs of its own making, which say nothing against the name.
        let is_anothers = |player: &OnlinePlayer| matches!((uuid, player.uuid), (Some(meant), Some(listed)) if meant != listed && meant.is_accounts() && listed.is_accounts());
        let by_name = || self.players.get(&wanted.name.to_lowercase()).filter(|(player, _)| !is_anothers(player));
        by_uuid.or_else(by_name).map(|(player, since)| (player, *since))
    }

    /// Forgets a player whom the game no longer finds: if the next list has them, they have joined anew.
    pub fn forget(&mut self, player: &PlayerRef) {
        if let Some(key) = self.find(player).map(|(found, _)| found.name.to_lowercase()) {
            self.players.remove(&key);
        }
    }

    /// The players, ordered by name.
    pub fn players(&self) -> impl Iterator<Item = &OnlinePlayer> {
        self.players.values().map(|(player, _)| player)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.players.len()
    }

    /// Whether there is nobody.
    pub fn is_empty(&self) -> bool {
        self.players.is_empty()
    }
}

/// Reads the answer to `list uuids` or `list`; `None` when it is no such answer (a plugin's own format, an unknown command), or when its
/// number and its names disagree.
pub fn parse_list(text: &str) -> Option<Vec<OnlinePlayer>> {
    // "There are 2 of a max of 20 players online: …" (1.13 and later), "There are 2/20 players online:…" (before)
    #[expect(clippy::expect_used, reason = "a constant pattern")]
    static SENTENCE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?s)^There are (\d+)(?:/\d+| of a max(?: of)? \d+) players online: ?\n?(.*)$").expect("valid")
    });
    let found = SENTENCE.captures(text.trim_end())?;
    let count: usize = found[1].parse().ok()?;
    let names = found[2].trim();
    let players: Vec<OnlinePlayer> = names.split(", ").filter(|entry| !entry.is_empty()).map(parse_entry).collect();
    (players.len() == count).then_some(players)
}

fn parse_entry(entry: &str) -> OnlinePlayer {
    let with_uuid = entry.strip_suffix(')').and_then(|entry| entry.rsplit_once(" ("));
    match with_uuid.and_then(|(name, uuid)| Uuid::parse(uuid).map(|uuid| (name, uuid))) {
        Some((name, uuid)) => OnlinePlayer { name: name.to_owned(), uuid: Some(uuid) },
        None => OnlinePlayer { name: entry.to_owned(), uuid: None },
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
    fn the_lists_of_all_versions_are_read() {
        let uuids = parse_list(&format!(
            "There are 2 of a max of 20 players online: Steve ({STEVE}), Alex (ec561538-f3fd-461d-aff5-086b22154bce)"
        ))
        .unwrap();
        assert_eq!((uuids[0].name.as_str(), uuids[0].uuid), ("Steve", Uuid::parse(STEVE)));
        assert_eq!(parse_list("There are 0 of a max of 20 players online: "), Some(vec![]));
        assert_eq!(parse_list("There are 0 of a max of 20 players online:"), Some(vec![]));
        assert_eq!(parse_list("There are 1 of a max 20 players online: Alex").unwrap()[0].name, "Alex");
        assert_eq!(parse_list("There are 1/20 players online:Alex").unwrap()[0].name, "Alex");
    }

    #[test]
    fn a_plugins_list_is_not_mistaken_for_the_games() {
        for other in [
            "There are 2 out of maximum 20 players online.\ndefault: Steve, [AFK]Alex",
            "Unknown or incomplete command",
            "",
            "There are 3 of a max of 20 players online: a, b",
        ] {
            assert_eq!(parse_list(other), None, "{other:?}");
        }
    }

    #[test]
    fn names_match_whole_and_without_case_and_a_uuid_survives_a_rename() {
        let now = Timestamp::UNIX_EPOCH;
        let mut roster = Roster::default();
        let joined = roster.update(vec![OnlinePlayer { name: "Steve".into(), uuid: Uuid::parse(STEVE) }], now);
        assert_eq!(joined.len(), 1);
        assert_eq!(roster.find(&wanted("sTEVE", None)).unwrap().0.name, "Steve");
        assert_eq!(roster.find(&wanted("OldName", Some(STEVE))).unwrap().0.name, "Steve");
        for other in ["Stev", "Steve1", "teve", "@a", ""] {
            assert!(roster.find(&wanted(other, None)).is_none(), "{other}");
        }
    }

    #[test]
    fn a_name_that_another_account_has_taken_is_not_who_was_meant() {
        let (account, other) = ("ec561538-f3fd-461d-aff5-086b22154bce", "00000000-0000-0000-0009-01f5f1d5c6e7");
        let offline = "36532b5e-c442-3dbb-a24c-c7e55d0f979a";
        for (listed, is_found) in [(account, false), (STEVE, true), (offline, true), (other, true)] {
            let mut roster = Roster::default();
            let steve = OnlinePlayer { name: "Steve".into(), uuid: Uuid::parse(listed) };
            roster.update(vec![steve], Timestamp::UNIX_EPOCH);
            assert_eq!(roster.find(&wanted("steve", Some(STEVE))).is_some(), is_found, "{listed}");
            assert!(
                roster.find(&wanted("steve", Some(offline))).is_some(),
                "an order with a UUID of the game's own making"
            );
        }
    }

    #[test]
    fn who_was_forgotten_has_joined_anew() {
        let steve = || vec![OnlinePlayer { name: "Steve".into(), uuid: None }];
        let mut roster = Roster::default();
        roster.update(steve(), Timestamp::UNIX_EPOCH);
        let names = |roster: &Roster| roster.players().map(|player| player.name.clone()).collect::<Vec<_>>();
        assert_eq!((roster.len(), roster.is_empty(), names(&roster)), (1, false, vec!["Steve".to_owned()]));
        roster.forget(&wanted("sTEVE", None));
        assert_eq!((roster.len(), roster.is_empty(), names(&roster)), (0, true, vec![]));
        assert_eq!(roster.update(steve(), Timestamp::UNIX_EPOCH), steve());
    }

    #[test]
    fn who_stays_keeps_the_time_of_joining() {
        let (early, late) = (Timestamp::from_second(10).unwrap(), Timestamp::from_second(20).unwrap());
        let steve = || OnlinePlayer { name: "Steve".into(), uuid: None };
        let mut roster = Roster::default();
        roster.update(vec![steve()], early);
        assert_eq!(roster.update(vec![steve()], late), vec![]);
        assert_eq!(roster.find(&wanted("Steve", None)).unwrap().1, early);
        roster.update(vec![], late);
        assert_eq!(roster.update(vec![steve()], late).len(), 1);
    }
}
