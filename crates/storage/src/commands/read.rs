//! A row of the commands table as a command.

use crate::{Error, Row};
use flux_delivery::command::{CommandState, CommandStatus, OfferedTo};
use flux_protocol::{Attempt, CommandKind, PlayerRef};
use flux_shop::{Command, NewCommand, Origin};
use flux_shop::{CommandPurpose, CustomerId};

/// A row as a command.
pub(crate) fn command(row: &Row<'_>) -> Result<Command, Error> {
    Ok(Command {
        new: new(row)?,
        sequence: row.get("seq")?,
        state: state(row)?,
        reason: row.get("reason")?,
        output: row.get("output")?,
        moves_to: row.get("moves_to")?,
        cancel_requested_at: row.get("cancel_requested_at")?,
        offered_at: row.get("offered_at")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

fn new(row: &Row<'_>) -> Result<NewCommand, Error> {
    let kind = match row.get::<String>("kind")?.as_str() {
        "purchase" => CommandKind::Purchase,
        "referral" => CommandKind::Referral,
        "manual" => CommandKind::Manual,
        _ => return Err(Error::BadRow("kind")),
    };
    let (name, uuid): (Option<String>, _) = (row.get("player_name")?, row.get("player_uuid")?);
    Ok(NewCommand {
        id: row.get("id")?,
        server_id: row.get("server_id")?,
        any_of: row.json_or_default("any_of")?,
        order_id: row.get("order_id")?,
        origin: origin(row)?,
        kind,
        player: name.map(|name| PlayerRef { name, uuid }),
        command: row.get("command")?,
        values: row.json("template_values")?,
        require_online: row.get("require_online")?,
        delay_seconds: row.get("delay_seconds")?,
        required_slots: row.get("required_slots")?,
        expires_at: row.get("expires_at")?,
    })
}

fn origin(row: &Row<'_>) -> Result<Option<Origin>, Error> {
    if let Some(grant) = row.get("grant_id")? {
        // The column is null once the customer was forgotten.
        let customer = CustomerId::from_stored(row.get::<Option<String>>("customer_id")?.unwrap_or_default());
        let on = if row.get("is_reversal")? { CommandPurpose::Reversal } else { CommandPurpose::Grant };
        return Ok(Some(Origin::Reward { grant, customer, on }));
    }
    let Some(id) = row.get("package_id")? else { return Ok(None) };
    let on = row.get("trigger")?;
    Ok(Some(Origin::Package { id, on }))
}

fn state(row: &Row<'_>) -> Result<CommandState, Error> {
    let (status, reason): (String, Option<String>) = (row.get("status")?, row.get("status_reason")?);
    let offered = match row.get::<String>("offered")?.as_str() {
        "never" => OfferedTo::Nobody,
        "journal" => OfferedTo::Only(row.get("offered_journal")?),
        "others" => OfferedTo::Others,
        _ => return Err(Error::BadRow("offered")),
    };
    Ok(CommandState {
        status: CommandStatus::parse(&status, reason.as_deref()).ok_or(Error::BadRow("status"))?,
        attempt: Attempt::new(row.get("attempt")?).ok_or(Error::BadRow("attempt"))?,
        retries_used: row.get("retries_used")?,
        cancel_requested: row.get("cancel_requested")?,
        offered,
        reported_by: row.get("reported_by")?,
        next_attempt_at: row.get("next_attempt_at")?,
    })
}
