//! The agent's policy as the store learns it, and the store's templates as an agent learns them. Both only serve warnings: the
//! agent alone decides what runs.

use crate::{Attempt, Command, CommandKind, PlayerRef, derived_command_id};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The body of `POST /policy`: the lines that the agent refuses. A store that does not know the call answers 404.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyNotice {
    /// The use of `allow`.
    pub mode: PolicyMode,
    /// The patterns of lines that may run.
    pub allow: Vec<String>,
    /// The patterns of lines that do not run, the built-in ones included.
    pub deny: Vec<String>,
    /// The text before the names of Bedrock players; may be empty.
    pub bedrock_prefix: String,
}

/// The lines that run without being denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PolicyMode {
    /// Those that match `allow`, or all if it is empty.
    Default,
    /// Only those that match a pattern of `allow` from start to end.
    Strict,
}

/// The answer to `GET /templates`: one line of each kind that the store may send to this server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TemplatesResponse {
    /// The templates of the packages that are for this server, at most [`TEMPLATES`](crate::limits::TEMPLATES).
    pub templates: Vec<SampleTemplate>,
    /// True if there are more.
    pub more: bool,
}

/// A template with the values of an order of one unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SampleTemplate {
    /// The template.
    pub command: String,
    /// The values of its placeholders besides the player's.
    #[serde(default)]
    pub values: BTreeMap<String, String>,
}

impl SampleTemplate {
    /// The template as a command for a player of this name, to judge it: nothing sends it.
    pub fn for_player(self, name: &str) -> Command {
        Command {
            id: derived_command_id(&["sample"]),
            attempt: Attempt::FIRST,
            order_id: None,
            kind: CommandKind::Purchase,
            player: Some(PlayerRef { name: name.to_owned(), uuid: None }),
            command: self.command,
            values: self.values,
            require_online: false,
            delay_seconds: None,
            required_slots: None,
            expires_at: None,
            sequence: 1,
            redelivered: false,
        }
    }
}
