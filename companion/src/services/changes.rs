//! Changes of commands: collected one by one, written together, in as few statements as one change needs.

use super::Audit;
use flux_delivery::command::CommandState;
use flux_protocol::CommandId;
use flux_shop::{Command, HistoryEntry, NewCommand, is_visible_change, kind};
use flux_storage::events::NewEvent;
use flux_storage::{Tx, commands, events, history};
use jiff::Timestamp;
use serde_json::json;
use std::collections::BTreeMap;

/// Saves new commands in this order, each with the first row of its history.
pub(super) fn make_all(tx: &Tx<'_>, by: &Audit, new: Vec<NewCommand>) -> Result<Vec<Command>, flux_storage::Error> {
    let made = commands::insert_all(tx, new)?;
    let mut changes = Changes::default();
    for command in &made {
        changes.announce(command);
    }
    changes.write(tx, by)?;
    Ok(made)
}

/// A saved command. Pass it to [`super::reversals::after_closing`], which returns the command: a command that was closed may
/// be the last one that a reversal waits for.
#[derive(Debug)]
#[must_use = "pass it to reversals::after_closing"]
pub(crate) struct Saved {
    pub(super) command: Command,
    /// This change has closed the command.
    pub(super) is_closed: bool,
}

/// Changes that are not written yet. A command may change several times: its row is written once, its history in full.
#[derive(Default)]
pub(super) struct Changes {
    saved: BTreeMap<CommandId, Saved>,
    history: Vec<(CommandId, HistoryEntry)>,
    events: Vec<NewEvent>,
}

impl Changes {
    /// Gives a command its new state. A change that people see gets a row of history and an event.
    pub(super) fn set(&mut self, now: Timestamp, mut command: Command, after: CommandState) -> Command {
        let is_visible = is_visible_change(&command.state, &after);
        if command.state.attempt != after.attempt {
            command.offered_at = None;
        }
        command.state = after;
        if is_visible {
            command.updated_at = now;
            self.announce(&command);
        }
        let is_closed = is_visible && !command.state.status.is_open();
        let was_closed = self.saved.get(&command.new.id).is_some_and(|saved| saved.is_closed);
        let is_closed = !command.state.status.is_open() && (is_closed || was_closed);
        self.saved.insert(command.new.id.clone(), Saved { command: command.clone(), is_closed });
        command
    }

    /// Appends a row of the caller's own to a command's history.
    pub(super) fn add_history(&mut self, id: &CommandId, row: HistoryEntry) {
        self.history.push((id.clone(), row));
    }

    /// Adds an event of the caller's own.
    pub(super) fn add_event(&mut self, kind: &'static str, subject: &str, data: serde_json::Value) {
        self.events.push(NewEvent { kind: kind.into(), subject: subject.to_owned(), data });
    }

    /// Adds history and event of a command's present state.
    pub(super) fn announce(&mut self, command: &Command) {
        self.add_history(&command.new.id, history::row_of(command));
        let status = command.state.status;
        let data = json!({"serverId": command.new.server_id, "orderId": command.new.order_id,
                          "attempt": command.state.attempt, "reason": status.reason()});
        let kind = format!("command.{}", status.as_str()).into();
        self.events.push(NewEvent { kind, subject: command.new.id.to_string(), data });
    }

    /// Cancels a command at once if no agent was ever offered it; else requests the cancel, and revokes are sent until the
    /// agent answers. `reason` is shown with the command, which moves nowhere any more.
    pub(super) fn request_cancel(&mut self, now: Timestamp, mut command: Command, reason: Option<&str>) -> Command {
        let first_time = !command.state.cancel_requested;
        let after = command.state.clone().cancel();
        command.cancel_requested_at.get_or_insert(now);
        command.moves_to = None;
        command.reason = reason.map(str::to_owned).or(command.reason);
        if after.cancel_requested && first_time {
            // The revoke goes out at once, however lately the command was offered.
            command.offered_at = None;
            command.updated_at = now;
            let data = json!({"serverId": command.new.server_id, "attempt": after.attempt, "reason": reason});
            self.add_event(kind::COMMAND_CANCEL_REQUESTED, command.new.id.as_str(), data);
        }
        self.set(now, command, after)
    }

    /// Writes everything. The saved commands are in the order of their ids.
    pub(super) fn write(self, tx: &Tx<'_>, by: &Audit) -> Result<Vec<Saved>, flux_storage::Error> {
        let saved: Vec<Saved> = self.saved.into_values().collect();
        commands::update_all(tx, saved.iter().map(|saved| &saved.command))?;
        history::append_all(tx, self.history.iter().map(|(id, row)| (id, row)))?;
        events::record_all(tx, by, &self.events)?;
        Ok(saved)
    }

    /// Writes the change of the one command that was changed.
    pub(super) fn write_one(self, tx: &Tx<'_>, by: &Audit) -> Result<Saved, flux_storage::Error> {
        self.write(tx, by)?.pop().ok_or(flux_storage::Error::BadRow("a change of no command"))
    }
}
