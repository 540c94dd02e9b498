//! The history of each command: append-only.

use crate::{Error, Param, Row, Tx, params};
use flux_protocol::{CommandId, OrderId};
use flux_shop::{CommandRow, HistoryRow};
use std::collections::BTreeMap;

/// The row for a command's present state, at its `updated_at`.
pub fn row_of(command: &CommandRow) -> HistoryRow {
    HistoryRow {
        at: command.updated_at,
        status: command.state.status.as_str().to_owned(),
        attempt: command.state.attempt.get(),
        reason: command.state.status.reason().map(str::to_owned),
        output: command.output.clone().filter(|_| !command.state.status.is_open()),
    }
}

/// Appends rows, each to its command's history.
pub fn append_all<'a>(
    tx: &Tx<'_>,
    rows: impl IntoIterator<Item = (&'a CommandId, &'a HistoryRow)>,
) -> Result<(), Error> {
    let sql = "INSERT INTO command_history (command_id, at, status, attempt, reason, output)
               VALUES ($1, $2, $3, $4, $5, $6)";
    let row = |(id, row): (&'a CommandId, &'a HistoryRow)| {
        [id.value(), row.at.value(), row.status.value(), row.attempt.into(), row.reason.value(), row.output.value()]
    };
    tx.execute_many(sql, rows.into_iter().map(row))?;
    Ok(())
}

/// One command's history, oldest first.
pub fn of_command(tx: &Tx<'_>, id: &CommandId) -> Result<Vec<HistoryRow>, Error> {
    tx.query("SELECT * FROM command_history WHERE command_id = $1 ORDER BY seq", params![id], history)
}

/// The histories of an order's commands by their ids, each oldest first.
pub fn of_order(tx: &Tx<'_>, order: &OrderId) -> Result<BTreeMap<String, Vec<HistoryRow>>, Error> {
    let sql = "SELECT h.* FROM commands c JOIN command_history h ON h.command_id = c.id
               WHERE c.order_id = $1 ORDER BY h.seq";
    let read = |row: &Row<'_>| Ok((row.get::<String>("command_id")?, history(row)?));
    let mut histories: BTreeMap<String, Vec<HistoryRow>> = BTreeMap::new();
    for (command, row) in tx.query(sql, params![order], read)? {
        histories.entry(command).or_default().push(row);
    }
    Ok(histories)
}

fn history(row: &Row<'_>) -> Result<HistoryRow, Error> {
    Ok(HistoryRow {
        at: row.get("at")?,
        status: row.get("status")?,
        attempt: row.get("attempt")?,
        reason: row.get("reason")?,
        output: row.get("output")?,
    })
}
