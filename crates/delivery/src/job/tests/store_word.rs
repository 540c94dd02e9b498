//! States that the store shows as closed, and the journal does not.

use super::*;

const AGES: [RowAge; 2] = [RowAge::BeforeStart, RowAge::SinceStart];
const FAILED: ReportState = ReportState::Failed(FailReason::Expired);

#[test]
fn rule_8_completed_at_the_store_is_final_for_every_job_that_is_not_running() {
    for age in AGES {
        for state in [JobState::Queued, AWAY, JobState::Uncertain, UNCERTAIN, REJECTED, CANCELLED] {
            let after = job(state).closed_at_store(two(), ReportState::Completed, age);
            assert_eq!(after, Some(Job::new(two(), COMPLETED)), "{state:?}");
        }
        for state in [JobState::Running, COMPLETED] {
            assert_eq!(job(state).closed_at_store(two(), ReportState::Completed, age), None, "{state:?}");
        }
    }
    let newer = Job::new(two(), AWAY).closed_at_store(ONE, ReportState::Completed, RowAge::SinceStart);
    assert_eq!(newer, Some(Job::new(two(), COMPLETED)), "under any attempt");
}

#[test]
fn rule_8_other_states_close_only_rows_older_than_this_start() {
    for state in [JobState::Queued, AWAY, JobState::Uncertain] {
        let failed = Job::new(two(), JobState::Done(JobOutcome::Failed(FailReason::Expired)));
        assert_eq!(job(state).closed_at_store(two(), FAILED, RowAge::BeforeStart), Some(failed), "{state:?}");
        for word in [FAILED, ReportState::Cancelled] {
            assert_eq!(job(state).closed_at_store(two(), word, RowAge::SinceStart), None, "{state:?}");
            assert_eq!(Job::new(two(), state).closed_at_store(ONE, word, RowAge::BeforeStart), None, "{state:?}");
        }
    }
    for state in [JobState::Running, COMPLETED, UNCERTAIN, REJECTED, CANCELLED] {
        for word in [FAILED, ReportState::Cancelled] {
            assert_eq!(job(state).closed_at_store(two(), word, RowAge::BeforeStart), None, "{state:?}");
        }
    }
}

#[test]
fn rule_8_cancelled_at_the_store_works_like_a_revoke() {
    let cancelled = |job: Job| job.closed_at_store(two(), ReportState::Cancelled, RowAge::BeforeStart).unwrap();
    for state in [JobState::Queued, AWAY] {
        assert_eq!(cancelled(job(state)), Job::new(two(), CANCELLED), "{state:?}");
        assert_eq!(cancelled(Job { unresolved: true, ..job(state) }).state, UNCERTAIN, "an earlier send may have run");
    }
    let uncertain = cancelled(job(JobState::Uncertain));
    assert!(uncertain.state == JobState::Uncertain && uncertain.revoked, "its marker decides");
    for age in AGES {
        assert_eq!(job(AWAY).closed_at_store(ONE, ReportState::Delivered, age), None);
    }
}
