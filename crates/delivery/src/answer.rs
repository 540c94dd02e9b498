//! Judging the game's answer. RCON has no status: success, failure and "unknown command" are all text.

use regex::{Regex, RegexSet};
use std::fmt;
use std::sync::LazyLock;

/// What an answer says of the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It ran.
    Completed,
    /// It was refused.
    Rejected,
    /// The player is not there: it waits for a join.
    PlayerAway,
}

/// A verdict and the rule behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// What the answer says.
    pub verdict: Verdict,
    /// Which pattern decided; `None`: no pattern matched.
    pub rule: Option<String>,
}

impl fmt::Display for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match self.verdict {
            Verdict::Completed => "completed",
            Verdict::Rejected => "rejected_by_game",
            Verdict::PlayerAway => "awaiting_player",
        };
        match &self.rule {
            Some(rule) => write!(f, "{verdict} (by {rule})"),
            None => write!(f, "{verdict} (no pattern matched)"),
        }
    }
}

/// Built-in patterns: vanilla 1.12 to 26.x, Paper, Spigot, EssentialsX. The first that matches decides.
const BUILT_IN: &[(Verdict, &str)] = &[
    // already done: idempotent commands report failure, but what was bought is there
    (Verdict::Completed, r"^Nothing changed\b"),
    (Verdict::Completed, r"^Player is already whitelisted"),
    // done, in vanilla's words
    (Verdict::Completed, r"^Gave \d+ \["),
    (Verdict::Completed, r"^Given \[|^Given .+ \* \d+ to "),
    (Verdict::Completed, r"^(?:Added|Gave) \d+ experience (?:points|levels) to "),
    (Verdict::Completed, r"^Added .+ to the whitelist$"),
    (Verdict::Completed, r"^Made .+ a server operator$"),
    (Verdict::Completed, r"^Set .+'s game mode to "),
    // nobody of that name is in the game
    (Verdict::PlayerAway, r"^No player was found"),
    (Verdict::PlayerAway, r"^That player cannot be found"),
    (Verdict::PlayerAway, r"^No entity was found"),
    (Verdict::PlayerAway, r"^(?:Error: )?Player not found\b"),
    // refused
    (Verdict::Rejected, r"<--\[HERE\]"),
    (Verdict::Rejected, r"^Unknown or incomplete command"),
    (Verdict::Rejected, r"^Incorrect argument for command"),
    (Verdict::Rejected, r"^Unknown command\b"),
    (Verdict::Rejected, r"^Unknown item '"),
    (Verdict::Rejected, r"^That player does not exist"),
    (Verdict::Rejected, r"^Invalid name or UUID"),
    (Verdict::Rejected, r"^Only one (?:player|entity) is allowed"),
    (Verdict::Rejected, r"^Can't give more than"),
    (Verdict::Rejected, r"^An unexpected error occurred"),
    (Verdict::Rejected, r"^An internal error occurred"),
    (Verdict::Rejected, r"^Error executing: "),
    (Verdict::Rejected, r"you do not have permission"),
];

/// The admin's own patterns, after the built-in ones.
#[derive(Debug, Clone)]
pub struct Patterns {
    failure: RegexSet,
    success: RegexSet,
}

impl Default for Patterns {
    fn default() -> Self {
        Patterns { failure: RegexSet::empty(), success: RegexSet::empty() }
    }
}

impl Patterns {
    /// From `delivery.failure_patterns` and `delivery.success_patterns`; the error names what is wrong with which.
    pub fn new(failure: &[String], success: &[String]) -> Result<Patterns, regex::Error> {
        Ok(Patterns { failure: RegexSet::new(failure)?, success: RegexSet::new(success)? })
    }

