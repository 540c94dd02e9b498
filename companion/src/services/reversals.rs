//! Reversals of cancelled, refunded and charged back orders. Commands that have not run are revoked. Commands that have run
//! are reversed by their package's `refund` or `chargeback` commands: per server, once all purchase commands of the
//! package are closed there, and only if one of them completed. A package is taken back once, however many refunds and
//! chargebacks its order has.

use super::changes::{Changes, Saved, make_all};
use super::{Audit, ServiceError, Wake, corrections, effects, moves};
use flux_delivery::command::CommandStatus;
use flux_protocol::{OrderId, ServerId};
use flux_referrals::OrderHooks;
use flux_shop::{Command, Order, PackageId, Places, Trigger, expand};
use flux_storage::{Tx, commands as commands_repo, orders};
use std::collections::BTreeSet;

/// Revokes the open commands that deliver the order, and reverses those of each package and server where none is open.
pub(super) fn revoke(tx: &Tx<'_>, by: &Audit, hooks: &dyn OrderHooks, id: &OrderId) -> Result<Wake, ServiceError> {
    let mut places: BTreeSet<(PackageId, ServerId)> = BTreeSet::new();
    let mut wake = Wake::new();
    let mut changes = Changes::default();
    for command in commands_repo::of_order(tx, id)? {
        if !command.is_delivery_of_order() {
            continue;
        }
        wake.insert(command.new.server_id.clone());
        if let Some(package) = bought(&command) {
            places.insert((package.clone(), command.new.server_id.clone()));
        }
        if command.state.status.is_open() {
            changes.request_cancel(tx.now(), command, None);
        }
    }
    drop(after_closing_all(tx, by, hooks, &changes.write(tx, by)?)?);
    let order = orders::find(tx, id)?.ok_or(ServiceError::NotFound("order"))?;
    for (package, server) in &places {
        reverse(tx, by, &order, package, server)?;
    }
    Ok(wake)
}

/// Runs the reversals that waited for this command to close: of its reward, or of its order's package on its server.
pub(super) fn after_closing(
    tx: &Tx<'_>,
    by: &Audit,
    hooks: &dyn OrderHooks,
    saved: Saved,
) -> Result<Command, ServiceError> {
    drop(after_closing_all(tx, by, hooks, [&saved])?);
    Ok(saved.command)
}

/// The same for several commands. Returns the servers to which some of them have moved.
pub(super) fn after_closing_all<'a>(
    tx: &Tx<'_>,
    by: &Audit,
    hooks: &dyn OrderHooks,
    saved: impl IntoIterator<Item = &'a Saved>,
) -> Result<Wake, ServiceError> {
    let closed: Vec<&Command> = saved.into_iter().filter(|saved| saved.is_closed).map(|saved| &saved.command).collect();
    for command in &closed {
        // They are for this command's server, which its callers wake.
        effects::apply(tx, by, hooks, hooks.command_closed(tx, command)?)?;
    }
    let mut wake = renew(tx, by, &closed)?;
    wake.extend(after_delivery(tx, by, hooks, &closed)?);
    let bought: Vec<_> = closed
        .iter()
        .filter_map(|command| Some((*command, bought(command)?, command.new.order_id.as_ref()?)))
        .collect();
    let revoked = orders::revoked(tx, bought.iter().map(|(.., order)| *order))?;
    for (command, package, id) in bought {
        if let Some(order) = revoked.get(id) {
            reverse(tx, by, order, package, &command.new.server_id)?;
        }
    }
    Ok(wake)
}

/// Tells the referral rules of orders that may be delivered now.
fn after_delivery(tx: &Tx<'_>, by: &Audit, hooks: &dyn OrderHooks, closed: &[&Command]) -> Result<Wake, ServiceError> {
    let is_done =
        |command: &&&Command| command.state.status == CommandStatus::Completed && command.is_delivery_of_order();
    let orders: BTreeSet<_> =
        closed.iter().filter(is_done).filter_map(|command| command.new.order_id.as_ref()).collect();
    if orders.is_empty() {
        return Ok(Wake::new());
    }
    effects::apply(tx, by, hooks, hooks.delivered(tx, by, &orders)?)
}

/// Renews commands that were revoked only to reach the right player, or another server.
fn renew(tx: &Tx<'_>, by: &Audit, closed: &[&Command]) -> Result<Wake, ServiceError> {
    let (mut changes, mut renewed) = (Changes::default(), Vec::new());
    let may_return = |command: &Command| bought(command).is_some() || command.moves_to.is_some();
    let is_cancelled = |command: &&&Command| command.state.status == CommandStatus::Cancelled && may_return(command);
    for command in closed.iter().filter(is_cancelled) {
        let Some(order) = command.new.order_id.as_ref() else { continue };
        let Some(order) = orders::find(tx, order)? else { continue };
        let again = moves::on_next_server(tx, command, &order);
        if let Some(again) = again.or_else(|| corrections::for_right_player(tx, command, &order))
            && is_receiving(tx, &again.new.server_id)?
        {
            let state = again.state.clone();
            if again.new.server_id != command.new.server_id {
                moves::announce(&mut changes, command, &again.new.server_id);
            }
            changes.announce(&again);
            renewed.push(changes.set(tx.now(), again, state));
        }
    }
    commands_repo::update_contents(tx, &renewed)?;
    drop(changes.write(tx, by)?);
    Ok(renewed.into_iter().map(|command| command.new.server_id).collect())
}

fn reverse(
    tx: &Tx<'_>,
    by: &Audit,
    order: &Order,
    package: &PackageId,
    server: &ServerId,
) -> Result<(), flux_storage::Error> {
    let triggers = order.times.reversals();
    let Some(sold) = (if triggers.is_empty() { None } else { orders::reversal_snapshot(tx, &order.id, package)? })
    else {
        return Ok(());
    };
    let bought = commands_repo::bought(tx, &order.id, package, server)?;
    let is_closed = bought.iter().all(|command| !command.state.status.is_open());
    let Some(has_run) = bought.iter().find(|command| command.state.status == CommandStatus::Completed) else {
        return Ok(());
    };
    if !is_closed || !is_receiving(tx, server)? {
        return Ok(());
    }
    let mut wanted = Vec::new();
    for trigger in triggers {
        let made = expand(order, std::slice::from_ref(&sold), trigger, Places::only(server), tx.now());
        // The limit was checked for all servers when the order was paid.
        wanted = made.map_err(|_| flux_storage::Error::BadRow("an order of too many commands"))?;
        if !wanted.is_empty() {
            break;
        }
    }
    for command in &mut wanted {
        // The order's player may have been corrected after this one got it.
        command.player = has_run.new.player.clone();
    }
    // A late `completed` report may be the second reason to reverse the same package.
    let known = commands_repo::find_all(tx, wanted.iter().map(|command| &command.id))?;
    wanted.retain(|command| known.iter().all(|known| known.new.id != command.id));
    make_all(tx, by, wanted)?;
    Ok(())
}

fn is_receiving(tx: &Tx<'_>, server: &ServerId) -> Result<bool, flux_storage::Error> {
    Ok(flux_storage::servers::find(tx, server)?.is_some_and(|server| !server.removing))
}

fn bought(command: &Command) -> Option<&PackageId> {
    let (package, on) = command.new.origin.as_ref()?.package()?;
    (on == Trigger::Purchase).then_some(package)
}
