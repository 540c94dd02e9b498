//! The mails that are still to be sent: those after the cursor over the events, and retries.

use crate::cursors::{self, Cursor};
use crate::{Error, Row, Tx, events, params};
use flux_shop::Event;
use jiff::Timestamp;

/// Begins to send mails. The first time, the cursor is placed at the last event: events from before mails were set up are not
/// mailed. After that, waiting mails from before `oldest` are skipped. Returns their number.
///
/// New mails are skipped up to the first that is young enough. After a jump of the clock, one behind it may look older.
///
/// # Errors
///
/// The database's.
pub fn begin(tx: &Tx<'_>, oldest: Timestamp) -> Result<u64, Error> {
    let Some(cursor) = cursors::position(tx, Cursor::Mail)? else {
        cursors::start(tx, Cursor::Mail, events::last_seq(tx)?)?;
        return Ok(0);
    };
    let retries = "DELETE FROM mail_retries WHERE seq IN
                     (SELECT seq FROM mail_retries JOIN events USING (seq) WHERE events.at < $1)";
    let skipped_retries = tx.execute(retries, params![oldest])?;
    let young = "SELECT seq FROM events INDEXED BY events_with_mails
                 WHERE substr(kind, 1, 5) = 'mail.' AND seq > $1 AND at >= $2 ORDER BY seq LIMIT 1";
    let young = tx.one(young, params![cursor, oldest], |row| row.get::<i64>("seq"))?;
    let old = "SELECT count(*) AS skipped, max(seq) AS last FROM events INDEXED BY events_with_mails
               WHERE substr(kind, 1, 5) = 'mail.' AND seq > $1 AND (CAST($2 AS BIGINT) IS NULL OR seq < $2)";
    let read = |row: &Row<'_>| Ok((row.get::<u64>("skipped")?, row.get::<Option<i64>>("last")?));
    let (skipped, last) = tx.only(old, params![cursor, young], read)?;
    if let Some(last) = last {
        cursors::advance(tx, Cursor::Mail, cursor, last)?;
    }
    Ok(skipped + skipped_retries as u64)
}

/// A mail that is to be sent.
#[derive(Debug)]
pub struct Mail {
    /// Its event.
    pub event: Event,
    /// The address of its customer.
    pub customer: Option<String>,
    /// The number of times that the mail server has deferred it.
    pub tries: u32,
    /// The position of the cursor that it follows; `None` for a retry, which the cursor has passed.
    pub after: Option<i64>,
}

/// The next mail: a retry that is due, else the first after the cursor.
pub fn next(tx: &Tx<'_>, now: Timestamp) -> Result<Option<Mail>, Error> {
    let retry = "SELECT events.*, (SELECT email FROM customers WHERE id = events.subject) AS email, tries
                 FROM mail_retries JOIN events USING (seq) WHERE mail_retries.at <= $1 ORDER BY mail_retries.at LIMIT 1";
    if let Some(mail) = tx.one(retry, params![now], |row| read(row, None))? {
        return Ok(Some(mail));
    }
    let Some(cursor) = cursors::position(tx, Cursor::Mail)? else { return Ok(None) };
    let new = "SELECT events.*, (SELECT email FROM customers WHERE id = events.subject) AS email, 0 AS tries
               FROM events INDEXED BY events_with_mails WHERE seq > $1 AND substr(kind, 1, 5) = 'mail.' ORDER BY seq LIMIT 1";
    tx.one(new, params![cursor], |row| read(row, Some(cursor)))
}

fn read(row: &Row<'_>, after: Option<i64>) -> Result<Mail, Error> {
    Ok(Mail { event: events::event(row)?, customer: row.get("email")?, tries: row.get("tries")?, after })
}

/// Records that the mail of this event was handled, or, with `again`, its tries so far and the time of the next one. `after`
/// is the mail's; false, and the caller must undo it, if somebody else has moved the cursor since.
pub fn done(tx: &Tx<'_>, seq: i64, after: Option<i64>, again: Option<(u32, Timestamp)>) -> Result<bool, Error> {
    match again {
        Some((tries, at)) => {
            let sql = "INSERT INTO mail_retries (seq, tries, at) VALUES ($1, $2, $3)
                       ON CONFLICT (seq) DO UPDATE SET tries = $2, at = $3";
            tx.execute(sql, params![seq, tries, at])?;
        }
        None => {
            tx.execute("DELETE FROM mail_retries WHERE seq = $1", params![seq])?;
        }
    }
    match after {
        Some(cursor) => cursors::advance(tx, Cursor::Mail, cursor, seq),
        None => Ok(true),
    }
}
