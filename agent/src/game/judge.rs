//! Judges the game's answer to a line and commits the outcome.

use super::connection::GameConnection;
use super::error::{Disconnect, StepError};
use super::job_writer::JobWriter;
use super::markers::Markers;
use super::presence::Presence;
use super::quote::quote;
use crate::journal::{JobRow, Note, Wake};
use crate::limits::{AWAY_RETRY, RESEND, TRUSTED_AWAY};
use crate::state::Shared;
use flux_delivery::answer::{Judgement, Verdict};
use flux_delivery::job::Job;
use flux_delivery::marker::{Marker, MarkerKey, parse_marker};
use flux_protocol::FailReason;
use flux_rcon::Outcome;
use std::sync::Arc;

/// Evidence about a line besides its answer.
pub(super) enum AnswerEvidence<'a> {
    /// The line was sent without a marker.
    Unmarked,
    /// The line was sent with this marker, which has not been read yet.
    MarkerUnread(&'a MarkerKey),
    /// The marker is present.
    MarkerPresent { succeeded: bool },
}

/// Turns answers, and missing answers, into committed outcomes.
pub(super) struct Judge {
    shared: Arc<Shared>,
    writer: JobWriter,
    markers: Markers,
}

impl Judge {
    pub(super) fn new(shared: Arc<Shared>, writer: JobWriter, markers: Markers) -> Judge {
        Judge { shared, writer, markers }
    }

    /// Judges an answer by the patterns, then by the marker; with neither, the command counts as completed.
    pub(super) async fn judge(
        &self,
        row: &JobRow,
        answer: &str,
        evidence: AnswerEvidence<'_>,
        connection: &mut GameConnection,
        presence: &mut Presence,
    ) -> Result<(), StepError> {
        let config = self.shared.config();
        let patterns = &config.delivery.patterns;
        let judgement = match evidence {
            AnswerEvidence::Unmarked => patterns.judge(answer, None),
            AnswerEvidence::MarkerPresent { succeeded } => patterns.judge(answer, Some(succeeded)),
            AnswerEvidence::MarkerUnread(key) => {
                let by_text = patterns.judge(answer, None);
                if by_text.rule.is_some() {
                    by_text
                } else {
                    match connection.query(&key.query_line()).await {
                        Ok(reply) => match parse_marker(&reply) {
                            Some(Marker::Present { succeeded }) => patterns.judge(answer, Some(succeeded)),
                            // A plugin swallowed the line, or the game kept no marker: nothing proves that it ran.
                            Some(Marker::Absent) => return self.hold(row, answer).await,
                            None => return self.answer_lost(row, UNREADABLE_MARKER).await,
                        },
                        Err(disconnect) => {
                            self.answer_lost(row, UNREADABLE_MARKER).await?;
                            return Err(disconnect.into());
                        }
                    }
                }
            }
        };
        match judgement.verdict {
            Verdict::PlayerAway => self.player_away(row, answer, &judgement, connection, presence).await,
            Verdict::Completed => {
                self.close(row, "completed", answer, &judgement).await;
                Ok(())
            }
            Verdict::Rejected => {
                self.close(row, "rejected", answer, &judgement).await;
                Ok(())
            }
            Verdict::Unrecognised => {
                let rule = judgement.to_string();
                tracing::warn!(command.id = %row.id, order.id = row.order_id(), player.name = row.player_name(), attempt = %row.job.attempt, answer, judged_by = rule, "answer not recognised; command held for a person");
                self.close(row, "unrecognised", answer, &judgement).await;
                Ok(())
            }
        }
    }

    async fn close(&self, row: &JobRow, event: &'static str, answer: &str, judgement: &Judgement) {
        let (verdict, rule) = (judgement.verdict, judgement.to_string());
        self.shared.metrics.count_attempt(event);
        if verdict == Verdict::Rejected {
            tracing::warn!(command.id = %row.id, order.id = row.order_id(), player.name = row.player_name(), attempt = %row.job.attempt, answer, judged_by = rule, "command rejected by the game");
        } else {
            tracing::info!(command.id = %row.id, order.id = row.order_id(), player.name = row.player_name(), attempt = %row.job.attempt, verdict = event, answer, judged_by = rule, "command answered");
        }
        let note = Note::new(event, Some(&rule)).with_output(answer);
        self.writer.commit_outcome(row, note, Wake::Now, |job| job.answered(verdict)).await;
    }

