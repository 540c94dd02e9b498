//! Proof: what the game itself says about whether a line ran.
//!
//! A line goes as `execute store success storage flux:proof <id>_<attempt> byte 1 run <line>`: running and leaving the mark are one step inside
//! the game (1.15 and later), so no crash of the agent can part them. The mark is read only to settle an uncertain line. An attempt that is sent
//! again (its player was away) leaves `<id>_<attempt>-2`, `-3`, …: a mark tells of one send.

use crate::{CommandLine, LINE_BYTES};
use flux_protocol::{Attempt, CommandId};
use std::fmt;

const STORAGE: &str = "flux:proof";
const TICKS_PER_SECOND: i64 = 20;
/// How far the game's clock may be from ours, in ticks: a restart loses more than these 5 s.
const CLOCK_TOLERANCE_TICKS: i64 = 100;

/// A mark's name in the game's storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkKey(String);

impl MarkKey {
    /// The mark of one send of an attempt; sends are counted from 1.
    pub fn of(id: &CommandId, attempt: Attempt, send: u32) -> MarkKey {
        MarkKey(if send <= 1 { format!("{id}_{attempt}") } else { format!("{id}_{attempt}-{send}") })
    }

    /// A mark whose name was written down.
    pub fn known(name: &str) -> MarkKey {
        MarkKey(name.to_owned())
    }

    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The mark that a probe at connect leaves.
    pub fn probe() -> MarkKey {
        MarkKey("probe".into())
    }

    /// The line that leaves this mark in the same step in which it runs; `None` when it would be too long to send, or is a function: one that returns
    /// nothing may run and store nothing (1.20.3 and later), so its missing mark would prove nothing.
    pub fn wrap(&self, line: &CommandLine) -> Option<CommandLine> {
        if runs_a_function(line) {
            return None;
        }
        let wrapped = format!("execute store success storage {STORAGE} {self} byte 1 run {line}");
        (wrapped.len() <= LINE_BYTES).then(|| CommandLine::new(&wrapped).ok()).flatten()
    }

    /// The line that asks for this mark.
    pub fn read_line(&self) -> String {
        format!("data get storage {STORAGE} {self}")
    }

    /// The line that removes this mark.
    pub fn remove_line(&self) -> String {
        format!("data remove storage {STORAGE} {self}")
    }
}

fn runs_a_function(line: &CommandLine) -> bool {
    line.as_str()
        .split_whitespace()
        .any(|word| matches!(word.rsplit(':').next(), Some("function" | "return" | "schedule")))
}

impl fmt::Display for MarkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the game answered to a mark's question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// The line ran; whether it succeeded.
    Present(bool),
    /// There is no mark.
    Absent,
}

/// Reads the answer to [`MarkKey::read_line`]; `None` when it is neither.
pub fn parse_mark(answer: &str) -> Option<Mark> {
    let answer = answer.trim();
    if answer.starts_with("Found no elements matching") {
        return Some(Mark::Absent);
    }
    match answer.split_once("has the following contents: ")?.1 {
        "1b" => Some(Mark::Present(true)),
        "0b" => Some(Mark::Present(false)),
        _ => None,
    }
}

/// Whether a wrapped line's answer says that what stood behind `run` did not parse: then nothing ran and no mark was left.
pub fn did_not_parse(answer: &str) -> bool {
    answer.contains("<--[HERE]")
}

/// The line that asks for the game's clock.
pub const GAMETIME_LINE: &str = "time query gametime";

/// Reads the answer to [`GAMETIME_LINE`], in ticks.
pub fn parse_gametime(answer: &str) -> Option<i64> {
    answer.trim().strip_prefix("The time is ")?.parse().ok()
}

/// The game's clock beside ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockPair {
    /// Which boot of the machine our clock belongs to.
    pub boot_id: String,
    /// Our clock, which a suspend does not stop and nobody sets.
    pub since_boot_ms: i64,
    /// The game's clock.
    pub gametime_ticks: i64,
}

