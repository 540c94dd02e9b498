//! The list of tiers, in the admin's order.

use crate::value::Value;
use crate::{Error, Param, Row, Tx, params};
use flux_shop::{NamedTier, Tier, TierList};

/// The list.
pub fn all(tx: &Tx<'_>) -> Result<TierList, Error> {
    let read = |row: &Row<'_>| Ok(NamedTier { id: row.get("id")?, name: row.get("name")? });
    Ok(TierList::from_stored(tx.query("SELECT * FROM tiers ORDER BY position", params![], read)?))
}

/// True if the list has this tier.
pub fn is_listed(tx: &Tx<'_>, tier: &Tier) -> Result<bool, Error> {
    tx.exists("SELECT 1 FROM tiers WHERE id = $1 LIMIT 1", params![tier])
}

/// Saves the whole list.
pub fn replace(tx: &Tx<'_>, list: &TierList) -> Result<(), Error> {
    tx.execute("DELETE FROM tiers", params![])?;
    let rows =
        list.iter().zip(1..).map(|(tier, position)| [Value::Integer(position), tier.id.value(), tier.name.value()]);
    tx.execute_many("INSERT INTO tiers (position, id, name) VALUES ($1, $2, $3)", rows)?;
    Ok(())
}
