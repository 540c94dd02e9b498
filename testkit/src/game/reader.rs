//! A cursor over a command line, with the argument types of vanilla.

use super::command::{INCORRECT_ARGUMENT, SyntaxError, UNKNOWN_COMMAND};

/// Reads a line argument by argument, as vanilla's command parser (Brigadier) does.
pub(super) struct Reader<'a> {
    line: &'a str,
    cursor: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(line: &'a str) -> Self {
        Reader { line, cursor: 0 }
    }

    pub(super) fn cursor(&self) -> usize {
        self.cursor
    }

    pub(super) fn rest(&self) -> &'a str {
        &self.line[self.cursor..]
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.rest().is_empty()
    }

    /// Skips the space before the next argument; the space must be there.
    pub(super) fn argument(&mut self) -> Result<(), SyntaxError> {
        match self.rest() {
            "" => Err(self.error(UNKNOWN_COMMAND)),
            " " => Err(self.error(INCORRECT_ARGUMENT)),
            rest if rest.starts_with(' ') => {
                self.cursor += 1;
                Ok(())
            }
            _ => Err(self.error("Expected whitespace to end one argument, but found trailing data")),
        }
    }

    /// The next argument up to a space.
    pub(super) fn word(&mut self) -> Result<&'a str, SyntaxError> {
        self.argument()?;
        Ok(self.take(|character| character != ' '))
    }

    /// The next argument, which must be one of these.
    pub(super) fn literal(&mut self, options: &[&'static str]) -> Result<&'static str, SyntaxError> {
        self.argument()?;
        let start = self.cursor;
        let word = self.take(|character| character != ' ');
        options.iter().copied().find(|option| *option == word).ok_or_else(|| self.error_at(start, INCORRECT_ARGUMENT))
    }

    /// The next argument as a whole number from `least` up.
    pub(super) fn integer(&mut self, least: i32) -> Result<i32, SyntaxError> {
        self.argument()?;
        let start = self.cursor;
        let digits = self.take(|character| character.is_ascii_digit() || matches!(character, '-' | '.'));
        if digits.is_empty() {
            return Err(self.error_at(start, "Expected integer"));
        }
        match digits.parse() {
            Ok(number) if number >= least => Ok(number),
            Ok(number) => Err(self.error_at(start, format!("Integer must not be less than {least}, found {number}"))),
            Err(_) => Err(self.error_at(start, format!("Invalid integer '{digits}'"))),
        }
    }

    /// A quoted text, or the longest run of characters that need no quotes.
    pub(super) fn string(&mut self) -> Result<String, SyntaxError> {
        match self.rest().strip_prefix('"') {
            None => {
                Ok(self.take(|character| character.is_ascii_alphanumeric() || "_-.+".contains(character)).to_owned())
            }
            Some(rest) => {
                let (text, _) =
                    rest.split_once('"').ok_or_else(|| self.error_at(self.line.len(), "Unclosed quoted string"))?;
                self.cursor += text.len() + 2;
                Ok(text.to_owned())
            }
        }
    }

    /// Takes characters as long as they fit.
    pub(super) fn take(&mut self, fits: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let taken = rest.split_once(|character| !fits(character)).map_or(rest, |(taken, _)| taken);
        self.cursor += taken.len();
        taken
    }

    /// Takes the next character if it is this one.
    pub(super) fn accept(&mut self, character: char) -> bool {
        let found = self.rest().starts_with(character);
        if found {
            self.cursor += character.len_utf8();
        }
        found
    }

    /// Takes all that is left.
    pub(super) fn take_rest(&mut self) {
        self.cursor = self.line.len();
    }

    /// Fails if anything is left.
    pub(super) fn end(&mut self) -> Result<(), SyntaxError> {
        if self.is_at_end() {
            return Ok(());
        }
        self.argument()?;
        Err(self.error(INCORRECT_ARGUMENT))
    }

    pub(super) fn error(&self, message: &str) -> SyntaxError {
        self.error_at(self.cursor, message)
    }

    pub(super) fn error_at(&self, cursor: usize, message: impl Into<String>) -> SyntaxError {
        SyntaxError { message: message.into(), line: self.line.to_owned(), cursor }
    }
}
