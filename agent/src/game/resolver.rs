//! Settles uncertain commands: their line was sent, or may have been, and no answer is known.

use super::capabilities::Capabilities;
use super::connection::GameConnection;
use super::error::{Disconnect, StepError};
use super::game_clock;
use super::job_writer::JobWriter;
use crate::journal::{JobRow, JournalError, Note, Wake};
use crate::limits::{RESEND, RESOLVED_PER_STEP};
use crate::state::Shared;
use flux_delivery::game_clock::{ClockPair, GAMETIME_QUERY};
use flux_delivery::job::Evidence;
use flux_delivery::marker::{Marker, MarkerKey, parse_marker};
use std::sync::Arc;

/// Queries the game for evidence of uncertain commands and commits the result.
pub(super) struct Resolver {
    shared: Arc<Shared>,
    writer: JobWriter,
    capabilities: Capabilities,
}

impl Resolver {
    pub(super) fn new(shared: Arc<Shared>, writer: JobWriter, capabilities: Capabilities) -> Resolver {
        Resolver { shared, writer, capabilities }
    }

    /// Settles some uncertain commands. Returns whether there were any. The query of the game's clock changes nothing; its answer shows that the lines of earlier
    /// connections have run, since the game's queue is first in, first out.
    pub(super) async fn resolve_some(&self, connection: &mut GameConnection) -> Result<bool, StepError> {
        let uncertain = self.shared.journal().uncertain(RESOLVED_PER_STEP)?;
        if uncertain.is_empty() {
            return Ok(false);
        }
        // Without a clock, any answer shows that the earlier lines have run.
        let line = self.capabilities.clock_query.unwrap_or(GAMETIME_QUERY);
        let clock = game_clock::query(line, connection, &*self.shared.clock).await?;
        for row in &uncertain {
            let evidence = self.find_evidence(row, clock.as_ref(), connection).await?;
            self.resolve(row, evidence)?;
        }
        Ok(true)
    }

    fn resolve(&self, row: &JobRow, evidence: Evidence) -> Result<(), JournalError> {
        let on_uncertain = self.shared.config().delivery.on_uncertain;
        let (description, state) = (describe(evidence), row.job.settled(evidence, on_uncertain).report_state());
        tracing::warn!(command.id = %row.id, order.id = row.order_id(), player.name = row.player_name(), attempt = %row.job.attempt, evidence = description, status = state.status(), reason = state.reason(), "uncertain command settled");
        let wake = Wake::At(self.writer.backoff_until(row, RESEND));
        let note = Note::new("settled", Some(description));
        // A revoke that came meanwhile makes it another job: the next step settles it again.
        self.writer.transition_if_unchanged(row, note, wake, |job| job.settled(evidence, on_uncertain)).map(drop)
    }

    async fn find_evidence(
        &self,
        row: &JobRow,
        clock: Option<&ClockPair>,
        connection: &mut GameConnection,
    ) -> Result<Evidence, Disconnect> {
        let Some(key) = marker_to_ask(row, self.capabilities.markers) else { return Ok(Evidence::None) };
        let answer = connection.query(&key.query_line()).await?;
        let same_run = matches!((&row.sent_clock, clock), (Some(then), Some(now)) if then.same_run_until(now));
        Ok(parse_marker(&answer).map_or(Evidence::None, |marker| Evidence::Marker { marker, same_run }))
    }
}

/// The marker that says whether the last send ran. What another journal may have sent, this one has not: its own markers
/// are of earlier attempts.
fn marker_to_ask(row: &JobRow, is_supported: bool) -> Option<MarkerKey> {
    if row.job.from_other_journal {
        return is_supported.then(|| MarkerKey::for_send(&row.id, row.job.attempt, 1));
    }
    row.markers.last().filter(|_| row.has_marker).cloned()
}

fn describe(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::Marker { marker: Marker::Present { succeeded: true }, .. } => {
            "the execution marker is present: the command ran"
        }
        Evidence::Marker { marker: Marker::Present { succeeded: false }, .. } => {
            "the execution marker is present: the command ran and failed"
        }
        Evidence::Marker { marker: Marker::Absent, same_run: true } => {
            "no execution marker, and the game has not restarted: the command did not run"
        }
        Evidence::Marker { marker: Marker::Absent, same_run: false } => {
            "no execution marker, but the game may have restarted"
        }
        Evidence::None => "the command was sent without an execution marker",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flux_delivery::job::Job;
    use flux_protocol::{Attempt, FailReason};
    use jiff::Timestamp;

    fn row(job: Job) -> JobRow {
        let id = "cmd_1".parse().unwrap();
        let markers = vec![MarkerKey::for_send(&id, Attempt::FIRST, 1)];
        let (received_at, changed_at) = (Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
        let (command, line, sent_clock, obstacle) = (None, None, None, None);
        JobRow {
            id,
            job,
            received_at,
            changed_at,
            command,
            line,
            has_marker: true,
            markers,
            sent_clock,
            sends: 1,
            obstacle,
        }
    }

    /// Rules 6 and 9: the marker of a refused attempt says nothing about the next one.
    #[test]
    fn attempt_of_another_journal_has_its_own_marker() {
        let two = Attempt::FIRST.next();
        let failed = Some(Job::receive_delivery(None, Attempt::FIRST, false).job().refused(FailReason::Expired));
        let elsewhere = [Job::receive_delivery(failed, two, true), Job::receive_revocation(failed, two, true)];
        for row in elsewhere.map(|intake| row(intake.job())) {
            assert_eq!(marker_to_ask(&row, true), Some(MarkerKey::for_send(&row.id, two, 1)));
            assert_eq!(marker_to_ask(&row, false), None);
        }
        let own = row(Job::receive_delivery(None, Attempt::FIRST, false).job().started().answer_lost());
        assert_eq!(marker_to_ask(&own, true), Some(MarkerKey::for_send(&own.id, Attempt::FIRST, 1)));
    }
}
