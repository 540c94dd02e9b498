//! One command between a store, a journal and a game, with the truth beside it.

use flux_delivery::answer::Verdict;
use flux_delivery::command::{CommandState, CommandStatus, Offer};
use flux_delivery::job::{Evidence, Job, JobState, OnUncertain, RowAge};
use flux_delivery::marker::Marker;
use flux_protocol::{Attempt, FailReason, JournalId, ReportState};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

/// One event in the life of a command, between a store, one journal and a game that keeps markers.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step {
    /// The store's offer arrives.
    Offer,
    /// The journal's report arrives.
    Report,
    /// The last report arrives again.
    RepeatReport,
    /// The order is refunded.
    Cancel,
    /// The agent acts, and the game behaves like this.
    Act(Game),
    /// The agent is killed and started again.
    Restart,
    /// The journal is lost.
    LoseJournal,
    /// The game crashes and loses its markers; the effects stay.
    RollBack,
    /// Time passes.
    Wait,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Game {
    Runs,
    Refuses,
    PlayerAway,
    /// The line runs, and its answer is lost.
    RunsUnheard,
    /// The line is lost before it runs.
    LosesIt,
}

/// Everything around one command.
pub(crate) struct World {
    store: CommandState,
    row: Option<Job>,
    age: RowAge,
    journal: u32,
    now: Timestamp,
    /// The last report: attempt, state and journal.
    reported: Option<(Attempt, ReportState, JournalId)>,
    on_uncertain: OnUncertain,
    truth: Truth,
}

/// The events that neither side can see.
#[derive(Debug, Default)]
struct Truth {
    effects: u32,
    /// Times at which nobody could know whether the line had run.
    doubts: u32,
    /// The marker of each attempt that has one: whether its line succeeded.
    markers: std::collections::BTreeMap<u32, bool>,
    /// Crashes of the game so far, and at the time of the last send.
    crashes: u32,
    crashes_at_send: u32,
    was_uncertain: bool,
    was_completed: bool,
}

impl World {
    pub(crate) fn new(on_uncertain: OnUncertain) -> World {
        World {
            store: CommandState::default(),
            row: None,
            age: RowAge::SinceStart,
            journal: 0,
            now: Timestamp::UNIX_EPOCH,
            reported: None,
            on_uncertain,
            truth: Truth::default(),
        }
    }

    fn journal(&self) -> JournalId {
        format!("jrn_{}", self.journal).parse().unwrap()
    }

    pub(crate) fn play(&mut self, step: Step) {
        match step {
            Step::Offer => self.offer(),
            Step::Report => self.report(),
            Step::RepeatReport => {
                // The store refuses a report of a lost journal, because another journal has reported since.
                if let Some((attempt, state, journal)) =
                    self.reported.clone().filter(|reported| reported.2 == self.journal())
                {
                    self.receive_report(attempt, state, &journal);
                }
            }
            Step::Cancel => self.store = self.store.clone().cancel(),
            Step::Act(game) => self.act(game),
            Step::Restart => {
                self.age = RowAge::BeforeStart;
                self.row = self.row.map(|job| if job.state == JobState::Running { job.answer_lost() } else { job });
            }
            Step::LoseJournal => {
                self.journal += 1;
                self.row = None;
            }
            Step::RollBack => {
                self.truth.markers.clear();
                self.truth.crashes += 1;
            }
            Step::Wait => self.now += SignedDuration::from_secs(120),
        }
    }

    fn offer(&mut self) {
        let journal = self.journal();
        let Some(offer) = self.store.offer_to(&journal, self.now) else { return };
        let attempt = self.store.attempt;
        self.store = self.store.clone().mark_offered_to(&journal);
        let intake = match offer {
            Offer::Deliver { redelivered } => Job::receive_delivery(self.row, attempt, redelivered),
            Offer::Revoke { redelivered } => Job::receive_revocation(self.row, attempt, redelivered),
        };
        self.row = Some(intake.job());
    }

    fn report(&mut self) {
        let Some(job) = self.row else { return };
        let report = (job.attempt, job.report_state(), self.journal());
        self.reported = Some(report.clone());
        self.receive_report(report.0, report.1, &report.2);
        let settled = self.store.settled_against(report.0, report.1, FailReason::Uncertain);
        let closed = settled.and_then(|(attempt, state)| self.row?.closed_at_store(attempt, state, self.age));
        self.row = closed.or(self.row);
        self.age = RowAge::SinceStart;
    }

