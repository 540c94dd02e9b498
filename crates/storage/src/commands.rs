//! Commands: adding, saving and finding one. Lists are in `queue`, rows in `read`, the removal of people in `forget`.

mod forget;
mod queue;
pub(crate) mod read;

pub use forget::{forget_order, forget_player, has_open};
pub use queue::{
    FailedFilter, Filter, OfferFilter, all_open, count_failed, counts, expired, failed, given_up, next_retry,
    open_count, open_of_server, page, queue_counts, to_offer,
};

use crate::value::TextList;
use crate::{Error, Param, Row, Tx, Value, params, to_json};
use flux_delivery::command::{CommandState, OfferedTo};
use flux_protocol::{CommandId, CommandKind, OrderId, ServerId};
use flux_referral_rules::{CustomerId, Player};
use flux_shop::{Command, CommandCounts, CommandPurpose, GrantId, NewCommand, Origin, PackageId};
use std::collections::BTreeMap;

/// Saves new commands in this order, and gives each its place in the sequence.
pub fn insert_all(tx: &Tx<'_>, new: Vec<NewCommand>) -> Result<Vec<Command>, Error> {
    let sql = "INSERT INTO commands (id, server_id, order_id, package_id, trigger, kind, player_name, player_uuid, command,
                 template_values, require_online, delay_seconds, required_slots, expires_at, status, attempt,
                 retries_used, cancel_requested, offered, created_at, updated_at, grant_id, customer_id, is_reversal, any_of)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 'pending', 1, 0, FALSE, 'never', $15,
                 $15, $16, $17, $18, $19) RETURNING seq";
    let now = tx.now();
    let texts = new.iter().map(json_columns).collect::<Result<Vec<_>, _>>()?;
    let rows = new.iter().zip(&texts).map(|(new, (values, any_of))| {
        let package = new.origin.as_ref().and_then(Origin::package);
        let reward = match &new.origin {
            Some(Origin::Reward { grant, customer, on }) => Some((grant, customer, *on)),
            Some(Origin::Package { .. }) | None => None,
        };
        [
            new.id.value(),
            new.server_id.value(),
            new.order_id.value(),
            package.map_or(Value::Null, |(id, _)| id.value()),
            package.map_or(Value::Null, |(_, on)| Value::Text(on.as_str())),
            Value::Text(kind_text(new.kind)),
            new.player.as_ref().map_or(Value::Null, |player| player.name.value()),
            new.player.as_ref().map_or(Value::Null, |player| player.uuid.value()),
            new.command.value(),
            values.value(),
            new.require_online.value(),
            new.delay_seconds.value(),
            new.required_slots.value(),
            new.expires_at.value(),
            now.value(),
            reward.map_or(Value::Null, |(grant, ..)| grant.value()),
            reward.map_or(Value::Null, |(_, customer, _)| customer.value()),
            Value::Bool(reward.is_some_and(|(.., on)| on == CommandPurpose::Reversal)),
            any_of.value(),
        ]
    });
    let places = tx.query_many(sql, rows, |row| row.get::<u64>("seq"))?;
    let row = |(new, sequence)| Command {
        new,
        sequence,
        state: CommandState::default(),
        reason: None,
        output: None,
        moves_to: None,
        cancel_requested_at: None,
        offered_at: None,
        created_at: now,
        updated_at: now,
    };
    Ok(new.into_iter().zip(places).map(row).collect())
}

/// Saves everything of these commands that can change.
pub fn update_all<'a>(tx: &Tx<'_>, commands: impl IntoIterator<Item = &'a Command>) -> Result<(), Error> {
    let sql =
        "UPDATE commands SET status = $1, status_reason = $2, attempt = $3, retries_used = $4, cancel_requested = $5,
               offered = $6, offered_journal = $7, reported_by = $8, next_attempt_at = $9, reason = $10, output = $11,
               cancel_requested_at = $12, offered_at = $13, expires_at = $14, updated_at = $15, moves_to = $16
               WHERE seq = $17";
    let row = |command: &'a Command| {
        let Command { state, new, .. } = command;
        let (offered, journal) = offered_columns(&state.offered);
        [
            Value::Text(state.status.as_str()),
            state.status.reason().map_or(Value::Null, Value::Text),
            state.attempt.get().into(),
            state.retries_used.into(),
            state.cancel_requested.value(),
            Value::Text(offered),
            journal,
            state.reported_by.value(),
            state.next_attempt_at.value(),
            command.reason.value(),
            command.output.value(),
            command.cancel_requested_at.value(),
            command.offered_at.value(),
            new.expires_at.value(),
            command.updated_at.value(),
            command.moves_to.value(),
            command.sequence.value(),
        ]
    };
    tx.execute_many(sql, commands.into_iter().map(row))?;
    Ok(())
}

