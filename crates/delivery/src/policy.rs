//! The admin's policy: glob patterns that allow or deny a filled-in line.
//!
//! With it, neither a stolen token nor a compromised store can make the agent run `op`.

use crate::CommandLine;
use crate::limits::MAX_PATTERN_CHARS;
use std::fmt;
use wildmatch::WildMatch;

/// A pattern of the policy. `*` stands for any text, `?` for any character. It matches the whole line or its first words.
#[derive(Debug, Clone)]
pub struct Glob {
    text: String,
    /// For `allow`: compares case.
    strict: Words,
    /// For `deny`: ignores case, as many plugins do.
    loose: Words,
}

/// A pattern for a whole line, and the same pattern for its first words.
#[derive(Debug, Clone)]
struct Words {
    line: WildMatch,
    first: WildMatch,
}

impl Words {
    fn new(pattern: &str) -> Words {
        Words { line: WildMatch::new(pattern), first: WildMatch::new(&format!("{pattern} *")) }
    }

    fn matches(&self, line: &str) -> bool {
        self.line.matches(line) || self.first.matches(line)
    }
}

impl Glob {
    /// Reads a pattern.
    ///
    /// # Errors
    ///
    /// A message for the admin: the pattern is empty, names a namespace, or is too long.
    pub fn new(text: &str) -> Result<Glob, String> {
        let pattern = normalized(text, |word| word);
        if pattern.is_empty() {
            return Err("an empty pattern".into());
        }
        if pattern.split(' ').next().is_some_and(|word| word.contains(':')) {
            return Err("write the command without its namespace: ban also matches minecraft:ban".into());
        }
        if pattern.chars().count() > MAX_PATTERN_CHARS {
            return Err(format!("the pattern is longer than {MAX_PATTERN_CHARS} characters"));
        }
        Ok(Glob { text: text.to_owned(), strict: Words::new(&pattern), loose: Words::new(&fold_case(&pattern)) })
    }
}

/// The admin's policy.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// If not empty, a line that matches none of these is blocked.
    pub allow: Vec<Glob>,
    /// A line that matches one of these is blocked, whatever `allow` says.
    pub deny: Vec<Glob>,
}

/// The policy's verdict on a line, with the rule behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// The line may run.
    Allowed,
    /// A pattern of `deny` matches.
    Denied {
        /// The pattern.
        pattern: String,
        /// The line, or the text after a ` run ` in it.
        part: String,
    },
    /// `allow` is not empty and no pattern of it matches.
    NotAllowed {
        /// The line, or the text after a ` run ` in it.
        part: String,
    },
}

impl fmt::Display for Ruling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allowed => f.write_str("allowed"),
            Self::Denied { pattern, part } => write!(f, "denied by policy.deny `{pattern}`: {part}"),
            Self::NotAllowed { part } => write!(f, "not allowed by policy.allow: {part}"),
        }
    }
}

impl Policy {
    /// Judges the line and every text after a ` run ` in it. If one of them is blocked, the line is blocked.
    pub fn judge(&self, line: &CommandLine) -> Ruling {
        let whole = line.as_str();
        let behind_run = whole.match_indices(" run ").map(|(at, matched)| &whole[at + matched.len()..]);
        std::iter::once(whole)
            .chain(behind_run)
            .map(|part| self.judge_part(part))
            .find(|ruling| *ruling != Ruling::Allowed)
            .unwrap_or(Ruling::Allowed)
    }

    fn judge_part(&self, part: &str) -> Ruling {
        let part = normalized(part, |word| word.rsplit_once(':').map_or(word, |(_, word)| word));
        let folded = fold_case(&part);
        let bare = folded.replace(['"', '\''], "");
        if let Some(glob) = self.deny.iter().find(|glob| glob.loose.matches(&folded) || glob.loose.matches(&bare)) {
            return Ruling::Denied { pattern: glob.text.clone(), part };
        }
        let named = self.allow.is_empty() || self.allow.iter().any(|glob| glob.strict.matches(&part));
        if named { Ruling::Allowed } else { Ruling::NotAllowed { part } }
    }
}

/// The text without differences of case, in all scripts: `ſ` is an `s`, and the Kelvin sign a `k`.
fn fold_case(text: &str) -> String {
    text.to_uppercase().to_lowercase()
}

/// Removes leading slashes, puts one blank between words, and shortens and lower-cases the first word.
fn normalized(part: &str, shorten: impl Fn(&str) -> &str) -> String {
    let part = part.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
    let mut words = part.split_whitespace();
    let first = words.next().map(|word| shorten(word).to_lowercase());
    first.into_iter().chain(words.map(str::to_owned)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
