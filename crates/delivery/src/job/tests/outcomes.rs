//! Settling, closing and reporting.

use super::*;

#[test]
fn rule_6_revoked_running_line_is_settled_and_not_resent() {
    let revoked = Job::receive_revocation(Some(job(JobState::Running)), ONE, false).job();
    assert_eq!(revoked.state, JobState::Running);
    assert_eq!(revoked.answered(Verdict::Completed).state, COMPLETED);
    assert_eq!(revoked.answered(Verdict::PlayerAway).state, CANCELLED);
    assert_eq!(revoked.not_sent().state, CANCELLED);
    let lost = revoked.answer_lost();
    assert_eq!(
        lost.settled(Evidence::Marker { marker: Marker::Absent, same_run: true }, OnUncertain::Retry).state,
        CANCELLED
    );
    assert_eq!(lost.settled(Evidence::None, OnUncertain::Retry).state, UNCERTAIN);
    let never_seen = Job::receive_revocation(None, ONE, true).job();
    assert_eq!((never_seen.state, never_seen.revoked), (JobState::Uncertain, true));
    assert_eq!(never_seen.settled(Evidence::None, OnUncertain::Retry).state, UNCERTAIN);
}

#[test]
fn unresolved_send_closes_only_as_completed_or_uncertain() {
    let once_more = job(JobState::Uncertain).settled(Evidence::None, OnUncertain::Retry);
    assert_eq!((once_more.state, once_more.unresolved), (JobState::Queued, true));
    assert_eq!(Job::receive_revocation(Some(once_more), ONE, false).job().state, UNCERTAIN);
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
fn absent_marker_resends_only_if_the_game_did_not_restart() {
    let lost = job(JobState::Running).answer_lost();
    let absent = |same_run| Evidence::Marker { marker: Marker::Absent, same_run };
    assert_eq!(lost.settled(absent(true), OnUncertain::Hold), job(JobState::Queued));
    assert_eq!(lost.settled(absent(false), OnUncertain::Hold).state, UNCERTAIN);
    assert_eq!(lost.settled(absent(false), OnUncertain::Retry).state, JobState::Queued);
    assert_eq!(
        lost.settled(
            Evidence::Marker { marker: Marker::Present { succeeded: false }, same_run: true },
            OnUncertain::Hold
        )
        .state,
        REJECTED
    );
}

#[test]
fn every_state_is_reported_with_its_wire_status() {
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
fn open_and_waiting_states_are_known() {
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
    assert_eq!(job(JobState::Queued).awaiting_player(WaitReason::PlayerOffline), job(AWAY));
    assert_eq!(job(AWAY).requeued(), job(JobState::Queued));
}

#[test]
fn marker_settles_only_the_last_send() {
    let sent_again = job(JobState::Uncertain)
        .settled(Evidence::Marker { marker: Marker::Absent, same_run: false }, OnUncertain::Retry)
        .started()
        .answer_lost();
    let settled = |marker| sent_again.settled(Evidence::Marker { marker, same_run: true }, OnUncertain::Retry);
    let waits = Job { unresolved: true, ..job(JobState::Queued) };
    assert_eq!(settled(Marker::Absent), waits, "the last send did not run; the first is unknown");
    assert_eq!(waits.refused(FailReason::Expired).state, UNCERTAIN);
    assert_eq!(settled(Marker::Present { succeeded: false }).state, UNCERTAIN);
    assert_eq!(settled(Marker::Present { succeeded: true }), job(COMPLETED));
    let foreign = Job::receive_delivery(None, ONE, true).job();
    let refused = Evidence::Marker { marker: Marker::Present { succeeded: false }, same_run: false };
    assert_eq!(foreign.settled(refused, OnUncertain::Retry).state, UNCERTAIN, "another journal may have sent it twice");
    assert_eq!(foreign.settled(refused, OnUncertain::Hold), job(REJECTED));
}

#[test]
fn certain_outcomes_clear_all_doubts() {
    let never_seen = Job::receive_revocation(None, ONE, true).job();
    let doubtful = Job { unresolved: true, from_other_journal: true, revoked: true, ..job(JobState::Uncertain) };
    assert_eq!(never_seen, doubtful);
    let sure = Job { state: COMPLETED, unresolved: false, from_other_journal: false, revoked: false, ..doubtful };
    let ran = Evidence::Marker { marker: Marker::Present { succeeded: true }, same_run: false };
    assert_eq!(doubtful.settled(ran, OnUncertain::Hold), sure);
    let once_more = Job::receive_delivery(None, ONE, true).job().settled(Evidence::None, OnUncertain::Retry);
    assert_eq!(once_more, Job { unresolved: true, from_other_journal: false, ..job(JobState::Queued) });
    assert_eq!(once_more.started().answered(Verdict::Completed), job(COMPLETED));
    let held = job(JobState::Uncertain).settled(Evidence::None, OnUncertain::Hold);
    assert_eq!(held, Job { unresolved: true, ..job(UNCERTAIN) });
    let revoked = Job::receive_revocation(Some(job(JobState::Running)), ONE, false).job();
    assert_eq!(revoked.answered(Verdict::PlayerAway), job(CANCELLED), "and nothing of the revoke is left");
}
