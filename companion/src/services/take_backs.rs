//! What a cancelled, refunded or charged back order does to its commands: what has not run is revoked; what has run is
//! taken back by its package's `refund` or `chargeback` commands, per server, once every purchase command of that package
//! is closed there, and only if one of them completed.

use super::{Audit, ServiceError, Wake, commands, referrals};
use flux_delivery::command::CommandStatus;
use flux_protocol::{OrderId, ServerId};
use flux_shop::{CommandRow, Order, PackageId, Trigger, expand};
use flux_storage::{DbError, Tx, commands as rows, orders};
use std::collections::BTreeSet;

/// Revokes what an order's payment has made and has not run, and takes back where nothing is open already.
pub(super) fn revoke(tx: &Tx<'_>, by: &Audit, id: &OrderId) -> Result<Wake, ServiceError> {
    let mut places: BTreeSet<(PackageId, ServerId)> = BTreeSet::new();
    for command in rows::of_order(tx, id)? {
        let Some(package) = bought(&command) else { continue };
        places.insert((package.clone(), command.new.server_id.clone()));
        if command.state.status.is_open() {
            // A command that closes at once takes back by itself where it was the last.
            commands::want_cancelled(tx, by, command, None)?;
        }
    }
    let order = orders::find(tx, id)?.ok_or(ServiceError::NotFound("order"))?;
    for (package, server) in &places {
        take_back(tx, by, &order, package, server)?;
    }
    Ok(places.into_iter().map(|(_, server)| server).collect())
}

/// A command was closed: if it was the last of a revoked package on its server, that is taken back now.
pub(super) fn closed(tx: &Tx<'_>, by: &Audit, command: &CommandRow) -> Result<(), DbError> {
    referrals::closed(tx, by, command)?;
    let (Some(package), Some(order)) = (bought(command), &command.new.order_id) else { return Ok(()) };
    match orders::find(tx, order)? {
        Some(order) if order.times.is_revoked() => take_back(tx, by, &order, package, &command.new.server_id),
        _ => Ok(()),
    }
}

fn take_back(tx: &Tx<'_>, by: &Audit, order: &Order, package: &PackageId, server: &ServerId) -> Result<(), DbError> {
    let triggers = order.times.take_backs();
    let Some(sold) = (if triggers.is_empty() { None } else { orders::take_back(tx, &order.id, package)? }) else {
        return Ok(());
    };
    let bought = rows::bought(tx, &order.id, package, server)?;
    let is_closed = bought.iter().all(|command| !command.state.status.is_open());
    let has_run = bought.iter().any(|command| command.state.status == CommandStatus::Completed);
    if !is_closed || !has_run || !is_receiving(tx, server)? {
        return Ok(());
    }
    for trigger in triggers {
        let made = expand(order, std::slice::from_ref(&sold), trigger, std::slice::from_ref(server), by.now);
        // Counted for all servers when the order was paid.
        for command in made.map_err(|_| DbError::BadRow("an order of too many commands"))? {
            // A `completed` that came late may be the second reason to look.
            if rows::find(tx, &command.id)?.is_none() {
                commands::make(tx, by, command)?;
            }
        }
    }
    Ok(())
}

fn is_receiving(tx: &Tx<'_>, server: &ServerId) -> Result<bool, DbError> {
    Ok(flux_storage::servers::find(tx, server)?.is_some_and(|server| !server.removing))
}

fn bought(command: &CommandRow) -> Option<&PackageId> {
    let (package, on) = command.new.origin.as_ref()?.package()?;
    (on == Trigger::Purchase).then_some(package)
}
