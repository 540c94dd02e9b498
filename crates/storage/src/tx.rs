//! A transaction, whatever the engine.

use rusqlite::Connection;
use std::ops::Deref;

/// A transaction. Whatever is done with it is committed as a whole, or not at all.
pub struct Tx<'a>(&'a Connection);

impl<'a> Tx<'a> {
    /// The transaction that is open on this connection.
    pub(crate) fn new(connection: &'a Connection) -> Tx<'a> {
        Tx(connection)
    }
}

impl Deref for Tx<'_> {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        self.0
    }
}
