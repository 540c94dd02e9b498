//! The mails that are still to be sent: a cursor over the events, and retries.

use crate::{Error, Row, Tx, events, params};
use flux_shop::Event;
use jiff::Timestamp;

/// The number of the last event whose mail was handled; `None` if mail was never set up.
pub fn cursor(tx: &Tx<'_>) -> Result<Option<i64>, Error> {
    tx.one("SELECT seq FROM mail_cursor", params![], |row| row.get("seq"))
}

/// Begins with the next event: events from before mails were set up are not mailed.
pub fn start(tx: &Tx<'_>) -> Result<(), Error> {
    set_cursor(tx, events::last_seq(tx)?)
}

/// Forgets the cursor and the retries. If mails are set up again, they begin with the next event then.
pub fn stop(tx: &Tx<'_>) -> Result<(), Error> {
    tx.execute("DELETE FROM mail_cursor", params![])?;
    tx.execute("DELETE FROM mail_retries", params![])?;
    Ok(())
}

fn set_cursor(tx: &Tx<'_>, seq: i64) -> Result<(), Error> {
    let sql = "INSERT INTO mail_cursor (id, seq) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET seq = $1";
    tx.execute(sql, params![seq])?;
    Ok(())
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
}

/// The next mail: a retry that is due, else the first after this event.
pub fn next(tx: &Tx<'_>, cursor: i64, now: Timestamp) -> Result<Option<Mail>, Error> {
    let retry = "SELECT events.*, (SELECT email FROM customers WHERE id = events.subject) AS email, tries
                 FROM mail_retries JOIN events USING (seq) WHERE mail_retries.at <= $1 ORDER BY mail_retries.at LIMIT 1";
    if let Some(mail) = tx.one(retry, params![now], read)? {
        return Ok(Some(mail));
    }
    let new = "SELECT events.*, (SELECT email FROM customers WHERE id = events.subject) AS email, 0 AS tries
               FROM events INDEXED BY events_with_mails WHERE seq > $1 AND substr(kind, 1, 5) = 'mail.' ORDER BY seq LIMIT 1";
    tx.one(new, params![cursor], read)
}

fn read(row: &Row<'_>) -> Result<Mail, Error> {
    Ok(Mail { event: events::event(row)?, customer: row.get("email")?, tries: row.get("tries")? })
}

/// Records that the mail of this event was handled, or, with `again`, its tries so far and the time of the next one.
pub fn done(tx: &Tx<'_>, seq: i64, again: Option<(u32, Timestamp)>) -> Result<(), Error> {
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
    match cursor(tx)? {
        Some(cursor) if cursor >= seq => Ok(()),
        Some(_) | None => set_cursor(tx, seq),
    }
}
