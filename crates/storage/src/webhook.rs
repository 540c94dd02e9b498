//! The webhook's cursor.

use crate::{Error, Row, Tx, params};

/// The number of the last event that the receiver has taken; 0 before the first.
pub fn cursor(tx: &Tx<'_>) -> Result<i64, Error> {
    let seq = |row: &Row<'_>| row.get("seq");
    Ok(tx.one("SELECT seq FROM webhook_cursor", params![], seq)?.unwrap_or(0))
}

/// Moves the cursor to the last event that the receiver has taken.
pub fn set_cursor(tx: &Tx<'_>, seq: i64) -> Result<(), Error> {
    let sql = "INSERT INTO webhook_cursor (id, seq) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET seq = $1";
    tx.execute(sql, params![seq])?;
    Ok(())
}