/// Saves what these commands send to the game, and where: template, values, player, conditions and servers. The rest is
/// saved by [`update_all`].
pub fn update_contents<'a>(tx: &Tx<'_>, commands: impl IntoIterator<Item = &'a Command>) -> Result<(), Error> {
    let sql = "UPDATE commands SET command = $1, template_values = $2, player_name = $3, player_uuid = $4,
               require_online = $5, delay_seconds = $6, required_slots = $7, server_id = $8, any_of = $9 WHERE seq = $10";
    let commands: Vec<&Command> = commands.into_iter().collect();
    let texts = commands.iter().map(|command| json_columns(&command.new)).collect::<Result<Vec<_>, _>>()?;
    let rows = commands.iter().zip(&texts).map(|(command, (values, any_of))| {
        let new = &command.new;
        [
            new.command.value(),
            values.value(),
            new.player.as_ref().map_or(Value::Null, |player| player.name.value()),
            new.player.as_ref().map_or(Value::Null, |player| player.uuid.value()),
            new.require_online.value(),
            new.delay_seconds.value(),
            new.required_slots.value(),
            new.server_id.value(),
            any_of.value(),
            command.sequence.value(),
        ]
    });
    tx.execute_many(sql, rows)?;
    Ok(())
}

/// Saves the journals that these commands were offered to, and the times.
pub fn update_offers(tx: &Tx<'_>, commands: &[Command]) -> Result<(), Error> {
    let sql = "UPDATE commands SET offered = $1, offered_journal = $2, offered_at = $3 WHERE seq = $4";
    let rows = commands.iter().map(|command| {
        let (offered, journal) = offered_columns(&command.state.offered);
        [Value::Text(offered), journal, command.offered_at.value(), command.sequence.value()]
    });
    tx.execute_many(sql, rows)?;
    Ok(())
}

/// The values of the placeholders, and the servers among which a command may move.
fn json_columns(new: &NewCommand) -> Result<(String, Option<String>), Error> {
    let any_of = (!new.any_of.is_empty()).then(|| to_json(&new.any_of)).transpose()?;
    Ok((to_json(&new.values)?, any_of))
}

fn offered_columns(offered: &OfferedTo) -> (&'static str, Value<'_>) {
    match offered {
        OfferedTo::Nobody => ("never", Value::Null),
        OfferedTo::Only(journal) => ("journal", journal.value()),
        OfferedTo::Others => ("others", Value::Null),
    }
}

/// The command with this id.
pub fn find(tx: &Tx<'_>, id: &CommandId) -> Result<Option<Command>, Error> {
    tx.one("SELECT * FROM commands WHERE id = $1", params![id], read::command)
}

/// The commands with these ids, in no particular order; an unknown id is left out.
pub fn find_all<'a>(tx: &Tx<'_>, ids: impl IntoIterator<Item = &'a CommandId>) -> Result<Vec<Command>, Error> {
    let ids = TextList::of(ids.into_iter().map(CommandId::as_str))?;
    tx.query("SELECT * FROM commands WHERE id IN (SELECT value FROM json_each($1))", params![ids], read::command)
}

/// An order's commands, in the order in which they were created.
pub fn of_order(tx: &Tx<'_>, order: &OrderId) -> Result<Vec<Command>, Error> {
    tx.query("SELECT * FROM commands WHERE order_id = $1 ORDER BY seq", params![order], read::command)
}

