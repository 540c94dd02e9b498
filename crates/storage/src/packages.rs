//! Packages. A removed one stays for the orders that name it.

mod template;

pub(crate) use template::TemplateRow;

use crate::value::TextList;
use crate::{Error, Row, Tx, params, to_json};
use flux_shop::{Package, PackageContent, PackageId};
use jiff::Timestamp;
use std::ops::ControlFlow;

/// Saves a package; one that was removed is restored by that.
pub fn put(tx: &Tx<'_>, id: &PackageId, content: &PackageContent, now: Timestamp) -> Result<(), Error> {
    let sql = "INSERT INTO packages (id, name, price, currency, commands, updated_at) VALUES ($1, $2, $3, $4, $5, $6)
               ON CONFLICT (id) DO UPDATE SET name = $2, price = $3, currency = $4, commands = $5, updated_at = $6,
                 removed_at = NULL";
    tx.execute(sql, params![id, content.name, content.price, content.currency, commands(content)?, now])?;
    Ok(())
}

/// A package that was not removed.
pub fn find(tx: &Tx<'_>, id: &PackageId) -> Result<Option<Package>, Error> {
    let read = |row: &Row<'_>| package(row, "id");
    tx.one("SELECT * FROM packages WHERE id = $1 AND removed_at IS NULL", params![id], read)
}

/// Those of these packages that were not removed, in no particular order.
pub fn find_all<'a>(tx: &Tx<'_>, ids: impl IntoIterator<Item = &'a PackageId>) -> Result<Vec<Package>, Error> {
    let ids = TextList::of(ids.into_iter().map(PackageId::as_str))?;
    let sql = "SELECT * FROM packages WHERE id IN (SELECT value FROM json_each($1)) AND removed_at IS NULL";
    tx.query(sql, params![ids], |row| package(row, "id"))
}

/// Gives the packages after this id to `visit`, by id, until it breaks: each may be large.
pub fn each_after(
    tx: &Tx<'_>,
    after: &str,
    limit: u32,
    mut visit: impl FnMut(Package) -> Result<ControlFlow<()>, Error>,
) -> Result<(), Error> {
    let sql = "SELECT * FROM packages WHERE id > $1 AND removed_at IS NULL ORDER BY id LIMIT $2";
    tx.each(sql, params![after, limit], |row| visit(package(row, "id")?))
}

/// True if an order that is not paid yet names it.
pub fn is_awaited(tx: &Tx<'_>, id: &PackageId) -> Result<bool, Error> {
    let sql = "SELECT 1 FROM order_items WHERE package_id = $1 LIMIT 1";
    tx.exists(sql, params![id])
}

/// Removes a package.
pub fn remove(tx: &Tx<'_>, id: &PackageId, now: Timestamp) -> Result<(), Error> {
    tx.execute("UPDATE packages SET removed_at = $1 WHERE id = $2 AND removed_at IS NULL", params![now, id])?;
    Ok(())
}

/// A package's templates as they are stored.
pub(crate) fn commands(content: &PackageContent) -> Result<String, Error> {
    to_json(&content.commands.iter().map(TemplateRow::from).collect::<Vec<_>>())
}

/// A row with a package's columns; its id is in `id`.
pub(crate) fn package(row: &Row<'_>, id: &'static str) -> Result<Package, Error> {
    let commands: Vec<TemplateRow> = row.json("commands")?;
    Ok(Package {
        id: row.get(id)?,
        content: PackageContent {
            name: row.get("name")?,
            price: row.get("price")?,
            currency: row.get("currency")?,
            commands: commands.into_iter().map(TemplateRow::read).collect::<Result<_, _>>()?,
        },
    })
}
