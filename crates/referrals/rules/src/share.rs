//! Share and mail texts with their placeholders.

use crate::placeholder::{Piece, pieces};
use crate::{Placeholder, ValidationError, Values, limits};

/// A text of a share channel or a mail, whose placeholders are known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text(String);

impl Text {
    /// Checks a text that may have these placeholders.
    pub fn parse(text: &str, known: &'static [Placeholder]) -> Result<Text, ValidationError> {
        if text.chars().count() > limits::TEXT_CHARS {
            return Err(ValidationError::Text);
        }
        let unknown = pieces(text).into_iter().find_map(|piece| match piece {
            Piece::InBraces(word) => (!known.iter().any(|known| known.as_str() == word)).then(|| word.to_owned()),
            Piece::Plain(_) => None,
        });
        match unknown {
            Some(word) => Err(ValidationError::Placeholder { word, known }),
            None => Ok(Text(text.to_owned())),
        }
    }

    /// The text on one line. A placeholder without a value is left out.
    pub fn line(&self, values: &Values) -> String {
        let filled = fill(&self.0, |placeholder| Some(values.get(placeholder).unwrap_or_default()));
        filled.unwrap_or_default().chars().filter(|letter| !letter.is_control()).collect::<String>().trim().to_owned()
    }

    /// The text. A line with a placeholder that has no value is left out.
    pub fn filled(&self, values: &Values) -> String {
        let lines = self.0.split('\n').filter_map(|line| fill(line, |placeholder| values.get(placeholder)));
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// Fills in a text in one pass, so that a name can bring no placeholder of its own. `None` if a value is missing.
fn fill<'v>(text: &str, value: impl Fn(Placeholder) -> Option<&'v str>) -> Option<String> {
    let mut filled = String::with_capacity(text.len());
    for piece in pieces(text) {
        match piece {
            Piece::Plain(text) => filled.push_str(text),
            Piece::InBraces(word) => match word.parse() {
                Ok(placeholder) => filled.push_str(value(placeholder)?),
                Err(_) => filled.extend(["{", word, "}"]),
            },
        }
    }
    Some(filled)
}

/// The placeholders of the texts that customers share.
pub const SHARE_PLACEHOLDERS: &[Placeholder] =
    &[Placeholder::Name, Placeholder::Code, Placeholder::Link, Placeholder::Reward, Placeholder::Store];

/// The texts that customers share (R3-20). Facebook accepts no text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ShareTexts {
    /// For X.
    pub x: Text,
    /// The e-mail's title.
    pub email_title: Text,
    /// The e-mail's content.
    pub email_body: Text,
}
