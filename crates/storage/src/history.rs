//! The history of each command: append-only.

use crate::commands::read;
use crate::{Error, Param, Row, Tx, params};
use flux_protocol::{CommandId, OrderId};
use flux_shop::{Command, HistoryEntry};

/// The row for a command's present state, at its `updated_at`.
pub fn row_of(command: &Command) -> HistoryEntry {
    HistoryEntry {
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
    rows: impl IntoIterator<Item = (&'a CommandId, &'a HistoryEntry)>,
) -> Result<(), Error> {
    let sql = "INSERT INTO command_history (command_id, at, status, attempt, reason, output)
               VALUES ($1, $2, $3, $4, $5, $6)";
    let row = |(id, row): (&'a CommandId, &'a HistoryEntry)| {
        [id.value(), row.at.value(), row.status.value(), row.attempt.into(), row.reason.value(), row.output.value()]
    };
    tx.execute_many(sql, rows.into_iter().map(row))?;
    Ok(())
}

/// One command's history, oldest first.
pub fn of_command(tx: &Tx<'_>, id: &CommandId) -> Result<Vec<HistoryEntry>, Error> {
    tx.query("SELECT * FROM command_history WHERE command_id = $1 ORDER BY seq", params![id], history)
}

/// An order's commands in the order in which they were made, each with its history, oldest first.
pub fn of_order(tx: &Tx<'_>, order: &OrderId) -> Result<Vec<(Command, Vec<HistoryEntry>)>, Error> {
    let sql = "SELECT c.*, h.at AS history_at, h.status AS history_status, h.attempt AS history_attempt,
                 h.reason AS history_reason, h.output AS history_output
               FROM commands AS c JOIN command_history AS h ON h.command_id = c.id
               WHERE c.order_id = $1 ORDER BY c.seq, h.seq";
    let mut found: Vec<(Command, Vec<HistoryEntry>)> = Vec::new();
    tx.query(sql, params![order], |row| {
        let line = HistoryEntry {
            at: row.get("history_at")?,
            status: row.get("history_status")?,
            attempt: row.get("history_attempt")?,
            reason: row.get("history_reason")?,
            output: row.get("history_output")?,
        };
        match found.last_mut() {
            Some((command, lines)) if command.sequence == row.get::<u64>("seq")? => lines.push(line),
            Some(_) | None => found.push((read::command(row)?, vec![line])),
        }
        Ok(())
    })?;
    Ok(found)
}

fn history(row: &Row<'_>) -> Result<HistoryEntry, Error> {
    Ok(HistoryEntry {
        at: row.get("at")?,
        status: row.get("status")?,
        attempt: row.get("attempt")?,
        reason: row.get("reason")?,
        output: row.get("output")?,
    })
}
