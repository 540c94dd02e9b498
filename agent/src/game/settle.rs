use super::Lost;
use super::connection::ask;
use super::executor::{Executor, Trouble};
use crate::journal::{JobRow, JournalError, Note, When};
use crate::limits::SETTLED_PER_TURN;
use flux_delivery::game_clock::ClockPair;
use flux_delivery::job::Evidence;
use flux_delivery::marker::{Marker, MarkerKey, parse_marker};

impl Executor {
    /// Settles what is uncertain, some at a time; returns whether anything was. The question for the game's clock is the harmless command: once it is answered, the
    /// lines that dead connections had left in the game's queue have run, since that queue is first in, first out.
    pub(super) async fn settle_some(&mut self) -> Result<bool, Trouble> {
        let uncertain = self.shared.journal().uncertain(SETTLED_PER_TURN)?;
        if uncertain.is_empty() {
            return Ok(false);
        }
        let clock = self.ask_clock().await?;
        for row in &uncertain {
            let evidence = self.evidence(row, clock.as_ref()).await?;
            self.settle(row, evidence)?;
        }
        Ok(true)
    }

    fn settle(&self, row: &JobRow, evidence: Evidence) -> Result<(), JournalError> {
        let on_uncertain = self.shared.config().delivery.on_uncertain;
        let (told, state) = (describe(evidence), row.job.settled(evidence, on_uncertain).report_state());
        tracing::warn!(command.id = %row.id, attempt = %row.job.attempt, evidence = told, status = state.status(), reason = state.reason(), "uncertain command settled");
        let when = When::At(self.resend_at(row));
        // A revoke that came meanwhile makes it another job: it is settled again at the next turn.
        self.decide(row, Note::new("settled", Some(told)), when, |job| job.settled(evidence, on_uncertain)).map(drop)
    }

    async fn evidence(&mut self, row: &JobRow, clock: Option<&ClockPair>) -> Result<Evidence, Lost> {
        let foreign = || MarkerKey::for_send(&row.id, row.job.attempt, 1);
        let own = row.marks.last().filter(|_| row.marked).cloned();
        let Some(mark) = own.or_else(|| (row.job.from_other_journal && self.abilities.proof).then(foreign)) else {
            return Ok(Evidence::None);
        };
        let answer = ask(&mut self.connection, &mark.query_line()).await?;
        let same_run = matches!((&row.sent_clock, clock), (Some(then), Some(now)) if then.same_run_until(now));
        Ok(parse_marker(&answer).map_or(Evidence::None, |marker| Evidence::Marker { marker, same_run }))
    }
}

fn describe(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::Marker { marker: Marker::Present { succeeded: true }, .. } => "the mark is in the game: it ran",
        Evidence::Marker { marker: Marker::Present { succeeded: false }, .. } => {
            "the mark is in the game: it ran and was refused"
        }
        Evidence::Marker { marker: Marker::Absent, same_run: true } => {
            "no mark, and the game has not restarted: it did not run"
        }
        Evidence::Marker { marker: Marker::Absent, same_run: false } => "no mark, but the game may have restarted",
        Evidence::None => "it went out without a mark",
    }
}
