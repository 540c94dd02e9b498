//! [`Flavour`]: the server software that the game imitates. `testkit/dialects` has a file for each, with its texts, its
//! switches and their source.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use clap::ValueEnum;

/// A server software: the names of its commands, the form of its answers and of its log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Flavour {
    /// Mojang's own, 1.20.5 to 1.21.11.
    #[default]
    #[value(alias = "1.21.11")]
    Vanilla,
    /// Mojang's own, 1.12.
    #[value(name = "1.12")]
    V1_12,
    /// Mojang's own, 1.16.
    #[value(name = "1.16")]
    V1_16,
    /// Mojang's own, 26.1 and later.
    #[value(name = "26")]
    V26,
    /// Vanilla with mods, in production.
    Fabric,
    /// Vanilla with mods; its log has a date and the logger's name.
    Forge,
    /// 1.20.6 and later: plugins' commands are reachable behind `execute … run`.
    Paper,
    /// Paper with regions: no `data`, and no main thread.
    Folia,
    /// Its `execute … run` knows vanilla's commands only.
    Spigot,
    /// A server in C++ with an RCON of its own.
    Cuberite,
    /// A server in Rust with an RCON of its own.
    Pumpkin,
}

/// The files of `testkit/dialects`.
const FILES: &[(&str, &str)] = &[
    ("1.12", include_str!("../../dialects/1.12.txt")),
    ("1.16", include_str!("../../dialects/1.16.txt")),
    ("1.21.11", include_str!("../../dialects/1.21.11.txt")),
    ("26", include_str!("../../dialects/26.txt")),
    ("cuberite", include_str!("../../dialects/cuberite.txt")),
    ("fabric", include_str!("../../dialects/fabric.txt")),
    ("folia", include_str!("../../dialects/folia.txt")),
    ("forge", include_str!("../../dialects/forge.txt")),
    ("paper", include_str!("../../dialects/paper.txt")),
    ("pumpkin", include_str!("../../dialects/pumpkin.txt")),
    ("spigot", include_str!("../../dialects/spigot.txt")),
];

/// The entries of one dialect's file, over those of its base.
type Entries = BTreeMap<&'static str, &'static str>;

static DIALECTS: LazyLock<BTreeMap<Flavour, Entries>> =
    LazyLock::new(|| Flavour::value_variants().iter().map(|flavour| (*flavour, entries(flavour.file()))).collect());

/// Reads a file: `key = text`, one a line; `#` begins a comment, and `base` names the file that has all other keys.
fn entries(name: &str) -> Entries {
    let text = FILES.iter().find(|(file, _)| *file == name).map_or("", |(_, text)| text);
    let own: Entries = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .map(|(key, text)| (key.trim(), text.strip_prefix(' ').unwrap_or(text)))
        .collect();
    let mut all = own.get("base").map(|base| entries(base)).unwrap_or_default();
    all.extend(own);
    all
}

/// The meaning of a line's words, and the form of answers.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Dialect {
    pub(super) flavour: Flavour,
    /// EssentialsX and LuckPerms are there.
    pub(super) plugins: bool,
}

impl Flavour {
    fn file(self) -> &'static str {
        match self {
            Flavour::Vanilla => "1.21.11",
            Flavour::V1_12 => "1.12",
            Flavour::V1_16 => "1.16",
            Flavour::V26 => "26",
            Flavour::Fabric => "fabric",
            Flavour::Forge => "forge",
            Flavour::Paper => "paper",
            Flavour::Folia => "folia",
            Flavour::Spigot => "spigot",
            Flavour::Cuberite => "cuberite",
            Flavour::Pumpkin => "pumpkin",
        }
    }

    /// An entry of the dialect's file.
    pub(super) fn entry(self, key: &str) -> Option<&'static str> {
        DIALECTS.get(&self)?.get(key).copied()
    }

    /// True if a switch of the dialect's file is on.
    pub(super) fn has(self, key: &str) -> bool {
        self.entry(key) == Some("yes")
    }

    /// A text of the dialect's file, with `{0}`, `{1}`, … filled in.
    pub(super) fn text(self, key: &str, values: &[&str]) -> String {
        let mut text = self.entry(key).unwrap_or_default().replace("{newline}", "\n");
        for (number, value) in values.iter().enumerate() {
            text = text.replace(&format!("{{{number}}}"), value);
        }
        text
    }

    /// CraftBukkit's descendants know vanilla's commands as `minecraft:…` too, so that a plugin can replace the short name.
    pub(super) fn has_namespaces(self) -> bool {
        self.has("namespaces")
    }

    /// Vanilla has one buffer for the replies to all RCON connections; others have one per connection.
    pub(super) fn shares_replies(self) -> bool {
        self.has("shared-buffer")
    }
}

impl Dialect {
    /// A command's name as it stands in vanilla's tables; `None` where this software has no such command.
    pub(super) fn vanilla_name(self, word: &str) -> Option<&str> {
        let name = word.strip_prefix("minecraft:").filter(|_| self.flavour.has_namespaces()).unwrap_or(word);
        let known = self.flavour.entry("commands").unwrap_or_default();
        let looked_up = if name == "xp" { "experience" } else { name };
        known.split(' ').any(|command| command == looked_up).then_some(name)
    }

    /// True if a short name can mean a plugin's command here.
    pub(super) fn reaches_plugins(self, behind_run: bool) -> bool {
        self.plugins && (!behind_run || self.flavour.has("plugins-behind-run"))
    }

    /// Paper looks for a command before it parses.
    pub(super) fn ignores_blank_lines(self) -> bool {
        self.flavour.has("ignores-blank-lines")
    }

    /// The text between a syntax error and the echo of the line.
    pub(super) fn before_echo(self) -> &'static str {
        if self.flavour.entry("before-echo") == Some("newline") { "\n" } else { "" }
    }

    /// The answer to a first word that nobody knows, where it is not vanilla's.
    pub(super) fn unknown_word(self, word: &str) -> Option<String> {
        self.flavour.entry("unknown-word").map(|_| self.flavour.text("unknown-word", &[word]))
    }
}

impl fmt::Display for Flavour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Flavour::Vanilla { "vanilla" } else { self.file() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_names_its_source_and_has_all_keys() {
        let keys: Vec<_> = entries("1.21.11").into_keys().collect();
        for (name, text) in FILES {
            assert!(text.contains("\n# Source: "), "{name}");
            let entries = entries(name);
            assert!(keys.iter().all(|key| entries.contains_key(key)), "{name}");
        }
        for flavour in Flavour::value_variants() {
            assert!(FILES.iter().any(|(name, _)| *name == flavour.file()), "{flavour}");
        }
    }
}
