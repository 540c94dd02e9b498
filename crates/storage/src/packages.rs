//! Packages. A removed one stays for the orders that name it.

use super::row::{json, stored, text, to_json};
use super::{DbError, Tx};
use flux_shop::{Package, PackageBody, PackageId};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

/// Saves a package; one that was removed is there again.
pub fn put(tx: &Tx<'_>, id: &PackageId, body: &PackageBody, now: Timestamp) -> Result<(), DbError> {
    let sql = "INSERT INTO packages (id, body, updated_at) VALUES (?1, ?2, ?3)
               ON CONFLICT (id) DO UPDATE SET body = ?2, updated_at = ?3, removed_at = NULL";
    tx.prepare_cached(sql)?.execute(params![id.as_str(), to_json(body)?, stored(now)])?;
    Ok(())
}

/// A package that was not removed.
pub fn find(tx: &Tx<'_>, id: &PackageId) -> Result<Option<Package>, DbError> {
    let mut statement = tx.prepare_cached("SELECT * FROM packages WHERE id = ? AND removed_at IS NULL")?;
    statement.query_row([id.as_str()], |row| Ok(package(row))).optional()?.transpose()
}

/// The packages after this id, by id.
pub fn page(tx: &Tx<'_>, after: &str, limit: u32) -> Result<Vec<Package>, DbError> {
    let sql = "SELECT * FROM packages WHERE id > ? AND removed_at IS NULL ORDER BY id LIMIT ?";
    tx.prepare_cached(sql)?.query_and_then(params![after, limit], package)?.collect()
}

/// Whether an order that is not paid yet names it.
pub fn is_awaited(tx: &Tx<'_>, id: &PackageId) -> Result<bool, DbError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM order_items i JOIN orders o ON o.id = i.order_id
               WHERE i.package_id = ? AND o.status = 'created')";
    Ok(tx.prepare_cached(sql)?.query_row([id.as_str()], |row| row.get(0))?)
}

/// Removes a package.
pub fn remove(tx: &Tx<'_>, id: &PackageId, now: Timestamp) -> Result<(), DbError> {
    let sql = "UPDATE packages SET removed_at = ? WHERE id = ? AND removed_at IS NULL";
    tx.prepare_cached(sql)?.execute(params![stored(now), id.as_str()])?;
    Ok(())
}

fn package(row: &Row<'_>) -> Result<Package, DbError> {
    Ok(Package { id: text(row, "id")?, body: json(row, "body")? })
}
