//! `Idempotency-Key`s: what a key has made already. The answer is not kept, for it may hold a token; what was made is
//! looked up again.

use super::row::stored;
use super::{DbError, Tx};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

/// What a word has made.
#[derive(Debug)]
pub struct Made {
    /// SHA-256 of the request's path and body.
    pub request: Vec<u8>,
    /// The id of what was made.
    pub subject: String,
}

/// What this key's word has made, if it was used.
pub fn find(tx: &Tx<'_>, key_name: &str, word: &str) -> Result<Option<Made>, DbError> {
    let sql = "SELECT request, subject FROM idempotency WHERE key_name = ? AND word = ?";
    let mut statement = tx.prepare_cached(sql)?;
    let made = statement
        .query_row([key_name, word], |row| Ok(Made { request: row.get("request")?, subject: row.get("subject")? }));
    Ok(made.optional()?)
}

/// Keeps what a word has made.
pub fn insert(
    tx: &Tx<'_>,
    key_name: &str,
    word: &str,
    request: &[u8],
    subject: &str,
    now: Timestamp,
) -> Result<(), DbError> {
    let sql = "INSERT INTO idempotency (key_name, word, request, subject, at) VALUES (?, ?, ?, ?, ?)";
    tx.prepare_cached(sql)?.execute(params![key_name, word, request, subject, stored(now)])?;
    Ok(())
}

/// Forgets what is older.
pub fn forget_before(tx: &Tx<'_>, at: Timestamp) -> Result<(), DbError> {
    tx.prepare_cached("DELETE FROM idempotency WHERE at < ?")?.execute([stored(at)])?;
    Ok(())
}
