//! Reading the game's answer to `list`.

use crate::{OnlinePlayer, Uuid};
use regex::Regex;
use std::sync::LazyLock;

/// Reads the answer to `list uuids` or `list`, as vanilla 1.12 and later write it.
///
/// `None` for any other text (a plugin's own format, an unknown command), and for a count that differs from the number
/// of names.
pub fn parse_list(text: &str) -> Option<Vec<OnlinePlayer>> {
    // "There are 2 of a max of 20 players online: …" (1.13 and later), "There are 2/20 players online:…" (before)
    #[expect(clippy::expect_used, reason = "a constant pattern, used by the tests")]
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

    #[test]
    fn lists_of_all_versions_are_parsed() {
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
    fn a_plugins_own_list_is_not_parsed() {
        for other in [
            "There are 2 out of maximum 20 players online.\ndefault: Steve, [AFK]Alex",
            "Unknown or incomplete command",
            "",
            "There are 3 of a max of 20 players online: a, b",
        ] {
            assert_eq!(parse_list(other), None, "{other:?}");
        }
    }
}
