//! Reading the game's answer to `list`.
//!
//! `tests/data/texts/list.txt` has the forms of each server software, with their sources.

use crate::answer::strip_formatting;
use crate::{OnlinePlayer, Uuid};
use regex::Regex;
use std::sync::LazyLock;

/// Reads the answer to `list uuids` or `list`.
///
/// `None` for any other text (a plugin's groups of players, an unknown command), and for a count that differs from the
/// number of names.
pub fn parse_list(answer: &str) -> Option<Vec<OnlinePlayer>> {
    let text = strip_formatting(answer);
    if NOBODY.is_match(&text) {
        return Some(Vec::new());
    }
    let found = COUNTED.captures(&text)?;
    let count: usize = found["count"].replace(|c: char| !c.is_ascii_digit(), "").parse().ok()?;
    if count == 0 {
        return Some(Vec::new());
    }
    let names = found["names"].trim();
    // A server may write further lines after the names, or each name on a line of its own.
    let first_line = names.lines().next()?.split(',');
    [entries(first_line), entries(names.lines().flat_map(|line| line.split(',')))]
        .into_iter()
        .find(|players| players.len() == count)
}

/// A sentence that counts the players and then names them.
#[expect(clippy::expect_used, reason = "a constant pattern, used by the tests")]
static COUNTED: LazyLock<Regex> = LazyLock::new(|| {
    let number = r"\d+(?:[.,'\u{a0}\u{202f}]\d{3})*";
    // "There are 2 of a max of 20 players online: …" (1.13 and later), "There are 2/20 players online:…" (before),
    // "Players (2): …" (Cuberite)
    let pattern = format!(
        r"(?is)^(?:There (?:are|is)|(?:Online )?Players(?: online)?) \(?(?<count>{number})(?: ?/ ?-?{number}| of a max(?: of)? -?{number})?(?:\)| players? online):?(?<names>.*)$"
    );
    Regex::new(&pattern).expect("valid")
});

/// A sentence that says that nobody is online.
#[expect(clippy::expect_used, reason = "a constant pattern, used by the tests")]
static NOBODY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^(?:There are (?:currently )?no|No) players (?:are )?(?:currently )?online[.!]?(?:\n|$)")
        .expect("valid")
});

fn entries<'a>(names: impl Iterator<Item = &'a str>) -> Vec<OnlinePlayer> {
    names.map(str::trim).filter(|name| !name.is_empty()).map(parse_entry).collect()
}

fn parse_entry(entry: &str) -> OnlinePlayer {
    let with_uuid = entry.strip_suffix(')').and_then(|entry| entry.rsplit_once(" ("));
    match with_uuid.and_then(|(name, uuid)| Uuid::parse(uuid).map(|uuid| (name, uuid))) {
        Some((name, uuid)) => OnlinePlayer { name: name.to_owned(), uuid: Some(uuid) },
        None => OnlinePlayer { name: entry.to_owned(), uuid: None },
    }
}
