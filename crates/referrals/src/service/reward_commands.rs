//! A reward's commands: created once the customer has a player, cancelled or reversed with the reward.

use super::UnitOfWork;
use crate::ids::grant_id;
use crate::storage::grants::{self, SavedCommand};
use crate::storage::held_commands::{self as held_commands, HeldCommand};
use crate::{Effect, Effects, Error};
use flux_delivery::command::CommandStatus;
use flux_protocol::{CommandKind, PlayerRef, ServerId, derived_command_id};
use flux_referral_rules::{CustomerId, FanOut, GrantKey, Player};
use flux_shop::{Command, CommandPurpose, GrantId, NewCommand, Origin, kind};
use flux_storage::{Tx, commands, events, servers};
use serde_json::json;
use std::collections::BTreeSet;

/// Creates a reward's commands, or holds them until the customer has a player (R0-22).
pub(super) fn queue_commands(work: &mut UnitOfWork<'_>, key: &GrantKey, made: FanOut) -> Result<(), Error> {
    let grant = grant_id(key);
    for (place, server) in made.skipped {
        let data = json!({"command": place, "serverId": server});
        events::record(work.tx(), work.audit(), kind::GRANT_SERVER_SKIPPED, grant.as_str(), &data)?;
        held_commands::leave_out(work.tx(), &grant, &server)?;
    }
    for line in made.lines {
        let Some(player) = work.customer(&line.customer)?.person.player else {
            held_commands::hold(work.tx(), &grant, &line)?;
            continue;
        };
        let customer = shop_id(&line.customer);
        work.add(create(CommandPurpose::Grant, &grant, customer, &SavedCommand::from(&line), &player));
    }
    Ok(())
}

/// Creates the commands that were held until this customer has a player, in the order in which they were given.
pub(super) fn release_held(work: &mut UnitOfWork<'_>, customer: &CustomerId, player: &Player) -> Result<(), Error> {
    for line in held_commands::held(work.tx(), customer)? {
        if !work.servers()?.contains(&line.line.server) {
            held_commands::cancel(work.tx(), &line.grant, Some(&line.line.server))?;
            continue;
        }
        held_commands::release(work.tx(), &line)?;
        let HeldCommand { grant, line } = line;
        work.add(create(CommandPurpose::Grant, &grant, shop_id(customer), &line, player));
    }
    Ok(())
}

/// Cancels the commands of a grant that have not run.
pub(super) fn cancel_commands(work: &mut UnitOfWork<'_>, key: &GrantKey) -> Result<(), Error> {
    let grant = grant_id(key);
    held_commands::cancel(work.tx(), &grant, None)?;
    for command in commands::of_grant(work.tx(), &grant, CommandPurpose::Grant)? {
        if command.state.status.is_open() {
            work.add(Effect::Cancel(command.new.id));
        }
    }
    Ok(())
}

/// Saves the commands that reverse a grant, and creates them on each server where nothing of the grant is open.
pub(super) fn reverse_grant(work: &mut UnitOfWork<'_>, key: &GrantKey, made: &FanOut) -> Result<(), Error> {
    let grant = grant_id(key);
    grants::save_reversal(work.tx(), &grant, &made.lines)?;
    let servers: BTreeSet<&ServerId> = made.lines.iter().map(|line| &line.server).collect();
    for server in servers {
        for effect in reversal(work.tx(), &grant, server)? {
            work.add(effect);
        }
    }
    Ok(())
}

/// The effects of a reward's command that was closed: it may have been the last open one of a grant that is reversed.
pub(crate) fn command_closed(tx: &Tx<'_>, command: &Command) -> Result<Effects, flux_storage::Error> {
    match &command.new.origin {
        Some(Origin::Reward { grant, on: CommandPurpose::Grant, .. }) => reversal(tx, grant, &command.new.server_id),
        _ => Ok(Effects::default()),
    }
}

/// The commands that reverse a grant on a server, once all that gave it there is closed, and only if some of it ran.
fn reversal(tx: &Tx<'_>, grant: &GrantId, server: &ServerId) -> Result<Effects, flux_storage::Error> {
    let lines = grants::reversal(tx, grant)?;
    if !lines.iter().any(|line| line.server == *server) {
        return Ok(Effects::default());
    }
    let given = commands::of_grant(tx, grant, CommandPurpose::Grant)?;
    let given: Vec<&Command> = given.iter().filter(|command| command.new.server_id == *server).collect();
    let is_closed = given.iter().all(|command| !command.state.status.is_open());
    let ran = given.iter().find(|command| command.state.status == CommandStatus::Completed);
    let is_receiving = servers::find(tx, server)?.is_some_and(|server| !server.removing);
    let (true, true, Some(ran)) = (is_closed, is_receiving, ran) else { return Ok(Effects::default()) };
    // The reversal runs for the player who got the reward, even if the customer has another player since.
    let (Some(player), Some(Origin::Reward { customer, .. })) = (&ran.new.player, &ran.new.origin) else {
        return Ok(Effects::default());
    };
    let player = Player { name: player.name.clone(), uuid: player.uuid.clone() };
    let lines = lines.iter().filter(|line| line.server == *server);
    Ok(lines.map(|line| create(CommandPurpose::Reversal, grant, customer.clone(), line, &player)).collect())
}

fn shop_id(customer: &CustomerId) -> flux_shop::CustomerId {
    flux_shop::CustomerId::from_stored(customer.as_str().to_owned())
}

/// A reward's command. Its id is derived from what it is for, so that it is created once.
fn create(
    on: CommandPurpose,
    grant: &GrantId,
    customer: flux_shop::CustomerId,
    line: &SavedCommand,
    player: &Player,
) -> Effect {
    let index = line.index.to_string();
    let id = match on {
        CommandPurpose::Grant => derived_command_id(&[grant.as_str(), &index, line.server.as_str()]),
        CommandPurpose::Reversal => derived_command_id(&[grant.as_str(), "void", &index, line.server.as_str()]),
    };
    Effect::Create(Box::new(NewCommand {
        id,
        server_id: line.server.clone(),
        any_of: Vec::new(),
        order_id: None,
        origin: Some(Origin::Reward { grant: grant.clone(), customer, on }),
        kind: CommandKind::Referral,
        player: Some(PlayerRef { name: player.name.clone(), uuid: player.uuid.clone() }),
        command: line.command.clone(),
        values: line.values.clone(),
        require_online: line.require_online,
        delay_seconds: 0,
        required_slots: 0,
        expires_at: None,
    }))
}