/// The number of commands of each of these orders by status; an order without commands is left out.
pub fn counts_of_orders<'a>(
    tx: &Tx<'_>,
    orders: impl IntoIterator<Item = &'a OrderId>,
) -> Result<BTreeMap<OrderId, CommandCounts>, Error> {
    let orders = TextList::of(orders.into_iter().map(OrderId::as_str))?;
    let sql = "SELECT order_id, status, count(*) AS total FROM commands
               WHERE order_id IN (SELECT value FROM json_each($1)) GROUP BY order_id, status";
    let read = |row: &Row<'_>| Ok((row.get("order_id")?, row.get::<String>("status")?, row.get("total")?));
    let mut counts = BTreeMap::<OrderId, CommandCounts>::new();
    for (order, status, total) in tx.query(sql, params![orders], read)? {
        *counts.entry(order).or_default().of(&status).ok_or(Error::BadRow("status"))? = total;
    }
    Ok(counts)
}

/// The first of an order's commands that have not run.
pub fn not_run(tx: &Tx<'_>, order: &OrderId, limit: usize) -> Result<Vec<Command>, Error> {
    let sql = "SELECT * FROM commands WHERE order_id = $1 AND status <> 'completed' ORDER BY seq LIMIT $2";
    tx.query(sql, params![order, limit as i64], read::command)
}

/// The commands that an order's payment created for this package on this server.
pub fn bought(tx: &Tx<'_>, order: &OrderId, package: &PackageId, server: &ServerId) -> Result<Vec<Command>, Error> {
    let sql =
        "SELECT * FROM commands WHERE order_id = $1 AND package_id = $2 AND server_id = $3 AND trigger = 'purchase'";
    tx.query(sql, params![order, package, server], read::command)
}

/// The open commands of a player that may run on this server as on others, and are for another one now or on their way.
pub fn that_may_move_to(tx: &Tx<'_>, server: &ServerId, player: &str) -> Result<Vec<Command>, Error> {
    let sql = "SELECT * FROM commands INDEXED BY commands_of_any WHERE any_of IS NOT NULL
               AND status IN ('pending', 'delivered', 'awaiting_player') AND lower(player_name) = lower($1)
               AND (server_id <> $2 OR moves_to IS NOT NULL) ORDER BY seq";
    let mut found = tx.query(sql, params![player, server], read::command)?;
    found.retain(|command| command.new.any_of.contains(server));
    Ok(found)
}

/// The commands that give a reward, or take it back, in the order in which they were created.
pub fn of_grant(tx: &Tx<'_>, grant: &GrantId, on: CommandPurpose) -> Result<Vec<Command>, Error> {
    let sql = "SELECT * FROM commands WHERE grant_id = $1 AND is_reversal = $2 ORDER BY seq";
    tx.query(sql, params![grant, on == CommandPurpose::Reversal], read::command)
}

/// Gives a customer's reward commands that were never offered to this player. Those that take a reward back stay with the
/// player who got it. Returns the servers of commands that had no player.
pub fn rename_unsent(tx: &Tx<'_>, customer: &CustomerId, player: &Player) -> Result<Vec<ServerId>, Error> {
    let held = "SELECT DISTINCT server_id FROM commands INDEXED BY commands_not_sent
                WHERE customer_id = $1 AND offered = 'never' AND status = 'pending' AND player_name IS NULL";
    let held = tx.query(held, params![customer.as_str()], |row| row.get("server_id"))?;
    let sql = "UPDATE commands INDEXED BY commands_not_sent SET player_name = $1, player_uuid = $2
               WHERE customer_id = $3 AND offered = 'never' AND status = 'pending' AND NOT is_reversal";
    tx.execute(sql, params![player.name, player.uuid, customer.as_str()])?;
    Ok(held)
}

/// Takes the player from a customer's reward commands that were never offered: none is offered without one.
pub fn hold_unsent(tx: &Tx<'_>, customer: &CustomerId) -> Result<(), Error> {
    let sql = "UPDATE commands INDEXED BY commands_not_sent SET player_name = NULL, player_uuid = NULL
               WHERE customer_id = $1 AND offered = 'never' AND status = 'pending' AND NOT is_reversal";
    tx.execute(sql, params![customer.as_str()])?;
    Ok(())
}

fn kind_text(kind: CommandKind) -> &'static str {
    match kind {
        CommandKind::Purchase => "purchase",
        CommandKind::Referral => "referral",
        CommandKind::Manual => "manual",
    }
}
