use super::{CommandState, Offer, Offered, RETRY_DELAYS, Status};
use flux_protocol::{Attempt, FailReason, JournalId, ReportState, WaitReason};
use jiff::{SignedDuration, Timestamp};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;
const REJECTED: ReportState = ReportState::Failed(FailReason::RejectedByGame);
const AWAY: ReportState = ReportState::AwaitingPlayer(WaitReason::PlayerOffline);

fn journal(name: &str) -> JournalId {
    name.parse().unwrap()
}

fn offered() -> CommandState {
    CommandState::default().offered_to(&journal("a"))
}

fn after(state: CommandState, report: ReportState) -> CommandState {
    let attempt = state.attempt;
    state.reported(attempt, report, &journal("a"), NOW).state
}

#[test]
fn rule_2_an_open_attempt_is_offered_until_this_journal_has_reported_it() {
    let (a, b) = (journal("a"), journal("b"));
    let state = CommandState::default();
    assert_eq!(state.offer_to(&a, NOW), Some(Offer::Deliver { redelivered: false }));
    let state = state.offered_to(&a);
    assert_eq!(state.offer_to(&a, NOW), Some(Offer::Deliver { redelivered: false }));
    let state = after(state, ReportState::Delivered);
    assert_eq!(state.status, Status::Delivered);
    assert_eq!(state.offer_to(&a, NOW), None);
    assert_eq!(state.offer_to(&b, NOW), Some(Offer::Deliver { redelivered: true }), "rule 9: a lost journal is told");
    let both = state.offered_to(&b);
    assert_eq!(both.offered, Offered::ToOthers);
    assert_eq!(
        both.reported(Attempt::FIRST, AWAY, &b, NOW).state.offer_to(&a, NOW),
        Some(Offer::Deliver { redelivered: true })
    );
}

#[test]
fn a_refused_command_is_retried_after_30_60_and_120_seconds_and_then_has_failed() {
    let mut state = offered();
    for (delay, attempt) in RETRY_DELAYS.iter().zip(2..) {
        state = after(state, REJECTED);
        assert_eq!((state.status, state.attempt.get()), (Status::Pending, attempt));
        let due = state.next_attempt_at.unwrap();
        assert_eq!(due, NOW + *delay);
        assert_eq!(state.offer_to(&journal("a"), due - SignedDuration::from_secs(1)), None);
        assert_eq!(
            state.offer_to(&journal("b"), due),
            Some(Offer::Deliver { redelivered: false }),
            "a new attempt was offered to nobody"
        );
        state = after(state.offered_to(&journal("a")), ReportState::Delivered);
    }
    state = after(state, REJECTED);
    assert_eq!(state.status, Status::Failed(FailReason::RejectedByGame));
    let again = state.retried_by_hand().unwrap();
    assert_eq!((again.status, again.attempt.get(), again.retries_used), (Status::Pending, 5, 0));
    assert_eq!(offered().retried_by_hand(), None);
}

#[test]
fn a_retry_that_is_further_away_than_the_longest_wait_was_made_while_the_clock_was_wrong() {
    let at = |millis: i64| NOW + SignedDuration::from_millis(millis);
    for (due_millis, is_offered) in
        [(-1, true), (0, true), (1, false), (120_000, false), (120_001, true), (86_400_000, true)]
    {
        let state = CommandState { next_attempt_at: Some(at(due_millis)), ..CommandState::default() };
        assert_eq!(state.offer_to(&journal("a"), NOW).is_some(), is_offered, "{due_millis}");
    }
}

#[test]
fn every_other_reason_goes_straight_to_failed() {
    for reason in FailReason::ALL.iter().copied().filter(|reason| *reason != FailReason::RejectedByGame) {
        assert_eq!(after(offered(), ReportState::Failed(reason)).status, Status::Failed(reason));
    }
}

#[test]
fn rule_1_completed_is_final_and_wins_over_any_other_report() {
    let completed = after(offered(), ReportState::Completed);
    for report in [REJECTED, ReportState::Cancelled, ReportState::Delivered, AWAY] {
        for attempt in [1, 2] {
            let reaction = completed.clone().reported(Attempt::new(attempt).unwrap(), report, &journal("a"), NOW);
            assert_eq!(reaction.state.status, Status::Completed);
            assert!(!reaction.revoke && !reaction.counted);
        }
    }
    let retried = after(offered(), REJECTED);
    let late = retried.reported(Attempt::FIRST, ReportState::Completed, &journal("a"), NOW);
    assert_eq!(late.state.status, Status::Completed, "of an older attempt too");
}

#[test]
fn rule_1_a_higher_attempt_than_the_stores_is_taken_over() {
    let forgotten = CommandState::default();
    let state = forgotten.reported(Attempt::new(3).unwrap(), AWAY, &journal("a"), NOW).state;
    assert_eq!(
        (state.status, state.attempt.get(), state.retries_used),
        (Status::AwaitingPlayer(WaitReason::PlayerOffline), 3, 2)
    );
    assert_eq!(state.offer_to(&journal("a"), NOW), None);
}

#[test]
fn rule_3_a_report_of_an_older_attempt_changes_nothing() {
    let state = after(offered(), REJECTED);
    let reaction = state.clone().reported(Attempt::FIRST, REJECTED, &journal("a"), NOW);
    assert_eq!(reaction.state, state);
    assert!(!reaction.counted);
}

