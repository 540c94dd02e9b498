//! The list of tiers.

use super::{Audit, ServiceError};
use flux_shop::{Customer, TierList, kind, unlisted_tier};
use flux_storage::{Tx, events, tiers};
use serde_json::json;

/// Saves the whole list. Customers and rules keep their tiers. The same again changes nothing.
pub fn put(tx: &Tx<'_>, by: &Audit, list: &TierList) -> Result<(), ServiceError> {
    if tiers::all(tx)? == *list {
        return Ok(());
    }
    tiers::replace(tx, list)?;
    let ids: Vec<&str> = list.iter().map(|tier| tier.id.as_str()).collect();
    Ok(events::record(tx, by, kind::TIERS_SAVED, "tiers", &json!({"tiers": ids}))?)
}

/// The warnings about a customer: a tier that is not in the list.
pub fn warnings(tx: &Tx<'_>, customer: &Customer) -> Result<Vec<String>, flux_storage::Error> {
    match &customer.profile.tier {
        Some(tier) if !tiers::is_listed(tx, tier)? => Ok(vec![unlisted_tier(tier.as_str())]),
        Some(_) | None => Ok(Vec::new()),
    }
}