impl ClockPair {
    /// Whether the game has surely not restarted between the two: the same boot of the machine, and its clock has kept pace with ours. A
    /// lagging or frozen game is not sure.
    pub fn same_run_until(&self, later: &ClockPair) -> bool {
        let passed_ms = later.since_boot_ms - self.since_boot_ms;
        let expected_ticks = self.gametime_ticks + passed_ms * TICKS_PER_SECOND / 1_000;
        self.boot_id == later.boot_id
            && passed_ms >= 0
            && (later.gametime_ticks - expected_ticks).abs() <= CLOCK_TOLERANCE_TICKS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_asked_for_and_removed_by_its_name_and_a_line_that_did_not_parse_left_none() {
        let key = MarkKey::of(&"cmd_a".parse().unwrap(), Attempt::FIRST, 1);
        assert_eq!(key.read_line(), "data get storage flux:proof cmd_a_1");
        assert_eq!(key.remove_line(), "data remove storage flux:proof cmd_a_1");
        assert!(did_not_parse("Unknown or incomplete command, see below for error\n...run foo<--[HERE]"));
        assert!(!did_not_parse("Gave 1 [Diamond] to Steve"));
    }

    #[test]
    fn a_line_and_its_mark_are_one_line() {
        let key = MarkKey::of(&"cmd_a-b".parse().unwrap(), Attempt::FIRST.next(), 1);
        let wrapped = key.wrap(&CommandLine::new("give Steve diamond").unwrap()).unwrap();
        assert_eq!(
            wrapped.as_str(),
            "execute store success storage flux:proof cmd_a-b_2 byte 1 run give Steve diamond"
        );
        assert_eq!(key.read_line(), "data get storage flux:proof cmd_a-b_2");
        assert_eq!(key.wrap(&CommandLine::new(&"x".repeat(LINE_BYTES)).unwrap()), None);
        assert_eq!(key.wrap(&CommandLine::new("execute as Steve run minecraft:function shop:vip").unwrap()), None);
    }

    #[test]
    fn each_send_of_each_attempt_has_a_mark_of_its_own() {
        let ids = ["cmd_a", "cmd_a_1", "cmd_a_1-2", "cmd_a-2"].map(|id| id.parse::<CommandId>().unwrap());
        let attempts = [Attempt::FIRST, Attempt::FIRST.next()];
        let keys: Vec<String> = ids
            .iter()
            .flat_map(|id| attempts.map(|attempt| (id, attempt)))
            .flat_map(|(id, attempt)| [1, 2, 3].map(|send| MarkKey::of(id, attempt, send).to_string()))
            .collect();
        let different: std::collections::BTreeSet<&String> = keys.iter().collect();
        assert_eq!(different.len(), keys.len(), "{keys:?}");
        assert_eq!(keys[1], "cmd_a_1-2");
        assert_eq!(MarkKey::known(&keys[1]).as_str(), keys[1], "as it was written down");
    }

    #[test]
    fn the_games_answers_are_read() {
        assert_eq!(parse_mark("Storage flux:proof has the following contents: 1b"), Some(Mark::Present(true)));
        assert_eq!(parse_mark("Storage flux:proof has the following contents: 0b"), Some(Mark::Present(false)));
        assert_eq!(parse_mark("Found no elements matching cmd_1_1"), Some(Mark::Absent));
        assert_eq!(parse_mark(""), None);
        assert_eq!(parse_gametime("The time is 1234"), Some(1234));
        assert_eq!(parse_gametime("Unknown"), None);
    }

    #[test]
    fn a_restart_shows_in_the_games_clock() {
        let pair = |boot: &str, ms: i64, ticks: i64| ClockPair {
            boot_id: boot.into(),
            since_boot_ms: ms,
            gametime_ticks: ticks,
        };
        let before = pair("a", 10_000, 500);
        assert!(before.same_run_until(&pair("a", 20_000, 700)));
        assert!(before.same_run_until(&pair("a", 20_000, 601)));
        assert!(!before.same_run_until(&pair("a", 20_000, 599)), "5 s and more are missing");
        assert!(!before.same_run_until(&pair("a", 20_000, 801)), "the clock ran ahead");
        assert!(!before.same_run_until(&pair("b", 20_000, 700)), "the machine booted");
        assert!(!before.same_run_until(&pair("a", 9_000, 480)), "our clock went back");
    }
}