    /// Judges an answer. Where no pattern matches, `mark` decides (the proof's word, where it was asked), else the line counts as run.
    pub fn judge(&self, answer: &str, mark: Option<bool>) -> Judgement {
        let text = plain(answer);
        if let Some((verdict, pattern)) = built_in(&text) {
            return Judgement { verdict, rule: Some(format!("the built-in pattern `{pattern}`")) };
        }
        let own = |set: &RegexSet, key: &str| {
            set.matches(&text).iter().next().map(|at| format!("delivery.{key} `{}`", set.patterns()[at]))
        };
        if let Some(rule) = own(&self.failure, "failure_patterns") {
            return Judgement { verdict: Verdict::Rejected, rule: Some(rule) };
        }
        if let Some(rule) = own(&self.success, "success_patterns") {
            return Judgement { verdict: Verdict::Completed, rule: Some(rule) };
        }
        match mark {
            Some(true) => Judgement { verdict: Verdict::Completed, rule: Some("the mark in the game".into()) },
            Some(false) => Judgement { verdict: Verdict::Rejected, rule: Some("the mark in the game".into()) },
            None => Judgement { verdict: Verdict::Completed, rule: None },
        }
    }
}

fn built_in(text: &str) -> Option<(Verdict, &'static str)> {
    #[expect(clippy::expect_used, reason = "constant patterns, compiled by a test")]
    static SET: LazyLock<RegexSet> =
        LazyLock::new(|| RegexSet::new(BUILT_IN.iter().map(|(_, pattern)| format!("(?i){pattern}"))).expect("valid"));
    SET.matches(text).iter().next().map(|at| BUILT_IN[at])
}

/// The answer without colours: section-sign codes (the long hex form too) and ANSI escapes.
pub fn plain(answer: &str) -> String {
    #[expect(clippy::expect_used, reason = "a constant pattern")]
    static COLOURS: LazyLock<Regex> =
        LazyLock::new(|| Regex::new("§x(?:§[0-9a-fA-F]){6}|§.|\u{1b}\\[[0-9;]*m").expect("valid"));
    COLOURS.replace_all(answer, "").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_games_texts_are_judged_as_the_facts_say() {
        use Verdict::{Completed, PlayerAway, Rejected};
        let cases = [
            (Completed, "Gave 5 [Diamond] to Steve"),
            (Completed, "Given [Diamond] * 5 to Steve"),
            (Completed, "Made Steve a server operator"),
            (Completed, ""),
            (Completed, "Nothing changed. The player already is an operator"),
            (Completed, "Player is already whitelisted"),
            (PlayerAway, "No player was found"),
            (PlayerAway, "That player cannot be found"),
            (PlayerAway, "§cError: §4Player not found."),
            (Rejected, "Unknown or incomplete command, see below for erroreco give Steve<--[HERE]"),
            (Rejected, "Unknown or incomplete command. See below for error\ngive<--[HERE]"),
            (Rejected, "Incorrect argument for command...amond x<--[HERE]"),
            (Rejected, "Unknown command. Type \"/help\" for help."),
            (Rejected, "Unknown command. Try /help for a list of commands"),
            (Rejected, "That player does not exist"),
            (Rejected, "Can't give more than 6400 of [Diamond]"),
            (Rejected, "\u{1b}[31mAn unexpected error occurred trying to execute that command\u{1b}[0m"),
            (Rejected, "§x§f§f§0§0§0§0I'm sorry, but you do not have permission to perform this command."),
        ];
        for (verdict, text) in cases {
            assert_eq!(Patterns::default().judge(text, None).verdict, verdict, "{text:?}");
        }
    }

    #[test]
    fn the_admins_patterns_come_after_the_built_in_ones_and_before_the_mark() {
        let patterns = Patterns::new(&["^Not enough".into()], &["^Done".into()]).unwrap();
        assert_eq!(
            patterns.judge("Not enough money", Some(true)).to_string(),
            "rejected_by_game (by delivery.failure_patterns `^Not enough`)"
        );
        assert_eq!(patterns.judge("Done.", Some(false)).verdict, Verdict::Completed);
        assert_eq!(patterns.judge("whatever", Some(false)).verdict, Verdict::Rejected);
        assert_eq!(patterns.judge("whatever", None).to_string(), "completed (no pattern matched)");
    }
}
