//! Text types that are checked when they are created.

use crate::limits;
use flux_delivery::PLAYER_NAME_CHARS;
use flux_protocol::limits::ID_CHARS;
use std::fmt;
use std::sync::LazyLock;

macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident, $check:path, $message:literal $(, $limit:expr)*) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// A stored text. It was checked when it came in and stays readable if the rule has become stricter.
            pub fn from_stored(text: String) -> Self {
                Self(text)
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = &'static str;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                // Formatted once, so that the error is a `&'static str` and needs no allocation.
                static MESSAGE: LazyLock<String> = LazyLock::new(|| format_args!($message $(, $limit)*).to_string());
                if $check(&text) { Ok(Self(text)) } else { Err(MESSAGE.as_str()) }
            }
        }

        impl std::str::FromStr for $name {
            type Err = &'static str;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::try_from(text.to_owned())
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> String {
                text.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

checked_text! {
    /// A name that people read: 1 to 100 characters, none of them a control character.
    Label, is_label, "must be 1 to {} characters without control characters", limits::LABEL_CHARS
}
checked_text! {
    /// A game server's address: 1 to 254 visible ASCII characters.
    Address, is_address, "must be 1 to {} visible ASCII characters", limits::ADDRESS_CHARS
}
checked_text! {
    /// An e-mail address as somebody typed it, with surrounding spaces: an order is not refused for it. 1 to 254 bytes.
    Email, is_email, "must be 1 to {} bytes without blanks and control characters within", limits::ADDRESS_CHARS
}
checked_text! {
    /// A package's id: 1 to 64 of `[A-Za-z0-9_-]`.
    PackageId, is_id, "must be 1 to {} characters of A-Z a-z 0-9 _ -", ID_CHARS
}
checked_text! {
    /// A customer's id at the storefront: 1 to 64 of `[A-Za-z0-9_-]`.
    CustomerId, is_id, "must be 1 to {} characters of A-Z a-z 0-9 _ -", ID_CHARS
}
checked_text! {
    /// A referral code as the buyer typed or pasted it, up to 100 characters of any kind. A wrong one never refuses an order
    /// (R0-20).
    Code, is_typed, "must be at most {} characters", limits::TYPED_CODE_CHARS
}
checked_text! {
    /// A refund's id at the payment provider: 1 to 64 of `[A-Za-z0-9_-]`.
    RefundId, is_id, "must be 1 to {} characters of A-Z a-z 0-9 _ -", ID_CHARS
}
checked_text! {
    /// A checkout session's id at the payment provider: 1 to 128 of `[A-Za-z0-9_-]`.
    SessionId, is_session, "must be 1 to {} characters of A-Z a-z 0-9 _ -", limits::SESSION_ID_CHARS
}
checked_text! {
    /// A customer's tier: 1 to 32 of `[a-z0-9_-]`.
    Tier, is_tier, "must be 1 to {} characters of a-z 0-9 _ -", limits::TIER_CHARS
}
checked_text! {
    /// A currency: three upper-case letters (ISO 4217).
    Currency, is_currency, "must be {} upper-case letters such as EUR", limits::CURRENCY_LETTERS
}
checked_text! {
    /// A player's name: `[.*+-]?[A-Za-z0-9_]{1,16}`. The agent checks it again by its own config.
    PlayerName, is_player_name, "must be 1 to {} characters of A-Z a-z 0-9 _, after at most one of . * + -", PLAYER_NAME_CHARS
}
checked_text! {
    /// A player's UUID, with or without dashes.
    PlayerUuid, is_uuid, "must be a UUID: 32 hexadecimal digits, with or without dashes"
}
fn is_label(text: &str) -> bool {
    (1..=limits::LABEL_CHARS).contains(&text.chars().count())
        && !text.trim().is_empty()
        && !text.chars().any(char::is_control)
}

fn is_typed(text: &str) -> bool {
    text.chars().count() <= limits::TYPED_CODE_CHARS
}

fn is_email(text: &str) -> bool {
    let text = text.trim();
    (1..=limits::ADDRESS_CHARS).contains(&text.len())
        && !text.chars().any(|letter| letter.is_control() || letter.is_whitespace())
}

fn is_address(text: &str) -> bool {
    (1..=limits::ADDRESS_CHARS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn is_id(text: &str) -> bool {
    text.parse::<flux_protocol::OrderId>().is_ok()
}

fn is_session(text: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (1..=limits::SESSION_ID_CHARS).contains(&text.len()) && text.bytes().all(good)
}

fn is_tier(text: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-');
    (1..=limits::TIER_CHARS).contains(&text.len()) && text.bytes().all(good)
}

fn is_currency(text: &str) -> bool {
    text.len() == limits::CURRENCY_LETTERS && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

fn is_player_name(text: &str) -> bool {
    let stem = text.strip_prefix(['.', '*', '+', '-']).unwrap_or(text);
    flux_delivery::PlayerName::parse(stem, "").is_some()
}

fn is_uuid(text: &str) -> bool {
    flux_delivery::Uuid::parse(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn player_name_has_at_most_one_prefix_and_16_characters() {
        for good in ["Steve", ".Bedrock", "*a", "+a", "-a", "a_1234567890ABCD", "._"] {
            assert!(good.parse::<PlayerName>().is_ok(), "{good}");
        }
        for bad in ["", ".", "..a", "@a", "a b", "abcdefghijklmnopq", "Steve\n", "ä", "/op", "a\0"] {
            assert!(bad.parse::<PlayerName>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn currency_is_3_upper_case_letters() {
        assert!("EUR".parse::<Currency>().is_ok());
        for bad in ["eur", "EURO", "E1R", "", "ÄÖÜ"] {
            assert!(bad.parse::<Currency>().is_err(), "{bad}");
        }
    }
}
