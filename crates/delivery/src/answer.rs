//! Judging the game's answer to a line.
//!
//! RCON has no status code: success, failure and "unknown command" are all text, so patterns decide. `docs/explanation/answers.md`
//! has the order in which they are tried.

mod built_in;
mod refusal_words;

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
    /// The answer reads like a refusal that no pattern knows. The line may have run, so a person decides.
    Unrecognised,
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
            Verdict::Unrecognised => "unrecognised",
        };
        match &self.rule {
            Some(rule) => write!(f, "{verdict} (by {rule})"),
            None => write!(f, "{verdict} (no pattern matched)"),
        }
    }
}

/// The admin's patterns of the section `delivery`.
#[derive(Debug, Clone, Copy, Default)]
pub struct AdminPatterns<'a> {
    /// `failure_patterns`.
    pub failure: &'a [String],
    /// `away_patterns`.
    pub away: &'a [String],
    /// `success_patterns`.
    pub success: &'a [String],
}

/// The patterns that judge an answer: the built-in ones first, then the admin's.
#[derive(Debug, Clone)]
pub struct AnswerPatterns {
    failure: RegexSet,
    away: RegexSet,
    success: RegexSet,
}

impl Default for AnswerPatterns {
    fn default() -> Self {
        AnswerPatterns { failure: RegexSet::empty(), away: RegexSet::empty(), success: RegexSet::empty() }
    }
}

impl AnswerPatterns {
    /// Compiles the admin's patterns.
    ///
    /// # Errors
    ///
    /// The first pattern that is no regular expression, with its mistake.
    pub fn new(patterns: AdminPatterns<'_>) -> Result<AnswerPatterns, regex::Error> {
        Ok(AnswerPatterns {
            failure: RegexSet::new(patterns.failure)?,
            away: RegexSet::new(patterns.away)?,
            success: RegexSet::new(patterns.success)?,
        })
    }

    /// Judges an answer. If no pattern matches, the execution marker decides: `marker` says whether the line succeeded.
    ///
    /// A plugin's command that prints a refusal succeeds all the same, as far as its marker says. So an answer that reads
    /// like a refusal is unrecognised even then. Any other answer without a marker (`None`) counts as completed.
    pub fn judge(&self, answer: &str, marker: Option<bool>) -> Judgement {
        let text = AnswerText::of(answer);
        if let Some((verdict, pattern)) = built_in::find(&text) {
            return Judgement { verdict, rule: Some(format!("the built-in pattern `{pattern}`")) };
        }
        for (set, key, verdict) in [
            (&self.failure, "failure_patterns", Verdict::Rejected),
            (&self.away, "away_patterns", Verdict::PlayerAway),
            (&self.success, "success_patterns", Verdict::Completed),
        ] {
            if let Some(at) = text.first_match(set) {
                return Judgement { verdict, rule: Some(format!("delivery.{key} `{}`", set.patterns()[at])) };
            }
        }
        let by_marker = || Some("the execution marker".to_owned());
        match (marker, refusal_words::find(&text)) {
            (Some(false), _) => Judgement { verdict: Verdict::Rejected, rule: by_marker() },
            (_, Some(word)) => {
                let rule = format!("no pattern, and it reads like a refusal: `{word}`");
                Judgement { verdict: Verdict::Unrecognised, rule: Some(rule) }
            }
            (Some(true), None) => Judgement { verdict: Verdict::Completed, rule: by_marker() },
            (None, None) => Judgement { verdict: Verdict::Completed, rule: None },
        }
    }
}

/// An answer, prepared for matching.
struct AnswerText {
    /// Without colours.
    plain: String,
    /// Without the plugin's prefix either.
    bare: String,
    /// It begins in red, as many plugins colour their refusals.
    is_red: bool,
}

impl AnswerText {
    fn of(answer: &str) -> AnswerText {
        let plain = strip_formatting(answer);
        let bare = strip_plugin_prefix(&plain).to_owned();
        AnswerText { is_red: begins_red(answer), bare, plain }
    }

    /// The first pattern that matches the answer with its prefix, else without.
    fn first_match(&self, set: &RegexSet) -> Option<usize> {
        let first = |text: &str| set.matches(text).iter().next();
        first(&self.plain).or_else(|| first(&self.bare))
    }
}

/// Removes the name that plugins put before their messages: `[Crates] `, `Votes » `, `(Shop) `.
fn strip_plugin_prefix(text: &str) -> &str {
    #[expect(clippy::expect_used, reason = "a constant pattern")]
    static PREFIX: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^(?:(?:\[[^\]\n]{1,32}\]|\([^)\n]{1,32}\)|<[^>\n]{1,32}>)[ :»>|-]*|[^\s:»]{1,24}(?: [^\s:»]{1,24})? ?[»›➤➜▸⋙|] ?)+").expect("valid")
    });
    PREFIX.find(text).map_or(text, |prefix| text[prefix.end()..].trim_start())
}

/// True if the message, after a plugin's prefix in colours of its own, is red: `§c`, `§4` or the ANSI colours of the two.
fn begins_red(answer: &str) -> bool {
    #[expect(clippy::expect_used, reason = "a constant pattern")]
    static RED: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            "^(?:[^\n]{0,48}[\\])»:|] ?(?:§[0-9a-fk-or])*)?(?:§[c4]|\u{1b}\\[(?:[0-9]+;)*(?:31|91)(?:;[0-9]+)*m)",
        )
        .expect("valid")
    });
    RED.is_match(answer.trim_start())
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
        let (failure, away, success) = (["^Not enough".into()], ["^Nobody there".into()], ["^Done".into()]);
        let patterns = AdminPatterns { failure: &failure, away: &away, success: &success };
        let patterns = AnswerPatterns::new(patterns).unwrap();
        assert_eq!(
            patterns.judge("Not enough money", Some(true)).to_string(),
            "rejected_by_game (by delivery.failure_patterns `^Not enough`)"
        );
        assert_eq!(patterns.judge("Done.", Some(false)).verdict, Verdict::Completed);
        assert_eq!(
            patterns.judge("§7[Crates] §fNobody there", Some(true)).to_string(),
            "awaiting_player (by delivery.away_patterns `^Nobody there`)"
        );
        assert_eq!(patterns.judge("whatever", Some(false)).verdict, Verdict::Rejected);
        assert_eq!(patterns.judge("whatever", None).to_string(), "completed (no pattern matched)");
    }
}
