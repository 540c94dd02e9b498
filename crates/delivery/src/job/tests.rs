use super::{Evidence, Job, JobState, OnUncertain, Outcome, Receipt};
use crate::answer::Verdict;
use crate::proof::Mark;
use flux_protocol::{Attempt, FailReason, WaitReason};

const ONE: Attempt = Attempt::FIRST;
const CANCELLED: JobState = JobState::Done(Outcome::Cancelled);
const COMPLETED: JobState = JobState::Done(Outcome::Completed);
const UNCERTAIN: JobState = JobState::Done(Outcome::Failed(FailReason::Uncertain));
const REJECTED: JobState = JobState::Done(Outcome::Failed(FailReason::RejectedByGame));
const AWAY: JobState = JobState::AwaitingPlayer(WaitReason::PlayerOffline);

fn two() -> Attempt {
    ONE.next()
}

fn job(state: JobState) -> Job {
    Job::new(ONE, state)
}

#[test]
fn rule_1_what_is_journaled_is_not_run_again() {
    for state in
        [JobState::Queued, AWAY, JobState::Running, JobState::Uncertain, COMPLETED, UNCERTAIN, REJECTED, CANCELLED]
    {
        for redelivered in [false, true] {
            assert_eq!(Job::delivered(Some(job(state)), ONE, redelivered), Receipt::Stands(job(state)), "{state:?}");
        }
    }
}

#[test]
fn rule_1_a_higher_attempt_runs_only_over_what_is_closed_as_failed_or_cancelled() {
    for state in [UNCERTAIN, REJECTED, CANCELLED] {
        assert_eq!(
            Job::delivered(Some(job(state)), two(), false),
            Receipt::Fresh(Job::new(two(), JobState::Queued)),
            "{state:?}"
        );
    }
    for state in [COMPLETED, JobState::Running, JobState::Uncertain] {
        assert_eq!(Job::delivered(Some(job(state)), two(), false), Receipt::Stands(job(state)), "{state:?}");
    }
    for state in [JobState::Queued, AWAY] {
        assert_eq!(
            Job::delivered(Some(job(state)), two(), false),
            Receipt::Stands(Job::new(two(), state)),
            "{state:?}"
        );
    }
}

#[test]
fn rule_1_a_lower_attempt_is_answered_with_the_state_that_stands() {
    let stands = Job::new(two(), AWAY);
    assert_eq!(Job::delivered(Some(stands), ONE, false), Receipt::Stands(stands));
}

#[test]
fn rule_9_an_attempt_that_another_journal_was_offered_is_uncertain_here() {
    let Receipt::Fresh(unknown) = Job::delivered(None, ONE, true) else { panic!("a new row") };
    assert_eq!((unknown.state, unknown.foreign, unknown.unresolved), (JobState::Uncertain, true, true));
    for state in [REJECTED, CANCELLED, JobState::Queued, AWAY] {
        let higher = Job::delivered(Some(job(state)), two(), true).job();
        assert_eq!((higher.attempt, higher.state, higher.foreign), (two(), JobState::Uncertain, true), "{state:?}");
    }
    let absent = Evidence::Mark { mark: Mark::Absent, same_run: true };
    assert_eq!(unknown.settled(absent, OnUncertain::Hold).state, UNCERTAIN, "when it was sent is not known");
    assert_eq!(
        unknown.settled(Evidence::Mark { mark: Mark::Present(true), same_run: false }, OnUncertain::Hold).state,
        COMPLETED
    );
}

#[test]
fn rule_6_a_revoke_is_the_delivery_of_an_attempt_that_must_not_run() {
    assert_eq!(Job::revoked(None, two(), false), Receipt::Fresh(Job::new(two(), CANCELLED)));
    for state in [JobState::Queued, AWAY, REJECTED, UNCERTAIN, CANCELLED] {
        assert_eq!(Job::revoked(Some(job(state)), two(), false).job(), Job::new(two(), CANCELLED), "{state:?}");
    }
    for state in [COMPLETED, REJECTED, UNCERTAIN] {
        assert_eq!(Job::revoked(Some(job(state)), ONE, false).job(), job(state), "{state:?} stands");
    }
    let late = Job::delivered(Some(Job::new(two(), CANCELLED)), two(), false);
    assert_eq!(late, Receipt::Stands(Job::new(two(), CANCELLED)), "a late Deliver does not run it");
}

#[test]
fn rule_6_a_running_line_is_settled_first_and_then_not_sent_again() {
    let revoked = Job::revoked(Some(job(JobState::Running)), ONE, false).job();
    assert_eq!(revoked.state, JobState::Running);
    assert_eq!(revoked.answered(Verdict::Completed).state, COMPLETED);
    assert_eq!(revoked.answered(Verdict::PlayerAway).state, CANCELLED);
    assert_eq!(revoked.not_sent().state, CANCELLED);
    let lost = revoked.answer_lost();
    assert_eq!(
        lost.settled(Evidence::Mark { mark: Mark::Absent, same_run: true }, OnUncertain::Retry).state,
        CANCELLED
    );
    assert_eq!(lost.settled(Evidence::None, OnUncertain::Retry).state, UNCERTAIN);
    let never_seen = Job::revoked(None, ONE, true).job();
    assert_eq!((never_seen.state, never_seen.revoked), (JobState::Uncertain, true));
    assert_eq!(never_seen.settled(Evidence::None, OnUncertain::Retry).state, UNCERTAIN);
}

