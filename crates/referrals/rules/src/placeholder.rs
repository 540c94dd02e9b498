//! The placeholders of texts, and their values for one reader.

use crate::string_enum::string_enum;
use std::collections::BTreeMap;

string_enum! {
    /// A part of a text that is filled in for each reader, in braces: `{name}`.
    pub enum Placeholder {
        /// The recipient's name; in an invitation and a shared text, the name of the one who invites.
        Name = "name",
        /// The referrer's code.
        Code = "code",
        /// The referrer's link.
        Link = "link",
        /// The reward in words, such as "10 % off".
        Reward = "reward",
        /// The code of the reward.
        RewardCode = "reward_code",
        /// The last moment at which the reward can be used, with the time zone.
        ValidUntil = "valid_until",
        /// The name of the other side: of the friend, or of the one who invited.
        Friend = "friend",
        /// The store's name.
        Store = "store",
        /// The address of the page where customers see their rewards.
        MemberPage = "member_page",
    }
}

/// The values of placeholders. One without a value has nothing to name: a reward without a code, for example.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values(BTreeMap<Placeholder, String>);

impl Values {
    /// The values, without those that are empty.
    pub fn new(values: impl IntoIterator<Item = (Placeholder, Option<String>)>) -> Values {
        let values = values.into_iter().filter_map(|(placeholder, value)| Some((placeholder, value?)));
        Values(values.filter(|(_, value)| !value.trim().is_empty()).collect())
    }

    pub(crate) fn get(&self, placeholder: Placeholder) -> Option<&str> {
        self.0.get(&placeholder).map(String::as_str)
    }
}

/// A part of a text: as it is, or a word in braces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    Plain(&'a str),
    InBraces(&'a str),
}

/// The parts of a text, in their order. A brace that encloses no single word is text.
pub(crate) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let (mut found, mut rest) = (Vec::new(), text);
    while let Some(at) = rest.find('{') {
        let inner = &rest[at + 1..];
        match inner.find('}').map(|end| &inner[..end]).filter(|word| is_word(word)) {
            Some(word) => {
                found.push(Piece::Plain(&rest[..at]));
                found.push(Piece::InBraces(word));
                rest = &inner[word.len() + 1..];
            }
            None => {
                found.push(Piece::Plain(&rest[..=at]));
                rest = inner;
            }
        }
    }
    found.push(Piece::Plain(rest));
    found
}

/// True for what is meant as a placeholder, right or mistyped: `name`, ` Name `, `first-name`.
fn is_word(text: &str) -> bool {
    let word = text.trim_matches(' ');
    !word.is_empty() && word.chars().all(|letter| letter.is_alphanumeric() || letter == '_' || letter == '-')
}
