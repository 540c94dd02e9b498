//! The reasons in reports, and their texts on the wire.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A reason that this version of the contract does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown reason `{0}`")]
pub struct UnknownReason(pub String);

macro_rules! reasons {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$variant_doc])* #[serde(rename = $text)] $variant,)+ }

        impl $name {
            /// Every reason, in the order of the protocol's documentation.
            pub const ALL: &[$name] = &[$($name::$variant,)+];

            /// The reason's text on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text,)+ }
            }
        }

        impl FromStr for $name {
            type Err = UnknownReason;

            fn from_str(text: &str) -> Result<$name, UnknownReason> {
                match text { $($text => Ok($name::$variant),)+ other => Err(UnknownReason(other.to_owned())) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(self.as_str()) }
        }
    };
}

reasons! {
    /// The reason why a command waits for its player.
    WaitReason {
        /// The player is not in the game.
        PlayerOffline = "player_offline",
        /// The player is on the death screen, where items given to them are lost.
        PlayerDead = "player_dead",
        /// The player has fewer free slots than the command requires.
        InventoryFull = "inventory_full",
    }
}

reasons! {
    /// The reason why a command failed.
    FailReason {
        /// The game ran the line and refused it. The only reason that a store retries automatically.
        RejectedByGame = "rejected_by_game",
        /// The player's name is not safe in a command line.
        InvalidPlayerName = "invalid_player_name",
        /// The admin's policy forbids the line.
        BlockedByPolicy = "blocked_by_policy",
        /// The filled-in line is longer than RCON takes.
        CommandTooLong = "command_too_long",
        /// The template has a placeholder without a value, or the line has a control character.
        BadTemplate = "bad_template",
        /// The command's `expiresAt` passed before it ran.
        Expired = "expired",
        /// The line was sent, and nobody knows whether it ran.
        Uncertain = "uncertain",
    }
}
