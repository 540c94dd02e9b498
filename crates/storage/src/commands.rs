//! Commands: adding, saving and finding one. Lists are in `queue`, rows in `read`, the removal of people in `forget`.

mod forget;
mod queue;
mod read;

pub use forget::{forget_order, forget_player, has_open};
pub use queue::{
    Filter, OfferFilter, all_open, counts, expired, next_retry, open_count, open_of_server, page, queue_counts,
    to_offer,
};

use crate::{Error, Tx, params, servers, to_json};
use flux_delivery::command::{CommandState, OfferedTo};
use flux_protocol::{CommandId, CommandKind, OrderId, ServerId};
use flux_referral_rules::{CustomerId, Player};
use flux_shop::{CommandPurpose, CommandRow, GrantId, NewCommand, Origin, PackageId};
use jiff::Timestamp;

/// Gives a new command its place in its server's sequence and saves it.
pub fn insert(tx: &Tx<'_>, new: NewCommand, now: Timestamp) -> Result<CommandRow, Error> {
    let sequence = servers::next_sequence(tx, &new.server_id)?;
    let package = new.origin.as_ref().and_then(Origin::package);
    let reward = match &new.origin {
        Some(Origin::Reward { grant, customer, on }) => Some((grant, customer, *on)),
        Some(Origin::Package { .. }) | None => None,
    };
    let sql = "INSERT INTO commands (id, server_id, order_id, package_id, trigger, kind, player_name, player_uuid, command,
                 template_values, require_online, delay_seconds, required_slots, expires_at, sequence, status, attempt,
                 retries_used, cancel_requested, offered, created_at, updated_at, grant_id, customer_id, is_reversal)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 'pending', 1, 0, 0, 'never', $16,
                 $16, $17, $18, $19)";
    tx.execute(
        sql,
        params![
            new.id,
            new.server_id,
            new.order_id,
            package.map(|(id, _)| id),
            package.map(|(_, on)| on),
            kind_word(new.kind),
            new.player.as_ref().map(|player| &player.name),
            new.player.as_ref().and_then(|player| player.uuid.as_ref()),
            new.command,
            to_json(&new.values)?,
            new.require_online,
            new.delay_seconds,
            new.required_slots,
            new.expires_at,
            sequence as i64,
            now,
            reward.map(|(grant, ..)| grant),
            reward.map(|(_, customer, _)| customer),
            reward.is_some_and(|(.., on)| on == CommandPurpose::Reversal),
        ],
    )?;
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

/// Saves everything of a command that can change.
pub fn update(tx: &Tx<'_>, command: &CommandRow) -> Result<(), Error> {
    let sql =
        "UPDATE commands SET status = $1, status_reason = $2, attempt = $3, retries_used = $4, cancel_requested = $5,
               offered = $6, offered_journal = $7, reported_by = $8, next_attempt_at = $9, reason = $10, output = $11,
               cancel_requested_at = $12, offered_at = $13, expires_at = $14, updated_at = $15 WHERE id = $16";
    let CommandRow { state, new, .. } = command;
    let (offered, offered_journal) = match &state.offered {
        OfferedTo::Nobody => ("never", None),
        OfferedTo::Only(journal) => ("journal", Some(journal)),
        OfferedTo::Others => ("others", None),
    };
    tx.execute(
        sql,
        params![
            state.status.as_str(),
            state.status.reason(),
            state.attempt.get(),
            state.retries_used,
            state.cancel_requested,
            offered,
            offered_journal,
            state.reported_by,
            state.next_attempt_at,
            command.reason,
            command.output,
            command.cancel_requested_at,
            command.offered_at,
            new.expires_at,
            command.updated_at,
            new.id,
        ],
    )?;
    Ok(())
}

/// The command with this id.
pub fn find(tx: &Tx<'_>, id: &CommandId) -> Result<Option<CommandRow>, Error> {
    tx.one("SELECT * FROM commands WHERE id = $1", params![id], read::command)
}

/// An order's commands, in the order in which they were made.
pub fn of_order(tx: &Tx<'_>, order: &OrderId) -> Result<Vec<CommandRow>, Error> {
    tx.query("SELECT * FROM commands WHERE order_id = $1 ORDER BY seq", params![order], read::command)
}

/// The commands that an order's payment has made of this package on this server.
pub fn bought(tx: &Tx<'_>, order: &OrderId, package: &PackageId, server: &ServerId) -> Result<Vec<CommandRow>, Error> {
    let sql =
        "SELECT * FROM commands WHERE order_id = $1 AND package_id = $2 AND server_id = $3 AND trigger = 'purchase'";
    tx.query(sql, params![order, package, server], read::command)
}

/// The commands that give a reward, or take it back, in the order in which they were made.
pub fn of_grant(tx: &Tx<'_>, grant: &GrantId, on: CommandPurpose) -> Result<Vec<CommandRow>, Error> {
    let sql = "SELECT * FROM commands WHERE grant_id = $1 AND is_reversal = $2 ORDER BY seq";
    tx.query(sql, params![grant, on == CommandPurpose::Reversal], read::command)
}

/// Gives the commands of a customer's rewards that were never sent to the customer's present player.
pub fn rename_unsent(tx: &Tx<'_>, customer: &CustomerId, player: &Player) -> Result<(), Error> {
    let sql = "UPDATE commands INDEXED BY commands_not_sent SET player_name = $1, player_uuid = $2
               WHERE customer_id = $3 AND offered = 'never' AND status = 'pending' AND player_name IS NOT NULL";
    tx.execute(sql, params![player.name, player.uuid, customer.as_str()])?;
    Ok(())
}

fn kind_word(kind: CommandKind) -> &'static str {
    match kind {
        CommandKind::Purchase => "purchase",
        CommandKind::Referral => "referral",
        CommandKind::Manual => "manual",
    }
}
