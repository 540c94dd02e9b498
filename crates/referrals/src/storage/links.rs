//! Links: one a customer, one a code.

use flux_referral_rules::{Code, CustomerId, LinkId};
use flux_storage::row::{get, stored, time};
use flux_storage::{DbError, Tx};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

/// A link as it is kept.
#[derive(Debug, Clone)]
pub struct LinkRow {
    /// Its id.
    pub id: LinkId,
    /// Whose.
    pub customer: CustomerId,
    /// Its code.
    pub code: Code,
    /// Counted clicks.
    pub clicks: i64,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Adds a link. `day` is the store's.
pub fn insert(tx: &Tx<'_>, link: &LinkRow, day: &str) -> Result<(), DbError> {
    let sql = "INSERT INTO referral_links (id, customer_id, code, code_key, day, created_at) VALUES (?, ?, ?, ?, ?, ?)";
    tx.prepare_cached(sql)?.execute(params![
        link.id.as_str(),
        link.customer.as_str(),
        link.code.as_str(),
        link.code.key(),
        day,
        stored(link.created_at),
    ])?;
    Ok(())
}

/// The link of a customer.
pub fn of_customer(tx: &Tx<'_>, customer: &CustomerId) -> Result<Option<LinkRow>, DbError> {
    one(tx, "SELECT * FROM referral_links WHERE customer_id = ?", customer.as_str())
}

/// The link with this code.
pub fn by_code(tx: &Tx<'_>, code: &Code) -> Result<Option<LinkRow>, DbError> {
    one(tx, "SELECT * FROM referral_links WHERE code_key = ?", &code.key())
}

/// The customers after this one who have no link yet, by id.
pub fn customers_without(tx: &Tx<'_>, after: &str, limit: u32) -> Result<Vec<(CustomerId, Option<String>)>, DbError> {
    let sql = "SELECT id, name FROM customers WHERE id > ? AND anonymised_at IS NULL
               AND NOT EXISTS (SELECT 1 FROM referral_links WHERE customer_id = customers.id) ORDER BY id LIMIT ?";
    let read = |row: &Row<'_>| Ok((CustomerId::new(get::<String>(row, "id")?), get(row, "name")?));
    tx.prepare_cached(sql)?.query_and_then(params![after, limit], read)?.collect()
}

fn one(tx: &Tx<'_>, sql: &str, key: &str) -> Result<Option<LinkRow>, DbError> {
    tx.prepare_cached(sql)?.query_row([key], |row| Ok(read(row))).optional()?.transpose()
}

fn read(row: &Row<'_>) -> Result<LinkRow, DbError> {
    Ok(LinkRow {
        id: LinkId::new(get::<String>(row, "id")?),
        customer: CustomerId::new(get::<String>(row, "customer_id")?),
        code: Code::parse(&get::<String>(row, "code")?).map_err(|_| DbError::BadRow("code"))?,
        clicks: get(row, "clicks")?,
        created_at: time(row, "created_at")?,
    })
}
