//! The admin's policy: patterns that allow or deny a filled-in line.
//!
//! With it, neither a stolen token nor a compromised store can make the agent run `op`. A line is first reduced to the
//! commands that it can cause, each in one spelling; the patterns judge these.

mod built_in;
mod glob;
mod line;
mod suggest;

pub use built_in::{BUILT_IN, built_in};
pub use glob::Glob;
pub use suggest::pattern_of;

use crate::CommandLine;
use line::{Part, canonical, fold_case, parts};
use std::fmt;

/// The lines that run without being denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Those that match `allow` or whose first words do; all if `allow` is empty.
    #[default]
    Default,
    /// Only those that match a pattern of `allow` from start to end.
    Strict,
}

/// The admin's policy.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// The use of `allow`.
    pub mode: Mode,
    /// The patterns of lines that may run.
    pub allow: Vec<Glob>,
    /// A line that matches one of these is blocked, whatever `allow` says.
    pub deny: Vec<Glob>,
}

/// The policy's verdict on a line, with the rule behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// The line may run.
    Allowed,
    /// The line is refused before any pattern is tried.
    Unreadable {
        /// The reason, as a sentence for the admin.
        problem: String,
    },
    /// A pattern of `deny` matches.
    Denied {
        /// The pattern.
        pattern: String,
        /// The line, or the command in it.
        part: String,
    },
    /// No pattern of `allow` matches.
    NotAllowed {
        /// The use of `allow`.
        mode: Mode,
        /// The line, or the text after a ` run ` in it.
        part: String,
    },
}

impl fmt::Display for Ruling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allowed => f.write_str("allowed"),
            Self::Unreadable { problem } => write!(f, "refused unread: {problem}"),
            Self::Denied { pattern, part } => write!(f, "denied by policy.deny `{pattern}`: {part}"),
            Self::NotAllowed { mode: Mode::Default, part } => write!(f, "not allowed by policy.allow: {part}"),
            Self::NotAllowed { mode: Mode::Strict, part } => {
                write!(f, "not allowed by policy.allow, and policy.mode is strict: {part}")
            }
        }
    }
}

impl Policy {
    /// Judges the line and every command in it. If one of them is blocked, the line is blocked.
    pub fn judge(&self, line: &CommandLine) -> Ruling {
        let line = line.as_str();
        if line.contains("\\N{") {
            return Ruling::Unreadable { problem: "it spells a character by its name, as in \\N{…}".into() };
        }
        let Ok(parts) = parts(line) else {
            return Ruling::Unreadable { problem: "it nests too many commands".into() };
        };
        self.denied(&parts).or_else(|| self.not_allowed(&parts)).unwrap_or(Ruling::Allowed)
    }

    fn denied(&self, parts: &[Part]) -> Option<Ruling> {
        parts.iter().find_map(|part| {
            let (folded, canonical) = (fold_case(&part.text), canonical(&part.text));
            let hit = |glob: &&Glob| glob.matches_folded(&folded) || glob.matches_folded(&canonical);
            let glob = self.deny.iter().find(hit)?;
            Some(Ruling::Denied { pattern: glob.text().to_owned(), part: part.text.clone() })
        })
    }

    fn not_allowed(&self, parts: &[Part]) -> Option<Ruling> {
        let whole = parts.first().map(|part| part.text.as_str()).unwrap_or_default();
        let allows = |part: &Part| match self.mode {
            Mode::Default => self.allow.is_empty() || self.allow.iter().any(|glob| glob.matches_words(&part.text)),
            Mode::Strict => self.allow.iter().any(|glob| glob.matches_line(&part.text)),
        };
        // A pattern without wildcards names the commands inside the line too.
        let closed = |glob: &Glob| glob.is_closed() && glob.matches_line(whole);
        if self.mode == Mode::Strict && self.allow.iter().any(closed) {
            return None;
        }
        let part = parts.iter().filter(|part| part.by_game).find(|part| !allows(part))?;
        Some(Ruling::NotAllowed { mode: self.mode, part: part.text.clone() })
    }
}

#[cfg(test)]
mod tests;
