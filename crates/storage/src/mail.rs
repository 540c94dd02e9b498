//! Mails: those that are still to be sent, which are those after the cursors over the events and those that are put off; and
//! what has become of each. Invitations have a cursor of their own, so that many of them hold up no other mail.

use crate::cursors::{self, Cursor};
use crate::{Error, Row, Tx, events, params};
use flux_shop::{Event, Mail, MailStatus};
use jiff::Timestamp;

/// New mails of one sort, in the order of their events.
struct Queue {
    cursor: Cursor,
    /// The index over its events.
    index: &'static str,
    /// The condition of that index.
    kinds: &'static str,
}

/// The queues, the most urgent first.
const QUEUES: [Queue; 2] = [
    Queue {
        cursor: Cursor::Mail,
        index: "events_with_other_mails",
        kinds: "substr(kind, 1, 5) = 'mail.' AND kind <> 'mail.invitation'",
    },
    Queue { cursor: Cursor::Invitations, index: "events_with_invitations", kinds: "kind = 'mail.invitation'" },
];

/// Begins to send mails. The first time, the cursors are placed at the last event: events from before mails were set up are
/// not mailed. After that, waiting mails from before `oldest` are skipped. Returns their number.
///
/// New mails are skipped up to the first that is young enough. After a jump of the clock, one behind it may look older.
///
/// # Errors
///
/// The database's.
pub fn begin(tx: &Tx<'_>, oldest: Timestamp) -> Result<u64, Error> {
    let put_off = "UPDATE mails SET status = 'skipped', next_attempt_at = NULL, updated_at = $2
                   WHERE status = 'put_off' AND seq IN (SELECT mails.seq FROM mails JOIN events USING (seq)
                     WHERE status = 'put_off' AND events.at < $1)";
    let mut skipped = tx.execute(put_off, params![oldest, tx.now()])? as u64;
    for queue in &QUEUES {
        skipped += begin_queue(tx, queue, oldest)?;
    }
    Ok(skipped)
}

fn begin_queue(tx: &Tx<'_>, queue: &Queue, oldest: Timestamp) -> Result<u64, Error> {
    let Queue { cursor, index, kinds } = queue;
    let Some(after) = cursors::position(tx, *cursor)? else {
        let last = events::last_seq(tx)?;
        skip(tx, queue, 0, last)?;
        cursors::start(tx, *cursor, last)?;
        return Ok(0);
    };
    let young = format!(
        "SELECT seq FROM events INDEXED BY {index} WHERE {kinds} AND seq > $1 AND at >= $2 ORDER BY seq LIMIT 1"
    );
    let young = tx.one(&young, params![after, oldest], |row| row.get::<i64>("seq"))?;
    let old = format!(
        "SELECT max(seq) AS last FROM events INDEXED BY {index}
         WHERE {kinds} AND seq > $1 AND (CAST($2 AS BIGINT) IS NULL OR seq < $2)"
    );
    let last = tx.only(&old, params![after, young], |row| row.get::<Option<i64>>("last"))?;
    let Some(last) = last else { return Ok(0) };
    cursors::advance(tx, *cursor, after, last)?;
    skip(tx, queue, after, last)
}

/// Records that the mails of these events, from beyond `after` to `last`, were skipped.
fn skip(tx: &Tx<'_>, queue: &Queue, after: i64, last: i64) -> Result<u64, Error> {
    let Queue { index, kinds, .. } = queue;
    let sql = format!(
        "INSERT INTO mails (seq, status, tries, updated_at)
         SELECT seq, 'skipped', 0, CAST($3 AS BIGINT) FROM events INDEXED BY {index}
         WHERE {kinds} AND seq > $1 AND seq <= $2 ON CONFLICT (seq) DO NOTHING"
    );
    Ok(tx.execute(&sql, params![after, last, tx.now()])? as u64)
}

/// A mail that is to be sent.
#[derive(Debug)]
pub struct NextMail {
    /// Its event.
    pub event: Event,
    /// The address of its customer.
    pub customer: Option<String>,
    /// The number of times that it has failed.
    pub tries: u32,
    /// The cursor that it follows, and its position; `None` for one that was put off, which the cursor has passed.
    pub after: Option<(Cursor, i64)>,
}