#[test]
fn an_unresolved_send_closes_only_as_completed_or_uncertain() {
    let once_more = job(JobState::Uncertain).settled(Evidence::None, OnUncertain::Retry);
    assert_eq!((once_more.state, once_more.unresolved), (JobState::Queued, true));
    assert_eq!(Job::revoked(Some(once_more), ONE, false).job().state, UNCERTAIN);
    assert_eq!(once_more.dropped().state, UNCERTAIN);
    assert_eq!(once_more.refused(FailReason::Expired).state, UNCERTAIN);
    let running = once_more.started();
    assert_eq!(running.answered(Verdict::Rejected).state, UNCERTAIN);
    assert_eq!(running.answered(Verdict::Completed).state, COMPLETED);
    assert_eq!(
        running.answer_lost().settled(Evidence::None, OnUncertain::Retry).state,
        UNCERTAIN,
        "uncertain again is held"
    );
}

#[test]
fn an_absent_mark_sends_again_only_where_the_game_has_surely_not_restarted() {
    let lost = job(JobState::Running).answer_lost();
    let absent = |same_run| Evidence::Mark { mark: Mark::Absent, same_run };
    assert_eq!(lost.settled(absent(true), OnUncertain::Hold), job(JobState::Queued));
    assert_eq!(lost.settled(absent(false), OnUncertain::Hold).state, UNCERTAIN);
    assert_eq!(lost.settled(absent(false), OnUncertain::Retry).state, JobState::Queued);
    assert_eq!(
        lost.settled(Evidence::Mark { mark: Mark::Present(false), same_run: true }, OnUncertain::Hold).state,
        REJECTED
    );
}

#[test]
fn the_states_are_reported_as_the_contract_names_them() {
    let words: Vec<_> =
        [JobState::Queued, JobState::Running, JobState::Uncertain, AWAY, COMPLETED, UNCERTAIN, CANCELLED]
            .map(|state| (job(state).report_state().status(), job(state).report_state().reason()))
            .into();
    assert_eq!(words[..3], [("delivered", None); 3]);
    assert_eq!(
        words[3..],
        [
            ("awaiting_player", Some("player_offline")),
            ("completed", None),
            ("failed", Some("uncertain")),
            ("cancelled", None)
        ]
    );
}

#[test]
fn every_state_is_open_or_over_and_some_wait() {
    for (state, is_open, is_waiting) in [
        (JobState::Queued, true, true),
        (AWAY, true, true),
        (JobState::Running, true, false),
        (JobState::Uncertain, true, false),
        (COMPLETED, false, false),
        (CANCELLED, false, false),
    ] {
        assert_eq!((job(state).is_open(), job(state).is_waiting()), (is_open, is_waiting), "{state:?}");
    }
    assert_eq!(job(AWAY).started(), job(JobState::Running));
    assert_eq!(job(JobState::Queued).waits(WaitReason::PlayerOffline), job(AWAY));
    assert_eq!(job(AWAY).tried_again(), job(JobState::Queued));
}

#[test]
fn a_mark_tells_of_the_last_send_only_and_what_is_unresolved_of_an_earlier_one_stays_so() {
    let sent_again = job(JobState::Uncertain)
        .settled(Evidence::Mark { mark: Mark::Absent, same_run: false }, OnUncertain::Retry)
        .started()
        .answer_lost();
    let settled = |mark| sent_again.settled(Evidence::Mark { mark, same_run: true }, OnUncertain::Retry);
    let waits = Job { unresolved: true, ..job(JobState::Queued) };
    assert_eq!(settled(Mark::Absent), waits, "the last one did not run; nobody knows of the first");
    assert_eq!(waits.refused(FailReason::Expired).state, UNCERTAIN);
    assert_eq!(settled(Mark::Present(false)).state, UNCERTAIN);
    assert_eq!(settled(Mark::Present(true)), job(COMPLETED));
    let foreign = Job::delivered(None, ONE, true).job();
    let refused = Evidence::Mark { mark: Mark::Present(false), same_run: false };
    assert_eq!(foreign.settled(refused, OnUncertain::Retry).state, UNCERTAIN, "another journal may have sent it twice");
    assert_eq!(foreign.settled(refused, OnUncertain::Hold), job(REJECTED));
}

#[test]
fn what_is_sure_is_resolved_and_what_is_not_stays_unresolved() {
    let never_seen = Job::revoked(None, ONE, true).job();
    let doubtful = Job { unresolved: true, foreign: true, revoked: true, ..job(JobState::Uncertain) };
    assert_eq!(never_seen, doubtful);
    let sure = Job { state: COMPLETED, unresolved: false, foreign: false, revoked: false, ..doubtful };
    let ran = Evidence::Mark { mark: Mark::Present(true), same_run: false };
    assert_eq!(doubtful.settled(ran, OnUncertain::Hold), sure);
    let once_more = Job::delivered(None, ONE, true).job().settled(Evidence::None, OnUncertain::Retry);
    assert_eq!(once_more, Job { unresolved: true, foreign: false, ..job(JobState::Queued) });
    assert_eq!(once_more.started().answered(Verdict::Completed), job(COMPLETED));
    let held = job(JobState::Uncertain).settled(Evidence::None, OnUncertain::Hold);
    assert_eq!(held, Job { unresolved: true, ..job(UNCERTAIN) });
    let revoked = Job::revoked(Some(job(JobState::Running)), ONE, false).job();
    assert_eq!(revoked.answered(Verdict::PlayerAway), job(CANCELLED), "and nothing of the revoke is left");
}
