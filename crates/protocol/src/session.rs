use crate::{CommandId, JournalId, ServerId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The hub's methods, by their exact names.
pub mod method {
    /// agent → store: `AgentHello` → `ServerWelcome`; the first call.
    pub const HELLO: &str = "Hello";
    /// agent → store: `CommandReport[]` → `Acknowledged`.
    pub const REPORT: &str = "Report";
    /// agent → store: `PlayerRef` → null.
    pub const PLAYER_JOINED: &str = "PlayerJoined";
    /// agent → store: `GameStatus`, fire and forget.
    pub const GAME_STATUS: &str = "GameStatus";
    /// store → agent: `Command[]`.
    pub const DELIVER: &str = "Deliver";
    /// store → agent: `Revocation[]`.
    pub const REVOKE: &str = "Revoke";
}

/// What the agent knows of its game.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GameState {
    /// RCON answers.
    Online,
    /// RCON does not.
    Offline,
    /// Not tried yet.
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
    /// The contract's version that it speaks.
    pub protocol_version: u32,
    /// The journal behind it.
    pub journal_id: JournalId,
    /// The machine's name, for the message that a second agent gets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hostname: Option<String>,
    /// What it knows of its game.
    pub game_state: GameState,
}

/// The store's answer to `Hello`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerWelcome {
    /// The server that the token belongs to.
    pub server_id: ServerId,
    /// Its name at the store.
    pub server_name: String,
    /// The contract's version that the store speaks.
    pub protocol_version: u32,
    /// The store's clock, for `expiresAt`.
    pub now: Timestamp,
}

/// How the game is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GameStatus {
    /// Whether RCON answers.
    pub state: GameState,
    /// Players online.
    pub players: u32,
}

/// The answer to a report: the ids whose reported state is stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledged {
    /// In the report's order.
    pub acknowledged: Vec<CommandId>,
}

/// The errors that an agent must tell apart: the text before the first `:` of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorCode {
    /// Another journal is live with this token.
    AlreadyConnected,
    /// The store does not speak this version.
    UnsupportedProtocol,
    /// The token was regenerated or revoked.
    TokenRevoked,
    /// The server was removed from the store.
    ServerRemoved,
}

impl ErrorCode {
    const ALL: [(ErrorCode, &'static str); 4] = [
        (Self::AlreadyConnected, "already_connected"),
        (Self::UnsupportedProtocol, "unsupported_protocol"),
        (Self::TokenRevoked, "token_revoked"),
        (Self::ServerRemoved, "server_removed"),
    ];

    /// The code's word.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(code, _)| *code == self).map_or("", |(_, word)| word)
    }

    /// `code: text`, as it goes over the wire.
    pub fn with(self, text: &str) -> String {
        format!("{}: {text}", self.as_str())
    }

    /// The code that an error's text begins with. ASP.NET Core puts its own words before a hub exception's text, so the
    /// code may also follow `HubException: `.
    pub fn of(error: &str) -> Option<ErrorCode> {
        let text = error.rsplit_once("HubException: ").map_or(error, |(_, text)| text);
        let word = text.split_once(':')?.0;
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(code, _)| *code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_code_is_found_at_the_beginning_of_a_text_only() {
        assert_eq!(ErrorCode::of(&ErrorCode::TokenRevoked.with("set a new one")), Some(ErrorCode::TokenRevoked));
        let aspnet =
            "An unexpected error occurred invoking 'Hello' on the server. HubException: already_connected: mc-1";
        assert_eq!(ErrorCode::of(aspnet), Some(ErrorCode::AlreadyConnected));
        assert_eq!(ErrorCode::of("the other said server_removed: x"), None);
        assert_eq!(ErrorCode::of("server_removed"), None);
    }
}
