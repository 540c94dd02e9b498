//! Execution markers: the game's own record that a line ran.
//!
//! The agent sends a line as `execute store success storage flux:proof <id>_<attempt> byte 1 run <line>`. Minecraft
//! (1.15 and later) runs the line and stores the marker in one step, so a crash of the agent cannot separate the two.
//! The agent reads a marker only when it does not know whether a line ran: see [`crate::job::Job::settled`].
//!
//! Each send has a marker of its own: `<id>_<attempt>` for the first, `<id>_<attempt>-2`, `-3`, … for further sends of
//! the same attempt.

use crate::answer::strip_formatting;
use crate::{CommandLine, LINE_BYTES};
use flux_protocol::{Attempt, CommandId};
use std::fmt;

/// The command storage that holds all markers.
const STORAGE: &str = "flux:proof";

/// The name of a marker in the game's command storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkerKey(String);

impl MarkerKey {
    /// The marker of one send of an attempt; sends count from 1.
    pub fn for_send(id: &CommandId, attempt: Attempt, send: u32) -> MarkerKey {
        MarkerKey(if send <= 1 { format!("{id}_{attempt}") } else { format!("{id}_{attempt}-{send}") })
    }

    /// A marker by the name that the journal stored.
    pub fn from_name(name: &str) -> MarkerKey {
        MarkerKey(name.to_owned())
    }

    /// The marker of the test line that the agent sends after connecting.
    pub fn probe() -> MarkerKey {
        MarkerKey("probe".into())
    }

    /// The marker's name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The line that runs `line` and leaves this marker.
    ///
    /// `None` if the result would be longer than [`LINE_BYTES`], or if `line` runs a function. A function that returns
    /// nothing may run without storing a marker (1.20.3 and later), so a missing marker would prove nothing.
    pub fn wrap(&self, line: &CommandLine) -> Option<CommandLine> {
        if runs_a_function(line) {
            return None;
        }
        let wrapped = format!("execute store success storage {STORAGE} {self} byte 1 run {line}");
        (wrapped.len() <= LINE_BYTES).then(|| CommandLine::new(&wrapped).ok()).flatten()
    }

    /// The line that reads this marker from the game; [`parse_marker`] reads the answer.
    pub fn query_line(&self) -> String {
        format!("data get storage {STORAGE} {self}")
    }

    /// The line that removes this marker.
    pub fn remove_line(&self) -> String {
        format!("data remove storage {STORAGE} {self}")
    }
}

/// The line as it was before [`MarkerKey::wrap`], for people.
pub fn unmarked(line: &str) -> &str {
    let marked = line.strip_prefix("execute store success storage ").and_then(|rest| rest.strip_prefix(STORAGE));
    marked.and_then(|rest| rest.split_once(" byte 1 run ")).map_or(line, |(_, line)| line)
}

fn runs_a_function(line: &CommandLine) -> bool {
    line.as_str()
        .split_whitespace()
        .any(|word| matches!(word.rsplit(':').next(), Some("function" | "return" | "schedule")))
}

impl fmt::Display for MarkerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The game's answer to [`MarkerKey::query_line`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marker {
    /// The line ran.
    Present {
        /// True if the line succeeded; `false` means that the game refused it.
        succeeded: bool,
    },
    /// The game has no such marker.
    Absent,
}

/// Reads the answer to [`MarkerKey::query_line`]; `None` for any other text.
pub fn parse_marker(answer: &str) -> Option<Marker> {
    let answer = strip_formatting(answer);
    if answer.starts_with("Found no elements matching") {
        return Some(Marker::Absent);
    }
    match answer.split_once("has the following contents: ")?.1 {
        "1b" => Some(Marker::Present { succeeded: true }),
        "0b" => Some(Marker::Present { succeeded: false }),
        _ => None,
    }
}

/// True if the answer to a wrapped line means that the line after `run` did not parse. Then nothing ran and the game
/// stored no marker.
pub fn did_not_parse(answer: &str) -> bool {
    answer.contains("<--[HERE]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_is_shown_without_its_marker() {
        let line = CommandLine::new("execute as Steve run say byte 1 run x").unwrap();
        let wrapped = MarkerKey::from_name("cmd_a_1").wrap(&line).unwrap();
        assert_eq!(unmarked(wrapped.as_str()), line.as_str());
        assert_eq!(unmarked(line.as_str()), line.as_str());
    }

    #[test]
    fn marker_has_query_and_remove_lines() {
        let key = MarkerKey::for_send(&"cmd_a".parse().unwrap(), Attempt::FIRST, 1);
        assert_eq!(key.query_line(), "data get storage flux:proof cmd_a_1");
        assert_eq!(key.remove_line(), "data remove storage flux:proof cmd_a_1");
        assert!(did_not_parse("Unknown or incomplete command, see below for error\n...run foo<--[HERE]"));
        assert!(!did_not_parse("Gave 1 [Diamond] to Steve"));
    }

    #[test]
    fn line_and_marker_are_one_line() {
        let key = MarkerKey::for_send(&"cmd_a-b".parse().unwrap(), Attempt::FIRST.next(), 1);
        let wrapped = key.wrap(&CommandLine::new("give Steve diamond").unwrap()).unwrap();
        assert_eq!(
            wrapped.as_str(),
            "execute store success storage flux:proof cmd_a-b_2 byte 1 run give Steve diamond"
        );
        assert_eq!(key.query_line(), "data get storage flux:proof cmd_a-b_2");
        assert_eq!(key.wrap(&CommandLine::new(&"x".repeat(LINE_BYTES)).unwrap()), None);
        assert_eq!(key.wrap(&CommandLine::new("execute as Steve run minecraft:function shop:vip").unwrap()), None);
    }

    #[test]
    fn every_send_has_its_own_marker() {
        let ids = ["cmd_a", "cmd_a_1", "cmd_a_1-2", "cmd_a-2"].map(|id| id.parse::<CommandId>().unwrap());
        let attempts = [Attempt::FIRST, Attempt::FIRST.next()];
        let keys: Vec<String> = ids
            .iter()
            .flat_map(|id| attempts.map(|attempt| (id, attempt)))
            .flat_map(|(id, attempt)| [1, 2, 3].map(|send| MarkerKey::for_send(id, attempt, send).to_string()))
            .collect();
        let different: std::collections::BTreeSet<&String> = keys.iter().collect();
        assert_eq!(different.len(), keys.len(), "{keys:?}");
        assert_eq!(keys[1], "cmd_a_1-2");
        assert_eq!(MarkerKey::from_name(&keys[1]).as_str(), keys[1], "as the journal stored it");
    }

    #[test]
    fn marker_answers_are_parsed() {
        assert_eq!(
            parse_marker("Storage flux:proof has the following contents: 1b"),
            Some(Marker::Present { succeeded: true })
        );
        assert_eq!(
            parse_marker("Storage flux:proof has the following contents: 0b"),
            Some(Marker::Present { succeeded: false })
        );
        assert_eq!(parse_marker("Found no elements matching cmd_1_1"), Some(Marker::Absent));
        assert_eq!(parse_marker(""), None);
    }
}
