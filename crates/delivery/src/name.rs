use std::fmt;

/// A player's name that may stand in a command line: 1 to 16 of `[A-Za-z0-9_]`, after at most one Bedrock prefix.
///
/// A name is untrusted: on some servers a player can really be called `@a`. Nothing is escaped, nothing else is let through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlayerName(String);

impl PlayerName {
    /// Checks a name. `bedrock_prefix` is the admin's (`.` as Floodgate has it, empty for none).
    pub fn parse(text: &str, bedrock_prefix: &str) -> Option<PlayerName> {
        let stem = text.strip_prefix(bedrock_prefix).unwrap_or(text);
        let good =
            (1..=16).contains(&stem.len()) && stem.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
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
    fn names_that_may_stand_in_a_line() {
        for good in ["Steve", "a", "x_X_1234567890AB", ".Bedrock", "._"] {
            assert!(PlayerName::parse(good, ".").is_some(), "{good}");
        }
        assert_eq!(PlayerName::parse("*Steve", "*").unwrap().to_string(), "*Steve");
    }

    #[test]
    fn names_that_may_not() {
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