#[test]
fn rule_4_what_awaits_its_player_uses_up_no_attempt_and_never_expires_at_the_store() {
    let mut state = offered();
    for report in [AWAY, ReportState::Delivered].repeat(10) {
        state = after(state, report);
        assert_eq!((state.attempt, state.retries_used, state.next_attempt_at), (Attempt::FIRST, 0, None));
        assert_eq!(state.clone().expired(), state);
    }
    assert_eq!(after(state, REJECTED).retries_used, 1, "all its retries are left");
}

#[test]
fn rule_6_cancelled_at_once_if_never_offered_else_on_the_agents_word() {
    assert_eq!(CommandState::default().cancelled().status, Status::Cancelled);
    let wanted = after(offered(), AWAY).cancelled();
    assert!(wanted.status.is_open() && wanted.cancel_wanted);
    assert_eq!(wanted.offer_to(&journal("a"), NOW), Some(Offer::Revoke { redelivered: false }));
    assert_eq!(wanted.offer_to(&journal("b"), NOW), Some(Offer::Revoke { redelivered: true }));
    assert_eq!(after(wanted.clone(), ReportState::Cancelled).status, Status::Cancelled);
    assert_eq!(after(wanted.clone(), ReportState::Completed).status, Status::Completed);
    assert_eq!(after(wanted.clone(), REJECTED).status, Status::Cancelled, "it is not retried");
    assert_eq!(after(wanted, ReportState::Failed(FailReason::Uncertain)).status, Status::Failed(FailReason::Uncertain));
    let waits_for_its_retry = after(offered(), REJECTED).cancelled();
    assert_eq!(waits_for_its_retry.status, Status::Cancelled, "this attempt was never offered");
}

#[test]
fn rule_8_an_open_report_of_what_is_or_shall_be_cancelled_is_answered_with_a_revoke() {
    let cancelled = after(offered().cancelled(), ReportState::Cancelled);
    assert!(cancelled.reported(Attempt::FIRST, AWAY, &journal("a"), NOW).revoke);
    assert!(offered().cancelled().reported(Attempt::FIRST, ReportState::Delivered, &journal("a"), NOW).revoke);
    assert!(!offered().reported(Attempt::FIRST, ReportState::Delivered, &journal("a"), NOW).revoke);
}

#[test]
fn rule_7_the_store_expires_only_what_was_never_offered() {
    assert_eq!(CommandState::default().expired().status, Status::Failed(FailReason::Expired));
    assert_eq!(offered().expired(), offered());
}

#[test]
fn rule_10_a_restored_database_takes_open_attempts_as_offered_elsewhere() {
    let restored = after(offered(), ReportState::Delivered).restored();
    assert_eq!(restored.offer_to(&journal("a"), NOW), Some(Offer::Deliver { redelivered: true }));
    let closed = after(offered(), ReportState::Completed);
    assert_eq!(closed.clone().restored(), closed);
}

#[test]
fn every_status_has_its_words_and_is_read_by_them() {
    let words = [
        (Status::Pending, "pending", None, true),
        (Status::Delivered, "delivered", None, true),
        (Status::AwaitingPlayer(WaitReason::PlayerOffline), "awaiting_player", Some("player_offline"), true),
        (Status::Completed, "completed", None, false),
        (Status::Failed(FailReason::Expired), "failed", Some("expired"), false),
        (Status::Cancelled, "cancelled", None, false),
    ];
    for (status, word, reason, is_open) in words {
        assert_eq!((status.as_str(), status.reason(), status.is_open()), (word, reason, is_open));
        assert_eq!(Status::from_words(word, reason), Some(status));
    }
    assert_eq!(Status::from_words("lost", None), None);
}

#[test]
fn what_is_closed_waits_for_nothing_and_wants_nothing() {
    let retried = after(offered(), REJECTED);
    assert!(retried.next_attempt_at.is_some() && retried.reported_by.is_none(), "nobody has reported the new attempt");
    let again = after(retried.clone().offered_to(&journal("a")), ReportState::Delivered);
    let late = retried.clone().reported(Attempt::FIRST, ReportState::Completed, &journal("a"), NOW).state;
    let wanted = again.clone().cancelled();
    assert!(wanted.cancel_wanted);
    for closed in [
        retried.clone().cancelled(),
        retried.expired(),
        late,
        after(again.clone(), ReportState::Completed),
        after(again, ReportState::Failed(FailReason::Uncertain)),
        after(wanted.clone(), ReportState::Completed),
        after(wanted.clone(), ReportState::Cancelled),
        after(wanted.clone(), REJECTED),
        after(wanted, ReportState::Failed(FailReason::Uncertain)),
    ] {
        assert!(!closed.status.is_open(), "{closed:?}");
        assert_eq!((closed.next_attempt_at, closed.cancel_wanted), (None, false), "{closed:?}");
    }
}

#[test]
fn a_completion_counts_once() {
    let first = offered().reported(Attempt::FIRST, ReportState::Completed, &journal("a"), NOW);
    assert!(first.counted);
    assert!(!first.state.reported(Attempt::FIRST, ReportState::Completed, &journal("a"), NOW).counted);
}

#[test]
fn rule_1_an_attempt_that_is_taken_over_is_open_and_this_journals_alone() {
    let three = Attempt::new(3).unwrap();
    let closed =
        after(after(offered(), REJECTED).offered_to(&journal("b")), ReportState::Failed(FailReason::Uncertain));
    for known in [CommandState::default(), closed, after(offered(), REJECTED)] {
        let taken = known.reported(three, ReportState::Delivered, &journal("a"), NOW).state;
        assert_eq!((taken.status, taken.attempt, taken.next_attempt_at), (Status::Delivered, three, None));
        assert_eq!((taken.offered.clone(), taken.reported_by.clone()), (Offered::To(journal("a")), Some(journal("a"))));
    }
}
