//! Offers, cancel requests and expiry.

use super::*;

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
