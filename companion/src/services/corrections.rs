//! Corrections by a person: another player for a paid order, and the word about a command that may have run.

use super::changes::Changes;
use super::{Audit, ServiceError, Wake, reversals};
use flux_delivery::command::{CommandStatus, Given, OfferedTo};
use flux_protocol::{CommandId, FailReason, OrderId};
use flux_referrals::OrderHooks;
use flux_shop::{Command, Order, Player, Trigger, kind};
use flux_storage::{Tx, commands as commands_repo, events, orders};
use serde_json::json;

/// The commands of an order whose player was corrected.
#[derive(Debug, Default)]
pub struct Moved {
    /// They go to the right player.
    pub moved: Vec<CommandId>,
    /// An agent may have them: they go to the right player once it has answered that they did not run.
    pub waiting: Vec<CommandId>,
    /// They ran for the old player, or may have.
    pub stayed: Vec<CommandId>,
}

/// `POST /orders/{id}/player`: gives a paid order to another player. The same player again changes nothing.
pub fn change_player(tx: &Tx<'_>, by: &Audit, id: &OrderId, player: Player) -> Result<(Moved, Wake), ServiceError> {
    let mut order = orders::find(tx, id)?.ok_or(ServiceError::NotFound("order"))?;
    check(&order)?;
    let mut result = Moved::default();
    if order.content.player == player {
        return Ok((result, Wake::new()));
    }
    order.content.player = player.clone();
    order.updated_at = tx.now();
    let (mut changes, mut moved, mut wake) = (Changes::default(), Vec::new(), Wake::new());
    for mut command in commands_repo::of_order(tx, id)? {
        if !is_bought(&command) {
            continue;
        }
        let id = command.new.id.clone();
        match fate(&command)? {
            Fate::Nothing => {}
            Fate::Stays => result.stayed.push(id),
            Fate::Moves => {
                command.new.player = Some(player.clone().into());
                wake.insert(command.new.server_id.clone());
                moved.push(command);
                result.moved.push(id);
            }
            Fate::WaitsForAgent => {
                wake.insert(command.new.server_id.clone());
                changes.request_cancel(tx.now(), command, Some("player_changed"));
                result.waiting.push(id);
            }
        }
    }
    orders::set_player(tx, &order)?;
    commands_repo::update_contents(tx, &moved)?;
    // Nobody's name, because events are kept for ever.
    let data = json!({"moved": result.moved, "waiting": result.waiting, "stayed": result.stayed});
    changes.add_event(kind::ORDER_PLAYER_CHANGED, order.id.as_str(), data);
    // A cancel of an offered command is requested, not done: nothing closes here.
    drop(changes.write(tx, by)?);
    Ok((result, wake))
}

fn check(order: &Order) -> Result<(), ServiceError> {
    if order.times.anonymised_at.is_some() {
        return Err(ServiceError::conflict("anonymised", "the order's customer was forgotten"));
    }
    if order.times.paid_at.is_none() || order.times.is_revoked() {
        let message = format!("the order is {}: only a paid one's player is corrected", order.status.as_str());
        return Err(ServiceError::conflict("order_state", message));
    }
    Ok(())
}

/// The consequence of a correction for one command.
enum Fate {
    /// It is closed without having run.
    Nothing,
    /// It ran, or may have.
    Stays,
    /// No agent can run it as it was.
    Moves,
    /// An agent may run it: it is revoked first.
    WaitsForAgent,
}

fn fate(command: &Command) -> Result<Fate, ServiceError> {
    Ok(match command.state.status {
        CommandStatus::Cancelled => Fate::Nothing,
        CommandStatus::Completed | CommandStatus::Failed(FailReason::Uncertain) => Fate::Stays,
        CommandStatus::Failed(_) => Fate::Moves,
        _ if command.state.cancel_requested => {
            let message = "a command of this order is being cancelled: correct the player once its agent has answered";
            return Err(ServiceError::conflict("cancel_awaited", message));
        }
        _ if command.state.offered == OfferedTo::Nobody => Fate::Moves,
        _ => Fate::WaitsForAgent,
    })
}

/// True if the payment of its order created it.
pub(super) fn is_bought(command: &Command) -> bool {
    let package = command.new.origin.as_ref().and_then(|origin| origin.package());
    package.is_some_and(|(_, on)| on == Trigger::Purchase)
}

/// The command for its order's player, if it was cancelled because that player was corrected.
pub(super) fn for_right_player(tx: &Tx<'_>, command: &Command, order: &Order) -> Option<Command> {
    let player = order.content.player.clone().into();
    let is_theirs = command.new.player.as_ref() == Some(&player);
    if is_theirs || !is_bought(command) || order.times.is_revoked() || order.times.anonymised_at.is_some() {
        return None;
    }
    let mut again = command.renewed(tx.now())?;
    again.new.player = Some(player);
    Some(again)
}

/// `POST /commands/{id}/settle`: closes a command that may have run, on the word of a person who has looked in the game. The
/// same word again changes nothing.
pub fn settle(
    tx: &Tx<'_>,
    by: &Audit,
    hooks: &dyn OrderHooks,
    id: &CommandId,
    given: Given,
) -> Result<Command, ServiceError> {
    let mut command = commands_repo::find(tx, id)?.ok_or(ServiceError::NotFound("command"))?;
    let is_repeat = match given {
        Given::Yes => command.state.status == CommandStatus::Completed,
        Given::No => command.state.status == CommandStatus::Failed(FailReason::RejectedByGame),
    };
    if is_repeat {
        return Ok(command);
    }
    let Some(after) = command.state.clone().settle_by_hand(given) else {
        let message = format!("the command is {}: only an uncertain one is settled", command.state.status.as_str());
        return Err(ServiceError::conflict("not_uncertain", message));
    };
    command.reason = after.status.reason().map(str::to_owned);
    let data = json!({"serverId": command.new.server_id, "orderId": command.new.order_id,
                      "attempt": after.attempt, "given": given == Given::Yes});
    command.updated_at = tx.now();
    events::record(tx, by, kind::COMMAND_SETTLED, id.as_str(), &data)?;
    reversals::after_closing(tx, by, hooks, super::commands::save(tx, by, command, after)?)
}
