//! Referral and discount codes: parsing, comparison and generation.

use crate::typed::plain;
use crate::{ValidationError, limits};
use deunicode::deunicode;
use std::cmp::Ordering;
use std::fmt;

/// Suffixes of codes: no 0 and O, no 1, I and L.
const ALPHABET: &[u8] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";

/// A referral or discount code. Two codes are the same whatever their case (R0-20); it is shown as it was made.
#[derive(Debug, Clone, Eq)]
pub struct Code(String);

impl Code {
    /// Reads what somebody typed or pasted: blanks around it, its case, invisible characters and the kind of dash do not
    /// matter.
    pub fn parse(text: &str) -> Result<Code, ValidationError> {
        let text = plain(text);
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let good = (1..=limits::CODE_CHARS).contains(&text.len()) && text.bytes().all(allowed);
        if good { Ok(Code(text)) } else { Err(ValidationError::Code) }
    }

    /// The code as it is shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The code in the form used for lookups and the unique index.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl PartialEq for Code {
    fn eq(&self, other: &Code) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Ord for Code {
    fn cmp(&self, other: &Code) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl PartialOrd for Code {
    fn partial_cmp(&self, other: &Code) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Makes a customer's code in the style `alice-7Q9` (R2-13): up to 12 letters or digits of the first name as they are written
/// in ASCII (`jurgen` for Jürgen), `ref` where it has none, and a random suffix that grows by one character with every collision.
///
/// `below(n)` draws a random number from 0 to n - 1; `is_taken` returns whether a code exists.
pub fn make_link_code(
    name: Option<&str>,
    mut below: impl FnMut(usize) -> usize,
    mut is_taken: impl FnMut(&Code) -> bool,
) -> Result<Code, ValidationError> {
    let first = name.unwrap_or_default().split_whitespace().next().unwrap_or_default();
    let stem: String = deunicode(first)
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .take(limits::CODE_NAME_CHARS)
        .collect();
    let stem = if stem.is_empty() { "ref" } else { &stem };
    limits::CODE_SUFFIX_CHARS
        .map(|chars| Code(format!("{stem}-{}", draw(chars, &mut below))))
        .find(|code| !is_taken(code))
        .ok_or(ValidationError::NoFreeCode)
}

/// Makes a discount code of random characters; the arguments are those of [`make_link_code`].
pub fn make_discount_code(
    mut below: impl FnMut(usize) -> usize,
    mut is_taken: impl FnMut(&Code) -> bool,
) -> Result<Code, ValidationError> {
    (0..limits::DISCOUNT_CODE_DRAWS)
        .map(|_| Code(draw(limits::DISCOUNT_CODE_CHARS, &mut below)))
        .find(|code| !is_taken(code))
        .ok_or(ValidationError::NoFreeCode)
}

fn draw(chars: usize, below: &mut impl FnMut(usize) -> usize) -> String {
    (0..chars).map(|_| char::from(ALPHABET[below(ALPHABET.len()) % ALPHABET.len()])).collect()
}
