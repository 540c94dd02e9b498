use super::Lost;
use super::connection::ask;
use super::executor::{Executor, Trouble};
use crate::journal::{JobRow, JournalError, Note, When};
use crate::limits::{CLOCK_PAIR_INTERVAL, CONDITION_RETRY};
use flux_delivery::CommandLine;
use flux_delivery::answer::{Judgement, Verdict};
use flux_delivery::job::Job;
use flux_delivery::proof::{ClockPair, GAMETIME_LINE, Mark, MarkKey, did_not_parse, parse_gametime, parse_mark};
use flux_rcon::Outcome;
use tokio::time::Instant;

impl Executor {
    /// Sends a line: the intent first, the outcome before anything else happens.
    pub(super) async fn send(&mut self, row: &JobRow, line: CommandLine) -> Result<(), Trouble> {
        let key = MarkKey::of(&row.id, row.job.attempt);
        let may_mark = self.abilities.proof && !self.plain_words.contains(line.first_word());
        let wrapped = if may_mark { key.wrap(&line) } else { None };
        self.read_clock().await?;
        tracing::debug!(command.id = %row.id, attempt = %row.job.attempt, line = %line, marked = wrapped.is_some(), "command sent");
        let mut marked = wrapped.is_some();
        self.intend(row, wrapped.as_ref().unwrap_or(&line), marked)?;
        let mut outcome = self.connection.run(wrapped.as_ref().unwrap_or(&line).as_str()).await;
        if marked && matches!(&outcome, Outcome::Replied(answer) if did_not_parse(answer)) {
            // Nothing ran, so it goes plain, with an intent of its own.
            marked = false;
            self.commit(|journal, now| journal.start(&row.id, now, line.as_str(), false, None)).await;
            outcome = self.connection.run(line.as_str()).await;
            // A plugin's command, on a game that takes none behind `run`. A line that is wrong either way says nothing of its first word.
            if matches!(&outcome, Outcome::Replied(answer) if !did_not_parse(answer)) {
                self.plain_words.insert(line.first_word().to_owned());
            }
        }
        match outcome {
            Outcome::Replied(answer) => self.judge(row, &answer, marked.then_some(&key)).await,
            Outcome::Unknown(cause) => {
                tracing::warn!(command.id = %row.id, attempt = %row.job.attempt, %cause, "command's answer lost; it is settled on a new connection");
                self.change(row, Note::new("answer_lost", Some(&cause.to_string())), When::Now, Job::answer_lost).await;
                Err(Trouble::Lost(Lost::Connection(cause.to_string())))
            }
            Outcome::NotSent(_) | Outcome::Rejected => {
                self.change(row, Note::new("not_sent", None), When::Now, Job::not_sent).await;
                Err(Trouble::Lost(Lost::Connection("the game closed the connection before a line was sent".into())))
            }
        }
    }

    fn intend(&self, row: &JobRow, line: &CommandLine, marked: bool) -> Result<(), JournalError> {
        let pair = self.clock_pair.as_ref().map(|(pair, _)| pair);
        self.shared.journal().start(&row.id, self.shared.now(), line.as_str(), marked, pair)
    }

    async fn judge(&mut self, row: &JobRow, answer: &str, mark: Option<&MarkKey>) -> Result<(), Trouble> {
        let patterns = &self.shared.config.delivery.patterns;
        let mut judgement = patterns.judge(answer, None);
        let mut lost = None;
        if let (None, Some(key)) = (&judgement.rule, mark) {
            match ask(&mut self.connection, &key.read_line()).await {
                Ok(told) => {
                    let succeeded = parse_mark(&told)
                        .and_then(|mark| if let Mark::Present(success) = mark { Some(success) } else { None });
                    judgement = self.shared.config.delivery.patterns.judge(answer, succeeded);
                }
                // The line was answered, so it ran; only the mark's word is missing.
                Err(error) => lost = Some(error),
            }
        }
        self.take_answer(row, answer, &judgement).await;
        lost.map_or(Ok(()), |lost| Err(Trouble::Lost(lost)))
    }

    async fn take_answer(&mut self, row: &JobRow, answer: &str, judgement: &Judgement) {
        let verdict = judgement.verdict;
        let rule = judgement.to_string();
        let event = match verdict {
            Verdict::Completed => "completed",
            Verdict::Rejected => "rejected",
            Verdict::PlayerAway => "player_away",
        };
        tracing::info!(command.id = %row.id, attempt = %row.job.attempt, verdict = event, answer, judged_by = rule, "command answered");
        let when = When::At(self.shared.now() + CONDITION_RETRY);
        self.change(row, Note::new(event, Some(&rule)).with_output(answer), when, |job| job.answered(verdict)).await;
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
        let answer = ask(&mut self.connection, GAMETIME_LINE).await?;
        let (Some(gametime_ticks), Some(now)) = (parse_gametime(&answer), self.shared.clock.since_boot()) else {
            return Ok(None);
        };
        Ok(Some(ClockPair { boot_id: now.boot_id, since_boot_ms: now.millis, gametime_ticks }))
    }
}
