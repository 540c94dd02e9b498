//! The commands that a store delivers and revokes.

use crate::{CommandId, OrderId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU32;

/// The number of a try of a command, from 1. With the command's id it is the key of a delivery (rule 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Attempt(NonZeroU32);

impl Attempt {
    /// The first try.
    pub const FIRST: Attempt = Attempt(NonZeroU32::MIN);

    /// The attempt with this number; `None` for 0.
    pub fn new(number: u32) -> Option<Attempt> {
        NonZeroU32::new(number).map(Attempt)
    }

    /// The number, from 1.
    pub fn get(self) -> u32 {
        self.0.get()
    }

    /// The attempt after this one. The last possible number is its own successor.
    #[must_use]
    pub fn next(self) -> Attempt {
        Attempt(self.0.saturating_add(1))
    }
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The reason why the store made a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommandKind {
    /// A purchase.
    Purchase,
    /// A reward for a referral.
    Referral,
    /// A request of a person at the store.
    Manual,
}

/// A player, as the store names them.
///
/// The name is untrusted; the agent checks it before it fills in a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlayerRef {
    /// The name, as the buyer typed it or as the game spells it.
    pub name: String,
    /// The UUID, if known, with or without dashes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
}

/// A command for one server: a template, the values that fill it in, and the conditions for running it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Command {
    /// The command's id.
    pub id: CommandId,
    /// The attempt that is delivered.
    pub attempt: Attempt,
    /// The order that the command belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    /// The reason why the store made it.
    pub kind: CommandKind,
    /// The player who receives it; absent for a command about no player.
    #[serde(default)]
    pub player: Option<PlayerRef>,
    /// The template, at most [`TEMPLATE_BYTES`](crate::limits::TEMPLATE_BYTES) long. Only the agent fills it in.
    pub command: String,
    /// The values of placeholders other than the player's.
    #[serde(default, deserialize_with = "null_is_default", skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, String>,
    /// True if the player must be online when it runs.
    pub require_online: bool,
    /// The delay in seconds between the agent's first receipt of the id and the earliest run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_seconds: Option<u32>,
    /// The free inventory slots that the player needs, of 36.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required_slots: Option<u8>,
    /// The time from which it must not run, on the store's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// A number that rises in the order in which the store made the server's commands.
    pub sequence: u64,
    /// True if the store ever offered this attempt to another journal (rule 9).
    #[serde(default)]
    pub redelivered: bool,
}

/// The message that an attempt must not run (rule 6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Revocation {
    /// The command's id.
    pub id: CommandId,
    /// The attempt that must not run.
    pub attempt: Attempt,
    /// True if the store ever offered this attempt to another journal (rule 9).
    #[serde(default)]
    pub redelivered: bool,
}

/// Reads `null` as the type's default, because optional fields may be absent or null.
pub(crate) fn null_is_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn minimal() -> serde_json::Value {
        json!({"id": "cmd_1", "attempt": 1, "kind": "purchase", "player": {"name": "Steve", "uuid": null}, "command": "give {player} diamond",
               "values": null, "requireOnline": true, "delaySeconds": null, "expiresAt": null, "sequence": 7, "somethingNew": [1]})
    }

    #[test]
    fn null_absent_and_unknown_fields_are_accepted() {
        let command: Command = serde_json::from_value(minimal()).unwrap();
        assert_eq!(command.attempt, Attempt::FIRST);
        assert!(command.values.is_empty() && command.delay_seconds.is_none() && !command.redelivered);
        assert_eq!(command.player.unwrap().uuid, None);
    }

    #[test]
    fn times_are_parsed_with_any_offset_and_written_in_utc() {
        let mut value = minimal();
        value["expiresAt"] = json!("2026-11-22T12:00:00.25+02:00");
        let command: Command = serde_json::from_value(value).unwrap();
        assert_eq!(serde_json::to_value(command).unwrap()["expiresAt"], json!("2026-11-22T10:00:00.25Z"));
    }

    #[test]
    fn invalid_fields_are_refused() {
        for (key, bad) in [
            ("attempt", json!(0)),
            ("kind", json!("gift")),
            ("id", json!("a b")),
            ("sequence", json!(-1)),
            ("command", json!(null)),
        ] {
            let mut value = minimal();
            value[key] = bad;
            assert!(serde_json::from_value::<Command>(value).is_err(), "{key}");
        }
    }
}
