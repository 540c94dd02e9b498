//! The server that each player joined last: the one to try first for a command that any of several servers may run.

use crate::{Error, Tx, limits, params};
use flux_protocol::ServerId;
use flux_shop::PlayerName;
use jiff::Timestamp;

/// Records that a player joined a server.
pub fn put(tx: &Tx<'_>, player: &str, server: &ServerId) -> Result<(), Error> {
    let sql = "INSERT INTO player_places (player, server_id, joined_at) VALUES (lower($1), $2, $3)
               ON CONFLICT (player) DO UPDATE SET server_id = $2, joined_at = $3";
    tx.execute(sql, params![player, server, tx.now()])?;
    Ok(())
}

/// The server that a player joined last, if that is known.
pub fn find(tx: &Tx<'_>, player: &PlayerName) -> Result<Option<ServerId>, Error> {
    let sql = "SELECT server_id FROM player_places WHERE player = lower($1)";
    tx.one(sql, params![player], |row| row.get("server_id"))
}

/// Removes a player.
pub fn forget(tx: &Tx<'_>, player: &PlayerName) -> Result<(), Error> {
    tx.execute("DELETE FROM player_places WHERE player = lower($1)", params![player])?;
    Ok(())
}

/// Removes the joins before this time, and the oldest beyond [`limits::PLAYER_PLACES`].
pub fn trim(tx: &Tx<'_>, before: Timestamp) -> Result<(), Error> {
    tx.execute("DELETE FROM player_places WHERE joined_at < $1", params![before])?;
    let sql = "DELETE FROM player_places WHERE joined_at <=
               (SELECT joined_at FROM player_places ORDER BY joined_at DESC LIMIT 1 OFFSET $1)";
    tx.execute(sql, params![limits::PLAYER_PLACES as i64])?;
    Ok(())
}
