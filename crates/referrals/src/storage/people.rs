//! Customers as the rules know them.

use super::{player, ways};
use flux_referral_rules::{CustomerId, EmailKey, Person, Tier};
use flux_storage::customers::key;
use flux_storage::row::{get, stored, time_or_null};
use flux_storage::{DbError, Tx};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

/// A customer.
#[derive(Debug, Clone)]
pub struct Customer {
    /// Who they are.
    pub person: Person,
    /// Their name.
    pub name: Option<String>,
    /// Their tier.
    pub tier: Option<Tier>,
    /// When they registered.
    pub registered_at: Option<Timestamp>,
}

/// A customer as a referrer: what the counters say of them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    /// Grants that take a place under the cap.
    pub live_grants: u32,
    /// Referrals that have succeeded.
    pub successful: u32,
}

/// The customer with this id.
pub fn find(tx: &Tx<'_>, id: &CustomerId) -> Result<Option<Customer>, DbError> {
    let mut statement = tx.prepare_cached("SELECT * FROM customers WHERE id = ?")?;
    statement.query_row([id.as_str()], |row| Ok(read(row))).optional()?.transpose()
}

/// Whose address this is: who has registered with it before who has not; else who has ordered with it, or was bound with it.
pub fn by_email(tx: &Tx<'_>, email: &EmailKey) -> Result<Option<CustomerId>, DbError> {
    let ways = [
        "SELECT id FROM customers WHERE email_key = ? AND registered_at IS NOT NULL ORDER BY registered_at LIMIT 1",
        "SELECT id FROM customers WHERE email_key = ? LIMIT 1",
        "SELECT customer_id AS id FROM referral_orders WHERE email = ? AND is_purchase AND customer_id IS NOT NULL LIMIT 1",
        "SELECT referee_id AS id FROM referral_attributions WHERE referee_email = ? ORDER BY seq DESC LIMIT 1",
    ];
    for sql in ways {
        let mut statement = tx.prepare_cached(sql)?;
        let found: Option<String> = statement.query_row([email.as_str()], |row| row.get("id")).optional()?;
        if let Some(found) = found {
            return Ok(Some(CustomerId::new(found)));
        }
    }
    Ok(None)
}

/// Since when this person is registered, under whichever of their ids (D-23); the earliest.
pub fn registered_at(tx: &Tx<'_>, who: &Person) -> Result<Option<Timestamp>, DbError> {
    let mut earliest = None;
    for (way, value) in ways(who, ["id", "email_key", "player_uuid", "player_name"]) {
        let sql = format!("SELECT min(registered_at) AS at FROM customers WHERE {way} AND registered_at IS NOT NULL");
        let found = tx.prepare_cached(&sql)?.query_row([value], |row| Ok(time_or_null(row, "at")))??;
        earliest = [earliest, found].into_iter().flatten().min();
    }
    Ok(earliest)
}

/// What the counters say.
pub fn counts(tx: &Tx<'_>, id: &CustomerId) -> Result<Counts, DbError> {
    let sql = "SELECT coalesce((SELECT live_grants FROM referral_cap_usage WHERE customer_id = ?1), 0) AS live,
               coalesce((SELECT successful FROM referral_leaderboard WHERE period = 'all' AND customer_id = ?1), 0) AS successful";
    let read = |row: &Row<'_>| Ok(Counts { live_grants: row.get("live")?, successful: row.get("successful")? });
    Ok(tx.prepare_cached(sql)?.query_row([id.as_str()], read)?)
}

/// Adds a customer of whom nothing but the id is known, unless they are there.
pub fn meet(tx: &Tx<'_>, id: &CustomerId, now: Timestamp) -> Result<(), DbError> {
    let sql = "INSERT INTO customers (id, created_at, updated_at) VALUES (?1, ?2, ?2) ON CONFLICT (id) DO NOTHING";
    tx.prepare_cached(sql)?.execute(params![id.as_str(), stored(now)])?;
    Ok(())
}

/// Fills in what is not known of a customer yet; whether anything was.
pub fn learn(
    tx: &Tx<'_>,
    id: &CustomerId,
    email: Option<&str>,
    name: Option<&str>,
    now: Timestamp,
) -> Result<bool, DbError> {
    let sql = "UPDATE customers SET email = coalesce(email, ?2), email_key = iif(email IS NULL, ?5, email_key),
                 name = coalesce(name, ?3), updated_at = ?4
               WHERE id = ?1 AND anonymised_at IS NULL AND ((email IS NULL AND ?2 IS NOT NULL) OR (name IS NULL AND ?3 IS NOT NULL))";
    Ok(tx.prepare_cached(sql)?.execute(params![id.as_str(), email, name, stored(now), email.and_then(key)])? > 0)
}

/// Whether this id stands for somebody who was forgotten.
pub fn is_forgotten(tx: &Tx<'_>, id: &CustomerId) -> Result<bool, DbError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM customers WHERE id = ? AND anonymised_at IS NOT NULL)";
    Ok(tx.prepare_cached(sql)?.query_row([id.as_str()], |row| row.get(0))?)
}

/// Links a player to a customer.
pub fn link_player(
    tx: &Tx<'_>,
    id: &CustomerId,
    name: &str,
    uuid: Option<&str>,
    now: Timestamp,
) -> Result<(), DbError> {
    let sql =
        "UPDATE customers SET player_name = ?, player_uuid = ?, updated_at = ? WHERE id = ? AND anonymised_at IS NULL";
    tx.prepare_cached(sql)?.execute(params![name, uuid, stored(now), id.as_str()])?;
    Ok(())
}

/// They have registered, then.
pub fn register(tx: &Tx<'_>, id: &CustomerId, at: Timestamp, now: Timestamp) -> Result<(), DbError> {
    let sql = "UPDATE customers SET registered_at = ?, updated_at = ? WHERE id = ? AND registered_at IS NULL";
    tx.prepare_cached(sql)?.execute(params![stored(at), stored(now), id.as_str()])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Customer, DbError> {
    let (email, tier): (Option<String>, Option<String>) = (get(row, "email")?, get(row, "tier")?);
    Ok(Customer {
        person: Person {
            customer: CustomerId::new(get::<String>(row, "id")?),
            email: email.as_deref().and_then(EmailKey::of),
            player: player(row, "player_name", "player_uuid")?,
        },
        name: get(row, "name")?,
        // A tier called `all` has no rule of its own.
        tier: tier.and_then(|tier| Tier::parse(&tier).ok()),
        registered_at: time_or_null(row, "registered_at")?,
    })
}
