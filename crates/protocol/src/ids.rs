//! The ids in the contract: texts of 1 to 64 `[A-Za-z0-9_-]`, a type for each kind.

use crate::limits::ID_CHARS;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The error for a text that is no id: empty, longer than [`ID_CHARS`], or with a character outside `[A-Za-z0-9_-]`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an id is 1 to {ID_CHARS} characters of A-Z a-z 0-9 _ -")]
pub struct InvalidId;

fn checked(text: String) -> Result<String, InvalidId> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    let good = (1..=ID_CHARS).contains(&text.len()) && text.bytes().all(allowed);
    if good { Ok(text) } else { Err(InvalidId) }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                checked(text).map(Self)
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                checked(text.to_owned()).map(Self)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id! {
    /// A command's id.
    CommandId
}
id! {
    /// The id of a storefront's order.
    OrderId
}
id! {
    /// The random id of an agent's journal. It distinguishes a second agent from one that reconnects.
    JournalId
}
id! {
    /// The id of a Minecraft server at the store. The companion's are `srv_` and 12 of `[a-z0-9]`.
    ServerId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_accept_only_the_allowed_characters() {
        for good in ["a", "cmd_A-9", &"x".repeat(64)] {
            assert_eq!(good.parse::<CommandId>().unwrap().as_str(), good);
        }
        for bad in ["", "a b", "ä", "a/b", "a\n", &"x".repeat(65)] {
            assert_eq!(bad.parse::<CommandId>(), Err(InvalidId), "{bad:?}");
            assert!(serde_json::from_value::<OrderId>(bad.into()).is_err());
        }
    }
}
