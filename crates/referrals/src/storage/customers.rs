//! Customers as input of the rules.

use super::{Ways, player};
use flux_referral_rules::{CustomerId, EmailKey, Person, Tier};
use flux_storage::customers::key;
use flux_storage::{Error, Row, Tx, params};
use jiff::Timestamp;

/// A customer.
#[derive(Debug, Clone)]
pub struct Customer {
    /// The customer's identities.
    pub person: Person,
    /// The name.
    pub name: Option<String>,
    /// The tier.
    pub tier: Option<Tier>,
    /// The time of registration.
    pub registered_at: Option<Timestamp>,
    /// True if the registration named a code that nobody has.
    pub mistyped_code: bool,
}

/// The counters of a customer as a referrer.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    /// Grants that count toward the cap.
    pub live_grants: u32,
    /// Successful referrals.
    pub successful: u32,
}

/// The customer with this id.
pub fn find(tx: &Tx<'_>, id: &CustomerId) -> Result<Option<Customer>, Error> {
    tx.one("SELECT * FROM customers WHERE id = $1", params![id.as_str()], read)
}

/// The customer with this address: a registered one first, else any, else one who ordered or was bound with it.
pub fn by_email(tx: &Tx<'_>, email: &EmailKey) -> Result<Option<CustomerId>, Error> {
    let ways = [
        "SELECT id FROM customers WHERE email_key = $1 AND registered_at IS NOT NULL ORDER BY registered_at LIMIT 1",
        "SELECT id FROM customers WHERE email_key = $1 LIMIT 1",
        "SELECT customer_id AS id FROM referral_orders WHERE email = $1 AND is_purchase AND customer_id IS NOT NULL LIMIT 1",
        "SELECT referee_id AS id FROM referral_attributions WHERE referee_email = $1 ORDER BY seq DESC LIMIT 1",
    ];
    for sql in ways {
        if let Some(found) = tx.one(sql, params![email.as_str()], |row| row.get::<String>("id"))? {
            return Ok(Some(CustomerId::new(found)));
        }
    }
    Ok(None)
}

/// The person's earliest time of registration, under any of their ids (D-23).
pub fn registered_at(tx: &Tx<'_>, who: &Person) -> Result<Option<Timestamp>, Error> {
    let ways = Ways::of(who, ["id", "email_key", "player_uuid", "player_name"]);
    let found = ways.union("SELECT registered_at FROM customers WHERE {way} AND registered_at IS NOT NULL");
    let sql = format!("SELECT min(registered_at) AS at FROM ({found}) AS found");
    tx.only(&sql, &ways.params(), |row| row.get("at"))
}

/// Reads the counters.
pub fn counts(tx: &Tx<'_>, id: &CustomerId) -> Result<Counts, Error> {
    let sql = "SELECT live_grants AS live, successful FROM referral_referrers WHERE customer_id = $1";
    let read = |row: &Row<'_>| Ok(Counts { live_grants: row.get("live")?, successful: row.get("successful")? });
    Ok(tx.one(sql, params![id.as_str()], read)?.unwrap_or_default())
}

/// Adds a customer with only an id, unless they exist.
pub fn ensure_exists(tx: &Tx<'_>, id: &CustomerId, now: Timestamp) -> Result<(), Error> {
    let sql = "INSERT INTO customers (id, created_at, updated_at) VALUES ($1, $2, $2) ON CONFLICT (id) DO NOTHING";
    tx.execute(sql, params![id.as_str(), now])?;
    Ok(())
}

/// Fills in missing details of a customer. Returns whether anything changed.
pub fn update_profile(
    tx: &Tx<'_>,
    id: &CustomerId,
    email: Option<&str>,
    name: Option<&str>,
    now: Timestamp,
) -> Result<bool, Error> {
    let sql = "UPDATE customers SET email = coalesce(email, $2), email_key = CASE WHEN email IS NULL THEN $5 ELSE email_key END,
                 name = coalesce(name, $3), updated_at = $4
               WHERE id = $1 AND anonymised_at IS NULL
                 AND ((email IS NULL AND CAST($2 AS TEXT) IS NOT NULL) OR (name IS NULL AND CAST($3 AS TEXT) IS NOT NULL))";
    Ok(tx.execute(sql, params![id.as_str(), email, name, now, email.and_then(key)])? > 0)
}

/// Returns whether this customer is anonymised.
pub fn is_forgotten(tx: &Tx<'_>, id: &CustomerId) -> Result<bool, Error> {
    let sql = "SELECT 1 FROM customers WHERE id = $1 AND anonymised_at IS NOT NULL LIMIT 1";
    tx.exists(sql, params![id.as_str()])
}

/// Returns whether this customer was referred or has a reward.
pub fn has_referral(tx: &Tx<'_>, id: &CustomerId) -> Result<bool, Error> {
    let sql = "SELECT 1 WHERE EXISTS (SELECT 1 FROM referral_attributions WHERE referee_id = $1)
               OR EXISTS (SELECT 1 FROM referral_grants WHERE customer_id = $1)";
    tx.exists(sql, params![id.as_str()])
}

/// Stores the time of registration, and whether it named a code that nobody has, unless there is one.
pub fn register(tx: &Tx<'_>, id: &CustomerId, at: Timestamp, mistyped_code: bool, now: Timestamp) -> Result<(), Error> {
    let sql = "UPDATE customers SET registered_at = $1, updated_at = $2, mistyped_code = $4
               WHERE id = $3 AND registered_at IS NULL";
    tx.execute(sql, params![at, now, id.as_str(), mistyped_code])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Customer, Error> {
    let (email, tier): (Option<String>, Option<String>) = (row.get("email")?, row.get("tier")?);
    Ok(Customer {
        person: Person {
            customer: CustomerId::new(row.get::<String>("id")?),
            email: email.as_deref().and_then(EmailKey::of),
            player: player(row, "player_name", "player_uuid")?,
        },
        name: row.get("name")?,
        // A tier called `all` has no rule of its own.
        tier: tier.and_then(|tier| Tier::parse(&tier).ok()),
        registered_at: row.get("registered_at")?,
        mistyped_code: row.get("mistyped_code")?,
    })
}
