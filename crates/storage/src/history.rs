//! What happened to each command.

use super::row::{get, stored, time};
use super::{DbError, Tx};
use flux_protocol::{CommandId, OrderId};
use flux_shop::{CommandRow, HistoryRow};
use rusqlite::{Row, params};
use std::collections::BTreeMap;

/// Appends the command's present state, at its `updated_at`.
pub fn append(tx: &Tx<'_>, command: &CommandRow) -> Result<(), DbError> {
    let row = HistoryRow {
        at: command.updated_at,
        status: command.state.status.as_str().to_owned(),
        attempt: command.state.attempt.get(),
        reason: command.state.status.reason().map(str::to_owned),
        output: command.output.clone().filter(|_| !command.state.status.is_open()),
    };
    append_row(tx, &command.new.id, &row)
}

/// Appends a row of the caller's own: the failed attempt before a retry.
pub fn append_row(tx: &Tx<'_>, id: &CommandId, row: &HistoryRow) -> Result<(), DbError> {
    let sql = "INSERT INTO command_history (command_id, at, status, attempt, reason, output) VALUES (?, ?, ?, ?, ?, ?)";
    let values = params![id.as_str(), stored(row.at), row.status, row.attempt, row.reason, row.output];
    tx.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

/// One command's history, oldest first.
pub fn of_command(tx: &Tx<'_>, id: &CommandId) -> Result<Vec<HistoryRow>, DbError> {
    let mut statement = tx.prepare_cached("SELECT * FROM command_history WHERE command_id = ? ORDER BY rowid")?;
    statement.query_and_then([id.as_str()], history)?.collect()
}

/// The histories of an order's commands, each oldest first.
pub fn of_order(tx: &Tx<'_>, order: &OrderId) -> Result<BTreeMap<String, Vec<HistoryRow>>, DbError> {
    let sql = "SELECT h.* FROM commands c JOIN command_history h ON h.command_id = c.id
               WHERE c.order_id = ? ORDER BY h.rowid";
    let mut statement = tx.prepare_cached(sql)?;
    let mut rows = statement.query([order.as_str()])?;
    let mut histories: BTreeMap<String, Vec<HistoryRow>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        histories.entry(get(row, "command_id")?).or_default().push(history(row)?);
    }
    Ok(histories)
}

fn history(row: &Row<'_>) -> Result<HistoryRow, DbError> {
    Ok(HistoryRow {
        at: time(row, "at")?,
        status: get(row, "status")?,
        attempt: get(row, "attempt")?,
        reason: get(row, "reason")?,
        output: get(row, "output")?,
    })
}
