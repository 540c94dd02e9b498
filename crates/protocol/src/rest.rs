use crate::command::null_is_default;
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
#[derive(Debug, Serialize, Deserialize)]
pub struct ReportsAnswer {
    /// The ids whose reported state is stored.
    pub acknowledged: Vec<CommandId>,
    /// What must not run.
    #[serde(default, deserialize_with = "null_is_default")]
    pub revoked: Vec<Revocation>,
}
