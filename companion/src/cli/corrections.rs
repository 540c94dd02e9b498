//! The `command` and `order` commands: what a person corrects.

use super::{CliError, OrderCommand, QueuedCommand, RetryArguments, SettleArgument, print, with_database};
use crate::app::referrals;
use crate::config::Config;
use crate::services::retries::{BulkRetried, BulkRetry, retry, retry_all};
use crate::services::{ServiceError, corrections};
use flux_protocol::{CommandId, OrderId};
use flux_shop::{Player, RetryAs};
use flux_storage::commands::FailedFilter;

pub(super) fn command(config: &Config, command: QueuedCommand) -> Result<(), CliError> {
    match command {
        QueuedCommand::Retry(RetryArguments { id: Some(id), r#as, .. }) => retry_one(config, id, r#as.into()),
        QueuedCommand::Retry(arguments) => retry_many(config, arguments),
        QueuedCommand::Settle { id, given } => settle(config, id, given),
    }
}

pub(super) fn order(config: &Config, command: OrderCommand) -> Result<(), CliError> {
    let OrderCommand::Player { id, name, uuid } = command;
    change_player(config, id, Player { name, uuid })
}

fn retry_one(config: &Config, id: CommandId, text: RetryAs) -> Result<(), CliError> {
    let hooks = referrals(config);
    let command =
        with_database(config, async move |db, by| Ok(db.write(move |tx| retry(tx, &by, &hooks, &id, text)).await?))?;
    print(&format!("attempt {} of {}: {}", command.state.attempt.get(), command.new.id, command.new.command))
}

fn retry_many(config: &Config, arguments: RetryArguments) -> Result<(), CliError> {
    let RetryArguments { r#as, server, package, player, reason, from, to, expect, includes_uncertain, .. } = arguments;
    let player = player.map(String::from);
    let reason = reason.map(|reason| reason.as_str().to_owned());
    let filter = FailedFilter { server, package, player, reason, from, to, with_uncertain: includes_uncertain };
    let (hooks, mut total, mut left) = (referrals(config), BulkRetried::default(), expect);
    with_database(config, async move |db, by| {
        let mut after = 0;
        loop {
            let (by, hooks) = (by.clone(), hooks.clone());
            let bulk = BulkRetry { filter: filter.clone(), text: r#as.into(), expect: left, after };
            let part = db.write(move |tx| retry_all(tx, &by, &hooks, &bulk).map(|(part, _)| part)).await;
            let part = part.map_err(|error: ServiceError| CliError::from(error))?;
            if after == 0 {
                total.matched = part.matched;
            }
            total.done += part.done;
            left = left.map(|left| left - part.done - part.skipped.len() as u64);
            total.skipped.extend(part.skipped);
            match part.next_after {
                Some(next) => after = next,
                None => return Ok(total),
            }
        }
    })
    .and_then(|total| show(&total, expect))
}

fn show(total: &BulkRetried, expect: Option<u64>) -> Result<(), CliError> {
    for (id, why) in &total.skipped {
        print(&format!("{id}: {why}"))?;
    }
    let (matched, skipped) = (total.matched, total.skipped.len());
    match expect {
        None => print(&format!(
            "{matched} commands match, {skipped} of them cannot run again; add --expect {matched} to retry the others"
        )),
        Some(_) => print(&format!("{} commands run again, {skipped} cannot", total.done)),
    }
}

fn settle(config: &Config, id: CommandId, given: SettleArgument) -> Result<(), CliError> {
    let hooks = referrals(config);
    let command = with_database(config, async move |db, by| {
        Ok(db.write(move |tx| corrections::settle(tx, &by, &hooks, &id, given.into())).await?)
    })?;
    print(&format!("{} is {}", command.new.id, command.state.status.as_str()))
}

fn change_player(config: &Config, id: OrderId, player: Player) -> Result<(), CliError> {
    let name = player.name.clone();
    let moved = with_database(config, async move |db, by| {
        let write =
            db.write(move |tx| corrections::change_player(tx, &by, &id, player.clone()).map(|(moved, _)| moved));
        Ok(write.await?)
    })?;
    for (ids, fate) in [
        (&moved.moved, "goes to the right player"),
        (&moved.waiting, "goes to the right player once its agent has answered that it did not run"),
        (&moved.stayed, "ran for the old player, or may have"),
    ] {
        for id in ids {
            print(&format!("{id} {fate}"))?;
        }
    }
    print(&format!("the order's player is {name}"))
}
