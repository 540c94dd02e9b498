//! Reads the list of online players with the best command that the game understands.

use crate::game::connection::GameConnection;
use crate::game::error::Disconnect;
use flux_delivery::{OnlinePlayer, parse_list};

/// Commands that list players, from the best answer to the oldest form. The namespaced one reaches the game's own where a plugin has replaced `list`.
pub const LIST_COMMANDS: [&str; 3] = ["list uuids", "minecraft:list uuids", "list"];

/// The command of [`LIST_COMMANDS`] whose answer the agent can read, once one is found.
#[derive(Debug, Default)]
pub(in crate::game) struct PlayerList {
    command: Option<&'static str>,
}

impl PlayerList {
    /// The command, or `None` while no answer could be read.
    pub(in crate::game) fn command(&self) -> Option<&'static str> {
        self.command
    }

    /// Finds the command and reads the first list.
    pub(in crate::game) async fn probe(
        connection: &mut GameConnection,
    ) -> Result<(PlayerList, Vec<OnlinePlayer>), Disconnect> {
        let mut list = PlayerList::default();
        let players = list.query(connection).await?.unwrap_or_default();
        if list.command.is_none() {
            tracing::warn!("cannot read the game's player list; commands that need their player online wait");
        }
        Ok((list, players))
    }

    /// Reads the list; `None` when the answer cannot be read. While no command is known, all are tried again.
    pub(in crate::game) async fn query(
        &mut self,
        connection: &mut GameConnection,
    ) -> Result<Option<Vec<OnlinePlayer>>, Disconnect> {
        if let Some(command) = self.command {
            return Ok(parse_list(&connection.query(command).await?));
        }
        for command in LIST_COMMANDS {
            if let Some(players) = parse_list(&connection.query(command).await?) {
                self.command = Some(command);
                return Ok(Some(players));
            }
        }
        Ok(None)
    }
}
