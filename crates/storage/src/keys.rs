//! API keys, as their hashes.

use super::row::{get, stored, time};
use super::{DbError, Tx};
use flux_protocol::SecretHash;
use flux_shop::{Label, Role};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

/// A key without its secret.
#[derive(Debug, Clone)]
pub struct KeyRow {
    /// Its name, which the events give as actor.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Adds a key; false if the name is taken.
pub fn insert(tx: &Tx<'_>, name: &Label, hash: &SecretHash, role: Role, now: Timestamp) -> Result<bool, DbError> {
    let sql = "INSERT INTO keys (name, hash, role, created_at) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO NOTHING";
    Ok(tx.prepare_cached(sql)?.execute(params![name.as_str(), hash.as_bytes(), role.as_str(), stored(now)])? == 1)
}

/// The key with this hash.
pub fn find(tx: &Tx<'_>, hash: &SecretHash) -> Result<Option<KeyRow>, DbError> {
    let mut statement = tx.prepare_cached("SELECT * FROM keys WHERE hash = ?")?;
    statement.query_row([hash.as_bytes()], |row| Ok(key(row))).optional()?.transpose()
}

/// Whether this key is still good.
pub fn is_good(tx: &Tx<'_>, key: &KeyRow) -> Result<bool, DbError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM keys WHERE name = ? AND created_at = ?)";
    Ok(tx.prepare_cached(sql)?.query_row(params![key.name, stored(key.created_at)], |row| row.get(0))?)
}

/// All keys by name. There are few: a person made each.
pub fn all(tx: &Tx<'_>) -> Result<Vec<KeyRow>, DbError> {
    tx.prepare_cached("SELECT * FROM keys ORDER BY name")?.query_and_then([], key)?.collect()
}

/// Ends a key; false if there is none of this name.
pub fn delete(tx: &Tx<'_>, name: &Label) -> Result<bool, DbError> {
    Ok(tx.prepare_cached("DELETE FROM keys WHERE name = ?")?.execute([name.as_str()])? == 1)
}

fn key(row: &Row<'_>) -> Result<KeyRow, DbError> {
    let role = Role::from_word(&get::<String>(row, "role")?).ok_or(DbError::BadRow("role"))?;
    Ok(KeyRow { name: get(row, "name")?, role, created_at: time(row, "created_at")? })
}
