//! Cursors over the events: how far each reader of this companion has come. They move forward only, by compare-and-set.

use crate::{Error, Tx, params};

/// A reader of the events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cursor {
    /// Sends the events to the storefront.
    Webhook,
    /// Sends mails other than invitations.
    Mail,
    /// Sends invitations.
    Invitations,
}

impl Cursor {
    fn name(self) -> &'static str {
        match self {
            Cursor::Webhook => "webhook",
            Cursor::Mail => "mail",
            Cursor::Invitations => "invitations",
        }
    }
}

/// The number of the last event that the reader is done with; `None` before [`start`].
///
/// # Errors
///
/// The database's.
pub fn position(tx: &Tx<'_>, cursor: Cursor) -> Result<Option<i64>, Error> {
    tx.one("SELECT seq FROM cursors WHERE name = $1", params![cursor.name()], |row| row.get("seq"))
}

/// Places a cursor that has no position at this event. One that has a position stays there.
///
/// # Errors
///
/// The database's.
pub fn start(tx: &Tx<'_>, cursor: Cursor, seq: i64) -> Result<(), Error> {
    tx.execute("INSERT INTO cursors (name, seq) VALUES ($1, $2) ON CONFLICT DO NOTHING", params![cursor.name(), seq])?;
    Ok(())
}

/// Moves a cursor forward; false, with nothing written, if it is not at `from` or `to` is not beyond it.
///
/// # Errors
///
/// The database's.
pub fn advance(tx: &Tx<'_>, cursor: Cursor, from: i64, to: i64) -> Result<bool, Error> {
    let sql = "UPDATE cursors SET seq = $3 WHERE name = $1 AND seq = $2 AND seq < $3";
    Ok(tx.execute(sql, params![cursor.name(), from, to])? == 1)
}
