//! The two lives against a small reference: what really happened to the line, which neither side sees.
//!
//! The reference knows nothing of rows and states. It counts effects, remembers whether a send is in doubt, and says which words are true.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use flux_delivery::answer::Verdict;
use flux_delivery::command::{CommandState, Offer, Status};
use flux_delivery::job::{Evidence, Job, JobState, OnUncertain};
use flux_delivery::proof::Mark;
use flux_protocol::{Attempt, FailReason, JournalId, ReportState, WaitReason};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

/// What happens to one command, between a store, one journal and a game that leaves marks.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// What the store has to offer arrives.
    Offer,
    /// What the journal has to say arrives.
    Report,
    /// What was said before arrives again.
    RepeatReport,
    /// Refund.
    Cancel,
    /// The agent's turn; the game answers so, or not at all.
    Turn(Game),
    /// The agent is killed and started.
    Restart,
    /// The journal is gone.
    LoseJournal,
    /// The game crashes back to its last save: what it has marked is forgotten, what players have seen is not.
    RollBack,
    /// Time passes.
    Wait,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Game {
    Runs,
    Refuses,
    PlayerAway,
    /// The line runs, and its answer is lost.
    RunsUnheard,
    /// The line is lost before it runs.
    LosesIt,
}

fn step() -> impl Strategy<Value = Step> {
    let game = prop_oneof![
        4 => Just(Game::Runs), 1 => Just(Game::Refuses), 1 => Just(Game::PlayerAway),
        2 => Just(Game::RunsUnheard), 2 => Just(Game::LosesIt),
    ];
    prop_oneof![
        5 => Just(Step::Offer), 5 => Just(Step::Report), 1 => Just(Step::RepeatReport), 1 => Just(Step::Cancel),
        6 => game.prop_map(Step::Turn), 1 => Just(Step::Restart), 1 => Just(Step::LoseJournal),
        1 => Just(Step::RollBack), 2 => Just(Step::Wait),
    ]
}

/// The whole world of one command.
struct World {
    store: CommandState,
    row: Option<Job>,
    journal: u32,
    now: Timestamp,
    said: Option<(Attempt, ReportState, JournalId)>,
    on_uncertain: OnUncertain,
    truth: Truth,
}

/// What really happened.
#[derive(Debug, Default)]
struct Truth {
    effects: u32,
    /// Moments at which nobody could know whether the line had run.
    doubts: u32,
    /// The mark of each attempt: whether its line ran, and succeeded.
    marks: std::collections::BTreeMap<u32, bool>,
    /// How often the game has crashed; and how often it had when a line was last sent.
    crashes: u32,
    crashes_at_send: u32,
    was_uncertain: bool,
    was_completed: bool,
}

impl World {
    fn new(on_uncertain: OnUncertain) -> World {
        World {
            store: CommandState::default(),
            row: None,
            journal: 0,
            now: Timestamp::UNIX_EPOCH,
            said: None,
            on_uncertain,
            truth: Truth::default(),
        }
    }

    fn journal(&self) -> JournalId {
        format!("jrn_{}", self.journal).parse().unwrap()
    }

    fn play(&mut self, step: Step) {
        match step {
            Step::Offer => self.offer(),
            Step::Report => self.report(),
            Step::RepeatReport => {
                // A report of a journal that is gone is refused: another one was heard since.
                if let Some((attempt, state, journal)) = self.said.clone().filter(|said| said.2 == self.journal()) {
                    self.hear(attempt, state, &journal);
                }
            }
            Step::Cancel => self.store = self.store.clone().cancelled(),
            Step::Turn(game) => self.turn(game),
            Step::Restart => {
                self.row = self.row.map(|job| if job.state == JobState::Running { job.answer_lost() } else { job });
            }
            Step::LoseJournal => {
                self.journal += 1;
                self.row = None;
            }
            Step::RollBack => {
                self.truth.marks.clear();
                self.truth.crashes += 1;
            }
            Step::Wait => self.now += SignedDuration::from_secs(120),
        }
    }

    fn offer(&mut self) {
        let journal = self.journal();
        let Some(offer) = self.store.offer_to(&journal, self.now) else { return };
        let attempt = self.store.attempt;
        self.store = self.store.clone().offered_to(&journal);
        let receipt = match offer {
            Offer::Deliver { redelivered } => Job::delivered(self.row, attempt, redelivered),
            Offer::Revoke { redelivered } => Job::revoked(self.row, attempt, redelivered),
        };
        self.row = Some(receipt.job());
    }

    fn report(&mut self) {
        let Some(job) = self.row else { return };
        let said = (job.attempt, job.report_state(), self.journal());
        self.said = Some(said.clone());
        self.hear(said.0, said.1, &said.2);
    }

    fn hear(&mut self, attempt: Attempt, state: ReportState, journal: &JournalId) {
        let reaction = self.store.clone().reported(attempt, state, journal, self.now);
        self.store = reaction.state;
        self.truth.was_uncertain |= self.store.status == Status::Failed(FailReason::Uncertain);
        if reaction.revoke {
            let redelivered = self.store.redelivered_to(journal);
            self.row = Some(Job::revoked(self.row, self.store.attempt, redelivered).job());
        }
    }

