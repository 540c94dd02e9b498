//! Deliveries and revocations.

use super::*;

#[test]
fn rule_1_journaled_attempt_does_not_run_again() {
    for state in
        [JobState::Queued, AWAY, JobState::Running, JobState::Uncertain, COMPLETED, UNCERTAIN, REJECTED, CANCELLED]
    {
        for redelivered in [false, true] {
            assert_eq!(
                Job::receive_delivery(Some(job(state)), ONE, redelivered),
                Intake::Kept(job(state)),
                "{state:?}"
            );
        }
    }
}

#[test]
fn rule_1_higher_attempt_runs_only_after_failed_or_cancelled() {
    for state in [UNCERTAIN, REJECTED, CANCELLED] {
        assert_eq!(
            Job::receive_delivery(Some(job(state)), two(), false),
            Intake::New(Job::new(two(), JobState::Queued)),
            "{state:?}"
        );
    }
    for state in [COMPLETED, JobState::Running, JobState::Uncertain] {
        assert_eq!(Job::receive_delivery(Some(job(state)), two(), false), Intake::Kept(job(state)), "{state:?}");
    }
    for state in [JobState::Queued, AWAY] {
        assert_eq!(
            Job::receive_delivery(Some(job(state)), two(), false),
            Intake::Kept(Job::new(two(), state)),
            "{state:?}"
        );
    }
}

#[test]
fn rule_1_lower_attempt_changes_nothing() {
    let stands = Job::new(two(), AWAY);
    assert_eq!(Job::receive_delivery(Some(stands), ONE, false), Intake::Kept(stands));
}

#[test]
fn rule_9_attempt_offered_to_another_journal_is_uncertain() {
    let Intake::New(unknown) = Job::receive_delivery(None, ONE, true) else { panic!("a new row") };
    assert_eq!((unknown.state, unknown.from_other_journal, unknown.unresolved), (JobState::Uncertain, true, true));
    for state in [REJECTED, CANCELLED, JobState::Queued, AWAY] {
        let higher = Job::receive_delivery(Some(job(state)), two(), true).job();
        assert_eq!(
            (higher.attempt, higher.state, higher.from_other_journal),
            (two(), JobState::Uncertain, true),
            "{state:?}"
        );
    }
    let absent = Evidence::Marker { marker: Marker::Absent, same_run: true };
    assert_eq!(unknown.settled(absent, OnUncertain::Hold).state, UNCERTAIN, "the time of the send is unknown");
    assert_eq!(
        unknown
            .settled(
                Evidence::Marker { marker: Marker::Present { succeeded: true }, same_run: false },
                OnUncertain::Hold
            )
            .state,
        COMPLETED
    );
}

#[test]
fn rule_6_revoked_attempt_is_journaled_as_cancelled() {
    assert_eq!(Job::receive_revocation(None, two(), false), Intake::New(Job::new(two(), CANCELLED)));
    for state in [JobState::Queued, AWAY, REJECTED, UNCERTAIN, CANCELLED] {
        assert_eq!(
            Job::receive_revocation(Some(job(state)), two(), false).job(),
            Job::new(two(), CANCELLED),
            "{state:?}"
        );
    }
    for state in [COMPLETED, REJECTED, UNCERTAIN] {
        assert_eq!(Job::receive_revocation(Some(job(state)), ONE, false).job(), job(state), "{state:?} stands");
    }
    let late = Job::receive_delivery(Some(Job::new(two(), CANCELLED)), two(), false);
    assert_eq!(late, Intake::Kept(Job::new(two(), CANCELLED)), "a late Deliver does not run it");
}

#[test]
fn rule_6_redelivered_revoke_of_an_unknown_attempt_is_uncertain() {
    let absent = Evidence::Marker { marker: Marker::Absent, same_run: true };
    let ran = Evidence::Marker { marker: Marker::Present { succeeded: true }, same_run: false };
    let rows = [JobState::Queued, AWAY, REJECTED, UNCERTAIN, CANCELLED].map(|state| Some(job(state)));
    for row in rows.into_iter().chain([None]) {
        let revoked = Job::receive_revocation(row, two(), true).job();
        assert_eq!((revoked.attempt, revoked.state), (two(), JobState::Uncertain), "{row:?}");
        assert!(revoked.revoked && revoked.from_other_journal && revoked.unresolved, "{row:?}");
        assert_eq!(revoked.settled(ran, OnUncertain::Hold).state, COMPLETED, "{row:?}");
        for on_uncertain in [OnUncertain::Hold, OnUncertain::Retry] {
            assert_eq!(revoked.settled(absent, on_uncertain).state, UNCERTAIN, "it is never sent: {row:?}");
        }
    }
}

#[test]
fn rule_6_redelivered_revoke_of_a_known_attempt_is_cancelled() {
    for state in [JobState::Queued, AWAY] {
        assert_eq!(Job::receive_revocation(Some(job(state)), ONE, true).job(), job(CANCELLED), "{state:?}");
    }
    for state in [COMPLETED, REJECTED, UNCERTAIN, CANCELLED] {
        assert_eq!(Job::receive_revocation(Some(job(state)), ONE, true).job(), job(state), "{state:?}");
    }
}
