//! The lines that the agent may send to the game.

use flux_protocol::FailReason;
use flux_protocol::template::invisible;
use std::fmt;

/// Longest line that the agent sends, in bytes. Vanilla reads at most 1,460 bytes of an RCON packet at once, and does
/// not wait for the rest; a TCP segment may be shorter.
pub const LINE_BYTES: usize = 1_400;

/// A line that is safe to send to the game: not empty, without characters that nobody sees, without a leading blank or slash,
/// and at most [`LINE_BYTES`] long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandLine(String);

impl CommandLine {
    /// Checks a line after removing leading blanks and one slash.
    ///
    /// # Errors
    ///
    /// [`FailReason::BadTemplate`] for an empty line or an invisible character, [`FailReason::CommandTooLong`] for more than
    /// [`LINE_BYTES`].
    pub fn new(text: &str) -> Result<CommandLine, FailReason> {
        let text = text.trim_start();
        let text = text.strip_prefix('/').unwrap_or(text);
        if text.trim().is_empty() || invisible(text).is_some() {
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

    /// The first word, which names the command.
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
    fn leading_blanks_and_one_slash_are_removed() {
        assert_eq!(CommandLine::new("  /give Steve diamond").unwrap().as_str(), "give Steve diamond");
        assert_eq!(CommandLine::new("//wand").unwrap().as_str(), "/wand");
        assert_eq!(CommandLine::new(" /give  Steve").unwrap().first_word(), "give");
    }

    #[test]
    fn invisible_characters_and_long_lines_are_refused() {
        for bad in [
            "",
            " ",
            "/",
            "say a\nop b",
            "say a\rb",
            "say \0",
            "say \u{1b}[0m",
            "say \u{85}",
            "\u{200b}op x",
            "o\u{ad}p x",
        ] {
            assert_eq!(CommandLine::new(bad), Err(FailReason::BadTemplate), "{bad:?}");
        }
        assert!(CommandLine::new(&"x".repeat(LINE_BYTES)).is_ok());
        assert_eq!(CommandLine::new(&"ü".repeat(LINE_BYTES / 2 + 1)), Err(FailReason::CommandTooLong));
    }
}
