//! Reads the list of online players with the best command that the game understands.

use crate::game::connection::GameConnection;
use crate::game::error::Disconnect;
use crate::game::quote::quote;
use flux_delivery::{OnlinePlayer, parse_list};

/// Commands that list players, from the best answer to the oldest form. The namespaced one reaches the game's own where a plugin has replaced `list`.
pub const LIST_COMMANDS: [&str; 3] = ["list uuids", "minecraft:list uuids", "list"];

/// Topic of the warning that the list cannot be read.
const LIST: &str = "player list";

/// The command of [`LIST_COMMANDS`] whose answer the agent can read, once one is found.
#[derive(Debug, Default)]
pub(in crate::game) struct PlayerList {
    command: Option<&'static str>,
    /// The reason why the last list could not be read.
    problem: Option<String>,
}

impl PlayerList {
    /// The command, or `None` while no answer can be read.
    pub(in crate::game) fn command(&self) -> Option<&'static str> {
        self.command
    }

    /// The reason why the last list could not be read.
    pub(in crate::game) fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// Finds the command and reads the first list.
    pub(in crate::game) async fn probe(
        connection: &mut GameConnection,
    ) -> Result<(PlayerList, Vec<OnlinePlayer>), Disconnect> {
        let mut list = PlayerList::default();
        let players = list.query(connection).await?.unwrap_or_default();
        Ok((list, players))
    }

    /// Reads the list; `None` when no answer can be read. The command that worked last is tried first, then all others.
    pub(in crate::game) async fn query(
        &mut self,
        connection: &mut GameConnection,
    ) -> Result<Option<Vec<OnlinePlayer>>, Disconnect> {
        let last = self.command;
        let others = LIST_COMMANDS.into_iter().filter(|command| Some(*command) != last);
        let mut answer = String::new();
        for command in last.into_iter().chain(others) {
            answer = connection.query(command).await?;
            if let Some(players) = parse_list(&answer) {
                *self = PlayerList { command: Some(command), problem: None };
                connection.warn(LIST, None);
                return Ok(Some(players));
            }
        }
        let problem = format!("the game's player list cannot be read; it answered {}", quote(&answer));
        *self = PlayerList { command: None, problem: Some(problem.clone()) };
        if connection.warn(LIST, Some(problem)) {
            tracing::warn!(answer, "cannot read the game's player list; commands that need their player online wait");
        }
        Ok(None)
    }
}
