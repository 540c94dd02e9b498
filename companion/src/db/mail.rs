//! The mails that are still to be sent.

use super::row::get;
use super::{Connection, DbError, events};
use crate::model::EventRow;
use rusqlite::{OptionalExtension, Row, params};

/// The last event whose mail is done with; `None` where no mail was ever to be sent.
pub fn cursor(tx: &Connection) -> Result<Option<i64>, DbError> {
    let mut statement = tx.prepare_cached("SELECT cursor FROM mail")?;
    Ok(statement.query_row([], |row| row.get(0)).optional()?)
}

/// Begins with the next event: what happened before mails were set up is not mailed after all.
pub fn start(tx: &Connection) -> Result<(), DbError> {
    set_cursor(tx, events::last_seq(tx)?)
}

/// The mail of this event is done with.
pub fn set_cursor(tx: &Connection, seq: i64) -> Result<(), DbError> {
    let sql = "INSERT INTO mail (id, cursor) VALUES (1, ?1) ON CONFLICT DO UPDATE SET cursor = ?1";
    tx.prepare_cached(sql)?.execute([seq])?;
    Ok(())
}

/// The next mail after this event, and the address of the customer whom it is for.
pub fn next(tx: &Connection, cursor: i64) -> Result<Option<(EventRow, Option<String>)>, DbError> {
    let sql = "SELECT events.*, (SELECT email FROM customers WHERE id = events.subject) AS email
               FROM events INDEXED BY events_with_mails WHERE seq > ?
               AND kind IN ('mail.codeIssued', 'mail.invitation', 'mail.friendJoined', 'mail.rewardIssued')
               ORDER BY seq LIMIT 1";
    let read = |row: &Row<'_>| -> Result<_, DbError> { Ok((events::event(row)?, get(row, "email")?)) };
    let mut statement = tx.prepare_cached(sql)?;
    statement.query_row(params![cursor], |row| Ok(read(row))).optional()?.transpose()
}
