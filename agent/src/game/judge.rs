use super::connection::ask;
use super::executor::{Executor, Trouble};
use crate::journal::{JobRow, Note, When};
use crate::limits::{AWAY_RETRY, TRUSTED_AWAY};
use flux_delivery::answer::{Judgement, Verdict};
use flux_delivery::marker::{Marker, MarkerKey, parse_marker};
use flux_protocol::FailReason;

/// What is known of a line beside its answer.
pub(super) enum Heard<'a> {
    /// It went out without a mark.
    Plain,
    /// It went out with this mark, which has not been asked for.
    Marked(&'a MarkerKey),
    /// Its mark is there; whether it succeeded.
    Mark(bool),
}

impl Executor {
    /// Judges an answer: the patterns first, then the mark, else it counts as run.
    pub(super) async fn judge(&mut self, row: &JobRow, answer: &str, heard: Heard<'_>) -> Result<(), Trouble> {
        let config = self.shared.config();
        let patterns = &config.delivery.patterns;
        let judgement = match heard {
            Heard::Plain => patterns.judge(answer, None),
            Heard::Mark(success) => patterns.judge(answer, Some(success)),
            Heard::Marked(key) => {
                let by_text = patterns.judge(answer, None);
                if by_text.rule.is_some() {
                    by_text
                } else {
                    match ask(&mut self.connection, &key.query_line()).await {
                        Ok(told) => match parse_marker(&told) {
                            Some(Marker::Present { succeeded }) => patterns.judge(answer, Some(succeeded)),
                            // A plugin has swallowed it, or the game keeps no mark of it: nobody can say that it ran.
                            Some(Marker::Absent) => return self.hold(row, answer).await,
                            None => return self.lost(row, "the mark could not be read").await,
                        },
                        Err(lost) => {
                            self.lost(row, "the mark could not be read").await?;
                            return Err(lost.into());
                        }
                    }
                }
            }
        };
        match judgement.verdict {
            Verdict::PlayerAway => return self.player_away(row, answer, &judgement).await,
            Verdict::Completed => self.over(row, "completed", answer, &judgement).await,
            Verdict::Rejected => self.over(row, "rejected", answer, &judgement).await,
        }
        Ok(())
    }

    async fn over(&mut self, row: &JobRow, event: &'static str, answer: &str, judgement: &Judgement) {
        let (verdict, rule) = (judgement.verdict, judgement.to_string());
        self.shared.metrics.attempt(event);
        tracing::info!(command.id = %row.id, attempt = %row.job.attempt, verdict = event, answer, judged_by = rule, "command answered");
        let note = Note::new(event, Some(&rule)).with_output(answer);
        self.conclude(row, note, When::Now, |job| job.answered(verdict)).await;
    }

    /// It waits for a join, and a timer stands behind that. The list was wrong, or is by now: the player is forgotten, so that the next list brings whoever is back as a
    /// join, and all that waits for them goes on in its order. A game that keeps saying so of a player whom it lists is believed less each time.
    async fn player_away(&mut self, row: &JobRow, answer: &str, judgement: &Judgement) -> Result<(), Trouble> {
        if let Some(player) = row.command.as_ref().and_then(|command| command.player.as_ref())
            && row.sends < TRUSTED_AWAY
        {
            self.online_players.forget(player);
        }
        let when = When::At(self.later(row, AWAY_RETRY));
        let rule = judgement.to_string();
        self.shared.metrics.attempt("player_away");
        tracing::info!(command.id = %row.id, attempt = %row.job.attempt, answer, judged_by = rule, "command waits for its player");
        let note = Note::new("player_away", Some(&rule)).with_output(answer);
        self.conclude(row, note, when, |job| job.answered(Verdict::PlayerAway)).await;
        self.listed_at = None;
        self.forget_marks(&row.id).await
    }

    async fn hold(&mut self, row: &JobRow, answer: &str) -> Result<(), Trouble> {
        const RULE: &str = "the game answered, but the line's mark is not there";
        tracing::warn!(command.id = %row.id, attempt = %row.job.attempt, answer, judged_by = RULE, "command held as uncertain");
        self.shared.metrics.attempt("held");
        let note = Note::new("held", Some(RULE)).with_output(answer);
        self.conclude(row, note, When::Now, |job| job.refused(FailReason::Uncertain)).await;
        Ok(())
    }
}
