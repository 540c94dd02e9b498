//! Reports: an agent says how its commands went.

use super::{Audit, ServiceError, commands, offers, reversals};
use flux_delivery::command::CommandStatus;
use flux_protocol::limits::OUTPUT_CHARS;
use flux_protocol::{CommandId, CommandReport, JournalId, ReportAck, ReportState, Revocation, ServerId};
use flux_referrals::OrderHooks;
use flux_shop::{CommandRow, HistoryRow};
use flux_storage::{Tx, commands as commands_repo, history};

/// The result of one call of reports.
#[derive(Debug, Default)]
pub struct AppliedReports {
    /// The ids of the reports that are stored, each once, in the call's order.
    pub acknowledged: ReportAck,
    /// Commands that the agent holds and must not run.
    pub revoked: Vec<Revocation>,
    /// For the log.
    pub notes: Vec<Note>,
}

/// The effect of one report, for the log.
#[derive(Debug)]
pub struct Note {
    /// The report.
    pub report: CommandReport,
    /// The command's status and attempt after it; `None` for an unknown command.
    pub after: Option<(CommandStatus, u32)>,
    /// True if it was about the present attempt.
    pub counted: bool,
}

/// Applies one call's reports. All are acknowledged, also those of unknown commands and older attempts: the agent repeats a
/// report until it is acknowledged (rule 3). The caller has checked that the journal is the one accepted last.
pub fn apply_all(
    tx: &Tx<'_>,
    by: &Audit,
    hooks: &dyn OrderHooks,
    server: &ServerId,
    journal: &JournalId,
    reports: Vec<CommandReport>,
) -> Result<AppliedReports, ServiceError> {
    let mut applied = AppliedReports::default();
    for report in reports {
        if !applied.acknowledged.acknowledged.contains(&report.id) {
            applied.acknowledged.acknowledged.push(report.id.clone());
        }
        let note = match find(tx, server, &report.id)? {
            Some(command) => apply(tx, by, hooks, journal, command, report, &mut applied.revoked)?,
            None => Note { report, after: None, counted: false },
        };
        applied.notes.push(note);
    }
    Ok(applied)
}

/// A command of another server counts as unknown.
fn find(tx: &Tx<'_>, server: &ServerId, id: &CommandId) -> Result<Option<CommandRow>, flux_storage::Error> {
    Ok(commands_repo::find(tx, id)?.filter(|command| command.new.server_id == *server))
}

fn apply(
    tx: &Tx<'_>,
    by: &Audit,
    hooks: &dyn OrderHooks,
    journal: &JournalId,
    mut command: CommandRow,
    report: CommandReport,
    revoked: &mut Vec<Revocation>,
) -> Result<Note, ServiceError> {
    let reaction = command.state.clone().apply_report(report.attempt, report.state, journal, by.now);
    let after = reaction.state;
    if reaction.counted {
        update_shown(&mut command, &report);
        if report.state.is_closing() && after.status.is_open() {
            history::append_row(tx, &command.new.id, &failed_attempt(by, &report, &command))?;
        }
    }
    let note = Note { after: Some((after.status, after.attempt.get())), counted: reaction.counted, report };
    let changed = reaction.counted || command.state != after;
    let is_reopened = !command.state.status.is_open() && after.status.is_open();
    let mut command = if changed {
        reversals::after_closing(tx, by, hooks, commands::save(tx, by, command, after)?)?
    } else {
        command
    };
    // The database had forgotten this attempt (a restore), and the order was refunded since.
    let is_revoked = is_reopened && commands::is_revoked(tx, hooks, &command)?;
    if is_revoked {
        command = reversals::after_closing(tx, by, hooks, commands::request_cancel(tx, by, command, None)?)?;
    }
    if (reaction.revoke || is_revoked) && !revoked.iter().any(|revocation| revocation.id == command.new.id) {
        revoked.push(offers::offer_revoke(tx, command, journal, by.now)?);
    }
    Ok(note)
}

/// Updates what people see: reason and output of an attempt stay until the next attempt has its own.
fn update_shown(command: &mut CommandRow, report: &CommandReport) {
    match report.state {
        ReportState::Delivered => {
            if matches!(command.state.status, CommandStatus::AwaitingPlayer(_)) {
                command.reason = None;
            }
        }
        ReportState::AwaitingPlayer(reason) => command.reason = Some(reason.as_str().to_owned()),
        ReportState::Completed | ReportState::Failed(_) | ReportState::Cancelled => {
            command.reason = report.state.reason().map(str::to_owned);
            // The game's answers name the player: do not store them for a customer who was forgotten.
            let is_forgotten = command.new.origin.is_some() && command.new.player.is_none();
            let output = report.output.as_ref().filter(|_| !is_forgotten);
            command.output = output.map(|text| text.chars().take(OUTPUT_CHARS).collect());
        }
    }
}

/// A row for an attempt that failed and will be retried: the command itself is pending again.
fn failed_attempt(by: &Audit, report: &CommandReport, command: &CommandRow) -> HistoryRow {
    HistoryRow {
        at: by.now,
        status: report.state.status().to_owned(),
        attempt: report.attempt.get(),
        reason: command.reason.clone(),
        output: command.output.clone(),
    }
}
