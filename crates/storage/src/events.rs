//! What happened: append-only.

use super::row::{get, json, stored, time, to_json};
use super::{DbError, Tx};
use flux_shop::{Audit, CustomerId, EventRow};
use rusqlite::{Row, params};
use serde_json::Value;

/// Appends an event of what `audit`'s actor has done. `data` never holds a secret.
///
/// # Errors
///
/// The database's.
pub fn record(tx: &Tx<'_>, audit: &Audit, kind: &str, subject: &str, data: &Value) -> Result<(), DbError> {
    let sql = "INSERT INTO events (at, kind, subject, data, actor) VALUES (?, ?, ?, ?, ?)";
    let actor = audit.actor.to_string();
    tx.prepare_cached(sql)?.execute(params![stored(audit.now), kind, subject, to_json(data)?, actor])?;
    Ok(())
}

/// The last event's place; 0 before the first.
pub fn last_seq(tx: &Tx<'_>) -> Result<i64, DbError> {
    let mut statement = tx.prepare_cached("SELECT coalesce(max(seq), 0) FROM events")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

/// Puts another id in the place of a customer's, and empties their mails: the one change that an event ever sees.
pub fn anonymise_customer(
    tx: &Tx<'_>,
    id: &CustomerId,
    email: Option<&str>,
    anonymous: &CustomerId,
) -> Result<(), DbError> {
    // Who was invited by somebody else.
    let sql = "UPDATE events INDEXED BY events_of_invited SET data = '{}' WHERE kind = 'mail.invitation' AND lower(data ->> 'to') = lower(?)";
    tx.prepare_cached(sql)?.execute([email.map(str::trim)])?;
    let sql = "UPDATE events INDEXED BY events_of_customers SET subject = ?2, data = '{}' WHERE subject = ?1
               AND (kind = 'customer.saved' OR kind GLOB 'mail.*')";
    tx.prepare_cached(sql)?.execute(params![id.as_str(), anonymous.as_str()])?;
    Ok(())
}

/// The events after this one, oldest first.
pub fn after(tx: &Tx<'_>, seq: i64, limit: u32) -> Result<Vec<EventRow>, DbError> {
    let mut statement = tx.prepare_cached("SELECT * FROM events WHERE seq > ? ORDER BY seq LIMIT ?")?;
    statement.query_and_then(params![seq, limit], event)?.collect()
}

pub(crate) fn event(row: &Row<'_>) -> Result<EventRow, DbError> {
    Ok(EventRow {
        seq: get(row, "seq")?,
        at: time(row, "at")?,
        kind: get(row, "kind")?,
        subject: get(row, "subject")?,
        data: json(row, "data")?,
        actor: get(row, "actor")?,
    })
}
