//! The messages of a hub session: the first call, the game's status, acknowledgements and error codes.

use crate::{CommandId, Hint, JournalId, ServerId, Settled};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The names of the hub's methods, exact in case.
pub mod method {
    /// Agent to store: [`AgentHello`](crate::AgentHello), answered with [`ServerWelcome`](crate::ServerWelcome). The first
    /// call of a session.
    pub const HELLO: &str = "Hello";
    /// Agent to store: a list of [`CommandReport`](crate::CommandReport), answered with [`ReportAck`](crate::ReportAck).
    pub const REPORT: &str = "Report";
    /// Agent to store: [`PlayerRef`](crate::PlayerRef), answered with `null`.
    pub const PLAYER_JOINED: &str = "PlayerJoined";
    /// Agent to store: [`GameStatus`](crate::GameStatus), without an answer.
    pub const GAME_STATUS: &str = "GameStatus";
    /// Store to agent: a list of [`Command`](crate::Command).
    pub const DELIVER: &str = "Deliver";
    /// Store to agent: a list of [`Revocation`](crate::Revocation).
    pub const REVOKE: &str = "Revoke";
}

/// The game's state, as the agent sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GameState {
    /// The game answers over RCON.
    Online,
    /// The game does not answer over RCON.
    Offline,
    /// The agent has not tried yet.
    Unknown,
}

impl fmt::Display for GameState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Online => "online",
            Self::Offline => "offline",
            Self::Unknown => "unknown",
        })
    }
}

/// The agent's first call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AgentHello {
    /// The agent's version.
    pub agent_version: String,
    /// The version of the contract that the agent speaks.
    pub protocol_version: u32,
    /// The id of the agent's journal.
    pub journal_id: JournalId,
    /// The machine's name. The store puts it into the error for a second agent with the same token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hostname: Option<String>,
    /// The game's state.
    pub game_state: GameState,
}

/// The store's answer to `Hello`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerWelcome {
    /// The server that the token belongs to.
    pub server_id: ServerId,
    /// The server's name at the store.
    pub server_name: String,
    /// The version of the contract that the store speaks.
    pub protocol_version: u32,
    /// The store's clock, against which the agent judges `expiresAt`.
    pub now: Timestamp,
    /// The epoch of the store's database, another one after each restore; `None` from a store that has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store_epoch: Option<String>,
}

/// A [`ServerWelcome`] as the agent reads it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ParsedWelcome {
    /// The server that the token belongs to.
    pub server_id: ServerId,
    /// The server's name at the store.
    pub server_name: String,
    /// The version of the contract that the store speaks.
    pub protocol_version: u32,
    /// The store's clock.
    #[serde(default)]
    pub now: Hint<Timestamp>,
}

/// The argument of `GameStatus`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GameStatus {
    /// The game's state.
    pub state: GameState,
    /// The number of players online.
    pub players: u32,
}

/// The answer to `Report`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportAck {
    /// The ids of which the store has stored the reported state.
    pub acknowledged: Vec<CommandId>,
    /// The attempts that the store shows as closed although the agent has reported otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settled: Vec<Settled>,
}

/// Errors of the hub that an agent must distinguish. The error's text begins with the code and a `:`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorCode {
    /// Another agent (another journal) is connected with this token.
    AlreadyConnected,
    /// The store does not speak the agent's version of the contract.
    UnsupportedProtocol,
    /// The token was regenerated or revoked.
    TokenRevoked,
    /// The server was removed from the store.
    ServerRemoved,
}

impl ErrorCode {
    const ALL: [ErrorCode; 4] =
        [Self::AlreadyConnected, Self::UnsupportedProtocol, Self::TokenRevoked, Self::ServerRemoved];

    /// The code on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AlreadyConnected => "already_connected",
            Self::UnsupportedProtocol => "unsupported_protocol",
            Self::TokenRevoked => "token_revoked",
            Self::ServerRemoved => "server_removed",
        }
    }

    /// The error's text on the wire: `code: text`.
    pub fn message(self, text: &str) -> String {
        format!("{}: {text}", self.as_str())
    }

    /// The code at the start of an error's text; `None` without one.
    ///
    /// ASP.NET Core puts a sentence before a hub exception's text, so the code may also follow `HubException: `.
    pub fn from_message(error: &str) -> Option<ErrorCode> {
        let text = error.rsplit_once("HubException: ").map_or(error, |(_, text)| text);
        let code = text.split_once(':')?.0;
        Self::ALL.into_iter().find(|known| known.as_str() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_code_is_found_only_at_the_start() {
        assert_eq!(
            ErrorCode::from_message(&ErrorCode::TokenRevoked.message("set a new one")),
            Some(ErrorCode::TokenRevoked)
        );
        let aspnet =
            "An unexpected error occurred invoking 'Hello' on the server. HubException: already_connected: mc-1";
        assert_eq!(ErrorCode::from_message(aspnet), Some(ErrorCode::AlreadyConnected));
        assert_eq!(ErrorCode::from_message("the other said server_removed: x"), None);
        assert_eq!(ErrorCode::from_message("server_removed"), None);
    }
}
