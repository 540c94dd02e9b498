//! Judging the game's answer to a line.
//!
//! RCON has no status code: success, failure and "unknown command" are all text, so patterns decide.

mod built_in;

use regex::{Regex, RegexSet};
use std::fmt;
use std::sync::LazyLock;

/// The meaning of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The line ran.
    Completed,
    /// The game or a plugin refused the line.
    Rejected,
    /// The player is not in the game: the line waits for a join.
    PlayerAway,
}

/// A verdict with the rule behind it. `Display` writes both, for the admin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The meaning of the answer.
    pub verdict: Verdict,
    /// The pattern or marker that decided; `None` if no pattern matched.
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

/// The patterns that judge an answer: the built-in ones first, then the admin's.
#[derive(Debug, Clone)]
pub struct AnswerPatterns {
    failure: RegexSet,
    success: RegexSet,
}

impl Default for AnswerPatterns {
    fn default() -> Self {
        AnswerPatterns { failure: RegexSet::empty(), success: RegexSet::empty() }
    }
}

impl AnswerPatterns {
    /// Compiles the admin's `delivery.failure_patterns` and `delivery.success_patterns`.
    ///
    /// # Errors
    ///
    /// The first pattern that is no regular expression, with its mistake.
    pub fn new(failure: &[String], success: &[String]) -> Result<AnswerPatterns, regex::Error> {
        Ok(AnswerPatterns { failure: RegexSet::new(failure)?, success: RegexSet::new(success)? })
    }

    /// Judges an answer. If no pattern matches, the execution marker decides: `marker` says whether the line succeeded.
    /// Without a marker (`None`), the line counts as completed.
    pub fn judge(&self, answer: &str, marker: Option<bool>) -> Judgement {
        let text = strip_formatting(answer);
        if let Some((verdict, pattern)) = built_in::find(&text) {
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
        match marker {
            Some(true) => Judgement { verdict: Verdict::Completed, rule: Some("the execution marker".into()) },
            Some(false) => Judgement { verdict: Verdict::Rejected, rule: Some("the execution marker".into()) },
            None => Judgement { verdict: Verdict::Completed, rule: None },
        }
    }
}

/// Removes colours and other formatting: `§` codes, also in the long hexadecimal form, and ANSI escapes.
pub fn strip_formatting(answer: &str) -> String {
    #[expect(clippy::expect_used, reason = "a constant pattern")]
    static COLOURS: LazyLock<Regex> =
        LazyLock::new(|| Regex::new("§x(?:§[0-9a-fA-F]){6}|§.|\u{1b}\\[[0-9;]*m").expect("valid"));
    COLOURS.replace_all(answer, "").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn admins_patterns_decide_before_the_marker() {
        let patterns = AnswerPatterns::new(&["^Not enough".into()], &["^Done".into()]).unwrap();
        assert_eq!(
            patterns.judge("Not enough money", Some(true)).to_string(),
            "rejected_by_game (by delivery.failure_patterns `^Not enough`)"
        );
        assert_eq!(patterns.judge("Done.", Some(false)).verdict, Verdict::Completed);
        assert_eq!(patterns.judge("whatever", Some(false)).verdict, Verdict::Rejected);
        assert_eq!(patterns.judge("whatever", None).to_string(), "completed (no pattern matched)");
    }
}
