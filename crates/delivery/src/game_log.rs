//! Hints from the game's log file: joins, leaves, starts and stops.
//!
//! `tests/data/texts/log-lines.txt` and `log-runs.txt` have lines of each server software, with their sources.

use crate::answer::strip_formatting;
use regex::Regex;
use std::sync::LazyLock;

/// Messages at the end of a run in which a word of stopping counts.
const LAST_MESSAGES: u32 = 30;

/// Lines without one known prefix, after which the file counts as not understood.
const FOREIGN_LINES: u32 = 50;

/// An event that a line of `logs/latest.log` suggests.
///
/// Players can forge such lines in chat. A hint only makes the agent query the game.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogHint {
    /// This player joined.
    Joined(String),
    /// This player left.
    Left(String),
    /// The server is starting.
    Starting,
    /// The server is stopping in an orderly way and saves the world.
    Stopping,
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogLine {
    /// A message with a meaning for the agent.
    Hint(LogHint),
    /// Any other message.
    Message,
    /// A line without a known prefix: a part of a longer message, or another program's format.
    Foreign,
}

/// A change that the log shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogEvent {
    /// A player joined or left.
    PlayersChanged,
    /// The server started, and the run before it ended without an orderly stop.
    StartedAfterCrash,
}

/// Follows the lines of a log, over several runs of the game.
#[derive(Debug, Clone, Default)]
pub struct GameLog {
    /// Messages of the present run.
    messages: u32,
    /// Number of the last message with a word of stopping.
    stopped_at: Option<u32>,
    /// The present run has stopped in an orderly way.
    is_stopping: bool,
    /// Lines read before the first message.
    foreign: u32,
    has_message: bool,
}

impl GameLog {
    /// Reads the next line.
    ///
    /// A missing stop is no proof of a crash: the end of the run may be written in unknown words, or by a program whose lines
    /// are not understood. Only a run with known lines, none of which speaks of stopping at its end, has crashed.
    pub fn read(&mut self, line: &str) -> Option<LogEvent> {
        let (read, text) = parse(line);
        match read {
            LogLine::Foreign => self.foreign = self.foreign.saturating_add(1),
            LogLine::Message | LogLine::Hint(_) => {
                self.has_message = true;
                self.messages = self.messages.saturating_add(1);
            }
        }
        match read {
            LogLine::Hint(LogHint::Joined(_) | LogHint::Left(_)) => Some(LogEvent::PlayersChanged),
            LogLine::Hint(LogHint::Stopping) => {
                self.is_stopping = true;
                None
            }
            LogLine::Hint(LogHint::Starting) => {
                let speaks_of_stopping = self.stopped_at.is_some_and(|at| self.messages - at <= LAST_MESSAGES);
                // The start itself is a message.
                let has_crashed = self.messages > 1 && !self.is_stopping && !speaks_of_stopping;
                *self = GameLog { has_message: true, ..GameLog::default() };
                has_crashed.then_some(LogEvent::StartedAfterCrash)
            }
            LogLine::Message => {
                if speaks_of_stopping(&text) {
                    self.stopped_at = Some(self.messages);
                }
                None
            }
            LogLine::Foreign => None,
        }
    }

    /// False once many lines have come and none of them looks like a game's.
    pub fn is_understood(&self) -> bool {
        self.has_message || self.foreign < FOREIGN_LINES
    }
}

/// Reads one line of vanilla, Paper, Folia, Spigot, Fabric, Forge, NeoForge, Pumpkin, or of a server before 1.7.
///
/// The text must follow the log prefix directly, so that the chat line `<Steve> Alex joined the game` is not a join of
/// Alex.
pub fn parse_log_line(line: &str) -> LogLine {
    parse(line).0
}

