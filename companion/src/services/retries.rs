//! Retries of failed commands by a person: one, or all of a filter.

use super::changes::Changes;
use super::corrections::is_bought;
use super::{Audit, ServiceError, Wake, commands, reversals};
use crate::limits;
use flux_delivery::command::{CommandState, CommandStatus};
use flux_protocol::CommandId;
use flux_referrals::OrderHooks;
use flux_shop::{Command, NotAsNow, RetryAs, as_now, kind};
use flux_storage::commands::FailedFilter;
use flux_storage::{Tx, commands as commands_repo, orders, packages, servers};
use serde_json::json;

/// `POST /commands/{id}/retry`: starts a new series of attempts of a failed command. An expiry in the past is dropped,
/// since a person wants the command run now.
pub fn retry(
    tx: &Tx<'_>,
    by: &Audit,
    hooks: &dyn OrderHooks,
    id: &CommandId,
    text: RetryAs,
) -> Result<Command, ServiceError> {
    let command = commands_repo::find(tx, id)?.ok_or(ServiceError::NotFound("command"))?;
    let ready = Ready::of(tx, hooks, command, text)?;
    let mut changes = Changes::default();
    let command = ready.apply(tx, &mut changes);
    commands_repo::update_contents(tx, [&command])?;
    reversals::after_closing(tx, by, hooks, changes.write_one(tx, by)?)
}

/// A retry of all failed commands of a filter.
#[derive(Debug, Clone)]
pub struct BulkRetry {
    /// The commands.
    pub filter: FailedFilter,
    /// The text that is sent.
    pub text: RetryAs,
    /// The number of commands that the caller expects; `None` to count only.
    pub expect: Option<u64>,
    /// Only commands after this number.
    pub after: i64,
}

/// The result of a bulk retry.
#[derive(Debug, Default)]
pub struct BulkRetried {
    /// Commands of the filter after the given number.
    pub matched: u64,
    /// Commands that run again; none if the call only counted.
    pub done: u64,
    /// Commands of this call that cannot run again, with the reason.
    pub skipped: Vec<(CommandId, String)>,
    /// The last command of this call, if more follow.
    pub next_after: Option<i64>,
}

/// `POST /commands/bulk`: retries at most [`limits::BULK_COMMANDS`] commands.
pub fn retry_all(
    tx: &Tx<'_>,
    by: &Audit,
    hooks: &dyn OrderHooks,
    bulk: &BulkRetry,
) -> Result<(BulkRetried, Wake), ServiceError> {
    let matched = commands_repo::count_failed(tx, bulk.after, &bulk.filter)?;
    if let Some(expected) = bulk.expect.filter(|expected| *expected != matched) {
        let message = format!("{matched} commands match now, not {expected}: look at them, then send that number");
        return Err(ServiceError::conflict("count_differs", message));
    }
    let most = limits::BULK_COMMANDS;
    let found = commands_repo::failed(tx, bulk.after, &bulk.filter, most)?;
    let is_full = found.len() as u64 == u64::from(most) && matched > found.len() as u64;
    let mut result = BulkRetried { matched, ..BulkRetried::default() };
    result.next_after = found.last().map(|(seq, _)| *seq).filter(|_| is_full);
    let (mut changes, mut retried, mut wake) = (Changes::default(), Vec::new(), Wake::new());
    for (_, command) in found {
        let id = command.new.id.clone();
        match Ready::of(tx, hooks, command, bulk.text) {
            Ok(ready) if bulk.expect.is_some() => retried.push(ready.apply(tx, &mut changes)),
            Ok(_) => {}
            Err(ServiceError::Conflict { message, .. }) => result.skipped.push((id, message)),
            Err(error) => return Err(error),
        }
    }
    result.done = retried.len() as u64;
    wake.extend(retried.iter().map(|command| command.new.server_id.clone()));
    commands_repo::update_contents(tx, &retried)?;
    wake.extend(reversals::after_closing_all(tx, by, hooks, &changes.write(tx, by)?)?);
    Ok((result, wake))
}

