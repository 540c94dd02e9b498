//! [`Flavour`]: the server software that the game imitates, and which commands it knows.

use std::fmt;

/// The server software: how clients name its commands, how it answers, and how it writes its log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Flavour {
    /// Mojang's own.
    #[default]
    Vanilla,
    /// Vanilla with mods, in production.
    Fabric,
    /// Vanilla with mods; its log has the date and the logger's name.
    Forge,
    /// 1.20.6 and later: plugins' commands are reachable behind `execute … run`.
    Paper,
    /// Its `execute … run` knows vanilla's commands only.
    Spigot,
}

/// The meaning of a line's words, and the form of the answers.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Dialect {
    pub(super) flavour: Flavour,
    /// EssentialsX and LuckPerms are installed.
    pub(super) plugins: bool,
}

impl Flavour {
    /// CraftBukkit and its forks also know vanilla's commands as `minecraft:…`, so that a plugin can replace the short name.
    pub(super) fn has_namespaces(self) -> bool {
        matches!(self, Flavour::Paper | Flavour::Spigot)
    }

    /// Vanilla has one buffer for the replies to all RCON connections; CraftBukkit and its forks have one per connection.
    pub(super) fn shares_replies(self) -> bool {
        !self.has_namespaces()
    }
}

impl Dialect {
    /// A command's name as in vanilla's tables.
    pub(super) fn vanilla_name(self, word: &str) -> &str {
        word.strip_prefix("minecraft:").filter(|_| self.flavour.has_namespaces()).unwrap_or(word)
    }

    /// Returns `true` if a short name can mean a plugin's command here.
    pub(super) fn reaches_plugins(self, behind_run: bool) -> bool {
        self.plugins && (!behind_run || self.flavour == Flavour::Paper)
    }

    /// Paper looks up the command before it parses the line.
    pub(super) fn ignores_blank_lines(self) -> bool {
        self.flavour == Flavour::Paper
    }

    /// The text between a syntax error and the echo of the line.
    pub(super) fn before_echo(self) -> &'static str {
        if self.flavour == Flavour::Paper { "\n" } else { "" }
    }

    /// The answer to an unknown first word where it differs from vanilla's: the one of `spigot.yml`.
    pub(super) fn unknown_command(self) -> Option<&'static str> {
        (self.flavour == Flavour::Spigot).then_some("Unknown command. Type \"/help\" for help.\n")
    }
}

impl fmt::Display for Flavour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Flavour::Vanilla => "vanilla",
            Flavour::Fabric => "fabric",
            Flavour::Forge => "forge",
            Flavour::Paper => "paper",
            Flavour::Spigot => "spigot",
        })
    }
}