fn parse(line: &str) -> (LogLine, String) {
    let line = strip_formatting(line);
    let Some(prefix) = PREFIX.captures(&line) else { return (LogLine::Foreign, String::new()) };
    let text = line[prefix[0].len()..].trim_end().to_owned();
    // Paper writes chat from a thread of its own.
    let is_chat = prefix.name("thread").is_some_and(|thread| thread.as_str().contains("Chat"));
    let is_hint = prefix[0].contains("INFO") && !is_chat;
    let read = if is_hint { hint(&text).map_or(LogLine::Message, LogLine::Hint) } else { LogLine::Message };
    (read, text)
}

fn hint(text: &str) -> Option<LogHint> {
    if text.starts_with("Starting minecraft server version ") {
        return Some(LogHint::Starting);
    }
    if matches!(text, "Stopping server" | "Stopping the server" | "Stopping the server...") {
        return Some(LogHint::Stopping);
    }
    let name = |pattern: &Regex| pattern.captures(text).map(|found| found[1].to_owned());
    name(&JOINED).map(LogHint::Joined).or_else(|| name(&LEFT).map(LogHint::Left))
}

/// True if a message belongs to a stop: words of vanilla, Folia and Bukkit while they save and close.
fn speaks_of_stopping(text: &str) -> bool {
    const BEGINNINGS: &[&str] = &[
        "Stopping ",
        "Shutting down",
        "Saving players",
        "Saving worlds",
        "Saving chunks for level",
        "Halting ",
        "Closing ",
        "Disabling ",
        "Flushing Chunk IO",
        "ThreadedAnvilChunkStorage",
        "All dimensions are saved",
        "Awaiting scheduler termination",
    ];
    BEGINNINGS.iter().any(|beginning| text.starts_with(beginning))
}

/// The prefixes of all software.
///
/// - `[16:07:10] [Server thread/INFO]: `: vanilla, Spigot, Paper's file, Fabric; any thread, as on Folia
/// - the same with `[logger]` before the colon, and with a date: Forge, NeoForge
/// - the same with `(logger)` and no colon: Fabric in a development environment
/// - `[16:07:10 INFO]: `: Paper's console
/// - `2013-03-05 16:49:18 [INFO] `: servers before 1.7
/// - `2026-11-22 07:17:21 INFO  [pumpkin::world] `: Pumpkin
#[expect(clippy::expect_used, reason = "a constant pattern")]
static PREFIX: LazyLock<Regex> = LazyLock::new(|| {
    let time = r"(?:(?:\d{4}-\d\d-\d\d|\d\d\w{3}\d{4})[ T])?\d{1,2}:\d\d:\d\d(?:[.,]\d{1,9})?";
    let level = "(?:INFO|WARN|WARNING|ERROR|SEVERE|FATAL|DEBUG|TRACE)";
    let pattern = [
        format!(r"\[{time}\] \[(?<thread>[^\]]{{1,100}})/{level}\](?: \[[^\]]{{0,150}}\])?(?:: | \([^)]*\) )"),
        format!(r"\[{time} {level}\]: (?:\[[^\]]{{1,60}}\] )?"),
        format!(r"{time} \[{level}\] "),
        format!(r"{time} +{level} +\[[^\]]{{1,100}}\] "),
    ]
    .join("|");
    Regex::new(&format!("^(?:{pattern})")).expect("valid")
});

const NAME: &str = r"[.*+-]?[A-Za-z0-9_]{1,16}";

/// The address may hold brackets of its own: `Steve[/[0:0:0:0:0:0:0:1]:5678]`.
#[expect(clippy::expect_used, reason = "a constant pattern")]
static JOINED: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = format!(
        r"^({NAME})(?: ?\[.{{0,80}}?\] logged in with entity id -?\d+ at \(.*|(?: \(formerly known as {NAME}\))? joined the game\.?)$"
    );
    Regex::new(&pattern).expect("valid")
});

#[expect(clippy::expect_used, reason = "a constant pattern")]
static LEFT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(&format!(r"^({NAME}) (?:left the game\.?|lost connection: .*)$")).expect("valid"));
