//! Commands: all of their life. Their lists are in `queue`, their reading in `read`, forgetting whom they were for in `forget`.

mod forget;
mod queue;
mod read;

pub use forget::{forget_order, forget_player, has_open};
pub use queue::{
    Filter, Scope, all_open, awaiting_word, counts, expired, next_retry, open_of_server, page, queue_counts, to_offer,
};

use super::row::{stored, to_json};
use super::{DbError, Tx, servers};
use flux_delivery::command::{CommandState, OfferedTo};
use flux_protocol::{CommandId, CommandKind, JournalId, OrderId, ServerId};
use flux_referral_rules::{CustomerId, Player};
use flux_shop::{CommandPurpose, GrantId};
use flux_shop::{CommandRow, NewCommand, Origin, PackageId};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

/// Gives a new command its place in its server's sequence and saves it.
pub fn insert(tx: &Tx<'_>, new: NewCommand, now: Timestamp) -> Result<CommandRow, DbError> {
    let sequence = servers::next_sequence(tx, &new.server_id)?;
    let package = new.origin.as_ref().and_then(Origin::package);
    let reward = match &new.origin {
        Some(Origin::Reward { grant, customer, on }) => Some((grant.as_str(), customer.as_str(), *on)),
        _ => None,
    };
    let sql = "INSERT INTO commands (id, server_id, order_id, package_id, made_on, kind, player_name, player_uuid, command, fill,
               require_online, delay_seconds, required_slots, expires_at, sequence, status, attempt, retries_used,
               cancel_wanted, offered, created_at, updated_at, grant_id, customer_id, undoes)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', 1, 0, 0, 'never', ?16, ?16, ?17, ?18, ?19)";
    tx.prepare_cached(sql)?.execute(params![
        new.id.as_str(),
        new.server_id.as_str(),
        new.order_id.as_ref().map(OrderId::as_str),
        package.map(|(id, _)| id.as_str()),
        package.map(|(_, on)| on.as_str()),
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
        reward.map(|(grant, ..)| grant),
        reward.map(|(_, customer, _)| customer),
        reward.is_some_and(|(.., on)| on == CommandPurpose::Reversal),
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
pub fn update(tx: &Tx<'_>, command: &CommandRow) -> Result<(), DbError> {
    let sql = "UPDATE commands SET status = ?, status_reason = ?, attempt = ?, retries_used = ?, cancel_wanted = ?,
               offered = ?, offered_journal = ?, reported_by = ?, next_attempt_at = ?, reason = ?, output = ?,
               cancel_requested_at = ?, offered_at = ?, expires_at = ?, updated_at = ? WHERE id = ?";
    let CommandRow { state, new, .. } = command;
    let (offered, offered_journal) = match &state.offered {
        OfferedTo::Nobody => ("never", None),
        OfferedTo::Only(journal) => ("journal", Some(journal.as_str())),
        OfferedTo::Others => ("others", None),
    };
    tx.prepare_cached(sql)?.execute(params![
        state.status.as_str(),
        state.status.reason(),
        state.attempt.get(),
        state.retries_used,
        state.cancel_requested,
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
pub fn find(tx: &Tx<'_>, id: &CommandId) -> Result<Option<CommandRow>, DbError> {
    let mut statement = tx.prepare_cached("SELECT * FROM commands WHERE id = ?")?;
    statement.query_row([id.as_str()], |row| Ok(read::command(row))).optional()?.transpose()
}

/// An order's commands, in the order in which they were made.
pub fn of_order(tx: &Tx<'_>, order: &OrderId) -> Result<Vec<CommandRow>, DbError> {
    let mut statement = tx.prepare_cached("SELECT * FROM commands WHERE order_id = ? ORDER BY seq")?;
    statement.query_and_then([order.as_str()], read::command)?.collect()
}

/// What this order's payment has made of this package on this server.
pub fn bought(
    tx: &Tx<'_>,
    order: &OrderId,
    package: &PackageId,
    server: &ServerId,
) -> Result<Vec<CommandRow>, DbError> {
    let sql = "SELECT * FROM commands WHERE order_id = ? AND package_id = ? AND server_id = ? AND made_on = 'purchase'";
    let mut statement = tx.prepare_cached(sql)?;
    statement.query_and_then(params![order.as_str(), package.as_str(), server.as_str()], read::command)?.collect()
}

/// What gives a reward, or takes it back, in the order in which it was made.
pub fn of_grant(tx: &Tx<'_>, grant: &GrantId, on: CommandPurpose) -> Result<Vec<CommandRow>, DbError> {
    let mut statement = tx.prepare_cached("SELECT * FROM commands WHERE grant_id = ? AND undoes = ? ORDER BY seq")?;
    statement.query_and_then(params![grant.as_str(), on == CommandPurpose::Reversal], read::command)?.collect()
}

/// A customer's player has another name by now: what was never sent is for that.
pub fn rename_unsent(tx: &Tx<'_>, customer: &CustomerId, player: &Player) -> Result<(), DbError> {
    let sql = "UPDATE commands INDEXED BY commands_not_sent SET player_name = ?, player_uuid = ?
               WHERE customer_id = ? AND offered = 'never' AND status = 'pending' AND player_name IS NOT NULL";
    tx.prepare_cached(sql)?.execute(params![player.name, player.uuid, customer.as_str()])?;
    Ok(())
}

fn kind_word(kind: CommandKind) -> &'static str {
    match kind {
        CommandKind::Purchase => "purchase",
        CommandKind::Referral => "referral",
        CommandKind::Manual => "manual",
    }
}
