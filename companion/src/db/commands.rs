//! Commands: all of their life. Their lists are in `queue`, their reading in `read`, forgetting whom they were for in `forget`.

mod forget;
mod queue;
mod read;

pub use forget::{forget_order, forget_player, has_open};
pub use queue::{
    Filter, Scope, all_open, awaiting_word, counts, expired, next_retry, open_of_server, page, queue_counts, to_offer,
};

use super::row::{stored, to_json};
use super::{Connection, DbError, servers};
use crate::model::{CommandRow, NewCommand, PackageId};
use flux_delivery::command::{CommandState, Offered};
use flux_protocol::{CommandId, CommandKind, JournalId, OrderId, ServerId};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

/// Gives a new command its place in its server's sequence and saves it.
pub fn insert(tx: &Connection, new: NewCommand, now: Timestamp) -> Result<CommandRow, DbError> {
    let sequence = servers::next_sequence(tx, &new.server_id)?;
    let sql = "INSERT INTO commands (id, server_id, order_id, package_id, made_on, kind, player_name, player_uuid, command, fill,
               require_online, delay_seconds, required_slots, expires_at, sequence, status, attempt, retries_used,
               cancel_wanted, offered, created_at, updated_at)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', 1, 0, 0, 'never', ?16, ?16)";
    tx.prepare_cached(sql)?.execute(params![
        new.id.as_str(),
        new.server_id.as_str(),
        new.order_id.as_ref().map(OrderId::as_str),
        new.origin.as_ref().map(|origin| origin.package_id.as_str()),
        new.origin.as_ref().map(|origin| origin.trigger.as_str()),
        kind_word(new.kind),
        new.player.as_ref().map(|player| &player.name),
        new.player.as_ref().and_then(|player| player.uuid.as_ref()),
        new.command,
        to_json(&new.values)?,
        new.require_online,
        new.delay_seconds,
        new.required_slots,
        new.expires_at.map(stored),
        sequence as i64,
        stored(now),
    ])?;
    Ok(CommandRow {
        new,
        sequence,
        state: CommandState::default(),
        reason: None,
        output: None,
        cancel_requested_at: None,
        offered_at: None,
        created_at: now,
        updated_at: now,
    })
}

/// Saves all of a command that can change.
pub fn update(tx: &Connection, command: &CommandRow) -> Result<(), DbError> {
    let sql = "UPDATE commands SET status = ?, status_reason = ?, attempt = ?, retries_used = ?, cancel_wanted = ?,
               offered = ?, offered_journal = ?, reported_by = ?, next_attempt_at = ?, reason = ?, output = ?,
               cancel_requested_at = ?, offered_at = ?, expires_at = ?, updated_at = ? WHERE id = ?";
    let CommandRow { state, new, .. } = command;
    let (offered, offered_journal) = match &state.offered {
        Offered::Never => ("never", None),
        Offered::To(journal) => ("journal", Some(journal.as_str())),
        Offered::ToOthers => ("others", None),
    };
    tx.prepare_cached(sql)?.execute(params![
        state.status.as_str(),
        state.status.reason(),
        state.attempt.get(),
        state.retries_used,
        state.cancel_wanted,
        offered,
        offered_journal,
        state.reported_by.as_ref().map(JournalId::as_str),
        state.next_attempt_at.map(stored),
        command.reason,
        command.output,
        command.cancel_requested_at.map(stored),
        command.offered_at.map(stored),
        new.expires_at.map(stored),
        stored(command.updated_at),
        new.id.as_str(),
    ])?;
    Ok(())
}

/// The command with this id.
pub fn find(tx: &Connection, id: &CommandId) -> Result<Option<CommandRow>, DbError> {
    let mut statement = tx.prepare_cached("SELECT * FROM commands WHERE id = ?")?;
    statement.query_row([id.as_str()], |row| Ok(read::command(row))).optional()?.transpose()
}

/// An order's commands, in the order in which they were made.
pub fn of_order(tx: &Connection, order: &OrderId) -> Result<Vec<CommandRow>, DbError> {
    let mut statement = tx.prepare_cached("SELECT * FROM commands WHERE order_id = ? ORDER BY seq")?;
    statement.query_and_then([order.as_str()], read::command)?.collect()
}

/// What this order's payment has made of this package on this server.
pub fn bought(
    tx: &Connection,
    order: &OrderId,
    package: &PackageId,
    server: &ServerId,
) -> Result<Vec<CommandRow>, DbError> {
    let sql = "SELECT * FROM commands WHERE order_id = ? AND package_id = ? AND server_id = ? AND made_on = 'purchase'";
    let mut statement = tx.prepare_cached(sql)?;
    statement.query_and_then(params![order.as_str(), package.as_str(), server.as_str()], read::command)?.collect()
}

fn kind_word(kind: CommandKind) -> &'static str {
    match kind {
        CommandKind::Purchase => "purchase",
        CommandKind::Referral => "referral",
        CommandKind::Manual => "manual",
    }
}
