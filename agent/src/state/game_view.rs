//! [`GameView`]: what the agent last saw of the game.

use flux_protocol::GameState;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The game as the agent last saw it: for `status`, metrics and the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GameView {
    /// True if RCON answers.
    pub state: GameState,
    /// Number of players online in the last list.
    pub players: u32,
    /// Their names, as the game spells them.
    pub names: Vec<String>,
    /// Time of that list.
    pub players_at: Option<Timestamp>,
    /// The command that lists players; `None` before the first list, or when no list can be read.
    pub list_command: Option<&'static str>,
    /// `followed`, or the error of `presence.log_file`; `None` where it is not set.
    pub log: Option<String>,
    /// True if commands leave execution markers.
    pub proof: bool,
    /// Limits of this game that affect deliveries, by topic.
    pub warnings: BTreeMap<&'static str, String>,
    /// The last error.
    pub error: Option<String>,
}

impl Default for GameView {
    fn default() -> Self {
        GameView {
            state: GameState::Unknown,
            players: 0,
            names: Vec::new(),
            players_at: None,
            list_command: None,
            log: None,
            proof: false,
            warnings: BTreeMap::new(),
            error: None,
        }
    }
}
