//! A parsed command line and the errors of parsing, with the texts of vanilla.

use std::fmt;

use super::dialect::Dialect;
use super::limits::ECHO_CHARACTERS;

/// A line that parses.
#[derive(Debug, PartialEq)]
pub(super) struct Command {
    /// The text, up to the end of the line.
    pub(super) text: String,
    pub(super) action: Action,
}

#[derive(Debug, PartialEq)]
pub(super) enum Action {
    List {
        uuids: bool,
    },
    Say,
    Give {
        to: Target,
        item: &'static str,
        count: u32,
    },
    AddExperience {
        to: Target,
        amount: i32,
        unit: Experience,
    },
    AddTag {
        to: Target,
        tag: String,
    },
    Op {
        player: String,
    },
    TestEntity(Target),
    GetInventory(Target),
    GetStored {
        storage: String,
        key: Option<String>,
    },
    RemoveStored {
        storage: String,
        key: String,
    },
    StoreSuccess {
        storage: String,
        key: String,
        scale: f64,
        run: Box<Command>,
    },
    QueryGametime,
    /// EssentialsX's `list`.
    ListByGroup,
    /// EssentialsX's `eco give`.
    GiveMoney {
        player: String,
        amount: i64,
    },
    /// LuckPerms' `lp user NAME parent add GROUP`.
    AddGroup {
        player: String,
        group: String,
    },
    /// EssentialsX's `kit NAME PLAYER`.
    GiveKit {
        kit: String,
        player: String,
    },
    Seed,
    Stop,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Experience {
    Points,
    Levels,
}

/// The players that a command is for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// `@a`, `@p`, `@r` (dead or alive) and `@e` (alive). All of them hit every player here, so that a test shows the effect of an unchecked name
    /// (vanilla's `@p` and `@r` take one player). A `name=` keeps exactly that name, case included, as vanilla does.
    Everybody { living: bool, name: Option<String> },
    /// A name, matched without case, dead or alive.
    Named(String),
    /// A dashed UUID.
    Uuid(String),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Everybody { .. } => f.write_str("@a"),
            Target::Named(name) | Target::Uuid(name) => f.write_str(name),
        }
    }
}

pub(super) const UNKNOWN_COMMAND: &str = "Unknown or incomplete command, see below for error";
pub(super) const INCORRECT_ARGUMENT: &str = "Incorrect argument for command";

/// The reason for which a line does not parse.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SyntaxError {
    pub(super) message: String,
    pub(super) line: String,
    /// The position in bytes.
    pub(super) cursor: usize,
}

impl SyntaxError {
    /// The error as the game prints it: the message, the command around the position, and `<--[HERE]`.
    pub(super) fn text(&self, dialect: Dialect) -> String {
        let word = self.line.split(' ').next().unwrap_or_default();
        if self.cursor == 0
            && self.message == UNKNOWN_COMMAND
            && let Some(text) = dialect.unknown_word(word)
        {
            return text;
        }
        let message = self.message(dialect);
        if !dialect.flavour.has("echo") {
            return message;
        }
        let (before, after) = self.line.split_at(self.cursor);
        let hidden = before.chars().count().saturating_sub(ECHO_CHARACTERS);
        let dots = if hidden > 0 { "..." } else { "" };
        let shown: String = before.chars().skip(hidden).collect();
        format!("{message}{}{dots}{shown}{after}<--[HERE]", dialect.before_echo())
    }

    /// The message in the dialect's words.
    fn message(&self, dialect: Dialect) -> String {
        let flavour = dialect.flavour;
        let item = self.message.strip_prefix("Unknown item '").and_then(|rest| rest.strip_suffix('\''));
        match (&*self.message, item) {
            (UNKNOWN_COMMAND, _) => flavour.text("unknown-command", &[]),
            (INCORRECT_ARGUMENT, _) => flavour.text("incorrect-argument", &[]),
            (_, Some(item)) => flavour.text("unknown-item", &[item]),
            (message, None) if flavour.has("echo") => message.to_owned(),
            (_, None) => flavour.text("incorrect-argument", &[]),
        }
    }
}