    /// The line goes out, or the doubt about it is settled.
    fn turn(&mut self, game: Game) {
        let Some(job) = self.row else { return };
        let after = match job.state {
            JobState::Queued | JobState::AwaitingPlayer(_) => self.send(job.started(), game),
            JobState::Uncertain => {
                let mark = match self.truth.marks.get(&job.attempt.get()) {
                    Some(success) => Mark::Present(*success),
                    None => Mark::Absent,
                };
                self.truth.doubts += 1;
                let same_run = self.truth.crashes == self.truth.crashes_at_send;
                job.settled(Evidence::Mark { mark, same_run }, self.on_uncertain)
            }
            _ => job,
        };
        self.row = Some(after);
    }

    fn send(&mut self, job: Job, game: Game) -> Job {
        let attempt = job.attempt.get();
        self.truth.crashes_at_send = self.truth.crashes;
        match game {
            Game::Runs | Game::RunsUnheard => {
                self.truth.effects += 1;
                self.truth.marks.insert(attempt, true);
            }
            Game::Refuses => drop(self.truth.marks.insert(attempt, false)),
            Game::PlayerAway | Game::LosesIt => {}
        }
        match game {
            Game::Runs => job.answered(Verdict::Completed),
            Game::Refuses => job.answered(Verdict::Rejected),
            Game::PlayerAway => job.answered(Verdict::PlayerAway),
            Game::RunsUnheard | Game::LosesIt => job.answer_lost(),
        }
    }

    fn check(&mut self) -> Result<(), TestCaseError> {
        let (truth, status) = (&self.truth, self.store.status);
        let allowed = if self.on_uncertain == OnUncertain::Retry { 1 + truth.doubts } else { 1 };
        prop_assert!(truth.effects <= allowed, "S1: {} effects", truth.effects);
        if status == Status::Completed {
            prop_assert!(truth.effects > 0, "S2: completed without an effect");
        }
        if status == Status::Cancelled {
            prop_assert!(truth.effects == 0 || truth.was_uncertain, "S3: cancelled after an effect");
        }
        if let Status::Failed(reason) = status
            && reason != FailReason::Uncertain
        {
            prop_assert!(truth.effects == 0 || truth.was_uncertain, "T: {reason:?} after an effect");
        }
        prop_assert!(!truth.was_completed || status == Status::Completed, "completed is final");
        self.truth.was_completed |= status == Status::Completed;
        Ok(())
    }

    /// Everything works from now on: both sides reach an end, and agree (S4, S5).
    fn settle(&mut self) -> Result<(), TestCaseError> {
        for _ in 0..12 {
            for step in [Step::Offer, Step::Turn(Game::Runs), Step::Report, Step::Wait] {
                self.play(step);
                self.check()?;
            }
        }
        prop_assert!(!self.store.status.is_open(), "S4: stuck at {:?} {:?}", self.store, self.row);
        if let Some(job) = self.row {
            prop_assert!(!job.is_open(), "S4: the journal is stuck at {job:?}");
            prop_assert_eq!(job.attempt.max(self.store.attempt), self.store.attempt, "S5");
            if job.attempt == self.store.attempt && self.said.as_ref().is_some_and(|said| said.2 == self.journal()) {
                let told = (job.report_state().status(), job.report_state().reason());
                // What the game has refused and is to be cancelled is cancelled.
                let is_moot = self.store.status == Status::Cancelled && told.1 == Some("rejected_by_game");
                prop_assert!(
                    is_moot || told == (self.store.status.as_str(), self.store.status.reason()),
                    "S5 {told:?}"
                );
            }
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_a_command_runs_at_most_once_and_both_sides_say_so(
        steps in proptest::collection::vec(step(), 0..40), retries in any::<bool>(),
    ) {
        let mut world = World::new(if retries { OnUncertain::Retry } else { OnUncertain::Hold });
        for step in steps {
            world.play(step);
            world.check()?;
        }
        world.settle()?;
    }

    #[test]
    fn a_row_only_ever_goes_forward(
        state in 0..5_usize, redelivered in any::<bool>(), revoked in any::<bool>(), attempts in (1..4_u32, 1..4_u32),
    ) {
        let states = [JobState::Queued, JobState::AwaitingPlayer(WaitReason::PlayerOffline), JobState::Running, JobState::Uncertain];
        let (first, second) = (Attempt::new(attempts.0).unwrap(), Attempt::new(attempts.1).unwrap());
        let row = states.get(state).map(|state| Job { state: *state, ..Job::delivered(None, first, false).job() });
        let after = if revoked { Job::revoked(row, second, redelivered) } else { Job::delivered(row, second, redelivered) }.job();
        prop_assert!(row.is_none_or(|row| row.attempt <= after.attempt), "an attempt never goes back");
        if let Some(row) = row.filter(|row| matches!(row.state, JobState::Running | JobState::Uncertain)) {
            prop_assert_eq!((after.state, after.attempt), (row.state, row.attempt), "a line in doubt is settled first");
        }
        prop_assert!(!revoked || !after.is_waiting(), "what is revoked does not wait to be sent");
    }
}
