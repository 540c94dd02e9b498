//! The table of links: one per customer, one per code.

use super::counters::{self, Delta};
use flux_referral_rules::{Code, CustomerId, LinkId};
use flux_storage::{Error, Row, Tx, params};
use jiff::Timestamp;

/// A stored link.
#[derive(Debug, Clone)]
pub struct LinkRow {
    /// The id.
    pub id: LinkId,
    /// The owner.
    pub customer: CustomerId,
    /// The code.
    pub code: Code,
    /// The number of counted clicks.
    pub clicks: i64,
    /// The time of the first counted click.
    pub first_click_at: Option<Timestamp>,
    /// The store's day of the last counted click, and the number of clicks on it.
    pub last_day: Option<(String, u32)>,
    /// The time of creation.
    pub created_at: Timestamp,
}

impl LinkRow {
    /// The number of counted clicks on this day of the store, if it is the last one with clicks.
    pub fn clicks_on(&self, day: &str) -> u32 {
        self.last_day.as_ref().map_or(0, |(last, clicks)| if last == day { *clicks } else { 0 })
    }
}

/// Adds a link. `day` is the store's day.
pub fn insert(tx: &Tx<'_>, link: &LinkRow, day: &str) -> Result<(), Error> {
    let sql =
        "INSERT INTO referral_links (id, customer_id, code, code_key, day, created_at) VALUES ($1, $2, $3, $4, $5, $6)";
    tx.execute(
        sql,
        params![link.id.as_str(), link.customer.as_str(), link.code.as_str(), link.code.key(), day, link.created_at,],
    )?;
    counters::add(tx, &[Delta::of_day("link", day, 1)])
}

/// The link of a customer.
pub fn of_customer(tx: &Tx<'_>, customer: &CustomerId) -> Result<Option<LinkRow>, Error> {
    one(tx, "SELECT * FROM referral_links WHERE customer_id = $1", customer.as_str())
}

/// The link with this code.
pub fn by_code(tx: &Tx<'_>, code: &Code) -> Result<Option<LinkRow>, Error> {
    one(tx, "SELECT * FROM referral_links WHERE code_key = $1", &code.key())
}

/// Customers with an address and without a link, by id, after this id.
pub fn customers_without(tx: &Tx<'_>, after: &str, limit: u32) -> Result<Vec<CustomerId>, Error> {
    let sql = "SELECT id FROM customers WHERE id > $1 AND email IS NOT NULL AND anonymised_at IS NULL
               AND NOT EXISTS (SELECT 1 FROM referral_links WHERE customer_id = customers.id) ORDER BY id LIMIT $2";
    tx.query(sql, params![after, limit], |row| Ok(CustomerId::new(row.get::<String>("id")?)))
}

fn one(tx: &Tx<'_>, sql: &str, key: &str) -> Result<Option<LinkRow>, Error> {
    tx.one(sql, params![key], read)
}

fn read(row: &Row<'_>) -> Result<LinkRow, Error> {
    Ok(LinkRow {
        id: LinkId::new(row.get::<String>("id")?),
        customer: CustomerId::new(row.get::<String>("customer_id")?),
        code: Code::parse(&row.get::<String>("code")?).map_err(|_| Error::BadRow("code"))?,
        clicks: row.get("clicks")?,
        first_click_at: row.get("first_click_at")?,
        last_day: row.get::<Option<String>>("click_day")?.zip(Some(row.get("day_clicks")?)),
        created_at: row.get("created_at")?,
    })
}
