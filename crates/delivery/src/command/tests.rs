use super::{CommandState, CommandStatus, Offer, OfferedTo, RETRY_DELAYS};
use flux_protocol::{Attempt, FailReason, JournalId, ReportState, WaitReason};
use jiff::{SignedDuration, Timestamp};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;
const REJECTED: ReportState = ReportState::Failed(FailReason::RejectedByGame);
const AWAY: ReportState = ReportState::AwaitingPlayer(WaitReason::PlayerOffline);

fn journal(name: &str) -> JournalId {
    name.parse().unwrap()
}

fn offered() -> CommandState {
    CommandState::default().mark_offered_to(&journal("a"))
}

fn after(state: CommandState, report: ReportState) -> CommandState {
    let attempt = state.attempt;
    state.apply_report(attempt, report, &journal("a"), NOW).state
}

#[test]
fn rule_2_open_attempt_is_offered_until_this_journal_reports() {
    let (a, b) = (journal("a"), journal("b"));
    let state = CommandState::default();
    assert_eq!(state.offer_to(&a, NOW), Some(Offer::Deliver { redelivered: false }));
    let state = state.mark_offered_to(&a);
    assert_eq!(state.offer_to(&a, NOW), Some(Offer::Deliver { redelivered: false }));
    let state = after(state, ReportState::Delivered);
    assert_eq!(state.status, CommandStatus::Delivered);
    assert_eq!(state.offer_to(&a, NOW), None);
    assert_eq!(
        state.offer_to(&b, NOW),
        Some(Offer::Deliver { redelivered: true }),
        "rule 9: another journal learns of the first"
    );
    let both = state.mark_offered_to(&b);
    assert_eq!(both.offered, OfferedTo::Others);
    assert_eq!(
        both.apply_report(Attempt::FIRST, AWAY, &b, NOW).state.offer_to(&a, NOW),
        Some(Offer::Deliver { redelivered: true })
    );
}

#[test]
fn rejected_command_is_retried_three_times_then_fails() {
    let mut state = offered();
    for (delay, attempt) in RETRY_DELAYS.iter().zip(2..) {
        state = after(state, REJECTED);
        assert_eq!((state.status, state.attempt.get()), (CommandStatus::Pending, attempt));
        let due = state.next_attempt_at.unwrap();
        assert_eq!(due, NOW + *delay);
        assert_eq!(state.offer_to(&journal("a"), due - SignedDuration::from_secs(1)), None);
        assert_eq!(
            state.offer_to(&journal("b"), due),
            Some(Offer::Deliver { redelivered: false }),
            "nobody was offered the new attempt"
        );
        state = after(state.mark_offered_to(&journal("a")), ReportState::Delivered);
    }
    state = after(state, REJECTED);
    assert_eq!(state.status, CommandStatus::Failed(FailReason::RejectedByGame));
    let again = state.retry_by_hand().unwrap();
    assert_eq!((again.status, again.attempt.get(), again.retries_used), (CommandStatus::Pending, 5, 0));
    assert_eq!(offered().retry_by_hand(), None);
}

#[test]
fn retry_scheduled_by_a_wrong_clock_is_due() {
    let at = |millis: i64| NOW + SignedDuration::from_millis(millis);
    for (due_millis, is_offered) in
        [(-1, true), (0, true), (1, false), (120_000, false), (120_001, true), (86_400_000, true)]
    {
        let state = CommandState { next_attempt_at: Some(at(due_millis)), ..CommandState::default() };
        assert_eq!(state.offer_to(&journal("a"), NOW).is_some(), is_offered, "{due_millis}");
    }
}

#[test]
fn only_rejected_by_game_is_retried() {
    for reason in FailReason::ALL.iter().copied().filter(|reason| *reason != FailReason::RejectedByGame) {
        assert_eq!(after(offered(), ReportState::Failed(reason)).status, CommandStatus::Failed(reason));
    }
}

#[test]
fn rule_1_completed_is_final_and_wins() {
    let completed = after(offered(), ReportState::Completed);
    for report in [REJECTED, ReportState::Cancelled, ReportState::Delivered, AWAY] {
        for attempt in [1, 2] {
            let effect = completed.clone().apply_report(Attempt::new(attempt).unwrap(), report, &journal("a"), NOW);
            assert_eq!(effect.state.status, CommandStatus::Completed);
            assert!(!effect.revoke && !effect.counted);
        }
    }
    let retried = after(offered(), REJECTED);
    let late = retried.apply_report(Attempt::FIRST, ReportState::Completed, &journal("a"), NOW);
    assert_eq!(late.state.status, CommandStatus::Completed, "of an older attempt too");
}

#[test]
fn rule_1_reported_higher_attempt_is_taken_over() {
    let forgotten = CommandState::default();
    let state = forgotten.apply_report(Attempt::new(3).unwrap(), AWAY, &journal("a"), NOW).state;
    assert_eq!(
        (state.status, state.attempt.get(), state.retries_used),
        (CommandStatus::AwaitingPlayer(WaitReason::PlayerOffline), 3, 2)
    );
    assert_eq!(state.offer_to(&journal("a"), NOW), None);
}

#[test]
fn rule_3_report_of_an_older_attempt_changes_nothing() {
    let state = after(offered(), REJECTED);
    let effect = state.clone().apply_report(Attempt::FIRST, REJECTED, &journal("a"), NOW);
    assert_eq!(effect.state, state);
    assert!(!effect.counted);
}

#[test]
fn rule_4_waiting_for_the_player_uses_no_attempt() {
    let mut state = offered();
    for report in [AWAY, ReportState::Delivered].repeat(10) {
        state = after(state, report);
        assert_eq!((state.attempt, state.retries_used, state.next_attempt_at), (Attempt::FIRST, 0, None));
        assert_eq!(state.clone().expire(), state);
    }
    assert_eq!(after(state, REJECTED).retries_used, 1, "all its retries are left");
}

