//! Forgetting whom commands were for.

use crate::{DbError, Tx};
use flux_protocol::OrderId;
use flux_shop::PlayerName;
use rusqlite::{Row, params};

const OPEN: &str = "status IN ('pending', 'delivered', 'awaiting_player')";

/// Whether this order has open commands.
pub fn has_open(tx: &Tx<'_>, order: &OrderId) -> Result<bool, DbError> {
    let sql = format!("SELECT EXISTS (SELECT 1 FROM commands WHERE order_id = ? AND {OPEN})");
    Ok(tx.prepare_cached(&sql)?.query_row([order.as_str()], |row| row.get(0))?)
}

/// Takes the player and the game's answers out of an order's commands.
pub fn forget_order(tx: &Tx<'_>, order: &OrderId) -> Result<(), DbError> {
    let history = "UPDATE command_history SET output = NULL WHERE output IS NOT NULL
                   AND command_id IN (SELECT id FROM commands WHERE order_id = ?)";
    tx.prepare_cached(history)?.execute([order.as_str()])?;
    let commands = "UPDATE commands SET player_name = NULL, player_uuid = NULL, output = NULL WHERE order_id = ?";
    tx.prepare_cached(commands)?.execute([order.as_str()])?;
    Ok(())
}

/// Takes a player out of the commands that belong to no order, and out of their templates: staff may have typed the name.
/// False if one is open still, and then nothing is changed.
pub fn forget_player(tx: &Tx<'_>, player: &PlayerName) -> Result<bool, DbError> {
    let theirs = "player_name = ?1 COLLATE NOCASE AND order_id IS NULL";
    let open = format!("SELECT EXISTS (SELECT 1 FROM commands WHERE {theirs} AND {OPEN})");
    if tx.prepare_cached(&open)?.query_row([player.as_str()], |row| row.get(0))? {
        return Ok(false);
    }
    let history = format!(
        "UPDATE command_history SET output = NULL WHERE output IS NOT NULL
         AND command_id IN (SELECT id FROM commands WHERE {theirs})"
    );
    tx.prepare_cached(&history)?.execute([player.as_str()])?;
    let found = format!("SELECT seq, command FROM commands WHERE {theirs}");
    let read = |row: &Row<'_>| Ok((row.get("seq")?, row.get("command")?));
    let found: Vec<(i64, String)> =
        tx.prepare_cached(&found)?.query_and_then([player.as_str()], read)?.collect::<Result<_, DbError>>()?;
    let update = "UPDATE commands SET command = ?, player_name = NULL, player_uuid = NULL, output = NULL WHERE seq = ?";
    for (seq, command) in found {
        tx.prepare_cached(update)?.execute(params![without(&command, player.as_str()), seq])?;
    }
    Ok(true)
}

/// A template with the placeholder wherever the name stood, in whatever case. Names are ASCII.
fn without(command: &str, name: &str) -> String {
    let (mut text, mut rest) = (String::with_capacity(command.len()), command);
    let lower = name.to_ascii_lowercase();
    while let Some(at) = rest.to_ascii_lowercase().find(&lower) {
        text.push_str(&rest[..at]);
        text.push_str("{player}");
        rest = &rest[at + name.len()..];
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_taken_out_in_whatever_case() {
        assert_eq!(without("give STEVE 1, steve ä Steve", "Steve"), "give {player} 1, {player} ä {player}");
        assert_eq!(without("say hi", "Steve"), "say hi");
    }
}
