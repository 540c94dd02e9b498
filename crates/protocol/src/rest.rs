//! The bodies of the REST fallback. Each answer has two types: the store writes plain lists, and the agent reads them
//! item by item.

use crate::{Batch, Command, CommandId, CommandReport, Hint, Revocation, Settled};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The answer to `GET /commands`, as the store writes it. `POST /players/joined` answers with `commands` alone.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PollResponse {
    /// The commands offered.
    pub commands: Vec<Command>,
    /// The attempts that must not run.
    pub revoked: Vec<Revocation>,
    /// The store's clock.
    pub now: Timestamp,
    /// The shortest wait until the next poll, in seconds, 15 to 300.
    pub next_poll_seconds: u64,
}

/// A [`PollResponse`] as the agent reads it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ParsedPollResponse {
    /// The commands offered.
    pub commands: Batch<Command>,
    /// The attempts that must not run.
    #[serde(default)]
    pub revoked: Option<Batch<Revocation>>,
    /// The store's clock.
    #[serde(default)]
    pub now: Hint<Timestamp>,
    /// The shortest wait until the next poll, in seconds, 15 to 300.
    #[serde(default)]
    pub next_poll_seconds: Hint<u64>,
}

/// The body of `POST /reports`, as the agent writes it. The store reads a [`Batch`].
#[derive(Debug, Serialize)]
pub struct ReportsRequest {
    /// At most one report for each id, with its newest state.
    pub reports: Vec<CommandReport>,
}

/// The answer to `POST /reports`, as the store writes it.
#[derive(Debug, Serialize)]
pub struct ReportsResponse {
    /// The ids of which the store has stored the reported state.
    pub acknowledged: Vec<CommandId>,
    /// The attempts that must not run.
    pub revoked: Vec<Revocation>,
    /// The attempts that the store shows as closed although the agent has reported otherwise.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub settled: Vec<Settled>,
}

/// A [`ReportsResponse`], or the answer to `Report`, as the agent reads it.
#[derive(Debug, Deserialize)]
pub struct ParsedReportsResponse {
    /// The ids of which the store has stored the reported state. An unreadable one is not the agent's.
    pub acknowledged: Batch<CommandId>,
    /// The attempts that must not run.
    #[serde(default)]
    pub revoked: Option<Batch<Revocation>>,
    /// The attempts that the store shows as closed although the agent has reported otherwise.
    #[serde(default)]
    pub settled: Option<Batch<Settled>>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn unreadable_hint_does_not_cost_the_commands() {
        for hint in [json!(-1), json!("15"), json!(15.0), json!("NaN"), json!([])] {
            let odd = json!({"commands": [], "now": "half past nine", "nextPollSeconds": hint});
            assert!(serde_json::from_value::<ParsedPollResponse>(odd).is_ok(), "{hint}");
        }
    }

    #[test]
    fn unreadable_item_does_not_spoil_the_answer() {
        let odd = json!({"acknowledged": ["cmd_1", "no id at all", 7, "cmd_2"], "revoked": [{"id": "cmd_3", "attempt": 0}, {"id": "cmd_4", "attempt": 1}]});
        let reply: ParsedReportsResponse = serde_json::from_value(odd).unwrap();
        let known: Vec<&str> = reply.acknowledged.items.iter().map(CommandId::as_str).collect();
        assert_eq!(known, ["cmd_1", "cmd_2"]);
        let revoked = reply.revoked.unwrap();
        assert_eq!((revoked.items.len(), revoked.bad.len(), revoked.items[0].id.as_str()), (1, 1, "cmd_4"));
        let bare: ParsedReportsResponse = serde_json::from_value(json!({"acknowledged": [], "revoked": null})).unwrap();
        assert!(bare.acknowledged.items.is_empty() && bare.revoked.is_none() && bare.settled.is_none());
    }
}
