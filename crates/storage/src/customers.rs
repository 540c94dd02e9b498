//! Customers, as the storefront describes them.

use crate::{Error, Row, Tx, params};
use flux_referral_rules::EmailKey;
use flux_shop::{Customer, CustomerId, CustomerProfile, OrderCustomer, Player, PlayerName, PlayerUuid};
use jiff::Timestamp;

/// Saves a customer, new or changed.
pub fn put(tx: &Tx<'_>, id: &CustomerId, profile: &CustomerProfile, now: Timestamp) -> Result<(), Error> {
    let sql = "INSERT INTO customers (id, email, name, tier, registered_at, player_name, player_uuid, created_at, updated_at,
                 email_key)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9)
               ON CONFLICT (id) DO UPDATE SET email = $2, name = $3, tier = $4,
                 registered_at = coalesce($5, customers.registered_at), player_name = $6, player_uuid = $7, updated_at = $8,
                 email_key = $9";
    tx.execute(
        sql,
        params![
            id,
            profile.email,
            profile.name,
            profile.tier,
            profile.registered_at,
            profile.player.as_ref().map(|player| &player.name),
            profile.player.as_ref().and_then(|player| player.uuid.as_ref()).map(strip_dashes),
            now,
            profile.email.as_ref().and_then(|email| key(email.as_str())),
        ],
    )?;
    Ok(())
}

/// Adds the customer of an order, unless they are known.
pub fn ensure_exists(tx: &Tx<'_>, customer: &OrderCustomer, now: Timestamp) -> Result<(), Error> {
    let sql =
        "INSERT INTO customers (id, email, name, created_at, updated_at, email_key) VALUES ($1, $2, $3, $4, $4, $5)
               ON CONFLICT (id) DO NOTHING";
    let key = customer.email.as_ref().and_then(|email| key(email.as_str()));
    tx.execute(sql, params![customer.id, customer.email, customer.name, now, key])?;
    Ok(())
}

/// The customer with this id.
pub fn find(tx: &Tx<'_>, id: &CustomerId) -> Result<Option<Customer>, Error> {
    tx.one("SELECT * FROM customers WHERE id = $1", params![id], customer)
}

/// The customers other than `$1` who have a player: the UUID `$2`, or the name `$3` where one of the two has no UUID.
const OTHERS_WITH_PLAYER: &str =
    "SELECT other.id FROM customers AS other WHERE other.player_uuid = $2 AND other.id <> $1
  UNION ALL SELECT other.id FROM customers AS other WHERE lower(other.player_name) = lower($3)
    AND other.player_name IS NOT NULL AND other.id <> $1 AND (CAST($2 AS TEXT) IS NULL OR other.player_uuid IS NULL)";

/// Another customer who has this player.
pub fn other_with_player(tx: &Tx<'_>, id: &CustomerId, player: &Player) -> Result<Option<CustomerId>, Error> {
    let uuid = player.uuid.as_ref().map(strip_dashes);
    tx.one(&format!("{OTHERS_WITH_PLAYER} LIMIT 1"), params![id, uuid, player.name], |row| row.get("id"))
}

/// Links a player to a customer, unless another customer has this player. Returns whether it was linked.
pub fn link_player_if_free(tx: &Tx<'_>, id: &str, player: &Player) -> Result<bool, Error> {
    let uuid = player.uuid.as_ref().map(strip_dashes);
    let sql = format!(
        "UPDATE customers SET player_name = $3, player_uuid = $2, updated_at = $4
         WHERE id = $1 AND anonymised_at IS NULL AND NOT EXISTS ({OTHERS_WITH_PLAYER})"
    );
    Ok(tx.execute(&sql, params![id, uuid, player.name, tx.now()])? > 0)
}

/// Takes the player of this UUID from the customers other than `id` who have them by name alone. Nobody loses the player
/// while another customer has the UUID. Returns who lost it.
pub fn unlink_by_name(tx: &Tx<'_>, id: &str, player: &Player) -> Result<Vec<CustomerId>, Error> {
    let Some(uuid) = player.uuid.as_ref().map(strip_dashes) else { return Ok(Vec::new()) };
    let sql = "UPDATE customers SET player_name = NULL, updated_at = $4
               WHERE lower(player_name) = lower($3) AND player_name IS NOT NULL AND player_uuid IS NULL AND id <> $1
                 AND NOT EXISTS (SELECT 1 FROM customers AS other WHERE other.player_uuid = $2 AND other.id <> $1)
               RETURNING id";
    tx.query(sql, params![id, uuid, player.name, tx.now()], |row| row.get("id"))
}

/// Saves a player's present name; the customer whose player it is, if the name was another.
pub fn rename_player(
    tx: &Tx<'_>,
    uuid: &PlayerUuid,
    name: &PlayerName,
    now: Timestamp,
) -> Result<Option<CustomerId>, Error> {
    let sql = "UPDATE customers SET player_name = $2, updated_at = $3 WHERE player_uuid = $1 AND player_name <> $2
               RETURNING id";
    tx.one(sql, params![strip_dashes(uuid), name, now], |row| row.get("id"))
}

/// Replaces a customer by an anonymous one with this id.
pub fn anonymise(tx: &Tx<'_>, id: &CustomerId, anonymous: &CustomerId, now: Timestamp) -> Result<(), Error> {
    let sql =
        "UPDATE customers SET id = $2, email = NULL, email_key = NULL, name = NULL, tier = NULL, registered_at = NULL,
               mistyped_code = FALSE, player_name = NULL, player_uuid = NULL, updated_at = $3, anonymised_at = $3 WHERE id = $1";
    tx.execute(sql, params![id, anonymous, now])?;
    Ok(())
}

/// An address in the spelling in which it is compared.
pub fn key(email: &str) -> Option<String> {
    EmailKey::of(email).map(|key| key.as_str().to_owned())
}

/// A UUID in the spelling that is stored: 32 lower-case digits.
pub fn strip_dashes(uuid: &PlayerUuid) -> String {
    flux_delivery::Uuid::parse(uuid.as_str()).map_or_else(|| uuid.to_string(), |uuid| uuid.simple())
}

fn customer(row: &Row<'_>) -> Result<Customer, Error> {
    let player = match row.get("player_name")? {
        Some(name) => Some(Player { name, uuid: row.get("player_uuid")? }),
        None => None,
    };
    Ok(Customer {
        id: row.get("id")?,
        profile: CustomerProfile {
            email: row.get("email")?,
            name: row.get("name")?,
            tier: row.get("tier")?,
            registered_at: row.get("registered_at")?,
            player,
        },
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
        anonymised_at: row.get("anonymised_at")?,
    })
}
