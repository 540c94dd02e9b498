//! API keys, as their hashes.

use crate::{Error, Row, Tx, params};
use flux_protocol::SecretHash;
use flux_shop::{Label, Role};
use jiff::Timestamp;

/// A key without its secret.
#[derive(Debug, Clone)]
pub struct KeyRow {
    /// The name, which the events give as actor.
    pub name: String,
    /// The role, which decides what the key may do.
    pub role: Role,
    /// The time when it was added.
    pub created_at: Timestamp,
}

/// Adds a key; false if the name is taken.
pub fn insert(tx: &Tx<'_>, name: &Label, hash: &SecretHash, role: Role, now: Timestamp) -> Result<bool, Error> {
    let sql =
        "INSERT INTO api_keys (name, hash, role, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT (name) DO NOTHING";
    Ok(tx.execute(sql, params![name, hash, role, now])? == 1)
}

/// The key with this hash.
pub fn find(tx: &Tx<'_>, hash: &SecretHash) -> Result<Option<KeyRow>, Error> {
    tx.one("SELECT * FROM api_keys WHERE hash = $1", params![hash], key)
}

/// True if this key has been neither revoked nor replaced.
pub fn is_good(tx: &Tx<'_>, key: &KeyRow) -> Result<bool, Error> {
    let sql = "SELECT 1 FROM api_keys WHERE name = $1 AND created_at = $2 LIMIT 1";
    tx.exists(sql, params![key.name, key.created_at])
}

/// All keys by name. There are few, since people create them.
pub fn all(tx: &Tx<'_>) -> Result<Vec<KeyRow>, Error> {
    tx.query("SELECT * FROM api_keys ORDER BY name", params![], key)
}

/// Removes a key; false if there is none of this name.
pub fn delete(tx: &Tx<'_>, name: &Label) -> Result<bool, Error> {
    Ok(tx.execute("DELETE FROM api_keys WHERE name = $1", params![name])? == 1)
}

fn key(row: &Row<'_>) -> Result<KeyRow, Error> {
    Ok(KeyRow { name: row.get("name")?, role: row.get("role")?, created_at: row.get("created_at")? })
}
