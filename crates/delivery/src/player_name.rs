//! Player names that are safe in a command line.

use std::fmt;

/// Longest player name in characters, without a Bedrock prefix.
pub const PLAYER_NAME_CHARS: usize = 16;

/// A player's name that is safe in a command line: 1 to 16 of `[A-Za-z0-9_]`, after at most one Bedrock prefix.
///
/// Names are untrusted: on some servers a player can be called `@a`, a selector that means everybody. Other names are
/// refused, never escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlayerName(String);

impl PlayerName {
    /// Checks a name; `None` if it is not safe. `bedrock_prefix` is the configured prefix of Bedrock players (Floodgate
    /// uses `.`), or empty.
    pub fn parse(text: &str, bedrock_prefix: &str) -> Option<PlayerName> {
        let stem = text.strip_prefix(bedrock_prefix).unwrap_or(text);
        let good = (1..=PLAYER_NAME_CHARS).contains(&stem.len())
            && stem.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        good.then(|| PlayerName(text.to_owned()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PlayerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_names_are_accepted() {
        for good in ["Steve", "a", "x_X_1234567890AB", ".Bedrock", "._"] {
            assert!(PlayerName::parse(good, ".").is_some(), "{good}");
        }
        assert_eq!(PlayerName::parse("*Steve", "*").unwrap().to_string(), "*Steve");
    }

    #[test]
    fn unsafe_names_are_refused() {
        let hostile = [
            "",
            ".",
            "@a",
            "@e[type=player]",
            "..Steve",
            "Steve ",
            " Steve",
            "a b",
            "quo\"te",
            "Steve\n",
            "Steve\0",
            "§cSteve",
            "/op",
            "{player}",
            "Стив",
            "ｓteve",
            "a-b",
            "a;b",
            "seventeen_letters",
            ".seventeen_letters",
            "\\",
            "'",
            "*",
            "~",
        ];
        for bad in hostile {
            assert_eq!(PlayerName::parse(bad, "."), None, "{bad:?}");
        }
        assert_eq!(PlayerName::parse(".Steve", ""), None, "no prefix is set");
    }
}
