use super::{Address, Label};
use flux_protocol::{GameState, JournalId, SecretHash, ServerId};
use jiff::Timestamp;
use serde::Serialize;

/// A server as it is kept.
#[derive(Debug, Clone)]
pub struct Server {
    /// `srv_` and 12 of `[a-z0-9]`.
    pub id: ServerId,
    /// What people read.
    pub name: Label,
    /// Where players connect.
    pub address: Address,
    /// Of the token's secret.
    pub secret_hash: SecretHash,
    /// When it was added.
    pub created_at: Timestamp,
    /// Its removal has begun: it is given no new commands.
    pub removing: bool,
    /// What is known of its agent.
    pub agent: AgentFacts,
}

/// What is known of a server's agent.
#[derive(Debug, Clone, Default)]
pub struct AgentFacts {
    /// The journal that was heard last.
    pub journal_id: Option<JournalId>,
    /// The machine that it runs on.
    pub hostname: Option<String>,
    /// The agent's version.
    pub version: Option<String>,
    /// What the agent says of its game.
    pub game_state: Option<GameState>,
    /// Players online.
    pub players: Option<u32>,
    /// When it was last heard.
    pub last_seen_at: Option<Timestamp>,
    /// When it last polled, and the wait that it then kept, in seconds.
    pub last_poll: Option<(Timestamp, u64)>,
}

/// How many commands are where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct QueueCounts {
    /// Not yet in the agent's journal.
    pub pending: u64,
    /// In the agent's journal.
    pub delivered: u64,
    /// Kept for their player.
    pub awaiting_player: u64,
    /// Failed for good.
    pub failed: u64,
}

/// A server as it is answered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServerView {
    /// Its id.
    #[schema(value_type = String)]
    pub id: ServerId,
    /// What people read.
    pub name: Label,
    /// Where players connect.
    pub address: Address,
    /// `online`: a session is open, or there was a poll within twice the agent's interval.
    #[schema(value_type = String, example = "online")]
    pub status: &'static str,
    /// When its agent was last heard.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_seen_at: Option<Timestamp>,
    /// Its agent's version.
    pub agent_version: Option<String>,
    /// `online`, `offline` or `unknown`: what its agent says of the game.
    #[schema(value_type = Option<String>)]
    pub game_state: Option<GameState>,
    /// Players online.
    pub players: Option<u32>,
    /// How many commands are where.
    pub queue: QueueCounts,
}

impl ServerView {
    /// A server with its counts; `online` as the caller judges it.
    pub fn new(server: Server, queue: QueueCounts, online: bool) -> ServerView {
        ServerView {
            id: server.id,
            name: server.name,
            address: server.address,
            status: if online { "online" } else { "offline" },
            last_seen_at: server.agent.last_seen_at,
            agent_version: server.agent.version,
            game_state: server.agent.game_state,
            players: server.agent.players,
            queue,
        }
    }
}
