use crate::{Attempt, CommandId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! reasons {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$variant_doc])* #[serde(rename = $text)] $variant,)+ }

        impl $name {
            /// Every reason, in the contract's order.
            pub const ALL: &[$name] = &[$($name::$variant,)+];

            /// The word on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text,)+ }
            }

            /// The reason that this word names.
            pub fn from_word(word: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|reason| reason.as_str() == word)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(self.as_str()) }
        }
    };
}

reasons! {
    /// Why a command waits for its player.
    WaitReason {
        /// Not in the game.
        PlayerOffline = "player_offline",
        /// On the death screen: what is given to the dead is gone.
        PlayerDead = "player_dead",
        /// Fewer free slots than required.
        InventoryFull = "inventory_full",
    }
}

reasons! {
    /// Why a command failed.
    FailReason {
        /// The game ran the line and refused it: the only reason that a store retries by itself.
        RejectedByGame = "rejected_by_game",
        /// No name that could stand in a line.
        InvalidPlayerName = "invalid_player_name",
        /// The admin's policy does not allow the line.
        BlockedByPolicy = "blocked_by_policy",
        /// Filled in, the line is longer than RCON takes.
        CommandTooLong = "command_too_long",
        /// A placeholder that nothing fills, or a control character.
        BadTemplate = "bad_template",
        /// Its time had run out before it ran.
        Expired = "expired",
        /// It was sent, and whether it ran is not known.
        Uncertain = "uncertain",
    }
}

/// What an agent says of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReportState {
    /// In the agent's journal, on disk: from here the agent owns it.
    Delivered,
    /// The agent keeps it and runs it when it can.
    AwaitingPlayer(WaitReason),
    /// The game ran it. Final.
    Completed,
    /// It ran and was refused, or must not run.
    Failed(FailReason),
    /// Revoked or dropped before it ran.
    Cancelled,
}

impl ReportState {
    /// Whether the attempt is over.
    pub fn is_closing(self) -> bool {
        matches!(self, Self::Completed | Self::Failed(_) | Self::Cancelled)
    }

    /// The word on the wire.
    pub fn status(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::AwaitingPlayer(_) => "awaiting_player",
            Self::Completed => "completed",
            Self::Failed(_) => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The reason's word, where the state has one.
    pub fn reason(self) -> Option<&'static str> {
        match self {
            Self::AwaitingPlayer(reason) => Some(reason.as_str()),
            Self::Failed(reason) => Some(reason.as_str()),
            _ => None,
        }
    }

    /// The state that these two words name. `awaiting_player` without a reason is `player_offline`.
    pub fn from_words(status: &str, reason: Option<&str>) -> Result<ReportState, String> {
        Ok(match (status, reason) {
            ("delivered", _) => Self::Delivered,
            ("completed", _) => Self::Completed,
            ("cancelled", _) => Self::Cancelled,
            ("awaiting_player", None) => Self::AwaitingPlayer(WaitReason::PlayerOffline),
            ("awaiting_player", Some(word)) => Self::AwaitingPlayer(
                WaitReason::from_word(word).ok_or_else(|| format!("reason: `{word}` is none of awaiting_player"))?,
            ),
            ("failed", None) => return Err("reason: a failed command needs one".into()),
            ("failed", Some(word)) => {
                Self::Failed(FailReason::from_word(word).ok_or_else(|| format!("reason: `{word}` is none of failed"))?)
            }
            (other, _) => return Err(format!("status: `{other}` is unknown")),
        })
    }
}

/// One report of one attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub struct CommandReport {
    /// Which command.
    pub id: CommandId,
    /// Which attempt.
    pub attempt: Attempt,
    /// Its state.
    pub state: ReportState,
    /// The first 1,024 characters of the game's answer.
    pub output: Option<String>,
    /// When the state was reached, on the agent's clock.
    pub at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct Wire {
    id: CommandId,
    attempt: Attempt,
    status: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    output: Option<String>,
    at: Timestamp,
}

impl TryFrom<Wire> for CommandReport {
    type Error = String;
    fn try_from(wire: Wire) -> Result<Self, String> {
        let state = ReportState::from_words(&wire.status, wire.reason.as_deref())?;
        Ok(CommandReport { id: wire.id, attempt: wire.attempt, state, output: wire.output, at: wire.at })
    }
}

impl From<CommandReport> for Wire {
    fn from(report: CommandReport) -> Self {
        Wire {
            id: report.id,
            attempt: report.attempt,
            status: report.state.status().to_owned(),
            reason: report.state.reason().map(str::to_owned),
            output: report.output,
            at: report.at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_state_is_written_and_read_back_as_the_same() {
        let states = [ReportState::Delivered, ReportState::Completed, ReportState::Cancelled]
            .into_iter()
            .chain(WaitReason::ALL.iter().map(|reason| ReportState::AwaitingPlayer(*reason)))
            .chain(FailReason::ALL.iter().map(|reason| ReportState::Failed(*reason)));
        for state in states {
            let report = CommandReport {
                id: "cmd_1".parse().unwrap(),
                attempt: Attempt::FIRST,
                state,
                output: Some("ok".into()),
                at: "2026-11-22T10:00:00Z".parse().unwrap(),
            };
            let value = serde_json::to_value(&report).unwrap();
            assert_eq!(value["status"], json!(state.status()));
            assert_eq!(serde_json::from_value::<CommandReport>(value).unwrap(), report);
        }
    }

    #[test]
    fn an_unknown_status_or_reason_is_an_error_that_names_it() {
        let read = |status: &str, reason: Option<&str>| {
            let value =
                json!({"id": "c", "attempt": 1, "status": status, "reason": reason, "at": "2026-11-22T10:00:00Z"});
            serde_json::from_value::<CommandReport>(value).unwrap_err().to_string()
        };
        assert_eq!(read("eaten", None), "status: `eaten` is unknown");
        assert_eq!(read("failed", Some("bored")), "reason: `bored` is none of failed");
        assert_eq!(read("failed", None), "reason: a failed command needs one");
    }
}
