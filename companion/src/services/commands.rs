//! Commands: creating them, cancelling them, and what the companion itself changes. Retries are in `retries`.

use super::changes::{Changes, Saved};
use super::{Audit, ServiceError, changes, reversals};
use flux_delivery::command::{CommandState, CommandStatus};
use flux_protocol::CommandId;
use flux_referrals::OrderHooks;
use flux_shop::CommandPurpose;
use flux_shop::{Command, NewCommand, Origin, SERVER_REMOVED};
use flux_storage::{Tx, commands, orders, servers};

/// `POST /commands`: creates a command by hand, with the first row of its history.
pub fn make(tx: &Tx<'_>, by: &Audit, new: NewCommand) -> Result<Command, ServiceError> {
    if let Some(id) = &new.order_id {
        let order = orders::find(tx, id)?.ok_or_else(|| ServiceError::invalid("order", "there is no such order"))?;
        if order.times.paid_at.is_none() || order.times.is_revoked() || order.times.anonymised_at.is_some() {
            let message = format!("the order is {}: only a paid one gets further commands", order.status.as_str());
            return Err(ServiceError::conflict("order_state", message));
        }
    }
    let made = changes::make_all(tx, by, vec![new])?.pop();
    Ok(made.ok_or(flux_storage::Error::BadRow("a command that was not made"))?)
}

/// Saves a command's new state. A change that people see gets a row of history and an event.
pub(super) fn save(
    tx: &Tx<'_>,
    by: &Audit,
    command: Command,
    after: CommandState,
) -> Result<Saved, flux_storage::Error> {
    let mut changes = Changes::default();
    changes.set(tx.now(), command, after);
    changes.write_one(tx, by)
}

/// Cancels a command at once if no agent was ever offered it; else requests the cancel. `reason` is shown with the command.
pub(super) fn request_cancel(
    tx: &Tx<'_>,
    by: &Audit,
    command: Command,
    reason: Option<&str>,
) -> Result<Saved, flux_storage::Error> {
    let mut changes = Changes::default();
    changes.request_cancel(tx.now(), command, reason);
    changes.write_one(tx, by)
}

/// Closes an open command of a removed server without its agent's word. It may have run.
pub(super) fn give_up(tx: &Tx<'_>, by: &Audit, mut command: Command) -> Result<Saved, flux_storage::Error> {
    command.reason = Some(SERVER_REMOVED.to_owned());
    command.moves_to = None;
    let after = command.state.clone().give_up();
    save(tx, by, command, after)
}

/// `POST /commands/{id}/cancel`. A command of a removed server is closed at once: its agent may never answer.
pub fn cancel(tx: &Tx<'_>, by: &Audit, hooks: &dyn OrderHooks, id: &CommandId) -> Result<Command, ServiceError> {
    let command = find(tx, id)?;
    match command.state.status {
        CommandStatus::Cancelled => Ok(command),
        status if status.is_open() && is_orphan(tx, &command)? => {
            reversals::after_closing(tx, by, hooks, give_up(tx, by, command)?)
        }
        status if status.is_open() => reversals::after_closing(tx, by, hooks, request_cancel(tx, by, command, None)?),
        status => {
            let message = format!("the command is {} already", status.as_str());
            Err(ServiceError::conflict("command_closed", message))
        }
    }
}

/// True if the command's server was removed. The removal has requested the cancel of every open one.
fn is_orphan(tx: &Tx<'_>, command: &Command) -> Result<bool, ServiceError> {
    Ok(command.state.cancel_requested && servers::find(tx, &command.new.server_id)?.is_none())
}

/// True if the order or the reward that this command delivers was revoked.
pub(super) fn is_revoked(tx: &Tx<'_>, hooks: &dyn OrderHooks, command: &Command) -> Result<bool, ServiceError> {
    if let Some(Origin::Reward { grant, on: CommandPurpose::Grant, .. }) = &command.new.origin {
        return Ok(hooks.is_reversed(tx, grant)?);
    }
    let is_theirs = command.is_delivery_of_order();
    let Some(order) = command.new.order_id.as_ref().filter(|_| is_theirs) else { return Ok(false) };
    Ok(orders::find(tx, order)?.is_some_and(|order| order.times.is_revoked()))
}

/// Fails a command that expired before any agent was offered it.
pub fn expire(tx: &Tx<'_>, by: &Audit, hooks: &dyn OrderHooks, mut command: Command) -> Result<Command, ServiceError> {
    let after = command.state.clone().expire();
    command.reason = after.status.reason().map(str::to_owned).or(command.reason);
    reversals::after_closing(tx, by, hooks, save(tx, by, command, after)?)
}

fn find(tx: &Tx<'_>, id: &CommandId) -> Result<Command, ServiceError> {
    commands::find(tx, id)?.ok_or(ServiceError::NotFound("command"))
}
