use crate::{Batch, Command, CommandId, CommandReport, Revocation};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The answer to `GET /commands`, and with `commands` alone to `POST /players/joined`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PollAnswer {
    /// What is offered.
    pub commands: Vec<Command>,
    /// What must not run.
    pub revoked: Vec<Revocation>,
    /// The store's clock.
    pub now: Timestamp,
    /// The least wait until the next poll, 15 to 300.
    pub next_poll_seconds: u64,
}

/// [`PollAnswer`] as the agent reads it: item by item.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JoinedAnswer {
    /// What is offered.
    pub commands: Batch<Command>,
    /// What must not run.
    #[serde(default)]
    pub revoked: Option<Batch<Revocation>>,
    /// The store's clock.
    #[serde(default)]
    pub now: Option<Timestamp>,
    /// The least wait until the next poll, 15 to 300.
    #[serde(default)]
    pub next_poll_seconds: Option<u64>,
}

/// The body of `POST /reports`, as the agent writes it. The store reads a `Batch`.
#[derive(Debug, Serialize)]
pub struct ReportsRequest {
    /// At most one per id, its newest state.
    pub reports: Vec<CommandReport>,
}

/// The answer to `POST /reports`.
#[derive(Debug, Serialize)]
pub struct ReportsAnswer {
    /// The ids whose reported state is stored.
    pub acknowledged: Vec<CommandId>,
    /// What must not run.
    pub revoked: Vec<Revocation>,
}

/// [`ReportsAnswer`], or the answer to `Report`, as the agent reads it: item by item.
#[derive(Debug, Deserialize)]
pub struct ReportsReply {
    /// The ids whose reported state is stored. One that cannot be read is none of ours.
    pub acknowledged: Batch<CommandId>,
    /// What must not run.
    #[serde(default)]
    pub revoked: Option<Batch<Revocation>>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn one_item_that_cannot_be_read_spoils_no_answer() {
        let odd = json!({"acknowledged": ["cmd_1", "no id at all", 7, "cmd_2"], "revoked": [{"id": "cmd_3", "attempt": 0}, {"id": "cmd_4", "attempt": 1}]});
        let reply: ReportsReply = serde_json::from_value(odd).unwrap();
        let known: Vec<&str> = reply.acknowledged.items.iter().map(CommandId::as_str).collect();
        assert_eq!(known, ["cmd_1", "cmd_2"]);
        let revoked = reply.revoked.unwrap();
        assert_eq!((revoked.items.len(), revoked.bad.len(), revoked.items[0].id.as_str()), (1, 1, "cmd_4"));
        let bare: ReportsReply = serde_json::from_value(json!({"acknowledged": [], "revoked": null})).unwrap();
        assert!(bare.acknowledged.items.is_empty() && bare.revoked.is_none());
    }
}
