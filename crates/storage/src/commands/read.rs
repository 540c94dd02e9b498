use crate::DbError;
use crate::row::{get, json, text, text_or_null, time, time_or_null};
use flux_delivery::command::{CommandState, CommandStatus, OfferedTo};
use flux_protocol::{Attempt, CommandKind, PlayerRef};
use flux_shop::{CommandPurpose, CustomerId};
use flux_shop::{CommandRow, NewCommand, Origin, Trigger};
use rusqlite::Row;

/// A row as a command.
pub(super) fn command(row: &Row<'_>) -> Result<CommandRow, DbError> {
    Ok(CommandRow {
        new: new(row)?,
        sequence: whole(row, "sequence")?,
        state: state(row)?,
        reason: get(row, "reason")?,
        output: get(row, "output")?,
        cancel_requested_at: time_or_null(row, "cancel_requested_at")?,
        offered_at: time_or_null(row, "offered_at")?,
        created_at: time(row, "created_at")?,
        updated_at: time(row, "updated_at")?,
    })
}

fn new(row: &Row<'_>) -> Result<NewCommand, DbError> {
    let kind = match get::<String>(row, "kind")?.as_str() {
        "purchase" => CommandKind::Purchase,
        "referral" => CommandKind::Referral,
        "manual" => CommandKind::Manual,
        _ => return Err(DbError::BadRow("kind")),
    };
    let (name, uuid): (Option<String>, _) = (get(row, "player_name")?, get(row, "player_uuid")?);
    Ok(NewCommand {
        id: text(row, "id")?,
        server_id: text(row, "server_id")?,
        order_id: text_or_null(row, "order_id")?,
        origin: origin(row)?,
        kind,
        player: name.map(|name| PlayerRef { name, uuid }),
        command: get(row, "command")?,
        values: json(row, "fill")?,
        require_online: get(row, "require_online")?,
        delay_seconds: get(row, "delay_seconds")?,
        required_slots: get(row, "required_slots")?,
        expires_at: time_or_null(row, "expires_at")?,
    })
}

fn origin(row: &Row<'_>) -> Result<Option<Origin>, DbError> {
    if let Some(grant) = text_or_null(row, "grant_id")? {
        // One whose customer was forgotten is nobody's.
        let customer = CustomerId::from_stored(get::<Option<String>>(row, "customer_id")?.unwrap_or_default());
        let on = if get(row, "undoes")? { CommandPurpose::Reversal } else { CommandPurpose::Grant };
        return Ok(Some(Origin::Reward { grant, customer, on }));
    }
    let Some(id) = text_or_null(row, "package_id")? else { return Ok(None) };
    let on = Trigger::from_word(&get::<String>(row, "made_on")?).ok_or(DbError::BadRow("made_on"))?;
    Ok(Some(Origin::Package { id, on }))
}

fn state(row: &Row<'_>) -> Result<CommandState, DbError> {
    let (status, reason): (String, Option<String>) = (get(row, "status")?, get(row, "status_reason")?);
    let offered = match get::<String>(row, "offered")?.as_str() {
        "never" => OfferedTo::Nobody,
        "journal" => OfferedTo::Only(text(row, "offered_journal")?),
        "others" => OfferedTo::Others,
        _ => return Err(DbError::BadRow("offered")),
    };
    Ok(CommandState {
        status: CommandStatus::parse(&status, reason.as_deref()).ok_or(DbError::BadRow("status"))?,
        attempt: Attempt::new(get(row, "attempt")?).ok_or(DbError::BadRow("attempt"))?,
        retries_used: get(row, "retries_used")?,
        cancel_requested: get(row, "cancel_wanted")?,
        offered,
        reported_by: text_or_null(row, "reported_by")?,
        next_attempt_at: time_or_null(row, "next_attempt_at")?,
    })
}

fn whole(row: &Row<'_>, column: &'static str) -> Result<u64, DbError> {
    u64::try_from(get::<i64>(row, column)?).map_err(|_| DbError::BadRow(column))
}
