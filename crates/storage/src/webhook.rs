//! How far the webhook has come.

use super::{DbError, Tx};
use rusqlite::OptionalExtension;

/// The last event that was taken; 0 before the first.
pub fn cursor(tx: &Tx<'_>) -> Result<i64, DbError> {
    let mut statement = tx.prepare_cached("SELECT cursor FROM webhook")?;
    Ok(statement.query_row([], |row| row.get(0)).optional()?.unwrap_or(0))
}

/// Keeps the last event that was taken.
pub fn set_cursor(tx: &Tx<'_>, seq: i64) -> Result<(), DbError> {
    let sql = "INSERT INTO webhook (id, cursor) VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET cursor = ?1";
    tx.prepare_cached(sql)?.execute([seq])?;
    Ok(())
}
