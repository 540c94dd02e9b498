//! What an agent says of its commands.

use super::{Audit, commands, offers};
use flux_delivery::command::CommandStatus;
use flux_protocol::limits::OUTPUT_CHARS;
use flux_protocol::{CommandId, CommandReport, JournalId, ReportAck, ReportState, Revocation, ServerId};
use flux_shop::{CommandRow, HistoryRow};
use flux_storage::{DbError, Tx, commands as rows, history};

/// What a call of reports has done.
#[derive(Debug, Default)]
pub struct Taken {
    /// The ids whose reported state is stored, each once, in the call's order.
    pub acknowledged: ReportAck,
    /// What the agent has open and must not run.
    pub revoked: Vec<Revocation>,
    /// For the log.
    pub notes: Vec<Note>,
}

/// What became of one report.
#[derive(Debug)]
pub struct Note {
    /// What the agent said.
    pub report: CommandReport,
    /// What the command then was; `None` for one that is not known.
    pub after: Option<(CommandStatus, u32)>,
    /// Whether it was about the present attempt.
    pub counted: bool,
}

/// Takes a call's reports, which come from the journal heard last. All that are taken are acknowledged, those of unknown
/// commands and older attempts too, or the agent would never be rid of them (rule 3).
pub fn take(
    tx: &Tx<'_>,
    by: &Audit,
    server: &ServerId,
    journal: &JournalId,
    reports: Vec<CommandReport>,
) -> Result<Taken, DbError> {
    let mut taken = Taken::default();
    for report in reports {
        if !taken.acknowledged.acknowledged.contains(&report.id) {
            taken.acknowledged.acknowledged.push(report.id.clone());
        }
        let note = match find(tx, server, &report.id)? {
            Some(command) => apply(tx, by, journal, command, report, &mut taken.revoked)?,
            None => Note { report, after: None, counted: false },
        };
        taken.notes.push(note);
    }
    Ok(taken)
}

/// Another server's command is an unknown one.
fn find(tx: &Tx<'_>, server: &ServerId, id: &CommandId) -> Result<Option<CommandRow>, DbError> {
    Ok(rows::find(tx, id)?.filter(|command| command.new.server_id == *server))
}

fn apply(
    tx: &Tx<'_>,
    by: &Audit,
    journal: &JournalId,
    mut command: CommandRow,
    report: CommandReport,
    revoked: &mut Vec<Revocation>,
) -> Result<Note, DbError> {
    let reaction = command.state.clone().apply_report(report.attempt, report.state, journal, by.now);
    let after = reaction.state;
    if reaction.counted {
        show(&mut command, &report);
        if report.state.is_closing() && after.status.is_open() {
            history::append_row(tx, &command.new.id, &failed_attempt(by, &report, &command))?;
        }
    }
    let note = Note { after: Some((after.status, after.attempt.get())), counted: reaction.counted, report };
    let changed = reaction.counted || command.state != after;
    let is_reopened = !command.state.status.is_open() && after.status.is_open();
    let mut command = if changed { commands::save(tx, by, command, after)? } else { command };
    // An attempt that this database has forgotten, of what was refunded meanwhile.
    let is_revoked = is_reopened && commands::is_revoked(tx, &command)?;
    if is_revoked {
        command = commands::want_cancelled(tx, by, command, None)?;
    }
    if (reaction.revoke || is_revoked) && !revoked.iter().any(|revocation| revocation.id == command.new.id) {
        revoked.push(offers::revoke(tx, command, journal, by.now)?);
    }
    Ok(note)
}

/// What people see of it: the last attempt's reason and output stay until the next one has its own.
fn show(command: &mut CommandRow, report: &CommandReport) {
    match report.state {
        ReportState::Delivered => {
            if matches!(command.state.status, CommandStatus::AwaitingPlayer(_)) {
                command.reason = None;
            }
        }
        ReportState::AwaitingPlayer(reason) => command.reason = Some(reason.as_str().to_owned()),
        ReportState::Completed | ReportState::Failed(_) | ReportState::Cancelled => {
            command.reason = report.state.reason().map(str::to_owned);
            // The game's answers name the player: one who was forgotten stays so.
            let is_forgotten = command.new.origin.is_some() && command.new.player.is_none();
            let output = report.output.as_ref().filter(|_| !is_forgotten);
            command.output = output.map(|text| text.chars().take(OUTPUT_CHARS).collect());
        }
    }
}

/// The attempt that failed and is followed by a retry: the command itself is shown pending again.
fn failed_attempt(by: &Audit, report: &CommandReport, command: &CommandRow) -> HistoryRow {
    HistoryRow {
        at: by.now,
        status: report.state.status().to_owned(),
        attempt: report.attempt.get(),
        reason: command.reason.clone(),
        output: command.output.clone(),
    }
}
