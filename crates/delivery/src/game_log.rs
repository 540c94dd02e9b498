//! Hints from the game's log file: joins, leaves, starts and stops.

use regex::Regex;
use std::sync::LazyLock;

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

/// Reads a log line of vanilla, Paper, Spigot, Fabric, Forge or NeoForge; `None` if it is no hint.
///
/// The text must follow the log prefix directly, so that the chat line `<Steve> Alex joined the game` is not a join of
/// Alex.
pub fn parse_log_line(line: &str) -> Option<LogHint> {
    let text = text_of(line)?;
    if text.starts_with("Starting minecraft server version ") {
        return Some(LogHint::Starting);
    }
    if matches!(text, "Stopping server" | "Stopping the server") {
        return Some(LogHint::Stopping);
    }
    #[expect(clippy::expect_used, reason = "constant patterns")]
    static JOINED: LazyLock<Regex> = LazyLock::new(|| {
        let name = r"[.*+-]?[A-Za-z0-9_]{1,16}";
        let pattern = format!(
            r"^({name})(?:\[[^\]]*\] logged in with entity id \d+ at \(.*|(?: \(formerly known as {name}\))? joined the game)$"
        );
        Regex::new(&pattern).expect("valid")
    });
    #[expect(clippy::expect_used, reason = "constant patterns")]
    static LEFT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^([.*+-]?[A-Za-z0-9_]{1,16}) (?:left the game|lost connection: .*)$").expect("valid")
    });
    let name = |pattern: &Regex| pattern.captures(text).map(|found| found[1].to_owned());
    name(&JOINED).map(LogHint::Joined).or_else(|| name(&LEFT).map(LogHint::Left))
}

/// The text after the main thread's prefix: `[time] [Server thread/INFO]: `. Forge adds the logger's name; Fabric in a
/// development environment writes the logger in parentheses and no colon.
fn text_of(line: &str) -> Option<&str> {
    #[expect(clippy::expect_used, reason = "a constant pattern")]
    static PREFIX: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^\[[^\]]{5,30}\] \[Server thread/INFO\](?: \[[^\]]*\]: |: | \([^)]*\) )").expect("valid")
    });
    let prefix = PREFIX.find(line)?;
    Some(line[prefix.end()..].trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(name: &str) -> Option<LogHint> {
        Some(LogHint::Joined(name.to_owned()))
    }

    #[test]
    fn every_server_softwares_lines_are_parsed() {
        for (line, expected) in [
            ("[16:07:10] [Server thread/INFO]: Steve joined the game", joined("Steve")),
            ("[16:07:10] [Server thread/INFO]: Steve (formerly known as Bob) joined the game", joined("Steve")),
            (
                "[16:07:10] [Server thread/INFO]: Steve[/1.2.3.4:5678] logged in with entity id 12 at (0.5, 64.0, 0.5)",
                joined("Steve"),
            ),
            (
                "[16:07:10] [Server thread/INFO]: .Bed_rock[/1.2.3.4:5] logged in with entity id 1 at ([minecraft:overworld]0.5, 64.0, 0.5)",
                joined(".Bed_rock"),
            ),
            (
                "[16:07:10] [Server thread/INFO]: Steve[<ip withheld>] logged in with entity id 12 at (1, 2, 3)",
                joined("Steve"),
            ),
            (
                "[01Dec2024 16:07:10.209] [Server thread/INFO] [net.minecraft.server.MinecraftServer/]: Steve joined the game",
                joined("Steve"),
            ),
            ("[16:07:10] [Server thread/INFO] [minecraft/MinecraftServer]: Steve joined the game", joined("Steve")),
            ("[16:07:10] [Server thread/INFO] (Minecraft) Steve joined the game", joined("Steve")),
            ("[16:07:10] [Server thread/INFO]: Steve left the game", Some(LogHint::Left("Steve".into()))),
            ("[16:07:10] [Server thread/INFO]: Steve lost connection: Timed out", Some(LogHint::Left("Steve".into()))),
            ("[16:07:10] [Server thread/INFO]: Starting minecraft server version 1.21.4", Some(LogHint::Starting)),
            ("[16:07:10] [Server thread/INFO]: Stopping server", Some(LogHint::Stopping)),
        ] {
            assert_eq!(parse_log_line(line), expected, "{line}");
            assert_eq!(parse_log_line(&format!("{line}\r")), expected, "with Windows line ending: {line}");
        }
    }

    #[test]
    fn chat_is_not_a_hint() {
        for line in [
            "[16:07:10] [Server thread/INFO]: <Steve> Alex joined the game",
            "[16:07:10] [Server thread/INFO]: [Not Secure] <Steve> Alex joined the game",
            "[16:07:10] [Server thread/INFO]: [Steve] Alex joined the game",
            "[16:07:10] [Server thread/INFO]: * Steve joined the game",
            "[16:07:10] [Server thread/INFO]: Steve: Alex joined the game",
            "[16:07:10] [Server thread/INFO]: Steve joined the game of dice",
            "[16:07:10] [Async Chat Thread - #1/INFO]: Steve joined the game",
            "[16:07:10] [Server thread/WARN]: Steve joined the game",
            "Steve joined the game",
            "",
            "[16:07:10] [Server thread/INFO]: @a joined the game",
            "[16:07:10] [Server thread/INFO]: a_name_that_is_far_too_long joined the game",
        ] {
            assert_eq!(parse_log_line(line), None, "{line}");
        }
    }
}
