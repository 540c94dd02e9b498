use flux_protocol::FailReason;
use std::fmt;

/// Bytes of a line that any game takes in one read: the server reads 1,460 bytes once, and a segment over a network is shorter.
pub const LINE_BYTES: usize = 1_400;

/// A line that may go to the game: one line, not empty, no control characters, no leading blank or slash, at most [`LINE_BYTES`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandLine(String);

impl CommandLine {
    /// Checks a line; leading blanks and one slash are dropped.
    pub fn new(text: &str) -> Result<CommandLine, FailReason> {
        let text = text.trim_start();
        let text = text.strip_prefix('/').unwrap_or(text);
        if text.trim().is_empty() || text.chars().any(char::is_control) {
            return Err(FailReason::BadTemplate);
        }
        if text.len() > LINE_BYTES {
            return Err(FailReason::CommandTooLong);
        }
        Ok(CommandLine(text.to_owned()))
    }

    /// The line as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The word that decides which command this is.
    pub fn first_word(&self) -> &str {
        self.0.split_whitespace().next().unwrap_or_default()
    }
}

impl fmt::Display for CommandLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leading_blanks_and_one_slash_are_dropped() {
        assert_eq!(CommandLine::new("  /give Steve diamond").unwrap().as_str(), "give Steve diamond");
        assert_eq!(CommandLine::new("//wand").unwrap().as_str(), "/wand");
        assert_eq!(CommandLine::new(" /give  Steve").unwrap().first_word(), "give");
    }

    #[test]
    fn a_line_is_one_line_of_bounded_length() {
        for bad in ["", " ", "/", "say a\nop b", "say a\rb", "say \0", "say \u{1b}[0m", "say \u{85}"] {
            assert_eq!(CommandLine::new(bad), Err(FailReason::BadTemplate), "{bad:?}");
        }
        assert!(CommandLine::new(&"x".repeat(LINE_BYTES)).is_ok());
        assert_eq!(CommandLine::new(&"ü".repeat(LINE_BYTES / 2 + 1)), Err(FailReason::CommandTooLong));
    }
}
