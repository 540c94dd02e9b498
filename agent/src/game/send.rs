use super::Lost;
use super::connection::ask;
use super::executor::{Executor, Trouble};
use super::judge::Heard;
use crate::Phase;
use crate::journal::{Intent, JobRow, JournalError, Note, When};
use crate::limits::{CLOCK_PAIR_INTERVAL, RESEND};
use flux_delivery::CommandLine;
use flux_delivery::game_clock::{ClockPair, GAMETIME_QUERY, parse_gametime};
use flux_delivery::job::Job;
use flux_delivery::marker::{Marker, MarkerKey, did_not_parse, parse_marker};
use flux_rcon::Outcome;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;
use tokio::time::Instant;

impl Executor {
    /// Sends a line: the intent first, the outcome before anything else happens.
    pub(super) async fn send(&mut self, row: &JobRow, line: CommandLine) -> Result<(), Trouble> {
        // What another journal may have sent was its first send.
        let send = row.sends.saturating_add(1).saturating_add(row.job.from_other_journal.into());
        let key = MarkerKey::for_send(&row.id, row.job.attempt, send);
        let may_mark = self.abilities.proof && !self.plain_words.contains(line.first_word());
        self.read_clock().await?;
        match if may_mark { key.wrap(&line) } else { None } {
            Some(wrapped) => self.send_marked(row, &line, &wrapped, &key).await,
            None => self.send_plain(row, row.job, &line).await.map(drop),
        }
    }

    async fn send_marked(
        &mut self,
        row: &JobRow,
        line: &CommandLine,
        wrapped: &CommandLine,
        key: &MarkerKey,
    ) -> Result<(), Trouble> {
        if !self.intend(row, row.job, wrapped, Some(key))? {
            return Ok(());
        }
        let answer = match self.connection.run(wrapped.as_str()).await {
            Outcome::Replied(answer) => answer,
            other => return self.unanswered(row, other).await,
        };
        if !did_not_parse(&answer) {
            return self.judge(row, &answer, Heard::Marked(key)).await;
        }
        // It should not have run. A command that ran and printed such an error has left its mark, and is judged by it.
        match ask(&mut self.connection, &key.query_line()).await {
            Ok(told) if parse_marker(&told) == Some(Marker::Absent) => {
                let is_plugins = self.send_plain(row, row.job.started(), line).await?;
                if is_plugins {
                    self.plain_words.insert(line.first_word().to_owned());
                }
                Ok(())
            }
            Ok(told) => match parse_marker(&told) {
                Some(Marker::Present { succeeded }) => self.judge(row, &answer, Heard::Mark(succeeded)).await,
                _ => self.lost(row, "the mark could not be read").await,
            },
            Err(lost) => {
                self.lost(row, "the mark could not be read").await?;
                Err(lost.into())
            }
        }
    }

    /// Sends a line without a mark. True when the game took it, which tells a plugin's command from one that is wrong either way.
    async fn send_plain(&mut self, row: &JobRow, decided_on: Job, line: &CommandLine) -> Result<bool, Trouble> {
        let may_send = match self.intend(row, decided_on, line, None) {
            // It waits still, until the journal works again.
            Err(error) if decided_on.is_waiting() => return Err(error.into()),
            Err(error) => {
                self.shared.journal_failed(&error);
                false
            }
            Ok(may_send) => may_send,
        };
        if !may_send {
            // Revoked between the two, or the intent cannot be written: nothing has run, and a running row must not be left behind.
            self.conclude(row, Note::new("not_sent", None), When::Now, Job::not_sent).await;
            return Ok(false);
        }
        match self.connection.run(line.as_str()).await {
            Outcome::Replied(answer) => {
                self.judge(row, &answer, Heard::Plain).await?;
                Ok(!did_not_parse(&answer))
            }
            other => self.unanswered(row, other).await.map(|()| false),
        }
    }

    /// Commits the intent. False: the job has changed meanwhile, or the daemon stops; nothing may be sent.
    fn intend(
        &self,
        row: &JobRow,
        decided_on: Job,
        line: &CommandLine,
        mark: Option<&MarkerKey>,
    ) -> Result<bool, JournalError> {
        if self.shared.is(Phase::Draining) {
            return Ok(false);
        }
        let intent = Intent { line: line.as_str(), mark, clock: self.clock_pair.as_ref().map(|(pair, _)| pair) };
        tracing::debug!(command.id = %row.id, attempt = %row.job.attempt, line = %line, marked = mark.is_some(), "command sent");
        self.shared.journal().start(&row.id, decided_on, self.shared.now(), &intent)
    }

    async fn unanswered(&mut self, row: &JobRow, outcome: Outcome) -> Result<(), Trouble> {
        match outcome {
            Outcome::Unknown(cause) => {
                let cause = cause.to_string();
                self.lost(row, &cause).await?;
                Err(Lost::Connection(cause).into())
            }
            _ => {
                let when = When::At(self.resend_at(row));
                self.shared.metrics.attempt("not_sent");
                self.conclude(row, Note::new("not_sent", None), when, Job::not_sent).await;
                Err(Lost::Connection("the game closed the connection before a line was sent".into()).into())
            }
        }
    }

    /// The line may have run. It is settled at the next turn.
    pub(super) async fn lost(&mut self, row: &JobRow, cause: &str) -> Result<(), Trouble> {
        tracing::warn!(command.id = %row.id, attempt = %row.job.attempt, cause, "command's answer lost; the game is asked whether it ran");
        self.shared.metrics.attempt("answer_lost");
        self.conclude(row, Note::new("answer_lost", Some(cause)), When::Now, Job::answer_lost).await;
        Ok(())
    }

    /// When a line that did not run may be sent again: later each time, so that a line on which the game hangs up does not hold up all others.
    pub(super) fn resend_at(&self, row: &JobRow) -> Timestamp {
        self.later(row, RESEND)
    }

    /// A moment within these bounds from now, later with each send.
    pub(super) fn later(&self, row: &JobRow, (floor, cap): (Duration, Duration)) -> Timestamp {
        let wait = floor.saturating_mul(2_u32.saturating_pow(row.sends.min(16))).min(cap);
        self.shared
            .now()
            .checked_add(SignedDuration::try_from(wait).unwrap_or(SignedDuration::ZERO))
            .unwrap_or(Timestamp::MAX)
    }

    /// The game's clock beside ours, not older than [`CLOCK_PAIR_INTERVAL`]: it shows later whether the game has restarted.
    async fn read_clock(&mut self) -> Result<(), Lost> {
        let fresh = self.clock_pair.as_ref().is_some_and(|(_, at)| at.elapsed() < CLOCK_PAIR_INTERVAL);
        if fresh || !self.abilities.gametime || !self.abilities.proof {
            return Ok(());
        }
        self.clock_pair = self.ask_clock().await?.map(|pair| (pair, Instant::now()));
        Ok(())
    }

    pub(super) async fn ask_clock(&mut self) -> Result<Option<ClockPair>, Lost> {
        let answer = ask(&mut self.connection, GAMETIME_QUERY).await?;
        let (Some(gametime_ticks), Some(now)) = (parse_gametime(&answer), self.shared.clock.since_boot()) else {
            return Ok(None);
        };
        Ok(Some(ClockPair { boot_id: now.boot_id, since_boot_ms: now.millis, gametime_ticks }))
    }
}
