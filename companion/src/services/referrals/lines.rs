//! A reward's commands: they go out once their customer has a player, and are taken back as an order's are.

use super::{ServiceError, Work};
use crate::services::{Audit, commands, reversals};
use flux_delivery::command::CommandStatus;
use flux_protocol::{CommandKind, PlayerRef, ServerId, derived_command_id};
use flux_referral_rules::{CustomerId, FanOut, GrantKey, Player};
use flux_referrals::model::grant_id;
use flux_referrals::storage::grants::{self, SavedLine};
use flux_referrals::storage::lines::{self as held, HeldLine};
use flux_shop::{CommandPurpose, GrantId};
use flux_shop::{CommandRow, NewCommand, Origin, kind};
use flux_storage::{DbError, Tx, commands as rows, events, servers};
use serde_json::json;
use std::collections::BTreeSet;

impl Work<'_> {
    /// Queues a reward's commands, or keeps them until whoever is rewarded has a player (R0-22).
    pub(super) fn queue(&mut self, key: &GrantKey, made: FanOut) -> Result<(), ServiceError> {
        let grant = grant_id(key);
        for (place, server) in made.skipped {
            let data = json!({"command": place, "serverId": server});
            events::record(self.tx, self.by, kind::GRANT_SERVER_SKIPPED, grant.as_str(), &data)?;
        }
        for line in made.lines {
            let Some(player) = self.customer(&line.customer)?.person.player else {
                held::hold(self.tx, &grant, &line)?;
                continue;
            };
            self.wake.insert(line.server.clone());
            let origin =
                Origin::Reward { grant: grant.clone(), customer: shop_id(&line.customer), on: CommandPurpose::Grant };
            send(self.tx, self.by, &origin, &SavedLine::from(&line), &player)?;
        }
        Ok(())
    }

    /// A customer has a player by now: what has waited for that goes out, in the order in which it was given.
    pub(super) fn release(&mut self, customer: &CustomerId, player: &Player) -> Result<(), ServiceError> {
        for line in held::held(self.tx, customer)? {
            if !self.servers.contains(&line.line.server) {
                held::cancel(self.tx, &line.grant, Some(&line.line.server))?;
                continue;
            }
            held::release(self.tx, &line)?;
            self.wake.insert(line.line.server.clone());
            let HeldLine { grant, line } = line;
            let origin = Origin::Reward { grant, customer: shop_id(customer), on: CommandPurpose::Grant };
            send(self.tx, self.by, &origin, &line, player)?;
        }
        Ok(())
    }

    /// Cancels what of a grant's commands has not run.
    pub(super) fn cancel_lines(&mut self, key: &GrantKey) -> Result<(), ServiceError> {
        let grant = grant_id(key);
        held::cancel(self.tx, &grant, None)?;
        for command in rows::of_grant(self.tx, &grant, CommandPurpose::Grant)? {
            if command.state.status.is_open() {
                self.wake.insert(command.new.server_id.clone());
                let saved = commands::request_cancel(self.tx, self.by, command, None)?;
                reversals::after_closing(self.tx, self.by, saved)?;
            }
        }
        Ok(())
    }

    /// Keeps what takes a grant back, and does so where nothing of it is open.
    pub(super) fn take_back(&mut self, key: &GrantKey, made: &FanOut) -> Result<(), ServiceError> {
        let grant = grant_id(key);
        grants::keep_take_back(self.tx, &grant, &made.lines)?;
        let servers: BTreeSet<&ServerId> = made.lines.iter().map(|line| &line.server).collect();
        for server in servers {
            take_back_on(self.tx, self.by, &grant, server)?;
            self.wake.insert(server.clone());
        }
        Ok(())
    }
}

/// A reward's command was closed: if it was the last of a grant that is taken back, that happens now.
pub(crate) fn closed(tx: &Tx<'_>, by: &Audit, command: &CommandRow) -> Result<(), DbError> {
    match &command.new.origin {
        Some(Origin::Reward { grant, on: CommandPurpose::Grant, .. }) => {
            take_back_on(tx, by, grant, &command.new.server_id)
        }
        _ => Ok(()),
    }
}

/// Takes a grant back on a server, once all that gave it there is closed, and only if something of it ran.
fn take_back_on(tx: &Tx<'_>, by: &Audit, grant: &GrantId, server: &ServerId) -> Result<(), DbError> {
    let lines = grants::take_back(tx, grant)?;
    if !lines.iter().any(|line| line.server == *server) {
        return Ok(());
    }
    let given = rows::of_grant(tx, grant, CommandPurpose::Grant)?;
    let given: Vec<&CommandRow> = given.iter().filter(|command| command.new.server_id == *server).collect();
    let is_closed = given.iter().all(|command| !command.state.status.is_open());
    let ran = given.iter().find(|command| command.state.status == CommandStatus::Completed);
    let is_receiving = servers::find(tx, server)?.is_some_and(|server| !server.removing);
    let (true, true, Some(ran)) = (is_closed, is_receiving, ran) else { return Ok(()) };
    // Whoever was given it is whom it is taken back from, whatever they are called since.
    let (Some(player), Some(Origin::Reward { customer, .. })) = (&ran.new.player, &ran.new.origin) else {
        return Ok(());
    };
    let player = Player { name: player.name.clone(), uuid: player.uuid.clone() };
    let origin = Origin::Reward { grant: grant.clone(), customer: customer.clone(), on: CommandPurpose::Reversal };
    for line in lines.iter().filter(|line| line.server == *server) {
        send(tx, by, &origin, line, &player)?;
    }
    Ok(())
}

/// The rules' id of a customer as the store writes it.
fn shop_id(id: &CustomerId) -> flux_shop::CustomerId {
    flux_shop::CustomerId::from_stored(id.as_str().to_owned())
}

/// Makes a reward's command, once: its id is derived of what it is for.
fn send(tx: &Tx<'_>, by: &Audit, origin: &Origin, line: &SavedLine, player: &Player) -> Result<(), DbError> {
    let Origin::Reward { grant, on, .. } = origin else { return Ok(()) };
    let index = line.index.to_string();
    let id = match on {
        CommandPurpose::Grant => derived_command_id(&[grant.as_str(), &index, line.server.as_str()]),
        CommandPurpose::Reversal => derived_command_id(&[grant.as_str(), "void", &index, line.server.as_str()]),
    };
    if rows::find(tx, &id)?.is_some() {
        return Ok(());
    }
    let new = NewCommand {
        id,
        server_id: line.server.clone(),
        order_id: None,
        origin: Some(origin.clone()),
        kind: CommandKind::Referral,
        player: Some(PlayerRef { name: player.name.clone(), uuid: player.uuid.clone() }),
        command: line.command.clone(),
        values: line.values.clone(),
        require_online: line.require_online,
        delay_seconds: 0,
        required_slots: 0,
        expires_at: None,
    };
    commands::make(tx, by, new)?;
    Ok(())
}
