//! Removing the people that commands were for.

use crate::{Error, Row, Tx, params};
use flux_protocol::OrderId;
use flux_shop::PlayerName;

const OPEN: &str = "status IN ('pending', 'delivered', 'awaiting_player')";

/// True if this order has open commands.
pub fn has_open(tx: &Tx<'_>, order: &OrderId) -> Result<bool, Error> {
    tx.exists(&format!("SELECT 1 FROM commands WHERE order_id = $1 AND {OPEN} LIMIT 1"), params![order])
}

/// Removes the player and the game's answers from an order's commands; [`forget_player`] removes them from those that staff
/// made for the order.
pub fn forget_order(tx: &Tx<'_>, order: &OrderId) -> Result<(), Error> {
    let history = "UPDATE command_history SET output = NULL WHERE output IS NOT NULL
                   AND command_id IN (SELECT id FROM commands WHERE order_id = $1)";
    tx.execute(history, params![order])?;
    let commands = "UPDATE commands SET player_name = NULL, player_uuid = NULL, output = NULL
                    WHERE order_id = $1 AND kind <> 'manual'";
    tx.execute(commands, params![order])?;
    Ok(())
}

/// Removes a player from the commands that no order created, and from their templates, where staff may have typed the name.
/// False if one is still open; then nothing is changed.
pub fn forget_player(tx: &Tx<'_>, player: &PlayerName) -> Result<bool, Error> {
    let theirs = "lower(player_name) = lower($1) AND player_name IS NOT NULL AND (order_id IS NULL OR kind = 'manual')";
    if tx.exists(&format!("SELECT 1 FROM commands WHERE {theirs} AND {OPEN} LIMIT 1"), params![player])? {
        return Ok(false);
    }
    let history = format!(
        "UPDATE command_history SET output = NULL WHERE output IS NOT NULL
         AND command_id IN (SELECT id FROM commands WHERE {theirs})"
    );
    tx.execute(&history, params![player])?;
    let read = |row: &Row<'_>| Ok((row.get::<i64>("seq")?, row.get::<String>("command")?));
    let found = tx.query(&format!("SELECT seq, command FROM commands WHERE {theirs}"), params![player], read)?;
    let update =
        "UPDATE commands SET command = $1, player_name = NULL, player_uuid = NULL, output = NULL WHERE seq = $2";
    for (seq, command) in found {
        tx.execute(update, params![without(&command, player.as_str()), seq])?;
    }
    Ok(true)
}

/// A template with the placeholder in place of the name, in any case. Names are ASCII.
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
    fn name_is_replaced_in_any_case() {
        assert_eq!(without("give STEVE 1, steve ä Steve", "Steve"), "give {player} 1, {player} ä {player}");
        assert_eq!(without("say hi", "Steve"), "say hi");
    }
}