/// The mails to look for, and in which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Those that were not tried yet.
    New,
    /// Those that were not tried yet, then those that were put off.
    NewFirst,
    /// Those that were put off, then those that were not tried yet.
    PutOffFirst,
}

/// The next mail: one that was put off and is due, or the first after the cursor.
///
/// # Errors
///
/// The database's.
pub fn next(tx: &Tx<'_>, now: Timestamp, wanted: Wanted) -> Result<Option<NextMail>, Error> {
    match wanted {
        Wanted::New => next_new(tx),
        Wanted::NewFirst => next_new(tx)?.map_or_else(|| next_due(tx, now), |mail| Ok(Some(mail))),
        Wanted::PutOffFirst => next_due(tx, now)?.map_or_else(|| next_new(tx), |mail| Ok(Some(mail))),
    }
}

fn next_due(tx: &Tx<'_>, now: Timestamp) -> Result<Option<NextMail>, Error> {
    let sql = "SELECT events.*, (SELECT email FROM customers WHERE id = events.subject) AS email, tries
               FROM mails JOIN events USING (seq)
               WHERE status = 'put_off' AND next_attempt_at <= $1 ORDER BY next_attempt_at LIMIT 1";
    tx.one(sql, params![now], |row| read_next(row, None))
}

fn next_new(tx: &Tx<'_>) -> Result<Option<NextMail>, Error> {
    for Queue { cursor, index, kinds } in &QUEUES {
        let Some(after) = cursors::position(tx, *cursor)? else { continue };
        let sql = format!(
            "SELECT events.*, (SELECT email FROM customers WHERE id = events.subject) AS email, 0 AS tries
             FROM events INDEXED BY {index} WHERE {kinds} AND seq > $1 ORDER BY seq LIMIT 1"
        );
        let found = tx.one(&sql, params![after], |row| read_next(row, Some((*cursor, after))))?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

fn read_next(row: &Row<'_>, after: Option<(Cursor, i64)>) -> Result<NextMail, Error> {
    Ok(NextMail { event: events::event(row)?, customer: row.get("email")?, tries: row.get("tries")?, after })
}

/// The end of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The mail server has accepted the mail.
    Sent,
    /// It is tried again.
    PutOff {
        /// The reason.
        reason: String,
        /// The time of the next try.
        next_attempt_at: Timestamp,
    },
    /// It is not tried again.
    GivenUp {
        /// The reason.
        reason: String,
    },
}

/// Records the end of a try of this event's mail. `after` is the mail's; false, and the caller must undo it, if somebody else
/// has moved the cursor since.
///
/// # Errors
///
/// The database's.
pub fn done(tx: &Tx<'_>, seq: i64, after: Option<(Cursor, i64)>, outcome: &Outcome) -> Result<bool, Error> {
    let (status, next_attempt_at, reason) = match outcome {
        Outcome::Sent => (MailStatus::Sent, None, None),
        Outcome::PutOff { reason, next_attempt_at } => (MailStatus::PutOff, Some(*next_attempt_at), Some(reason)),
        Outcome::GivenUp { reason } => (MailStatus::GivenUp, None, Some(reason)),
    };
    let sql =
        "INSERT INTO mails (seq, status, tries, next_attempt_at, reason, updated_at) VALUES ($1, $2, 1, $3, $4, $5)
               ON CONFLICT (seq) DO UPDATE SET status = $2, tries = mails.tries + 1, next_attempt_at = $3, reason = $4,
                 updated_at = $5";
    tx.execute(sql, params![seq, status, next_attempt_at, reason, tx.now()])?;
    match after {
        Some((cursor, after)) => cursors::advance(tx, cursor, after, seq),
        None => Ok(true),
    }
}

/// Mails, newest first, before this number: all, or those with this status.
///
/// # Errors
///
/// The database's.
pub fn page(tx: &Tx<'_>, before: i64, status: Option<MailStatus>, limit: u32) -> Result<Vec<Mail>, Error> {
    match status {
        None => {
            let sql = "SELECT events.seq AS seq, at, kind, subject, data ->> 'to' AS recipient,
                         coalesce(status, 'waiting') AS status, coalesce(tries, 0) AS tries, next_attempt_at, reason, updated_at
                       FROM events INDEXED BY events_with_mails LEFT JOIN mails ON mails.seq = events.seq
                       WHERE substr(kind, 1, 5) = 'mail.' AND events.seq < $1 ORDER BY events.seq DESC LIMIT $2";
            tx.query(sql, params![before, limit], read)
        }
        Some(MailStatus::Waiting) => {
            let sql = "SELECT events.seq AS seq, at, kind, subject, data ->> 'to' AS recipient, 'waiting' AS status, 0 AS tries,
                         next_attempt_at, reason, updated_at
                       FROM events INDEXED BY events_with_mails LEFT JOIN mails ON mails.seq = events.seq
                       WHERE substr(kind, 1, 5) = 'mail.' AND events.seq > $3 AND events.seq < $1 AND status IS NULL
                       ORDER BY events.seq DESC LIMIT $2";
            let mut passed = i64::MAX;
            for queue in &QUEUES {
                passed = passed.min(cursors::position(tx, queue.cursor)?.unwrap_or(0));
            }
            tx.query(sql, params![before, limit, passed], read)
        }
        Some(status) => {
            let sql = "SELECT mails.seq AS seq, at, kind, subject, data ->> 'to' AS recipient, status, tries, next_attempt_at,
                         reason, updated_at
                       FROM mails JOIN events ON events.seq = mails.seq
                       WHERE status = $3 AND mails.seq < $1 ORDER BY mails.seq DESC LIMIT $2";
            tx.query(sql, params![before, limit, status], read)
        }
    }
}

fn read(row: &Row<'_>) -> Result<Mail, Error> {
    Ok(Mail {
        seq: row.get("seq")?,
        kind: row.get("kind")?,
        customer: row.get("subject")?,
        to: row.get("recipient")?,
        status: row.get("status")?,
        tries: row.get("tries")?,
        next_attempt_at: row.get("next_attempt_at")?,
        reason: row.get("reason")?,
        created_at: row.get("at")?,
        updated_at: row.get("updated_at")?,
    })
}

/// The event of a mail, and the address of its customer.
///
/// # Errors
///
/// The database's.
pub fn find(tx: &Tx<'_>, seq: i64) -> Result<Option<(Event, Option<String>)>, Error> {
    let sql = "SELECT events.*, (SELECT email FROM customers WHERE id = events.subject) AS email
               FROM events WHERE seq = $1 AND substr(kind, 1, 5) = 'mail.'";
    tx.one(sql, params![seq], |row| Ok((events::event(row)?, row.get("email")?)))
}

/// Records that a mailbox, by its hash, wants no more mails.
///
/// # Errors
///
/// The database's.
pub fn unsubscribe(tx: &Tx<'_>, recipient: &[u8]) -> Result<(), Error> {
    let sql = "INSERT INTO mail_unsubscribed (recipient, at) VALUES ($1, $2) ON CONFLICT (recipient) DO NOTHING";
    tx.execute(sql, params![recipient, tx.now()])?;
    Ok(())
}

/// Records that a mailbox, by its hash, wants mails again; false if it did all the time.
///
/// # Errors
///
/// The database's.
pub fn resubscribe(tx: &Tx<'_>, recipient: &[u8]) -> Result<bool, Error> {
    Ok(tx.execute("DELETE FROM mail_unsubscribed WHERE recipient = $1", params![recipient])? > 0)
}

/// True if a mailbox, by its hash, wants no mails.
///
/// # Errors
///
/// The database's.
pub fn is_unsubscribed(tx: &Tx<'_>, recipient: &[u8]) -> Result<bool, Error> {
    tx.exists("SELECT 1 FROM mail_unsubscribed WHERE recipient = $1 LIMIT 1", params![recipient])
}
