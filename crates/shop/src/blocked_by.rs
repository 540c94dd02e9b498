//! Sentences for support staff: the reason why a command has not run.

use super::{Command, Label};
use flux_delivery::command::{CommandStatus, OfferedTo};
use flux_protocol::{CommandId, FailReason, GameState, ServerId, WaitReason};
use std::collections::BTreeMap;

/// The reason shown with the commands of a removed server.
pub const SERVER_REMOVED: &str = "server_removed";

/// A command that has not run, with the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockedCommand {
    /// The command.
    pub command_id: CommandId,
    /// The reason as a sentence.
    pub text: String,
}

/// The present state of a server.
#[derive(Debug, Clone)]
pub struct ServerState {
    /// Its name; `None` once it was removed.
    pub name: Option<Label>,
    /// Its agent is connected or polls.
    pub is_online: bool,
    /// The game's state as its agent reported it.
    pub game_state: Option<GameState>,
}

/// The servers of an order's commands.
pub type ServerStates = BTreeMap<ServerId, ServerState>;

/// The reasons why these commands have not run; completed commands have none.
pub fn blocked_by<'a>(commands: impl Iterator<Item = &'a Command>, servers: &ServerStates) -> Vec<BlockedCommand> {
    let blocked = |command: &Command| {
        let text = sentence(command, servers.get(&command.new.server_id))?;
        Some(BlockedCommand { command_id: command.new.id.clone(), text })
    };
    commands.filter_map(blocked).collect()
}

fn sentence(command: &Command, server: Option<&ServerState>) -> Option<String> {
    let name = server.and_then(|server| server.name.as_ref()).map_or("the server", Label::as_str);
    let player = command.new.player.as_ref().map_or("the player", |player| player.name.as_str());
    Some(match command.state.status {
        CommandStatus::Completed => return None,
        CommandStatus::Cancelled if may_have_run(command) => {
            "its server was removed before its agent said whether it ran: it may have run".to_owned()
        }
        CommandStatus::Cancelled => "it was cancelled before it ran".to_owned(),
        CommandStatus::Failed(reason) => failed(reason, name, command.output.as_deref()),
        _ if server.is_none_or(|server| server.name.is_none()) => {
            "its server was removed, and its agent has not said whether it ran: cancel it to close it".to_owned()
        }
        _ if command.moves_to.is_some() => {
            format!(
                "moves to the server that {player} joined, once the agent of {name} has confirmed that it did not run"
            )
        }
        _ if command.state.cancel_requested => format!("it is being cancelled: the agent of {name} has yet to answer"),
        CommandStatus::AwaitingPlayer(_) if command.output.is_some() => {
            format!("waits for {player} on {name}: {}", command.output.as_deref().unwrap_or_default())
        }
        CommandStatus::AwaitingPlayer(WaitReason::PlayerOffline) => format!("waits for {player} to join {name}"),
        CommandStatus::AwaitingPlayer(WaitReason::PlayerDead) => format!("waits for {player} to respawn on {name}"),
        CommandStatus::AwaitingPlayer(WaitReason::InventoryFull) => {
            format!("waits for room in {player}'s inventory on {name}")
        }
        _ if server.is_some_and(|server| !server.is_online) => format!("the agent of {name} is not connected"),
        CommandStatus::Pending => pending(command, name),
        CommandStatus::Delivered if server.is_some_and(|server| server.game_state == Some(GameState::Offline)) => {
            format!("{name} has it, and its game is not running")
        }
        CommandStatus::Delivered => format!("{name} has it and will run it"),
    })
}

/// True if the command was closed without the word of its agent.
fn may_have_run(command: &Command) -> bool {
    let state = &command.state;
    command.reason.as_deref() == Some(SERVER_REMOVED)
        && state.offered != OfferedTo::Nobody
        && state.reported_by.is_none()
}

fn pending(command: &Command, name: &str) -> String {
    match (command.state.next_attempt_at, &command.output) {
        (Some(at), Some(answer)) => format!("the game of {name} refused it (\"{answer}\"); tried again at {at}"),
        (Some(at), None) => format!("the game of {name} refused it; tried again at {at}"),
        (None, _) if command.state.offered == OfferedTo::Nobody => format!("about to be sent to {name}"),
        (None, _) => format!("sent to {name}, whose agent has yet to confirm it"),
    }
}

fn failed(reason: FailReason, name: &str, output: Option<&str>) -> String {
    match (reason, output) {
        (FailReason::RejectedByGame, Some(answer)) => format!("the game of {name} refused it: \"{answer}\""),
        (FailReason::Uncertain, Some(answer)) => {
            format!(
                "the game of {name} answered \"{answer}\", which does not say whether it ran: look in the game, then settle or retry it"
            )
        }
        (FailReason::Uncertain, None) => {
            format!("{name} cannot tell whether it ran: look in the game, then settle or retry it")
        }
        (FailReason::Expired, _) => "it expired before it could run".to_owned(),
        (reason, Some(detail)) => format!("{name} would not run it: {}: {detail}", reason.as_str()),
        (reason, None) => format!("{name} would not run it: {}", reason.as_str()),
    }
}
