//! Secrets of this process that somebody else may repeat, such as a store that quotes the token: they are masked in all output.

use crate::limits::{KNOWN_SECRETS, SHORTEST_SECRET_BYTES};
use secrecy::{ExposeSecret, SecretString};
use std::borrow::Cow;
use std::sync::{PoisonError, RwLock};

const MASK: &str = "[masked]";

static KNOWN: RwLock<Vec<SecretString>> = RwLock::new(Vec::new());

/// Masks a secret in all output from now on. The newest few are known; one under 16 bytes could be a word, and is not masked.
pub fn mask_from_now_on(secret: SecretString) {
    let text = secret.expose_secret();
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    if text.len() < SHORTEST_SECRET_BYTES || known.iter().any(|other| other.expose_secret() == text) {
        return;
    }
    if known.len() == KNOWN_SECRETS {
        known.remove(0);
    }
    known.push(secret);
}

/// The text without the known secrets. The beginning of one, where a text was cut, is masked as well.
#[must_use]
pub fn masked(text: &str) -> Cow<'_, str> {
    let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
    known.iter().fold(Cow::Borrowed(text), |text, secret| match mask(&text, secret.expose_secret()) {
        Some(masked) => Cow::Owned(masked),
        None => text,
    })
}

/// The text with each beginning of the secret, of half of [`SHORTEST_SECRET_BYTES`] or more, replaced; `None` if there is none.
fn mask(text: &str, secret: &str) -> Option<String> {
    let head = secret.get(..SHORTEST_SECRET_BYTES / 2)?;
    let (mut shown, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once(head) {
        shown = shown + before + MASK;
        let repeated = after.chars().zip(secret[head.len()..].chars()).take_while(|(one, other)| one == other);
        rest = &after[repeated.map(|(one, _)| one.len_utf8()).sum()..];
    }
    (!shown.is_empty()).then(|| shown + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "0123456789abcdefghijABCDEFGHIJxy";

    #[test]
    fn secret_is_masked_wherever_it_is() {
        for (text, shown) in [
            (format!("srv_1.{SECRET}"), "srv_1.[masked]"),
            (format!("a {SECRET}{SECRET} b"), "a [masked][masked] b"),
            (format!("é{SECRET}é"), "é[masked]é"),
            (SECRET[..31].to_owned(), "[masked]"),
            (format!("{}é", &SECRET[..8]), "[masked]é"),
        ] {
            assert_eq!(mask(&text, SECRET).as_deref(), Some(shown), "{text}");
        }
        for text in ["", "0123456", "nothing", &SECRET[8..]] {
            assert_eq!(mask(text, SECRET), None, "{text}");
        }
    }

    #[test]
    fn newest_secrets_are_known() {
        let secret = |number: usize| format!("{number:02}{}", "x".repeat(SHORTEST_SECRET_BYTES));
        for number in 0..KNOWN_SECRETS + 2 {
            mask_from_now_on(secret(number).into());
            assert_eq!(masked(&secret(number)), MASK);
        }
        mask_from_now_on("password".into());
        assert_eq!(masked("password"), "password");
        assert!(KNOWN.read().unwrap().len() <= KNOWN_SECRETS);
    }
}
