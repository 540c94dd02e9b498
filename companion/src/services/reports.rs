//! Applies the reports of agents about their commands.

use super::changes::Changes;
use super::{Audit, ServiceError, Wake, commands, offers, reversals};
use flux_delivery::command::CommandStatus;
use flux_protocol::limits::OUTPUT_CHARS;
use flux_protocol::{
    CommandId, CommandReport, FailReason, JournalId, ReportAck, ReportState, Revocation, ServerId, Settled,
};
use flux_referrals::OrderHooks;
use flux_shop::{Command, HistoryEntry};
use flux_storage::{Tx, commands as commands_repo};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// The result of one call of reports.
#[derive(Debug, Default)]
pub struct AppliedReports {
    /// The ids of the reports that are stored, each once, in the call's order, and what the store shows otherwise.
    pub acknowledged: ReportAck,
    /// Commands that the agent holds and must not run.
    pub revoked: Vec<Revocation>,
    /// Servers to which commands have moved.
    pub wake: Wake,
    /// For the log.
    pub notes: Vec<Note>,
}

impl AppliedReports {
    /// Adds the result of another call; an id stays acknowledged once.
    pub(crate) fn add(&mut self, other: AppliedReports) {
        let known = &mut self.acknowledged.acknowledged;
        for id in other.acknowledged.acknowledged {
            if !known.contains(&id) {
                known.push(id);
            }
        }
        self.acknowledged.settled.extend(other.acknowledged.settled);
        self.revoked.extend(other.revoked);
        self.wake.extend(other.wake);
        self.notes.extend(other.notes);
    }
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
    reports: &[CommandReport],
) -> Result<AppliedReports, ServiceError> {
    let ids: BTreeSet<CommandId> = reports.iter().map(|report| report.id.clone()).collect();
    // A command of another server counts as unknown.
    let (own, others): (Vec<_>, Vec<_>) =
        commands_repo::find_all(tx, &ids)?.into_iter().partition(|command| command.new.server_id == *server);
    let mut batch = Batch {
        commands: own.into_iter().map(|command| (command.new.id.clone(), command)).collect(),
        changes: Changes::default(),
        revoked: BTreeMap::new(),
        settled: Vec::new(),
    };
    let mut applied = AppliedReports::default();
    for report in newest_of_each(reports) {
        let moved = others.iter().find(|command| command.new.id == report.id && command.new.any_of.contains(server));
        if let Some(moved) = moved.filter(|_| !report.state.is_closing()) {
            // A journal from an older copy, say: the command has moved from this server to another one.
            batch.revoked.insert(report.id.clone(), moved.to_revocation(true));
        }
        applied.acknowledged.acknowledged.push(report.id.clone());
        applied.notes.push(batch.apply(tx, hooks, journal, report.clone())?);
    }
    applied.acknowledged.settled = batch.settled;
    applied.revoked = batch.revoked.into_values().collect();
    applied.wake = reversals::after_closing_all(tx, by, hooks, &batch.changes.write(tx, by)?)?;
    Ok(applied)
}

/// One report per id, in the order of the ids' first reports: that of the highest attempt, and of several for it the
/// completed one or the last.
fn newest_of_each(reports: &[CommandReport]) -> Vec<&CommandReport> {
    let mut places: BTreeMap<&CommandId, usize> = BTreeMap::new();
    let mut newest: Vec<&CommandReport> = Vec::with_capacity(reports.len());
    for report in reports {
        match places.get(&report.id).and_then(|place| newest.get_mut(*place)) {
            Some(known) if is_older(known, report) => *known = report,
            Some(_) => {}
            None => {
                places.insert(&report.id, newest.len());
                newest.push(report);
            }
        }
    }
    newest
}

/// `completed` is final under any attempt (rule 1).
fn is_older(known: &CommandReport, report: &CommandReport) -> bool {
    let rank = |report: &CommandReport| (report.state == ReportState::Completed, report.attempt);
    rank(known) <= rank(report)
}

