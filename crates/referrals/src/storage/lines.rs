//! A reward's commands: those that wait for a player, and the states of all.

use super::grants::SavedLine;
use flux_protocol::ServerId;
use flux_referral_rules::{CustomerId, LineState, RewardLine};
use flux_shop::GrantId;
use flux_storage::row::{get, json, text, to_json};
use flux_storage::{DbError, Tx};
use rusqlite::{Row, params};

/// A command that waits until its customer has a player.
#[derive(Debug)]
pub struct HeldLine {
    /// Of which grant.
    pub grant: GrantId,
    /// The command.
    pub line: SavedLine,
}

/// Keeps a command until its customer has a player.
pub fn hold(tx: &Tx<'_>, grant: &GrantId, line: &RewardLine) -> Result<(), DbError> {
    let sql = "INSERT INTO referral_held_commands (grant_id, position, server_id, customer_id, command, template_values, require_online)
               VALUES (?, ?, ?, ?, ?, ?, ?)";
    tx.prepare_cached(sql)?.execute(params![
        grant.as_str(),
        line.index as i64,
        line.server.as_str(),
        line.customer.as_str(),
        line.template.as_str(),
        to_json(&line.values)?,
        line.require_online,
    ])?;
    Ok(())
}

/// What waits for this customer's player, in the order in which it was given.
pub fn held(tx: &Tx<'_>, customer: &CustomerId) -> Result<Vec<HeldLine>, DbError> {
    let sql = "SELECT referral_held_commands.* FROM referral_held_commands JOIN referral_grants ON id = grant_id
               WHERE referral_held_commands.customer_id = ? AND NOT cancelled ORDER BY seq, position, server_id";
    let read = |row: &Row<'_>| {
        let line = SavedLine {
            index: get::<u32>(row, "position")? as usize,
            server: text(row, "server_id")?,
            command: get(row, "command")?,
            values: json(row, "template_values")?,
            require_online: get(row, "require_online")?,
        };
        Ok(HeldLine { grant: text(row, "grant_id")?, line })
    };
    tx.prepare_cached(sql)?.query_and_then([customer.as_str()], read)?.collect()
}

/// A held command goes its way.
pub fn release(tx: &Tx<'_>, line: &HeldLine) -> Result<(), DbError> {
    let sql = "DELETE FROM referral_held_commands WHERE grant_id = ? AND position = ? AND server_id = ?";
    tx.prepare_cached(sql)?.execute(params![line.grant.as_str(), line.line.index as i64, line.line.server.as_str()])?;
    Ok(())
}

/// Cancels what of a grant still waits for a player; of one server, where one is given.
pub fn cancel(tx: &Tx<'_>, grant: &GrantId, server: Option<&ServerId>) -> Result<(), DbError> {
    let sql = "UPDATE referral_held_commands SET cancelled = 1 WHERE grant_id = ?1 AND (?2 IS NULL OR server_id = ?2)";
    tx.prepare_cached(sql)?.execute(params![grant.as_str(), server.map(ServerId::as_str)])?;
    Ok(())
}

/// Cancels what still waits for a player on a server.
pub fn cancel_of_server(tx: &Tx<'_>, server: &ServerId) -> Result<(), DbError> {
    let sql = "UPDATE referral_held_commands SET cancelled = 1 WHERE server_id = ? AND NOT cancelled";
    tx.prepare_cached(sql)?.execute([server.as_str()])?;
    Ok(())
}

/// The states of a grant's commands that give it.
pub fn states(tx: &Tx<'_>, grant: &GrantId) -> Result<Vec<LineState>, DbError> {
    let sql = "SELECT status FROM commands WHERE grant_id = ?1 AND NOT is_reversal
               UNION ALL SELECT iif(cancelled, 'cancelled', 'pending') FROM referral_held_commands WHERE grant_id = ?1";
    let read = |row: &Row<'_>| LineState::from_word(&get::<String>(row, "status")?).ok_or(DbError::BadRow("status"));
    tx.prepare_cached(sql)?.query_and_then([grant.as_str()], read)?.collect()
}
