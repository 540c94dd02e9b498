//! Game servers and their agents.

use super::{Address, Label};
use flux_protocol::{GameState, JournalId, SecretHash, ServerId};
use jiff::Timestamp;

/// A stored server.
#[derive(Debug, Clone)]
pub struct Server {
    /// `srv_` and 12 of `[a-z0-9]`.
    pub id: ServerId,
    /// The name for people.
    pub name: Label,
    /// The address where players connect.
    pub address: Address,
    /// The hash of the token's secret.
    pub secret_hash: SecretHash,
    /// The time when it was added.
    pub created_at: Timestamp,
    /// Its removal has begun: it gets no new commands.
    pub removing: bool,
    /// It was removed. Its agent may still report what it did, and is offered nothing.
    pub removed: bool,
    /// The facts about its agent.
    pub agent: AgentFacts,
}

/// The facts about a server's agent.
#[derive(Debug, Clone, Default)]
pub struct AgentFacts {
    /// The accepted journal.
    pub journal_id: Option<JournalId>,
    /// The hostname of its machine.
    pub hostname: Option<String>,
    /// The agent's version.
    pub version: Option<String>,
    /// The state of the game as the agent reports it.
    pub game_state: Option<GameState>,
    /// Players online.
    pub players: Option<u32>,
    /// The time of its last call.
    pub last_seen_at: Option<Timestamp>,
    /// Its last poll, unless it has a session or has stopped polling.
    pub last_poll: Option<LastPoll>,
}

/// A poll of an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastPoll {
    /// Its time.
    pub at: Timestamp,
    /// The longest time until the next one, in seconds.
    pub next_within_seconds: u64,
}

/// Numbers of commands by status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QueueCounts {
    /// Not yet in the agent's journal.
    pub pending: u64,
    /// In the agent's journal.
    pub delivered: u64,
    /// Waiting for their player.
    pub awaiting_player: u64,
    /// Failed.
    pub failed: u64,
}
