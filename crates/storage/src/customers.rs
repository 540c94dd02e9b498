//! Customers: what the storefront said of them.

use super::row::{stored, text, text_or_null, time, time_or_null};
use super::{DbError, Tx};
use flux_referral_rules::EmailKey;
use flux_shop::{Customer, CustomerBody, CustomerId, CustomerRow, Player, PlayerName, PlayerUuid};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

/// Saves a customer, new or changed.
pub fn put(tx: &Tx<'_>, id: &CustomerId, body: &CustomerBody, now: Timestamp) -> Result<(), DbError> {
    let sql =
        "INSERT INTO customers (id, email, name, tier, registered_at, player_name, player_uuid, created_at, updated_at, email_key)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9)
               ON CONFLICT (id) DO UPDATE SET email = ?2, name = ?3, tier = ?4, registered_at = coalesce(?5, registered_at), player_name = ?6,
                 player_uuid = ?7, updated_at = ?8, email_key = ?9";
    tx.prepare_cached(sql)?.execute(params![
        id.as_str(),
        body.email.as_ref().map(|email| email.as_str()),
        body.name.as_ref().map(|name| name.as_str()),
        body.tier.as_ref().map(|tier| tier.as_str()),
        body.registered_at.map(stored),
        body.player.as_ref().map(|player| player.name.as_str()),
        body.player.as_ref().and_then(|player| player.uuid.as_ref()).map(plain),
        stored(now),
        body.email.as_ref().and_then(|email| key(email.as_str())),
    ])?;
    Ok(())
}

/// Adds the customer of an order, unless they are known.
pub fn meet(tx: &Tx<'_>, customer: &Customer, now: Timestamp) -> Result<(), DbError> {
    let sql =
        "INSERT INTO customers (id, email, name, created_at, updated_at, email_key) VALUES (?1, ?2, ?3, ?4, ?4, ?5)
               ON CONFLICT (id) DO NOTHING";
    let email = customer.email.as_ref().map(|email| email.as_str());
    let name = customer.name.as_ref().map(|name| name.as_str());
    let values = params![customer.id.as_str(), email, name, stored(now), email.and_then(key)];
    tx.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

/// The customer with this id.
pub fn find(tx: &Tx<'_>, id: &CustomerId) -> Result<Option<CustomerRow>, DbError> {
    let mut statement = tx.prepare_cached("SELECT * FROM customers WHERE id = ?")?;
    statement.query_row([id.as_str()], |row| Ok(customer(row))).optional()?.transpose()
}

/// Another customer than this one who has this player: the same UUID, or the same name where one of the two has none.
pub fn other_with_player(tx: &Tx<'_>, id: &CustomerId, player: &Player) -> Result<Option<CustomerId>, DbError> {
    let sql = "SELECT id FROM customers WHERE player_uuid = ?2 AND id <> ?1
               UNION ALL SELECT id FROM customers WHERE player_name = ?3 COLLATE NOCASE AND id <> ?1
                 AND (?2 IS NULL OR player_uuid IS NULL) LIMIT 1";
    let values = params![id.as_str(), player.uuid.as_ref().map(plain), player.name.as_str()];
    let mut statement = tx.prepare_cached(sql)?;
    statement.query_row(values, |row| Ok(text(row, "id"))).optional()?.transpose()
}

/// A player's name is another by now; whose player it is, if that was news.
pub fn rename_player(
    tx: &Tx<'_>,
    uuid: &PlayerUuid,
    name: &PlayerName,
    now: Timestamp,
) -> Result<Option<CustomerId>, DbError> {
    let sql = "UPDATE customers SET player_name = ?2, updated_at = ?3 WHERE player_uuid = ?1 AND player_name <> ?2
               RETURNING id";
    let mut statement = tx.prepare_cached(sql)?;
    let values = params![plain(uuid), name.as_str(), stored(now)];
    statement.query_row(values, |row| Ok(text(row, "id"))).optional()?.transpose()
}

/// Replaces a customer by one of whom nothing is known but this id.
pub fn anonymise(tx: &Tx<'_>, id: &CustomerId, anonymous: &CustomerId, now: Timestamp) -> Result<(), DbError> {
    let sql =
        "UPDATE customers SET id = ?2, email = NULL, email_key = NULL, name = NULL, tier = NULL, registered_at = NULL,
               player_name = NULL, player_uuid = NULL, updated_at = ?3, anonymised_at = ?3 WHERE id = ?1";
    tx.prepare_cached(sql)?.execute(params![id.as_str(), anonymous.as_str(), stored(now)])?;
    Ok(())
}

/// An address in the spelling in which it is compared.
pub fn key(email: &str) -> Option<String> {
    EmailKey::of(email).map(|key| key.as_str().to_owned())
}

/// A UUID in the spelling that is kept: 32 lower-case digits.
pub fn plain(uuid: &PlayerUuid) -> String {
    flux_delivery::Uuid::parse(uuid.as_str()).map_or_else(|| uuid.to_string(), |uuid| uuid.simple())
}

fn customer(row: &Row<'_>) -> Result<CustomerRow, DbError> {
    let player = match text_or_null(row, "player_name")? {
        Some(name) => Some(Player { name, uuid: text_or_null(row, "player_uuid")? }),
        None => None,
    };
    Ok(CustomerRow {
        id: text(row, "id")?,
        body: CustomerBody {
            email: text_or_null(row, "email")?,
            name: text_or_null(row, "name")?,
            tier: text_or_null(row, "tier")?,
            registered_at: time_or_null(row, "registered_at")?,
            player,
        },
        created_at: time(row, "created_at")?,
        updated_at: time(row, "updated_at")?,
        anonymised_at: time_or_null(row, "anonymised_at")?,
    })
}
