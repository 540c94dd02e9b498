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

/// Built-in patterns: vanilla 1.12 to 26.x, Paper, Spigot, EssentialsX, LuckPerms, Vault-style economies. The first that matches decides;
/// `tests/data/answers` has what each of them says.
///
/// A line whose player is away is sent again, so those patterns match a whole answer that says nothing else. The others need not: a game
/// that has parsed nothing has run nothing, and what is completed or rejected is not sent again by the agent.
const BUILT_IN: &[(Verdict, &str)] = &[
    // already done: idempotent commands report failure, but what was bought is there
    (Verdict::Completed, r"^Nothing changed\b"),
    (Verdict::Completed, r"^Player is already whitelisted"),
    (Verdict::Completed, r"^Target either already has the tag\b"),
    (Verdict::Completed, r"^Couldn't grant .+ as they already have (?:it|them)$"),
    (Verdict::Completed, r"^No new recipes were learned$"),
    (Verdict::Completed, r"^\[LP\] .+ (?:already (?:inherits from|has)|does not (?:inherit from|have)) "),
    // done, in vanilla's words
    (Verdict::Completed, r"^Gave \d+ \["),
    (Verdict::Completed, r"^Given \[|^Given .+ \* \d+ to "),
    (Verdict::Completed, r"^(?:Added|Gave) \d+ experience (?:points|levels) to "),
    (Verdict::Completed, r"^Given \d+ (?:experience|levels) to "),
    (Verdict::Completed, r"^Added .+ to the whitelist$"),
    (Verdict::Completed, r"^Made .+ a server operator$|^Opped \S+$"),
    (Verdict::Completed, r"^Set .+'s game mode to "),
    (Verdict::Completed, r"^Added tag '.+' to "),
    (Verdict::Completed, r"^Applied effect .+ to "),
    (Verdict::Completed, r"^(?:Granted|Unlocked) .+ (?:to|for) "),
    (Verdict::Completed, r"^Added .+ to (?:team )?\["),
    (Verdict::Completed, r"^Set \[.+\] for .+ to -?\d+$"),
    (Verdict::Completed, r"^Teleported .+ to "),
    // done, in plugins' words
    (Verdict::Completed, r"^Giving \d+ of .+ to \S+\.$"),
    (Verdict::Completed, r" added to .+ account\. New balance: "),
    (Verdict::Completed, r"^\[LP\] .+ now inherits permissions from "),
    (Verdict::Completed, r"^\[LP\] Set .+ to (?:true|false) for "),
    // nobody of that name is in the game
    (Verdict::PlayerAway, r"^No (?:player|entity) was found$"),
    (Verdict::PlayerAway, r"^That (?:player|entity) cannot be found$"),
    (Verdict::PlayerAway, r"^(?:Player|Entity) '[^']*' cannot be found$"),
    (
        Verdict::PlayerAway,
        r"^(?:Error: )?(?:(?:That|The) )?Player(?: '[^']*')? (?:is not online|is offline|(?:was )?not found)[.!]?$",
    ),
    (Verdict::PlayerAway, r"^\S+ is not online[.!]?$"),
    (Verdict::PlayerAway, r"^\[LP\] A user for \S+ could not be found\.$"),
    // refused by the parser
    (Verdict::Rejected, r"<--\[HERE\]"),
    (Verdict::Rejected, r"^Unknown or incomplete command"),
    (Verdict::Rejected, r"^Incorrect argument for command"),
    (Verdict::Rejected, r"^Unknown command\b"),
    (Verdict::Rejected, r"^(?:Usage|Command Help): ?/"),
    // refused by the command
    (Verdict::Rejected, r"^Unknown (?:item|scoreboard objective|team|advancement|recipe) '"),
    (Verdict::Rejected, r"^There is no such item with name "),
    (Verdict::Rejected, r"^The number you have entered \(.+\) is too (?:big|small)\b"),
    (Verdict::Rejected, r"^'.*' is not a valid number$"),
    (Verdict::Rejected, r"^That player does not exist"),
    (Verdict::Rejected, r"^Invalid name or UUID"),
    (Verdict::Rejected, r"^Only one (?:player|entity) is allowed"),
    (Verdict::Rejected, r"^Can't give more than"),
    (Verdict::Rejected, r"^Unable to apply this effect\b"),
    (Verdict::Rejected, r"^That position is (?:not loaded|out of this world)"),
    (Verdict::Rejected, r"^An (?:unexpected|unknown|internal) error occurred"),
    (Verdict::Rejected, r"^Error executing: "),
    (Verdict::Rejected, r"you do not have permission"),
    // refused by a plugin
    // (EssentialsX begins every refusal with "Error: "; another plugin may say so after it has done something, and the store would try again)
    (Verdict::Rejected, r"^Error: (?:Unknown item name|The argument must be|That player does not exist|Invalid)\b"),
    (Verdict::Rejected, r"^\[LP\] A (?:group|track) named .+ could not be found"),
    (Verdict::Rejected, r"^Invalid (?:amount|number)\b"),
    (Verdict::Rejected, r"^You do not have enough money"),
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
