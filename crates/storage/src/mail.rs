//! The mails that are still to be sent.

use super::row::{get, stored};
use super::{DbError, Tx, events};
use flux_shop::EventRow;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

/// The last event whose mail is done with; `None` where no mail was ever to be sent.
pub fn cursor(tx: &Tx<'_>) -> Result<Option<i64>, DbError> {
    let mut statement = tx.prepare_cached("SELECT cursor FROM mail")?;
    Ok(statement.query_row([], |row| row.get(0)).optional()?)
}

/// Begins with the next event: what happened before mails were set up is not mailed after all.
pub fn start(tx: &Tx<'_>) -> Result<(), DbError> {
    set_cursor(tx, events::last_seq(tx)?)
}

/// Forgets where it was: if mails are set up again, it begins then.
pub fn stop(tx: &Tx<'_>) -> Result<(), DbError> {
    tx.execute_batch("DELETE FROM mail; DELETE FROM mails_put_off;")?;
    Ok(())
}

fn set_cursor(tx: &Tx<'_>, seq: i64) -> Result<(), DbError> {
    let sql = "INSERT INTO mail (id, cursor) VALUES (1, ?1) ON CONFLICT DO UPDATE SET cursor = ?1";
    tx.prepare_cached(sql)?.execute([seq])?;
    Ok(())
}

/// A mail that is to be sent.
#[derive(Debug)]
pub struct Mail {
    /// The event that it is.
    pub event: EventRow,
    /// The address of the customer whom it is for.
    pub customer: Option<String>,
    /// How often the server has put it off.
    pub tries: u32,
}

/// The next mail after this event; before it, one that was put off until now.
pub fn next(tx: &Tx<'_>, cursor: i64, now: Timestamp) -> Result<Option<Mail>, DbError> {
    const COLUMNS: &str = "events.*, (SELECT email FROM customers WHERE id = events.subject) AS email";
    let put_off = format!(
        "SELECT {COLUMNS}, tries FROM mails_put_off JOIN events USING (seq) WHERE mails_put_off.at <= ? ORDER BY mails_put_off.at LIMIT 1"
    );
    let new = format!(
        "SELECT {COLUMNS}, 0 AS tries FROM events INDEXED BY events_with_mails WHERE seq > ?
         AND kind GLOB 'mail.*'
         ORDER BY seq LIMIT 1"
    );
    for (sql, value) in [(put_off, stored(now)), (new, cursor)] {
        let mut statement = tx.prepare_cached(&sql)?;
        if let Some(mail) = statement.query_row([value], |row| Ok(read(row))).optional()? {
            return mail.map(Some);
        }
    }
    Ok(None)
}

fn read(row: &Row<'_>) -> Result<Mail, DbError> {
    Ok(Mail { event: events::event(row)?, customer: get(row, "email")?, tries: get(row, "tries")? })
}

/// The mail of this event is done with, or comes again later.
pub fn done(tx: &Tx<'_>, seq: i64, again: Option<(u32, Timestamp)>) -> Result<(), DbError> {
    match again {
        Some((tries, at)) => {
            let sql = "INSERT INTO mails_put_off VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET tries = ?2, at = ?3";
            tx.prepare_cached(sql)?.execute(params![seq, tries, stored(at)])?;
        }
        None => {
            tx.prepare_cached("DELETE FROM mails_put_off WHERE seq = ?")?.execute([seq])?;
        }
    }
    match cursor(tx)? {
        Some(cursor) if cursor >= seq => Ok(()),
        _ => set_cursor(tx, seq),
    }
}
