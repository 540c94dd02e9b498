//! Used `Idempotency-Key`s, each with the id of the thing that its request created. The answer is not stored, since it may
//! hold a token; the caller reads the thing again.

use crate::{Error, Row, Tx, params};
use jiff::Timestamp;

/// A used idempotency key.
#[derive(Debug)]
pub struct UsedKey {
    /// SHA-256 of the request's path and body.
    pub request_hash: Vec<u8>,
    /// The id of the created thing.
    pub subject: String,
}

/// Finds an idempotency key of this API key, if it was used.
pub fn find(tx: &Tx<'_>, api_key: &str, idempotency_key: &str) -> Result<Option<UsedKey>, Error> {
    let sql = "SELECT request_hash, subject FROM idempotency WHERE api_key = $1 AND idempotency_key = $2";
    let read = |row: &Row<'_>| Ok(UsedKey { request_hash: row.get("request_hash")?, subject: row.get("subject")? });
    tx.one(sql, params![api_key, idempotency_key], read)
}

/// Stores a used idempotency key.
pub fn insert(
    tx: &Tx<'_>,
    api_key: &str,
    idempotency_key: &str,
    request: &[u8],
    subject: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let sql =
        "INSERT INTO idempotency (api_key, idempotency_key, request_hash, subject, at) VALUES ($1, $2, $3, $4, $5)";
    tx.execute(sql, params![api_key, idempotency_key, request, subject, now])?;
    Ok(())
}

/// Forgets the keys that were used before this time.
pub fn forget_before(tx: &Tx<'_>, at: Timestamp) -> Result<(), Error> {
    tx.execute("DELETE FROM idempotency WHERE at < $1", params![at])?;
    Ok(())
}