#[test]
fn rule_6_offered_command_is_cancelled_by_the_agents_report() {
    assert_eq!(CommandState::default().cancel().status, CommandStatus::Cancelled);
    let wanted = after(offered(), AWAY).cancel();
    assert!(wanted.status.is_open() && wanted.cancel_requested);
    assert_eq!(wanted.offer_to(&journal("a"), NOW), Some(Offer::Revoke { redelivered: false }));
    assert_eq!(wanted.offer_to(&journal("b"), NOW), Some(Offer::Revoke { redelivered: true }));
    assert_eq!(after(wanted.clone(), ReportState::Cancelled).status, CommandStatus::Cancelled);
    assert_eq!(after(wanted.clone(), ReportState::Completed).status, CommandStatus::Completed);
    assert_eq!(after(wanted.clone(), REJECTED).status, CommandStatus::Cancelled, "it is not retried");
    assert_eq!(
        after(wanted, ReportState::Failed(FailReason::Uncertain)).status,
        CommandStatus::Failed(FailReason::Uncertain)
    );
    let waits_for_its_retry = after(offered(), REJECTED).cancel();
    assert_eq!(waits_for_its_retry.status, CommandStatus::Cancelled, "this attempt was never offered");
}

#[test]
fn rule_8_open_report_of_a_cancelled_command_is_revoked() {
    let cancelled = after(offered().cancel(), ReportState::Cancelled);
    assert!(cancelled.apply_report(Attempt::FIRST, AWAY, &journal("a"), NOW).revoke);
    assert!(offered().cancel().apply_report(Attempt::FIRST, ReportState::Delivered, &journal("a"), NOW).revoke);
    assert!(!offered().apply_report(Attempt::FIRST, ReportState::Delivered, &journal("a"), NOW).revoke);
}

#[test]
fn rule_7_store_expires_only_what_was_never_offered() {
    assert_eq!(CommandState::default().expire().status, CommandStatus::Failed(FailReason::Expired));
    assert_eq!(offered().expire(), offered());
}

#[test]
fn rule_10_restored_open_attempt_counts_as_offered_elsewhere() {
    let restored = after(offered(), ReportState::Delivered).after_restore();
    assert_eq!(restored.offer_to(&journal("a"), NOW), Some(Offer::Deliver { redelivered: true }));
    let closed = after(offered(), ReportState::Completed);
    assert_eq!(closed.clone().after_restore(), closed);
}

#[test]
fn every_status_is_written_and_parsed() {
    let words = [
        (CommandStatus::Pending, "pending", None, true),
        (CommandStatus::Delivered, "delivered", None, true),
        (CommandStatus::AwaitingPlayer(WaitReason::PlayerOffline), "awaiting_player", Some("player_offline"), true),
        (CommandStatus::Completed, "completed", None, false),
        (CommandStatus::Failed(FailReason::Expired), "failed", Some("expired"), false),
        (CommandStatus::Cancelled, "cancelled", None, false),
    ];
    for (status, word, reason, is_open) in words {
        assert_eq!((status.as_str(), status.reason(), status.is_open()), (word, reason, is_open));
        assert_eq!(CommandStatus::parse(word, reason), Some(status));
    }
    assert_eq!(CommandStatus::parse("lost", None), None);
}

#[test]
fn closed_command_has_no_retry_and_no_cancel_request() {
    let retried = after(offered(), REJECTED);
    assert!(retried.next_attempt_at.is_some() && retried.reported_by.is_none(), "nobody has reported the new attempt");
    let again = after(retried.clone().mark_offered_to(&journal("a")), ReportState::Delivered);
    let late = retried.clone().apply_report(Attempt::FIRST, ReportState::Completed, &journal("a"), NOW).state;
    let wanted = again.clone().cancel();
    assert!(wanted.cancel_requested);
    for closed in [
        retried.clone().cancel(),
        retried.expire(),
        late,
        after(again.clone(), ReportState::Completed),
        after(again, ReportState::Failed(FailReason::Uncertain)),
        after(wanted.clone(), ReportState::Completed),
        after(wanted.clone(), ReportState::Cancelled),
        after(wanted.clone(), REJECTED),
        after(wanted, ReportState::Failed(FailReason::Uncertain)),
    ] {
        assert!(!closed.status.is_open(), "{closed:?}");
        assert_eq!((closed.next_attempt_at, closed.cancel_requested), (None, false), "{closed:?}");
    }
}

#[test]
fn completion_counts_once() {
    let first = offered().apply_report(Attempt::FIRST, ReportState::Completed, &journal("a"), NOW);
    assert!(first.counted);
    assert!(!first.state.apply_report(Attempt::FIRST, ReportState::Completed, &journal("a"), NOW).counted);
}

#[test]
fn rule_1_attempt_taken_over_is_offered_to_its_journal_only() {
    let three = Attempt::new(3).unwrap();
    let closed =
        after(after(offered(), REJECTED).mark_offered_to(&journal("b")), ReportState::Failed(FailReason::Uncertain));
    for known in [CommandState::default(), closed, after(offered(), REJECTED)] {
        let taken = known.apply_report(three, ReportState::Delivered, &journal("a"), NOW).state;
        assert_eq!((taken.status, taken.attempt, taken.next_attempt_at), (CommandStatus::Delivered, three, None));
        assert_eq!(
            (taken.offered.clone(), taken.reported_by.clone()),
            (OfferedTo::Only(journal("a")), Some(journal("a")))
        );
    }
}
