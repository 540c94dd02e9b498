//! Events: append-only, but for the removal of a customer.

use crate::{Error, Param, Row, Tx, Value, params, to_json};
use flux_shop::{Audit, CustomerId, Event};
use std::borrow::Cow;

const INSERT: &str = "INSERT INTO events (at, kind, subject, data, actor) VALUES ($1, $2, $3, $4, $5)";

/// An event that is to be recorded.
#[derive(Debug)]
pub struct NewEvent {
    /// Its kind, such as `order.paid`.
    pub kind: Cow<'static, str>,
    /// The id of its subject.
    pub subject: String,
    /// Facts, never a secret.
    pub data: serde_json::Value,
}

/// Records an event about something that `audit`'s actor has done. `data` never holds a secret.
///
/// # Errors
///
/// The database's.
pub fn record(tx: &Tx<'_>, audit: &Audit, kind: &str, subject: &str, data: &serde_json::Value) -> Result<(), Error> {
    tx.execute(INSERT, params![tx.now(), kind, subject, to_json(data)?, audit.actor.to_string()])?;
    Ok(())
}

/// Records several events of one actor, in this order.
///
/// # Errors
///
/// The database's.
pub fn record_all(tx: &Tx<'_>, audit: &Audit, events: &[NewEvent]) -> Result<(), Error> {
    let (now, actor) = (tx.now(), audit.actor.to_string());
    let data = events.iter().map(|event| to_json(&event.data)).collect::<Result<Vec<_>, _>>()?;
    let rows = events.iter().zip(&data).map(|(event, data)| {
        [now.value(), Value::Text(&event.kind), event.subject.value(), data.value(), actor.value()]
    });
    tx.execute_many(INSERT, rows)?;
    Ok(())
}

/// The last event's number; 0 before the first.
pub fn last_seq(tx: &Tx<'_>) -> Result<i64, Error> {
    tx.only("SELECT coalesce(max(seq), 0) AS seq FROM events", params![], |row| row.get("seq"))
}

/// Replaces a customer's id in the events and empties their mails: the only change that an event ever sees.
pub fn anonymise_customer(
    tx: &Tx<'_>,
    id: &CustomerId,
    email: Option<&str>,
    anonymous: &CustomerId,
) -> Result<(), Error> {
    // A mail server's answer may name the address.
    let sql = "UPDATE mails SET reason = NULL WHERE seq IN (SELECT seq FROM events INDEXED BY events_of_invited
                 WHERE kind = 'mail.invitation' AND lower(data ->> 'to') = lower($1))";
    tx.execute(sql, params![email.map(str::trim)])?;
    let sql = "UPDATE mails SET reason = NULL WHERE seq IN (SELECT seq FROM events INDEXED BY events_of_customers
                 WHERE subject = $1 AND (kind = 'customer.saved' OR substr(kind, 1, 5) = 'mail.'))";
    tx.execute(sql, params![id])?;
    // Invitations that somebody else has sent to this address.
    let sql = "UPDATE events INDEXED BY events_of_invited SET data = '{}'
               WHERE kind = 'mail.invitation' AND lower(data ->> 'to') = lower($1)";
    tx.execute(sql, params![email.map(str::trim)])?;
    // Mails to others that name this customer.
    let sql = "UPDATE events INDEXED BY events_about_friends SET data = '{}'
               WHERE substr(kind, 1, 5) = 'mail.' AND data -> 'about' ->> 'friendId' = $1";
    tx.execute(sql, params![id])?;
    let sql = "UPDATE events INDEXED BY events_of_customers SET subject = $2, data = '{}' WHERE subject = $1
               AND (kind = 'customer.saved' OR substr(kind, 1, 5) = 'mail.')";
    tx.execute(sql, params![id, anonymous])?;
    Ok(())
}

/// The events after a number.
#[derive(Debug)]
pub enum After {
    /// They are, oldest first; none where nothing has happened since.
    Found(Vec<Event>),
    /// The number is beyond the last event's, which this is: it is of another database, or of another epoch of this one.
    BeyondLast(i64),
}

/// The events after a number that a reader has named.
///
/// # Errors
///
/// The database's.
pub fn after_cursor(tx: &Tx<'_>, seq: i64, limit: u32) -> Result<After, Error> {
    let found = after(tx, seq, limit)?;
    if found.is_empty() && seq > 0 {
        let last = last_seq(tx)?;
        if last < seq {
            return Ok(After::BeyondLast(last));
        }
    }
    Ok(After::Found(found))
}

/// The events after this number, oldest first.
pub fn after(tx: &Tx<'_>, seq: i64, limit: u32) -> Result<Vec<Event>, Error> {
    tx.query("SELECT * FROM events WHERE seq > $1 ORDER BY seq LIMIT $2", params![seq, limit], event)
}

pub(crate) fn event(row: &Row<'_>) -> Result<Event, Error> {
    Ok(Event {
        seq: row.get("seq")?,
        at: row.get("at")?,
        kind: row.get("kind")?,
        subject: row.get("subject")?,
        data: row.json("data")?,
        actor: row.get("actor")?,
    })
}
