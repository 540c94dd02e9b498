use crate::{CommandId, OrderId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU32;

/// Which try of a command this is: 1, 2, … With the id, the key of everything (rule 1).
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

    /// The attempt after this one.
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

/// Why the store made a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommandKind {
    /// Bought.
    Purchase,
    /// A referral's reward.
    Referral,
    /// Made by hand.
    Manual,
}

/// A player as the store names them. Untrusted: the agent checks the name before it fills anything in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlayerRef {
    /// The name as typed by the buyer, or as the game spells it.
    pub name: String,
    /// The UUID, with or without dashes, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
}

/// One command for one server: a template, what fills it in, and the conditions under which it may run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Command {
    /// The key's first half.
    pub id: CommandId,
    /// The key's second half.
    pub attempt: Attempt,
    /// The order that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    /// Why it was made.
    pub kind: CommandKind,
    /// Whom it is for; absent for a command about nobody.
    #[serde(default)]
    pub player: Option<PlayerRef>,
    /// The template. The agent alone fills it in.
    pub command: String,
    /// What fills the template's other placeholders.
    #[serde(default, deserialize_with = "null_is_default", skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, String>,
    /// Whether the player must be online.
    pub require_online: bool,
    /// Seconds from the first receipt of the id to the earliest run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_seconds: Option<u32>,
    /// Free inventory slots that the player must have, of 36.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required_slots: Option<u8>,
    /// When it must not run any more, on the store's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// The order in which the store made its commands, per server.
    pub sequence: u64,
    /// Whether this attempt was ever offered to another journal (rule 9).
    #[serde(default)]
    pub redelivered: bool,
}

/// The delivery of an attempt that must not run (rule 6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Revocation {
    /// Which command.
    pub id: CommandId,
    /// Which attempt.
    pub attempt: Attempt,
    /// As of a [`Command`].
    #[serde(default)]
    pub redelivered: bool,
}

/// Reads `null` as the type's default: optional fields may be absent or null.
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
    fn optional_fields_may_be_null_or_absent_and_unknown_ones_are_ignored() {
        let command: Command = serde_json::from_value(minimal()).unwrap();
        assert_eq!(command.attempt, Attempt::FIRST);
        assert!(command.values.is_empty() && command.delay_seconds.is_none() && !command.redelivered);
        assert_eq!(command.player.unwrap().uuid, None);
    }

    #[test]
    fn times_are_read_with_any_offset_and_written_in_utc() {
        let mut value = minimal();
        value["expiresAt"] = json!("2026-11-22T12:00:00.25+02:00");
        let command: Command = serde_json::from_value(value).unwrap();
        assert_eq!(serde_json::to_value(command).unwrap()["expiresAt"], json!("2026-11-22T10:00:00.25Z"));
    }

    #[test]
    fn attempt_zero_an_unknown_kind_and_a_bad_id_are_refused() {
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