    /// Makes the job wait for its player's join, with a timeout as fallback. The cached list is stale: the player is removed from it, so that the next list shows a
    /// join and every job of the player goes on in order. After [`TRUSTED_AWAY`] sends the player stays in the list, and only the timeout wakes the job, later each time.
    async fn player_away(
        &self,
        row: &JobRow,
        answer: &str,
        judgement: &Judgement,
        connection: &mut GameConnection,
        presence: &mut Presence,
    ) -> Result<(), StepError> {
        let player = row.command.as_ref().and_then(|command| command.player.as_ref());
        let contradiction = player.filter(|player| row.sends + 1 >= TRUSTED_AWAY && presence.lists(player)).map(|player| {
            format!(
                "{} is in the game's list, and yet the game answered {} {TRUSTED_AWAY} times; check the player in the command",
                player.name,
                quote(answer)
            )
        });
        if let Some(player) = player.filter(|_| row.sends < TRUSTED_AWAY) {
            presence.forget(player);
        }
        let wake = Wake::At(self.writer.backoff_until(row, AWAY_RETRY));
        let rule = judgement.to_string();
        self.shared.metrics.count_attempt("player_away");
        tracing::info!(command.id = %row.id, order.id = row.order_id(), player.name = row.player_name(), attempt = %row.job.attempt, answer, judged_by = rule, "command waits for its player");
        let note = Note::new("player_away", Some(&rule)).with_output(answer).with_obstacle(contradiction.as_deref());
        self.writer.commit_outcome(row, note, wake, |job| job.answered(Verdict::PlayerAway)).await;
        presence.request_list();
        self.markers.remove_of(&row.id, connection).await
    }

    async fn hold(&self, row: &JobRow, answer: &str) -> Result<(), StepError> {
        const RULE: &str = "the game answered, but the command left no execution marker";
        tracing::warn!(command.id = %row.id, order.id = row.order_id(), player.name = row.player_name(), attempt = %row.job.attempt, answer, judged_by = RULE, "command held as uncertain");
        self.shared.metrics.count_attempt("held");
        let note = Note::new("held", Some(RULE)).with_output(answer);
        self.writer.commit_outcome(row, note, Wake::Now, |job| job.refused(FailReason::Uncertain)).await;
        Ok(())
    }

    /// Commits that a line got no answer. The connection ends with it.
    pub(super) async fn unanswered(&self, row: &JobRow, outcome: Outcome) -> Result<(), StepError> {
        match outcome {
            Outcome::Unknown(cause) => {
                let cause = cause.to_string();
                self.answer_lost(row, &cause).await?;
                Err(Disconnect::Failed(cause).into())
            }
            _ => {
                let wake = Wake::At(self.writer.backoff_until(row, RESEND));
                self.shared.metrics.count_attempt("not_sent");
                self.writer.commit_outcome(row, Note::new("not_sent", None), wake, Job::not_sent).await;
                Err(Disconnect::Failed("the game closed the connection before a line was sent".into()).into())
            }
        }
    }

    /// Commits that the line may have run. The resolver settles it in the next step.
    pub(super) async fn answer_lost(&self, row: &JobRow, cause: &str) -> Result<(), StepError> {
        tracing::warn!(command.id = %row.id, order.id = row.order_id(), player.name = row.player_name(), attempt = %row.job.attempt, cause, "command's answer lost; asking the game whether it ran");
        self.shared.metrics.count_attempt("answer_lost");
        let note = Note::new("answer_lost", Some(cause));
        self.writer.commit_outcome(row, note, Wake::Now, Job::answer_lost).await;
        Ok(())
    }
}

/// Cause of a lost answer when the game's reply about a marker has no known form.
pub(super) const UNREADABLE_MARKER: &str = "the execution marker could not be read";
