//! Sends one line: commits the intent, sends, and has the answer judged.

use super::connection::GameConnection;
use super::error::StepError;
use super::game_clock::GameClock;
use super::job_writer::JobWriter;
use super::judge::{AnswerEvidence, Judge, UNREADABLE_MARKER};
use super::presence::Presence;
use crate::journal::{Intent, JobRow, Note, Wake};
use crate::state::Shared;
use flux_delivery::CommandLine;
use flux_delivery::job::Job;
use flux_delivery::marker::{Marker, MarkerKey, did_not_parse, parse_marker};
use flux_rcon::Outcome;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Runs jobs whose time has come. Each step is committed before its effect: the intent before the line, the outcome before anything else.
pub(super) struct Runner {
    shared: Arc<Shared>,
    writer: JobWriter,
    judge: Judge,
    clock: GameClock,
    /// True if the game supports execution markers.
    has_markers: bool,
    /// First words of commands that do not parse when wrapped in a marker. They are sent without one.
    unmarked_words: BTreeSet<String>,
}

impl Runner {
    pub(super) fn new(
        shared: Arc<Shared>,
        writer: JobWriter,
        judge: Judge,
        clock: GameClock,
        has_markers: bool,
    ) -> Runner {
        Runner { shared, writer, judge, clock, has_markers, unmarked_words: BTreeSet::new() }
    }

    /// Sends the line of a job and commits the outcome.
    pub(super) async fn run(
        &mut self,
        row: &JobRow,
        line: CommandLine,
        connection: &mut GameConnection,
        presence: &mut Presence,
    ) -> Result<(), StepError> {
        // A send of another journal was the first one.
        let send = row.sends.saturating_add(1).saturating_add(row.job.from_other_journal.into());
        let key = MarkerKey::for_send(&row.id, row.job.attempt, send);
        let may_mark = self.has_markers && !self.unmarked_words.contains(line.first_word());
        self.clock.refresh(connection).await?;
        match if may_mark { key.wrap(&line) } else { None } {
            Some(wrapped) => self.run_marked(row, &line, &wrapped, &key, connection, presence).await,
            None => self.run_unmarked(row, row.job, &line, connection, presence).await.map(drop),
        }
    }

    async fn run_marked(
        &mut self,
        row: &JobRow,
        line: &CommandLine,
        wrapped: &CommandLine,
        key: &MarkerKey,
        connection: &mut GameConnection,
        presence: &mut Presence,
    ) -> Result<(), StepError> {
        let intent = Intent { line: wrapped.as_str(), marker: Some(key), clock: self.clock.last() };
        if !self.writer.commit_intent(row, row.job, &intent)? {
            return Ok(());
        }
        let answer = match connection.run(wrapped.as_str()).await {
            Outcome::Replied(answer) => answer,
            other => return self.judge.unanswered(row, other).await,
        };
        if !did_not_parse(&answer) {
            return self.judge.judge(row, &answer, AnswerEvidence::MarkerUnread(key), connection, presence).await;
        }
        // The line should not have run. If it ran and printed such an error itself, its marker decides.
        match connection.query(&key.query_line()).await {
            Ok(reply) => match parse_marker(&reply) {
                Some(Marker::Absent) => {
                    let was_accepted = self.run_unmarked(row, row.job.started(), line, connection, presence).await?;
                    if was_accepted {
                        self.unmarked_words.insert(line.first_word().to_owned());
                    }
                    Ok(())
                }
                Some(Marker::Present { succeeded }) => {
                    let evidence = AnswerEvidence::MarkerPresent { succeeded };
                    self.judge.judge(row, &answer, evidence, connection, presence).await
                }
                None => self.judge.answer_lost(row, UNREADABLE_MARKER).await,
            },
            Err(disconnect) => {
                self.judge.answer_lost(row, UNREADABLE_MARKER).await?;
                Err(disconnect.into())
            }
        }
    }

    /// Sends a line without a marker. True when the game parsed it: a plugin's command parses only like this, a wrong one not at all.
    async fn run_unmarked(
        &self,
        row: &JobRow,
        decided_on: Job,
        line: &CommandLine,
        connection: &mut GameConnection,
        presence: &mut Presence,
    ) -> Result<bool, StepError> {
        let intent = Intent { line: line.as_str(), marker: None, clock: self.clock.last() };
        let may_send = match self.writer.commit_intent(row, decided_on, &intent) {
            // The job still waits, until the journal works again.
            Err(error) if decided_on.is_waiting() => return Err(error.into()),
            Err(error) => {
                self.shared.journal_failed(&error);
                false
            }
            Ok(may_send) => may_send,
        };
        if !may_send {
            // A revoke came between the two sends, or the intent cannot be written. Nothing has run, and no running row may stay behind.
            self.writer.commit_outcome(row, Note::new("not_sent", None), Wake::Now, Job::not_sent).await;
            return Ok(false);
        }
        match connection.run(line.as_str()).await {
            Outcome::Replied(answer) => {
                self.judge.judge(row, &answer, AnswerEvidence::Unmarked, connection, presence).await?;
                Ok(!did_not_parse(&answer))
            }
            other => self.judge.unanswered(row, other).await.map(|()| false),
        }
    }
}