/// The reports of one call, applied one after the other, and written together.
struct Batch {
    commands: BTreeMap<CommandId, Command>,
    changes: Changes,
    revoked: BTreeMap<CommandId, Revocation>,
    settled: Vec<Settled>,
}

impl Batch {
    fn apply(
        &mut self,
        tx: &Tx<'_>,
        hooks: &dyn OrderHooks,
        journal: &JournalId,
        report: CommandReport,
    ) -> Result<Note, ServiceError> {
        let Some(mut command) = self.commands.remove(&report.id) else {
            return Ok(Note { report, after: None, counted: false });
        };
        let (id, now) = (report.id.clone(), tx.now());
        let reaction = command.state.clone().apply_report(report.attempt, report.state, journal, now);
        let after = reaction.state;
        if reaction.counted {
            update_shown(&mut command, &report);
            if report.state.is_closing() && after.status.is_open() {
                self.changes.add_history(&id, failed_attempt(now, &report, &command));
            }
        }
        let note = Note { after: Some((after.status, after.attempt.get())), counted: reaction.counted, report };
        let settled = after.settled_against(note.report.attempt, note.report.state, last_reason(&command));
        self.settled.extend(settled.map(|(attempt, state)| Settled { id: id.clone(), attempt, state }));
        let is_reopened = !command.state.status.is_open() && after.status.is_open();
        if reaction.counted || command.state != after {
            command = self.changes.set(now, command, after);
        }
        // The database had forgotten this attempt (a restore), and the order was refunded since.
        let is_revoked = is_reopened && commands::is_revoked(tx, hooks, &command)?;
        if is_revoked {
            command = self.changes.request_cancel(now, command, None);
        }
        if (reaction.revoke || is_revoked) && !self.revoked.contains_key(&id) {
            command = self.revoke(now, journal, command);
        }
        self.commands.insert(id, command);
        Ok(note)
    }

    /// Adds the revoke that answers an open report of a command that is cancelled or to be cancelled (rule 8).
    fn revoke(&mut self, now: Timestamp, journal: &JournalId, command: Command) -> Command {
        let revocation = command.to_revocation(command.state.redelivered_to(journal));
        self.revoked.insert(command.new.id.clone(), revocation);
        let command = offers::mark_offered(command, journal, Some(now));
        let state = command.state.clone();
        self.changes.set(now, command, state)
    }
}

/// Updates what people see: reason and output of an attempt stay until the next attempt has its own.
fn update_shown(command: &mut Command, report: &CommandReport) {
    match report.state {
        ReportState::Delivered => {
            if matches!(command.state.status, CommandStatus::AwaitingPlayer(_)) {
                command.reason = None;
            }
        }
        ReportState::AwaitingPlayer(_) | ReportState::Completed | ReportState::Failed(_) | ReportState::Cancelled => {
            command.reason = report.state.reason().map(str::to_owned);
            // The game's answers name the player: do not store them for a customer who was forgotten.
            let is_forgotten = command.new.origin.is_some() && command.new.player.is_none();
            let output = report.output.as_ref().filter(|_| !is_forgotten);
            command.output = output.map(|text| text.chars().take(OUTPUT_CHARS).collect());
        }
    }
}

/// The reason of the last attempt that failed; it stays until the next attempt has its own.
fn last_reason(command: &Command) -> FailReason {
    command.reason.as_deref().and_then(|reason| reason.parse().ok()).unwrap_or(FailReason::Uncertain)
}

/// A row for an attempt that failed and will be retried: the command itself is pending again.
fn failed_attempt(now: Timestamp, report: &CommandReport, command: &Command) -> HistoryEntry {
    HistoryEntry {
        at: now,
        status: report.state.status().to_owned(),
        attempt: report.attempt.get(),
        reason: command.reason.clone(),
        output: command.output.clone(),
    }
}
