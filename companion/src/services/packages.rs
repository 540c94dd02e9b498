//! Packages.

use super::{By, Refused};
use crate::db::{Connection, packages, servers};
use crate::model::{PackageBody, PackageId, ServerChoice, kind};
use serde_json::json;

/// Saves a package; true if it is new.
pub fn put(tx: &Connection, by: &By, id: &PackageId, body: &PackageBody) -> Result<bool, Refused> {
    check(tx, body)?;
    let before = packages::find(tx, id)?;
    if before.as_ref().is_some_and(|before| before.body == *body) {
        return Ok(false);
    }
    packages::put(tx, id, body, by.now)?;
    by.event(tx, kind::PACKAGE_SAVED, id.as_str(), &json!({"name": body.name, "commands": body.commands.len()}))?;
    Ok(before.is_none())
}

fn check(tx: &Connection, body: &PackageBody) -> Result<(), Refused> {
    for (index, template) in body.commands.iter().enumerate() {
        if template.required_slots.get() > 0 && !template.require_online {
            let message = "needs requireOnline: only an online player's slots can be counted";
            return Err(Refused::invalid(format!("commands[{index}].requiredSlots"), message));
        }
        if let ServerChoice::These(ids) = &template.servers {
            for (place, id) in ids.iter().enumerate() {
                if servers::find(tx, id)?.is_none() {
                    let field = format!("commands[{index}].servers[{place}]");
                    return Err(Refused::invalid(field, "there is no such server"));
                }
            }
        }
    }
    Ok(())
}

/// Removes a package, unless an order that is not paid yet names it. Paid orders keep what they made.
pub fn remove(tx: &Connection, by: &By, id: &PackageId) -> Result<(), Refused> {
    if packages::find(tx, id)?.is_none() {
        return Err(Refused::NotFound("package"));
    }
    if packages::is_awaited(tx, id)? {
        let message = "an order that is not paid yet names it: cancel that first";
        return Err(Refused::conflict("package_in_use", message));
    }
    packages::remove(tx, id, by.now)?;
    Ok(by.event(tx, kind::PACKAGE_REMOVED, id.as_str(), &json!({}))?)
}
