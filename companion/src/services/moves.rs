//! Commands that any one of several servers may run: each follows its player from server to server until it runs. An agent
//! that may have it confirms the cancel first, so that two servers never both run it.

use super::changes::Changes;
use super::{Audit, ServiceError, Wake};
use crate::limits;
use flux_delivery::command::OfferedTo;
use flux_protocol::ServerId;
use flux_shop::{Command, Order, Trigger, kind};
use flux_storage::{Tx, commands, player_places};
use serde_json::json;

/// The reason of a cancel that only moves the command.
const PLAYER_ELSEWHERE: &str = "player_elsewhere";

/// Records that a player joined a server, and moves the player's commands there.
pub fn follow_player(tx: &Tx<'_>, by: &Audit, server: &ServerId, player: &str) -> Result<Wake, ServiceError> {
    player_places::put(tx, player, server)?;
    let found = commands::that_may_move_to(tx, server, player)?;
    let mut moves = Moves::default();
    let mut wake = Wake::new();
    for command in found {
        if command.state.cancel_requested && command.moves_to.is_none() {
            // It is being cancelled for good.
            continue;
        }
        wake.extend([command.new.server_id.clone(), server.clone()]);
        moves.add(tx, command, server, PLAYER_ELSEWHERE);
    }
    moves.write(tx, by)?;
    Ok(wake)
}

/// The next server of a command that may run elsewhere than on its present one.
pub(super) fn other_place(command: &Command, receiving: &[ServerId]) -> Option<ServerId> {
    let here = &command.new.server_id;
    command.new.any_of.iter().find(|server| *server != here && receiving.contains(server)).cloned()
}

/// Moves that are not written yet.
#[derive(Default)]
pub(super) struct Moves {
    changes: Changes,
    moved: Vec<Command>,
}

impl Moves {
    /// Moves a command at once if no agent was ever offered it; else requests its cancel, after which it moves.
    pub(super) fn add(&mut self, tx: &Tx<'_>, mut command: Command, to: &ServerId, reason: &str) {
        if command.state.offered == OfferedTo::Nobody {
            announce(&mut self.changes, &command, to);
            command.new.server_id = to.clone();
            self.moved.push(command);
        } else {
            let command = self.changes.request_cancel(tx.now(), command, Some(reason));
            let (state, command) = (command.state.clone(), Command { moves_to: Some(to.clone()), ..command });
            self.changes.set(tx.now(), command, state);
        }
    }

    pub(super) fn write(self, tx: &Tx<'_>, by: &Audit) -> Result<(), ServiceError> {
        commands::update_contents(tx, &self.moved)?;
        // A cancel of an offered command is requested, not done: nothing closes here.
        drop(self.changes.write(tx, by)?);
        Ok(())
    }
}

/// Adds the event of a command that goes to another server.
pub(super) fn announce(changes: &mut Changes, command: &Command, to: &ServerId) {
    let data = json!({"from": command.new.server_id, "serverId": to, "orderId": command.new.order_id});
    changes.add_event(kind::COMMAND_MOVED, command.new.id.as_str(), data);
}

/// The command on its next server, if its agent has confirmed a cancel that only moves it.
pub(super) fn on_next_server(tx: &Tx<'_>, command: &Command, order: &Order) -> Option<Command> {
    let server_id = command.moves_to.clone()?;
    let package = command.new.origin.as_ref().and_then(|origin| origin.package());
    let is_purchase = package.is_some_and(|(_, on)| on == Trigger::Purchase);
    if (is_purchase && order.times.is_revoked()) || order.times.anonymised_at.is_some() {
        return None;
    }
    let mut again = command.renewed(tx.now())?;
    again.new.server_id = server_id;
    Some(again)
}

/// Forgets joins that are too old to say where a player is.
pub fn trim(tx: &Tx<'_>) -> Result<(), ServiceError> {
    let now = tx.now();
    Ok(player_places::trim(tx, now.checked_sub(limits::PLAYER_PLACE_AGE).unwrap_or(now))?)
}
