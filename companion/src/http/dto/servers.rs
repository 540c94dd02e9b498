//! Servers in JSON.

use flux_protocol::{GameState, ServerId};
use flux_rest::Checked;
use flux_rest::values::{Address, Label};
use flux_shop::QueueCounts;
use flux_storage::servers::SeatedServer;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A new server.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ServerBody)]
pub(crate) struct ServerIn {
    pub(crate) name: Label,
    pub(crate) address: Address,
}

/// Changes of a server.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServerPatch {
    #[serde(default)]
    pub(crate) name: Option<Label>,
    #[serde(default)]
    pub(crate) address: Option<Address>,
}

/// A server in an answer.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ServerView)]
pub(crate) struct ServerOut {
    /// Its id.
    #[schema(value_type = String)]
    pub(crate) id: ServerId,
    /// The name for people.
    pub(crate) name: Label,
    /// The address where players connect.
    pub(crate) address: Address,
    /// `online`: a session is open, or there was a poll within twice the agent's interval.
    #[schema(value_type = String, example = "online")]
    status: &'static str,
    /// The time of its agent's last call.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) last_seen_at: Option<Timestamp>,
    /// Its agent's version.
    agent_version: Option<String>,
    /// The state of the game as its agent reports it: `online`, `offline` or `unknown`.
    #[schema(value_type = Option<String>)]
    game_state: Option<GameState>,
    /// Players online.
    players: Option<u32>,
    /// `policy.mode` of its agent: `default` or `strict`; null until the agent has sent it.
    #[schema(value_type = Option<String>)]
    policy_mode: Option<&'static str>,
    /// Numbers of commands by status. Absent for a key with the role `store`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) queue: Option<QueueOut>,
}

/// Numbers of commands by status.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = QueueCounts)]
pub(crate) struct QueueOut {
    /// Not yet in the agent's journal.
    pending: u64,
    /// In the agent's journal.
    delivered: u64,
    /// Waiting for their player.
    awaiting_player: u64,
    /// Failed.
    failed: u64,
}

impl QueueOut {
    fn open(&self) -> u64 {
        self.pending + self.delivered + self.awaiting_player
    }
}

/// A server with its new token.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct ServerWithToken {
    #[serde(flatten)]
    pub(crate) server: ServerOut,
    /// Shown only once. Absent if the request repeats an `Idempotency-Key`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) token: Option<String>,
    /// For a new server: what will be delivered there without its being named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) receives: Option<ReceivesOut>,
}

/// The packages and rules with commands for all servers, which a new server gets as well.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Receives)]
pub(crate) struct ReceivesOut {
    /// Packages, by id.
    pub(crate) packages: Vec<String>,
    /// Referral rules, by name.
    pub(crate) rules: Vec<String>,
}

/// The result of a removal.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Removal)]
pub(crate) struct RemovalOut {
    #[schema(value_type = String)]
    pub(crate) id: ServerId,
    /// Commands that the agent did not answer for: they stay open with `cancelRequestedAt`, or with `force` are cancelled.
    pub(crate) unanswered: u64,
    /// The packages that name this server: their orders make no command there any more.
    pub(crate) packages: Vec<String>,
    /// The referral rules that name this server, by name: their rewards make no command there any more.
    pub(crate) rules: Vec<String>,
}

impl ServerOut {
    /// A server with its queue. The caller decides whether it counts as online.
    pub(crate) fn new(seated: SeatedServer, queue: QueueCounts, is_online: bool) -> ServerOut {
        let SeatedServer { server, is_strict, holder: _ } = seated;
        let QueueCounts { pending, delivered, awaiting_player, failed } = queue;
        ServerOut {
            id: server.id,
            name: Checked(server.name),
            address: Checked(server.address),
            status: if is_online { "online" } else { "offline" },
            last_seen_at: server.agent.last_seen_at,
            agent_version: server.agent.version,
            game_state: server.agent.game_state,
            players: server.agent.players,
            policy_mode: is_strict.map(|is_strict| if is_strict { "strict" } else { "default" }),
            queue: Some(QueueOut { pending, delivered, awaiting_player, failed }),
        }
    }

    /// Its commands that are not finished.
    pub(crate) fn open_commands(&self) -> u64 {
        self.queue.as_ref().map_or(0, QueueOut::open)
    }

    /// The part that a storefront shows to players: name, address and status.
    pub(crate) fn for_players(self) -> ServerOut {
        let ServerOut { id, name, address, status, .. } = self;
        let (last_seen_at, agent_version, game_state, players, policy_mode) = (None, None, None, None, None);
        ServerOut {
            id,
            name,
            address,
            status,
            last_seen_at,
            agent_version,
            game_state,
            players,
            policy_mode,
            queue: None,
        }
    }
}
