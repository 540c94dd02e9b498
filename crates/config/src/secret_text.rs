//! The one rule by which a secret is read from a text, and the report of where a secret came from.

use std::fmt;

use secrecy::SecretString;

use crate::secret::SecretOrigin;

/// The source of a secret of the config, displayed as in "store.token from the file /etc/flux-agent/token". It has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretReport {
    /// The dotted path of the inline key, such as `store.token`.
    pub key: String,
    /// The source.
    pub from: SecretOrigin,
    /// The sources that also have this secret and are not used.
    pub hidden: Vec<SecretOrigin>,
    /// True if it begins or ends with a blank, which is rarely meant.
    pub is_padded: bool,
}

impl SecretReport {
    /// True if an admin should look at it.
    #[must_use]
    pub fn is_suspicious(&self) -> bool {
        self.is_padded || !self.hidden.is_empty()
    }
}

impl fmt::Display for SecretReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} from {}", self.key, self.from)?;
        for hidden in &self.hidden {
            write!(out, "; {hidden} is not used")?;
        }
        if self.is_padded {
            out.write_str("; it begins or ends with a blank, which is part of the secret")?;
        }
        Ok(())
    }
}

/// A line that was read as a secret.
#[derive(Debug)]
pub struct SecretLine {
    /// The secret.
    pub value: SecretString,
    /// True if it begins or ends with a blank.
    pub is_padded: bool,
}

/// A text that is not a secret. The message follows the name of its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// Nothing, or only blanks.
    #[error("is empty")]
    Empty,
    /// More than one line.
    #[error("has more than one line")]
    ManyLines,
}

/// Reads a secret from a text, by the one rule for all sources: a byte order mark and the line ends after the secret are
/// dropped; it must be one line, and not empty; blanks are part of it.
///
/// # Errors
///
/// A [`SecretError`] that does not repeat the text.
pub fn read_secret(text: &str) -> Result<SecretLine, SecretError> {
    let line = text.strip_prefix('\u{feff}').unwrap_or(text).trim_end_matches(['\r', '\n']);
    if line.chars().all(is_blank) {
        return Err(SecretError::Empty);
    }
    if line.contains(['\r', '\n']) {
        return Err(SecretError::ManyLines);
    }
    let is_padded = line.starts_with(is_blank) || line.ends_with(is_blank);
    Ok(SecretLine { value: line.into(), is_padded })
}

/// Blanks, and the characters that show as nothing.
fn is_blank(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}')
}
