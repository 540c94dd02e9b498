//! Facts about the database itself.

use crate::{Error, Tx, params};
use data_encoding::HEXLOWER;

const EPOCH_CHARS: usize = 32;
const HEX: &[u8] = b"0123456789abcdef";

/// The database's epoch: random, and another after each restore. Readers of events know each event by epoch and number.
///
/// # Errors
///
/// The database's.
pub fn store_epoch(tx: &Tx<'_>) -> Result<String, Error> {
    tx.only("SELECT value FROM meta WHERE name = 'store_epoch'", params![], |row| row.get("value"))
}

/// The key that signs the connection tokens of agents, made with the database. It opens nothing by itself: a socket needs the
/// server's token as well.
///
/// # Errors
///
/// The database's.
pub fn negotiation_key(tx: &Tx<'_>) -> Result<[u8; 32], Error> {
    key(tx, "negotiation_key")
}

/// The key that signs the links in mails by which a recipient unsubscribes, made with the database.
///
/// # Errors
///
/// The database's.
pub fn unsubscribe_key(tx: &Tx<'_>) -> Result<[u8; 32], Error> {
    key(tx, "unsubscribe_key")
}

/// The key that hides the addresses of forgotten referees, made with the database.
///
/// # Errors
///
/// The database's.
pub fn forgotten_key(tx: &Tx<'_>) -> Result<[u8; 32], Error> {
    key(tx, "forgotten_key")
}

fn key(tx: &Tx<'_>, name: &'static str) -> Result<[u8; 32], Error> {
    let digits: String = tx.only("SELECT value FROM meta WHERE name = $1", params![name], |row| row.get("value"))?;
    let bytes = HEXLOWER.decode(digits.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or(Error::BadRow(name))
}

/// Begins a new epoch: what was said since the backup is not in this database.
///
/// # Errors
///
/// The database's.
pub fn renew_store_epoch(tx: &Tx<'_>) -> Result<(), Error> {
    let epoch = tx.entropy().text(HEX, EPOCH_CHARS);
    tx.execute("UPDATE meta SET value = $1 WHERE name = 'store_epoch'", params![epoch])?;
    Ok(())
}
