//! Compares both sides' states with a small reference that knows what really happened to the line.
//!
//! The reference knows nothing of jobs and statuses. It counts effects, remembers whether a send is in doubt, and says
//! which reports are true.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

mod world;

use flux_delivery::job::{Job, JobState, OnUncertain};
use flux_protocol::{Attempt, WaitReason};
use proptest::prelude::*;
use world::{Game, Step, World};

fn step() -> impl Strategy<Value = Step> {
    let game = prop_oneof![
        4 => Just(Game::Runs), 1 => Just(Game::Refuses), 1 => Just(Game::PlayerAway),
        2 => Just(Game::RunsUnheard), 2 => Just(Game::LosesIt),
    ];
    prop_oneof![
        5 => Just(Step::Offer), 5 => Just(Step::Report), 1 => Just(Step::RepeatReport), 1 => Just(Step::Cancel),
        6 => game.prop_map(Step::Act), 1 => Just(Step::Restart), 1 => Just(Step::LoseJournal),
        1 => Just(Step::RollBack), 2 => Just(Step::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn command_runs_at_most_once_and_both_sides_agree(
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
    fn job_never_goes_backwards(
        state in 0..5_usize, redelivered in any::<bool>(), revoked in any::<bool>(), attempts in (1..4_u32, 1..4_u32),
    ) {
        let states = [JobState::Queued, JobState::AwaitingPlayer(WaitReason::PlayerOffline), JobState::Running, JobState::Uncertain];
        let (first, second) = (Attempt::new(attempts.0).unwrap(), Attempt::new(attempts.1).unwrap());
        let row = states.get(state).map(|state| Job { state: *state, ..Job::receive_delivery(None, first, false).job() });
        let after = if revoked { Job::receive_revocation(row, second, redelivered) } else { Job::receive_delivery(row, second, redelivered) }.job();
        prop_assert!(row.is_none_or(|row| row.attempt <= after.attempt), "an attempt never goes back");
        if let Some(row) = row.filter(|row| matches!(row.state, JobState::Running | JobState::Uncertain)) {
            prop_assert_eq!((after.state, after.attempt), (row.state, row.attempt), "an uncertain line is settled first");
        }
        prop_assert!(!revoked || !after.is_waiting(), "a revoked job does not wait to be sent");
    }
}
