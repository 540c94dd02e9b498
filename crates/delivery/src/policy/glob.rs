//! The patterns of the policy, and their matcher.

use super::line::{fold_case, normalized};
use crate::PLAYER_NAME_CHARS;
use crate::limits::MAX_PATTERN_CHARS;
use std::collections::BTreeSet;

/// The placeholders of a pattern, as templates write them.
pub(super) const PLAYER: &str = "{player}";
pub(super) const UUID: &str = "{uuid}";
pub(super) const ID: &str = "{id}";

/// A pattern of the policy: `*` stands for any text, `?` for any character, `{player}` for a player's name, `{uuid}` and
/// `{id}` for a UUID with and without hyphens. `\*` and `\?` are the characters themselves.
#[derive(Debug, Clone)]
pub struct Glob {
    text: String,
    /// True if the pattern has no hole but a player.
    closed: bool,
    /// For `allow`: compares case.
    strict: Matcher,
    /// For `deny`: ignores case, as many plugins do.
    loose: Matcher,
}

impl Glob {
    /// Reads a pattern.
    ///
    /// # Errors
    ///
    /// A message for the admin: the pattern is empty, names a namespace, or is too long.
    pub fn new(text: &str) -> Result<Glob, String> {
        let pattern = normalized(text, |word| word);
        if pattern.is_empty() {
            return Err("an empty pattern".into());
        }
        if pattern.split(' ').next().is_some_and(|word| word.contains(':')) {
            return Err("write the command without its namespace: ban also matches minecraft:ban".into());
        }
        if pattern.chars().count() > MAX_PATTERN_CHARS {
            return Err(format!("the pattern is longer than {MAX_PATTERN_CHARS} characters"));
        }
        let pieces = pieces(&pattern);
        let closed = !pieces.iter().any(|piece| matches!(piece, Piece::Text | Piece::One));
        let loose = Matcher::new(self::pieces(&fold_case(&pattern)));
        Ok(Glob { text: text.to_owned(), closed, strict: Matcher::new(pieces), loose })
    }

    /// The pattern as the admin wrote it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// True if only a player's name or UUID can differ between the lines that match.
    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    /// True if the whole line matches, compared with case.
    pub(super) fn matches_line(&self, line: &str) -> bool {
        self.strict.matches(line, Extent::Line)
    }

    /// True if the line or its first words match, compared with case.
    pub(super) fn matches_words(&self, line: &str) -> bool {
        self.strict.matches(line, Extent::FirstWords)
    }

    /// True if the line or its first words match, whatever their case. The line is in folded case.
    pub(super) fn matches_folded(&self, line: &str) -> bool {
        self.loose.matches(line, Extent::FirstWords)
    }
}

/// The text with its wildcards escaped, to stand in a pattern.
pub(super) fn escape(text: &str) -> String {
    text.replace('*', "\\*").replace('?', "\\?")
}

/// The part of a line that a pattern must match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    Line,
    FirstWords,
}

/// One step of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    Char(char),
    /// Any character.
    One,
    /// Any text.
    Text,
    /// A Bedrock player's prefix, or nothing.
    Prefix,
    /// A character of a player's name.
    Name,
    /// The same, or nothing.
    MoreName,
    /// A hexadecimal digit.
    Hex,
}

impl Piece {
    fn accepts(self, c: char) -> bool {
        match self {
            Piece::Char(own) => own == c,
            Piece::One | Piece::Text => true,
            Piece::Prefix => matches!(c, '.' | '*' | '+' | '-'),
            Piece::Name | Piece::MoreName => c.is_ascii_alphanumeric() || c == '_',
            Piece::Hex => c.is_ascii_hexdigit(),
        }
    }

    fn may_be_absent(self) -> bool {
        matches!(self, Piece::Text | Piece::Prefix | Piece::MoreName)
    }
}

fn pieces(pattern: &str) -> Vec<Piece> {
    let mut pieces = Vec::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        let (text, new): (&str, &[Piece]) = match c {
            '\\' if rest.starts_with("\\*") => ("\\*", &[Piece::Char('*')]),
            '\\' if rest.starts_with("\\?") => ("\\?", &[Piece::Char('?')]),
            '*' => ("*", &[Piece::Text]),
            '?' => ("?", &[Piece::One]),
            '{' if rest.starts_with(PLAYER) => {
                pieces.extend([Piece::Prefix, Piece::Name]);
                (PLAYER, &[Piece::MoreName; PLAYER_NAME_CHARS - 1])
            }
            '{' if rest.starts_with(UUID) => {
                for digits in [8, 4, 4, 4] {
                    pieces.extend(std::iter::repeat_n(Piece::Hex, digits));
                    pieces.push(Piece::Char('-'));
                }
                (UUID, &[Piece::Hex; 12])
            }
            '{' if rest.starts_with(ID) => (ID, &[Piece::Hex; 32]),
            other => {
                pieces.push(Piece::Char(other));
                (&rest[..other.len_utf8()], &[])
            }
        };
        pieces.extend_from_slice(new);
        rest = &rest[text.len()..];
    }
    pieces
}

/// A compiled pattern. Its time is bounded by the line's length times the pattern's: it keeps the set of all places in the
/// pattern that the text so far can have reached, and never goes back.
#[derive(Debug, Clone)]
enum Matcher {
    /// `*text*`.
    Contains(String),
    /// Fixed text, then the rest.
    Steps { start: String, rest: Box<[Piece]> },
}

impl Matcher {
    fn new(pieces: Vec<Piece>) -> Matcher {
        let fixed = |pieces: &[Piece]| -> String {
            pieces.iter().map_while(|piece| if let Piece::Char(c) = piece { Some(*c) } else { None }).collect()
        };
        if let [Piece::Text, middle @ .., Piece::Text] = pieces.as_slice() {
            let text = fixed(middle);
            if text.chars().count() == middle.len() {
                return Matcher::Contains(text);
            }
        }
        let start = fixed(&pieces);
        let rest = pieces[start.chars().count()..].into();
        Matcher::Steps { start, rest }
    }

    fn matches(&self, line: &str, extent: Extent) -> bool {
        match self {
            Matcher::Contains(text) => line.contains(text.as_str()),
            Matcher::Steps { start, rest } => {
                line.strip_prefix(start.as_str()).is_some_and(|tail| step(rest, tail, extent))
            }
        }
    }
}

/// True if the pieces match the text, or words at its start.
fn step(pieces: &[Piece], text: &str, extent: Extent) -> bool {
    if pieces.is_empty() {
        return text.is_empty() || (extent == Extent::FirstWords && text.starts_with(' '));
    }
    let mut places = reach(pieces, BTreeSet::from([0]));
    for c in text.chars() {
        if extent == Extent::FirstWords && c == ' ' && places.contains(&pieces.len()) {
            return true;
        }
        let next = places.iter().filter_map(|&at| {
            let piece = *pieces.get(at)?;
            piece.accepts(c).then_some(if piece == Piece::Text { at } else { at + 1 })
        });
        places = reach(pieces, next.collect());
        if places.is_empty() {
            return false;
        }
    }
    places.contains(&pieces.len())
}

/// Adds the places behind pieces that may be absent.
fn reach(pieces: &[Piece], mut places: BTreeSet<usize>) -> BTreeSet<usize> {
    let from: Vec<_> = places.iter().copied().collect();
    for mut at in from {
        while pieces.get(at).is_some_and(|piece| piece.may_be_absent()) {
            at += 1;
            if !places.insert(at) {
                break;
            }
        }
    }
    places
}
