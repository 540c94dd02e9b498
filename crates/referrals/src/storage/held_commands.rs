//! Commands held until their customer has a player, and the states of all commands of a reward.

use super::grants::SavedCommand;
use super::parsed;
use flux_protocol::ServerId;
use flux_referral_rules::{CustomerId, LineState, PlannedCommand};
use flux_shop::GrantId;
use flux_storage::{Error, Row, Tx, params, to_json};

/// A command held until its customer has a player.
#[derive(Debug)]
pub struct HeldCommand {
    /// The grant.
    pub grant: GrantId,
    /// The command.
    pub line: SavedCommand,
}

/// Holds a command until its customer has a player.
pub fn hold(tx: &Tx<'_>, grant: &GrantId, line: &PlannedCommand) -> Result<(), Error> {
    let sql = "INSERT INTO referral_held_commands (grant_id, position, server_id, customer_id, command, template_values, require_online)
               VALUES ($1, $2, $3, $4, $5, $6, $7)";
    tx.execute(
        sql,
        params![
            grant.as_str(),
            line.index as i64,
            line.server.as_str(),
            line.customer.as_str(),
            line.template.as_str(),
            to_json(&line.values)?,
            line.require_online,
        ],
    )?;
    Ok(())
}

/// The held commands of a customer, in the order in which they were held.
pub fn held(tx: &Tx<'_>, customer: &CustomerId) -> Result<Vec<HeldCommand>, Error> {
    let sql = "SELECT referral_held_commands.* FROM referral_held_commands JOIN referral_grants ON id = grant_id
               WHERE referral_held_commands.customer_id = $1 AND NOT cancelled ORDER BY seq, position, server_id";
    let read = |row: &Row<'_>| {
        let line = SavedCommand {
            index: row.get::<u32>("position")? as usize,
            server: row.get("server_id")?,
            command: row.get("command")?,
            values: row.json("template_values")?,
            require_online: row.get("require_online")?,
        };
        Ok(HeldCommand { grant: row.get("grant_id")?, line })
    };
    tx.query(sql, params![customer.as_str()], read)
}

/// Deletes a held command before it is created.
pub fn release(tx: &Tx<'_>, line: &HeldCommand) -> Result<(), Error> {
    let sql = "DELETE FROM referral_held_commands WHERE grant_id = $1 AND position = $2 AND server_id = $3";
    tx.execute(sql, params![line.grant.as_str(), line.line.index as i64, line.line.server.as_str()])?;
    Ok(())
}

/// Cancels the held commands of a grant, on one server or on all.
pub fn cancel(tx: &Tx<'_>, grant: &GrantId, server: Option<&ServerId>) -> Result<(), Error> {
    let sql = "UPDATE referral_held_commands SET cancelled = TRUE WHERE grant_id = $1 AND (CAST($2 AS TEXT) IS NULL OR server_id = $2)";
    tx.execute(sql, params![grant.as_str(), server.map(ServerId::as_str)])?;
    Ok(())
}

/// Cancels all held commands of a server.
pub fn cancel_of_server(tx: &Tx<'_>, server: &ServerId) -> Result<(), Error> {
    let sql = "UPDATE referral_held_commands SET cancelled = TRUE WHERE server_id = $1 AND NOT cancelled";
    tx.execute(sql, params![server.as_str()])?;
    Ok(())
}

/// Records a removed server for which a reward has no command.
pub fn leave_out(tx: &Tx<'_>, grant: &GrantId, server: &ServerId) -> Result<(), Error> {
    let sql = "INSERT INTO referral_left_out (grant_id, server_id) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    tx.execute(sql, params![grant.as_str(), server])?;
    Ok(())
}

/// The removed servers for which a reward has no command.
pub fn left_out(tx: &Tx<'_>, grant: &GrantId) -> Result<Vec<ServerId>, Error> {
    let sql = "SELECT server_id FROM referral_left_out WHERE grant_id = $1 ORDER BY server_id";
    tx.query(sql, params![grant.as_str()], |row| row.get("server_id"))
}

/// The states of a grant's commands, without its reversal.
pub fn states(tx: &Tx<'_>, grant: &GrantId) -> Result<Vec<LineState>, Error> {
    let sql = "SELECT status FROM commands WHERE grant_id = $1 AND NOT is_reversal
               UNION ALL SELECT CASE WHEN cancelled THEN 'cancelled' ELSE 'pending' END FROM referral_held_commands WHERE grant_id = $1
               UNION ALL SELECT 'failed' FROM referral_left_out WHERE grant_id = $1";
    let read = |row: &Row<'_>| parsed::<LineState>(row, "status");
    tx.query(sql, params![grant.as_str()], read)
}
