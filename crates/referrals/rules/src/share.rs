//! Share and mail texts with their placeholders.

use crate::{Code, ValidationError, limits};

/// A text of a share channel or a mail. `{link}`, `{code}` and `{name}` are filled in; any other brace is text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text(String);

impl Text {
    /// Checks a text.
    pub fn parse(text: &str) -> Result<Text, ValidationError> {
        if text.chars().count() <= limits::TEXT_CHARS { Ok(Text(text.to_owned())) } else { Err(ValidationError::Text) }
    }

    /// The text for a customer, in one pass, so that a name can bring no placeholder of its own.
    pub fn filled(&self, link: &str, code: &Code, name: &str) -> String {
        self.filled_with(link, code.as_str(), name)
    }

    /// The text for a customer who may have no link and code; both are empty then.
    pub fn filled_with(&self, link: &str, code: &str, name: &str) -> String {
        let mut filled = String::new();
        let mut rest = self.0.as_str();
        while let Some(at) = rest.find('{') {
            filled.push_str(&rest[..at]);
            rest = &rest[at..];
            let values = [("{link}", link), ("{code}", code), ("{name}", name), ("{", "{")];
            for (placeholder, value) in values {
                if let Some(after) = rest.strip_prefix(placeholder) {
                    filled.push_str(value);
                    rest = after;
                    break;
                }
            }
        }
        filled + rest
    }
}

/// The texts that customers share (R3-20).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ShareTexts {
    /// For X.
    pub x: Text,
    /// The e-mail's title.
    pub email_title: Text,
    /// The e-mail's content.
    pub email_body: Text,
    /// The e-mail's icon: an address.
    pub email_icon: Option<String>,
}

/// The texts that a customer can share. Facebook accepts no text, so the customer is prompted to write one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shared {
    /// For X.
    pub x: String,
    /// The e-mail's title.
    pub email_title: String,
    /// The e-mail's content.
    pub email_body: String,
    /// The e-mail's icon.
    pub email_icon: Option<String>,
    /// True if the customer is prompted to write a message of their own on Facebook: always.
    pub facebook_prompts: bool,
}

impl ShareTexts {
    /// The texts with a customer's link filled in.
    pub fn filled(&self, link: &str, code: &Code, name: &str) -> Shared {
        Shared {
            x: self.x.filled(link, code, name),
            email_title: self.email_title.filled(link, code, name),
            email_body: self.email_body.filled(link, code, name),
            email_icon: self.email_icon.clone(),
            facebook_prompts: true,
        }
    }
}