/// A command that can run again, with its state afterwards.
struct Ready {
    command: Command,
    after: CommandState,
    /// The template before, if it changes.
    sold_as: Option<String>,
}

impl Ready {
    fn of(tx: &Tx<'_>, hooks: &dyn OrderHooks, mut command: Command, text: RetryAs) -> Result<Ready, ServiceError> {
        let server = servers::find(tx, &command.new.server_id)?;
        if server.is_none_or(|server| server.removing) {
            return Err(ServiceError::conflict("server_removed", "the command's server was removed"));
        }
        if commands::is_revoked(tx, hooks, &command)? {
            let message = "its order was cancelled, refunded or charged back, or its reward was taken back";
            return Err(ServiceError::conflict("order_revoked", message));
        }
        if command.new.player.is_none() && command.new.origin.is_some() {
            return Err(ServiceError::conflict("anonymised", "its player was forgotten"));
        }
        let Some(after) = command.state.clone().retry_by_hand() else {
            return Err(not_failed(command.state.status));
        };
        let before = command.new.command.clone();
        match text {
            RetryAs::Sold => follow_player(tx, &mut command)?,
            RetryAs::Now => command.new = present(tx, &command)?,
        }
        command.new.expires_at = command.new.expires_at.filter(|at| *at > tx.now());
        (command.cancel_requested_at, command.moves_to) = (None, None);
        let sold_as = (before != command.new.command).then_some(before);
        Ok(Ready { command, after, sold_as })
    }

    /// Adds the new attempt to the changes. The caller saves the command's content.
    fn apply(self, tx: &Tx<'_>, changes: &mut Changes) -> Command {
        if let Some(before) = self.sold_as {
            let new = &self.command.new;
            let data =
                json!({"serverId": new.server_id, "orderId": new.order_id, "before": before, "command": new.command});
            changes.add_event(kind::COMMAND_CHANGED, new.id.as_str(), data);
        }
        changes.set(tx.now(), self.command, self.after)
    }
}

fn not_failed(status: CommandStatus) -> ServiceError {
    let message = format!("the command is {}: only a failed one is retried", status.as_str());
    ServiceError::conflict("not_failed", message)
}

/// Gives a sold command its order's player, who may have been corrected since.
fn follow_player(tx: &Tx<'_>, command: &mut Command) -> Result<(), ServiceError> {
    if is_bought(command)
        && let Some(id) = &command.new.order_id
        && let Some(order) = orders::find(tx, id)?
    {
        command.new.player = Some(order.content.player.into());
    }
    Ok(())
}

/// The command as its package is now.
fn present(tx: &Tx<'_>, command: &Command) -> Result<flux_shop::NewCommand, ServiceError> {
    let package = command.new.origin.as_ref().and_then(|origin| origin.package()).map(|(id, _)| id);
    let (Some(package), Some(id)) = (package, &command.new.order_id) else {
        return Err(not_as_now(NotAsNow::NotOfPackage));
    };
    let order = orders::find(tx, id)?.ok_or(ServiceError::NotFound("order"))?;
    let package = packages::find(tx, package)?;
    let package = package.ok_or_else(|| ServiceError::conflict("package_removed", "its package was removed"))?;
    let sold = commands_repo::of_order(tx, id)?;
    let mut present = as_now(&order, &package, &sold, command, tx.now()).map_err(not_as_now)?;
    if !is_bought(command) {
        // It takes back what another player may have got.
        present.player = command.new.player.clone();
    }
    Ok(present)
}

fn not_as_now(reason: NotAsNow) -> ServiceError {
    match reason {
        NotAsNow::NotOfPackage => {
            let message = "only a package's command has a present text: retry this one as \"sold\"";
            ServiceError::conflict("not_of_package", message)
        }
        NotAsNow::PackageDiffers => {
            let message = "the package now has more, fewer or other commands for this server than the order was sold with: \
                           make the right command by hand, with the order's id";
            ServiceError::conflict("package_differs", message)
        }
    }
}
