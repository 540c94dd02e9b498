//! `Idempotency-Key`s: what each has made already. The answer is not stored, since it may hold a token; the caller looks up
//! again what was made.

use crate::{Error, Row, Tx, params};
use jiff::Timestamp;

/// What a key has made.
#[derive(Debug)]
pub struct Made {
    /// SHA-256 of the request's path and body.
    pub request: Vec<u8>,
    /// The id of what was made.
    pub subject: String,
}

/// What this idempotency key of an API key has made, if it was used.
pub fn find(tx: &Tx<'_>, api_key: &str, idempotency_key: &str) -> Result<Option<Made>, Error> {
    let sql = "SELECT request_hash, subject FROM idempotency WHERE api_key = $1 AND idempotency_key = $2";
    let read = |row: &Row<'_>| Ok(Made { request: row.get("request_hash")?, subject: row.get("subject")? });
    tx.one(sql, params![api_key, idempotency_key], read)
}

/// Stores what an idempotency key has made.
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
