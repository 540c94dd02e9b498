//! Customers who may have to be given a code: those who have changed since a sweep has seen them.

use flux_referral_rules::{CustomerId, Tier};
use flux_storage::{Error, Row, Tx, params};

/// Customers without a code and with an address, of one kind.
#[derive(Debug)]
pub struct Kind {
    /// Their tier.
    pub tier: Option<Tier>,
    /// True if they have registered.
    pub is_member: bool,
    /// True if they have a purchase.
    pub is_buyer: bool,
    /// Their number.
    pub count: u64,
}

/// Notes a customer for the next sweep.
pub fn add(tx: &Tx<'_>, customer: &CustomerId) -> Result<(), Error> {
    let sql = "INSERT INTO referral_code_candidates (customer_id) VALUES ($1) ON CONFLICT (customer_id) DO NOTHING";
    tx.execute(sql, params![customer.as_str()])?;
    Ok(())
}

/// Removes up to `limit` customers from the notes and returns them.
pub fn take(tx: &Tx<'_>, limit: u32) -> Result<Vec<CustomerId>, Error> {
    let sql = "DELETE FROM referral_code_candidates
               WHERE customer_id IN (SELECT customer_id FROM referral_code_candidates ORDER BY customer_id LIMIT $1)
               RETURNING customer_id";
    tx.query(sql, params![limit], |row| Ok(CustomerId::new(row.get::<String>("customer_id")?)))
}

/// Removes a customer from the notes.
pub fn forget_customer(tx: &Tx<'_>, id: &str) -> Result<(), Error> {
    tx.execute("DELETE FROM referral_code_candidates WHERE customer_id = $1", params![id])?;
    Ok(())
}

/// Counts the customers without a code and with an address, by what decides whether they may refer.
pub fn count(tx: &Tx<'_>) -> Result<Vec<Kind>, Error> {
    let sql = "SELECT tier, is_member, is_buyer, count(*) AS total FROM (
                 SELECT tier, registered_at IS NOT NULL AS is_member, EXISTS (SELECT 1 FROM referral_orders
                   WHERE referral_orders.customer_id = customers.id AND is_purchase) AS is_buyer
                 FROM customers WHERE email IS NOT NULL AND anonymised_at IS NULL
                   AND NOT EXISTS (SELECT 1 FROM referral_links WHERE referral_links.customer_id = customers.id)) AS missing
               GROUP BY tier, is_member, is_buyer";
    tx.query(sql, params![], read)
}

fn read(row: &Row<'_>) -> Result<Kind, Error> {
    let tier: Option<String> = row.get("tier")?;
    Ok(Kind {
        tier: tier.and_then(|tier| Tier::parse(&tier).ok()),
        is_member: row.get("is_member")?,
        is_buyer: row.get("is_buyer")?,
        count: u64::try_from(row.get::<i64>("total")?).map_err(|_| Error::BadRow("total"))?,
    })
}
