//! Packages.

use super::{Audit, ServiceError};
use flux_protocol::ServerId;
use flux_shop::{CommandTemplate, PackageContent, PackageId, ServerChoice, kind};
use flux_storage::{Tx, events, packages};
use serde_json::json;
use std::ops::ControlFlow;

/// Saves a package; true if it is new.
pub fn put(tx: &Tx<'_>, by: &Audit, id: &PackageId, content: &PackageContent) -> Result<bool, ServiceError> {
    check(content)?;
    let before = packages::find(tx, id)?;
    if before.as_ref().is_some_and(|before| before.content == *content) {
        return Ok(false);
    }
    packages::put(tx, id, content, tx.now())?;
    events::record(
        tx,
        by,
        kind::PACKAGE_SAVED,
        id.as_str(),
        &json!({"name": content.name.as_str(), "commands": content.commands.len()}),
    )?;
    Ok(before.is_none())
}

/// The packages that name this server, by id: their orders make no command there once it was removed.
pub fn naming(tx: &Tx<'_>, server: &ServerId) -> Result<Vec<PackageId>, flux_storage::Error> {
    with_command(tx, |template| template.servers.named().contains(server))
}

/// The packages with a command for all servers, by id.
pub fn for_all_servers(tx: &Tx<'_>) -> Result<Vec<PackageId>, flux_storage::Error> {
    with_command(tx, |template| template.servers == ServerChoice::All)
}

fn with_command(tx: &Tx<'_>, is_it: impl Fn(&CommandTemplate) -> bool) -> Result<Vec<PackageId>, flux_storage::Error> {
    let mut found = Vec::new();
    packages::each_after(tx, "", u32::MAX, |package| {
        if package.content.commands.iter().any(&is_it) {
            found.push(package.id);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(found)
}

fn check(content: &PackageContent) -> Result<(), ServiceError> {
    for (index, template) in content.commands.iter().enumerate() {
        if template.required_slots.get() > 0 && !template.require_online {
            let message = "needs requireOnline: only an online player's slots can be counted";
            return Err(ServiceError::invalid(format!("commands[{index}].requiredSlots"), message));
        }
        let named = template.servers.named();
        for (place, id) in named.iter().enumerate() {
            if named[..place].contains(id) {
                let field = format!("commands[{index}].servers[{place}]");
                return Err(ServiceError::invalid(field, "names an earlier server again"));
            }
        }
    }
    Ok(())
}

/// Removes a package, unless an order that is not paid yet names it. Paid orders keep their commands.
pub fn remove(tx: &Tx<'_>, by: &Audit, id: &PackageId) -> Result<(), ServiceError> {
    if packages::find(tx, id)?.is_none() {
        return Err(ServiceError::NotFound("package"));
    }
    if packages::is_awaited(tx, id)? {
        let message = "an order that is not paid yet names it: cancel that first";
        return Err(ServiceError::conflict("package_in_use", message));
    }
    packages::remove(tx, id, tx.now())?;
    Ok(events::record(tx, by, kind::PACKAGE_REMOVED, id.as_str(), &json!({}))?)
}