    fn receive_report(&mut self, attempt: Attempt, state: ReportState, journal: &JournalId) {
        let effect = self.store.clone().apply_report(attempt, state, journal, self.now);
        self.store = effect.state;
        self.truth.was_uncertain |= self.store.status == CommandStatus::Failed(FailReason::Uncertain);
        if effect.revoke {
            let redelivered = self.store.redelivered_to(journal);
            self.row = Some(Job::receive_revocation(self.row, self.store.attempt, redelivered).job());
        }
    }

    /// Sends the line, or settles an uncertain one.
    fn act(&mut self, game: Game) {
        let Some(job) = self.row else { return };
        let after = match job.state {
            JobState::Queued | JobState::AwaitingPlayer(_) => self.send(job.started(), game),
            JobState::Uncertain => {
                let marker = match self.truth.markers.get(&job.attempt.get()) {
                    Some(success) => Marker::Present { succeeded: *success },
                    None => Marker::Absent,
                };
                self.truth.doubts += 1;
                let same_run = self.truth.crashes == self.truth.crashes_at_send;
                job.settled(Evidence::Marker { marker, same_run }, self.on_uncertain)
            }
            JobState::Running | JobState::Done(_) => job,
        };
        self.row = Some(after);
    }

    fn send(&mut self, job: Job, game: Game) -> Job {
        let attempt = job.attempt.get();
        self.truth.crashes_at_send = self.truth.crashes;
        match game {
            Game::Runs | Game::RunsUnheard => {
                self.truth.effects += 1;
                self.truth.markers.insert(attempt, true);
            }
            Game::Refuses => drop(self.truth.markers.insert(attempt, false)),
            Game::PlayerAway | Game::LosesIt => {}
        }
        match game {
            Game::Runs => job.answered(Verdict::Completed),
            Game::Refuses => job.answered(Verdict::Rejected),
            Game::PlayerAway => job.answered(Verdict::PlayerAway),
            Game::RunsUnheard | Game::LosesIt => job.answer_lost(),
        }
    }

    pub(crate) fn check(&mut self) -> Result<(), TestCaseError> {
        let (truth, status) = (&self.truth, self.store.status);
        let allowed = if self.on_uncertain == OnUncertain::Retry { 1 + truth.doubts } else { 1 };
        prop_assert!(truth.effects <= allowed, "S1: {} effects", truth.effects);
        if status == CommandStatus::Completed {
            prop_assert!(truth.effects > 0, "S2: completed without an effect");
        }
        if status == CommandStatus::Cancelled {
            prop_assert!(truth.effects == 0 || truth.was_uncertain, "S3: cancelled after an effect");
        }
        if let CommandStatus::Failed(reason) = status
            && reason != FailReason::Uncertain
        {
            prop_assert!(truth.effects == 0 || truth.was_uncertain, "T: {reason:?} after an effect");
        }
        prop_assert!(!truth.was_completed || status == CommandStatus::Completed, "completed is final");
        self.truth.was_completed |= status == CommandStatus::Completed;
        Ok(())
    }

    /// From here on everything works: both sides must close and agree (S4, S5).
    pub(crate) fn settle(&mut self) -> Result<(), TestCaseError> {
        for _ in 0..12 {
            for step in [Step::Offer, Step::Act(Game::Runs), Step::Report, Step::Wait] {
                self.play(step);
                self.check()?;
            }
        }
        prop_assert!(!self.store.status.is_open(), "S4: stuck at {:?} {:?}", self.store, self.row);
        if let Some(job) = self.row {
            prop_assert!(!job.is_open(), "S4: the journal is stuck at {job:?}");
            prop_assert_eq!(job.attempt.max(self.store.attempt), self.store.attempt, "S5");
            if job.attempt == self.store.attempt
                && self.reported.as_ref().is_some_and(|reported| reported.2 == self.journal())
            {
                let reported = (job.report_state().status(), job.report_state().reason());
                // A rejected command with a cancel request is cancelled.
                let is_moot = self.store.status == CommandStatus::Cancelled && reported.1 == Some("rejected_by_game");
                prop_assert!(
                    is_moot || reported == (self.store.status.as_str(), self.store.status.reason()),
                    "S5 {reported:?}"
                );
            }
        }
        Ok(())
    }
}
