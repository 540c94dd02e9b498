//! Reports and their effects.

use super::*;

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
fn rule_8_open_report_of_a_cancelled_command_is_revoked() {
    let cancelled = after(offered().cancel(), ReportState::Cancelled);
    assert!(cancelled.apply_report(Attempt::FIRST, AWAY, &journal("a"), NOW).revoke);
    assert!(offered().cancel().apply_report(Attempt::FIRST, ReportState::Delivered, &journal("a"), NOW).revoke);
    assert!(!offered().apply_report(Attempt::FIRST, ReportState::Delivered, &journal("a"), NOW).revoke);
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

#[test]
fn given_up_command_is_revoked_again_and_completed_wins() {
    let waiting = CommandState { cancel_requested: true, ..after(offered(), AWAY) };
    let given_up = waiting.give_up();
    assert_eq!((given_up.status, given_up.cancel_requested), (CommandStatus::Cancelled, false));
    assert_eq!(given_up.reported_by, None, "no journal has said whether it ran");
    let still_open = given_up.clone().apply_report(given_up.attempt, AWAY, &journal("a"), NOW);
    assert!(still_open.revoke && still_open.state.status == CommandStatus::Cancelled);
    assert_eq!(after(given_up.clone(), ReportState::Completed).status, CommandStatus::Completed);
    let failed = after(offered(), ReportState::Failed(FailReason::Expired));
    assert_eq!(failed.clone().give_up(), failed, "what is closed does not change");
}

#[test]
fn reported_attempt_far_ahead_is_not_taken_over() {
    let ahead = |attempt: u32| {
        let attempt = Attempt::new(attempt).unwrap();
        CommandState::default().apply_report(attempt, ReportState::Delivered, &journal("a"), NOW)
    };
    assert_eq!(ahead(1_001).state.attempt.get(), 1_001);
    for attempt in [1_002, u32::MAX] {
        let effect = ahead(attempt);
        assert_eq!((effect.state, effect.counted), (CommandState::default(), false), "{attempt}");
    }
}

/// An acknowledgement alone would let an older journal run again what the store shows as closed.
#[test]
fn rule_8_open_report_of_a_closed_command_is_answered_with_its_state() {
    let uncertain = FailReason::Uncertain;
    let two = Attempt::new(2).unwrap();
    let settled = |state: &CommandState, attempt: Attempt, report: ReportState| {
        let after = state.clone().apply_report(attempt, report, &journal("a"), NOW).state;
        after.settled_against(attempt, report, uncertain)
    };
    let completed = after(offered(), ReportState::Completed);
    for report in [ReportState::Delivered, AWAY, REJECTED, ReportState::Cancelled] {
        assert_eq!(settled(&completed, Attempt::FIRST, report), Some((Attempt::FIRST, ReportState::Completed)));
    }
    assert_eq!(settled(&completed, Attempt::FIRST, ReportState::Completed), None);
    let expired = ReportState::Failed(FailReason::Expired);
    let failed = after(offered(), expired);
    let cancelled = after(offered().cancel(), ReportState::Cancelled);
    for (state, word) in [(failed, expired), (cancelled, ReportState::Cancelled)] {
        assert_eq!(settled(&state, Attempt::FIRST, AWAY), Some((Attempt::FIRST, word)));
        assert_eq!(settled(&state, Attempt::FIRST, REJECTED), None, "closed on both sides");
        assert_eq!(settled(&state, two, AWAY), None, "the agent's attempt is newer");
    }
    let retried = after(offered(), REJECTED);
    let older = Some((Attempt::FIRST, ReportState::Failed(uncertain)));
    assert_eq!(settled(&retried, Attempt::FIRST, AWAY), older, "its first attempt has failed");
    assert_eq!(settled(&retried, two, AWAY), None);
    assert_eq!(settled(&offered(), Attempt::FIRST, AWAY), None);
}
