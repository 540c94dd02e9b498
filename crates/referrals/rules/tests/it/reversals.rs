//! Reversals by a refund, a cancellation, a chargeback, a return or an admin (D-08 to D-11, D-16).

use crate::builders::*;
use crate::fake_store::*;
use flux_referral_rules::*;

/// D-08.
#[test]
fn void_frees_its_place_under_the_cap() {
    for (recover, expected) in [(true, None), (false, Some(Reason::CapReached))] {
        let mut store = ordinary();
        store.program.max_rewards = limit(1);
        store.edit_global(|rule| rule.on_return.recover_points = recover);
        for friend in ["Bob", "Carol"] {
            bring(&mut store, friend);
        }
        orders(&mut store, "Bob", "o1");
        store.undone("o1", ReversalKind::Refunded, day(2));
        orders(&mut store, "Carol", "o2");
        let skipped = match &store.grants_of(&store.rows[1].id)[0].status {
            GrantStatus::Cancelled { skipped } => *skipped,
            _ => None,
        };
        assert_eq!(skipped, expected);
    }
}

/// D-08.
#[test]
fn cap_counts_registration_grants() {
    let mut store = ordinary();
    store.program.max_rewards = limit(1);
    store.edit_global(|rule| put(rule, Side::Referrer, Trigger::Registration, points(1)));
    bring(&mut store, "Bob");
    orders(&mut store, "Bob", "o1");
    bring(&mut store, "Carol");
    assert_eq!(store.points("Alice"), 1);
}

/// D-09.
#[test]
fn every_reversal_is_one_way_and_keeps_its_reason() {
    for (reversal, reason) in [
        (ReversalKind::Refunded, Reason::Refunded),
        (ReversalKind::Cancelled, Reason::Cancelled),
        (ReversalKind::Chargeback, Reason::Chargeback),
        (ReversalKind::Returned, Reason::Returned),
    ] {
        for void_first in [false, true] {
            let mut store = ordinary();
            bring(&mut store, "Bob");
            if void_first {
                store.undone("o1", reversal, day(2));
            }
            orders(&mut store, "Bob", "o1");
            store.undone("o1", reversal, day(2));
            assert_eq!(store.rows[0].status, Status::Voided(reason));
            assert_eq!(store.rows[0].purchase.as_ref().map(|purchase| purchase.order.as_str()), Some("o1"));
            assert_eq!(reversal.as_str(), reason.as_str());
        }
    }
}

/// D-09.
#[test]
fn admin_voids_without_an_order() {
    let mut store = ordinary();
    bring(&mut store, "Bob");
    let names = store.names(&store.rows[0]);
    let by_admin = |row: Attribution, store: &FakeStore| {
        withdraw(&store.program, row, &[], Reason::Admin, &store.dispatch(&names, None), day(1)).attribution.status
    };
    assert_eq!(by_admin(store.rows[0].clone(), &store), Status::Voided(Reason::Admin));
    let expired = Attribution { status: Status::Expired, expires_at: Some(day(0)), ..store.rows[0].clone() };
    assert_eq!(by_admin(expired, &store), Status::Expired, "expired is final");
}

/// D-10.
#[test]
fn void_keeps_what_registering_earned() {
    let mut store = ordinary();
    store.edit_global(|rule| {
        put(rule, Side::Referrer, Trigger::Registration, points(1));
        put(rule, Side::Referee, Trigger::Registration, free_shipping());
        rule.on_return.recover_points = true;
    });
    bring(&mut store, "Bob");
    orders(&mut store, "Bob", "o1");
    store.undone("o1", ReversalKind::Refunded, day(2));
    assert_eq!(store.points("Alice"), 1);
    let live: Vec<_> = store.grants.values().filter(|grant| grant.is_live()).map(|grant| grant.key.trigger).collect();
    assert_eq!(live, [Trigger::Registration, Trigger::Registration]);
}

/// D-11.
#[test]
fn partial_refund_voids_only_if_the_rest_would_not_count() {
    for (minimum, refunded, is_voided) in [
        (Some(1500), 500, false),
        (Some(1500), 501, true),
        (None, 1999, false),
        (None, 2000, true),
        (None, 2001, true),
        (None, 0, false),
    ] {
        for void_first in [false, true] {
            let mut store = ordinary();
            store.program.minimum = minimum.map(|minimum| positive(minimum, "EUR"));
            bring(&mut store, "Bob");
            if void_first {
                store.refunded("o1", refunded, day(1));
            }
            orders(&mut store, "Bob", "o1");
            store.program.minimum = None;
            store.refunded("o1", refunded, day(2));
            store.refunded("o1", 0, day(3));
            let status = store.rows[0].status;
            assert_eq!(status == Status::Voided(Reason::Refunded), is_voided, "{minimum:?} {refunded} {void_first}");
            let revenue = Funnel::of(&store.rows, day(3)).unwrap().revenue.into_values().next();
            assert_eq!(revenue, (!is_voided).then_some(2000 - refunded));
        }
    }
}

/// D-30: 24.99 of 25.00 are returned, then the rest.
#[test]
fn return_of_a_part_keeps_takes_a_share_or_takes_all() {
    use PartialReturn::{All, Keep, Proportional};
    for (partial, recovers, after_part, after_all) in [
        (Keep, false, (200, Status::Rewarded), 200),
        (Keep, true, (200, Status::Rewarded), 0),
        (Proportional, false, (200, Status::Rewarded), 200),
        (Proportional, true, (1, Status::Rewarded), 0),
        (All, false, (200, Status::Voided(Reason::Refunded)), 200),
        (All, true, (0, Status::Voided(Reason::Refunded)), 0),
    ] {
        for timing in [OrderTiming::AtPayment, OrderTiming::DaysAfterPayment(days(3))] {
            let mut store = ordinary();
            store.edit_global(|rule| {
                put(rule, Side::Referrer, Trigger::FirstOrder, points(200));
                rule.on_return = OnReturn { recover_points: recovers, partial, ..OnReturn::default() };
                rule.order_timing = timing;
            });
            bring(&mut store, "Bob");
            store.paid("Bob", "o1", eur(2500), None, day(1));
            store.refunded("o1", 1000, day(2));
            store.refunded("o1", 2499, day(2));
            store.sweep(day(5));
            store.refunded("o1", 2499, day(6));
            let waits_for_nothing = partial == All && timing != OrderTiming::AtPayment;
            let expected = if waits_for_nothing { 0 } else { after_part.0 };
            assert_eq!((store.points("Alice"), store.rows[0].status), (expected, after_part.1), "{partial} {timing:?}");
            let coupon = store.coupons("Bob")[0].grant.status.as_str();
            assert_eq!(coupon, if partial == All { "revoked" } else { "issued" }, "a code is whole");
            store.undone("o1", ReversalKind::Returned, day(7));
            let expected = if waits_for_nothing { 0 } else { after_all };
            assert_eq!(store.points("Alice"), expected, "{partial} {timing:?}");
            let reasons: Vec<_> = store.ledger.iter().filter_map(|entry| entry.reason).collect();
            let is_plain = reasons.iter().all(|why| [Reason::Refunded, Reason::Returned].contains(why));
            assert!(is_plain && reasons.is_empty() != recovers || waits_for_nothing, "{reasons:?}");
        }
    }
}

/// D-16.
#[test]
fn void_is_the_same_with_or_without_a_sweep() {
    for recover in [false, true] {
        let mut ends = Vec::new();
        for sweep_first in [false, true] {
            let mut store = commands(&["say hi"]);
            store.edit_global(|rule| {
                let slot = Slot::new(Some(points(100)), vec![command("say hi")]).unwrap();
                rule.slots.replace(Side::Referrer, Trigger::FirstOrder, Some(slot));
                rule.order_timing = OrderTiming::DaysAfterPayment(days(1));
                rule.on_return.recover_points = recover;
            });
            bring(&mut store, "Bob");
            orders(&mut store, "Bob", "o1");
            if sweep_first {
                store.sweep(day(5));
            }
            store.undone("o1", ReversalKind::Refunded, day(6));
            assert_eq!(store.points("Alice"), if recover { 0 } else { 100 });
            ends.push((store.rows, store.grants, store.ledger, store.lines));
        }
        assert_eq!(ends[0], ends[1]);
    }
}

#[test]
fn void_cancels_commands_or_runs_their_reversals() {
    for has_run in [false, true] {
        let mut store = commands(&["say hi"]);
        store.edit_global(|rule| {
            let take_back = RewardCommand { run_on: RunOn::Void, ..command("say back {player}") };
            let slot = Slot::new(None, vec![command("say hi"), take_back]).unwrap();
            rule.slots.replace(Side::Referrer, Trigger::FirstOrder, Some(slot));
        });
        bring(&mut store, "Bob");
        orders(&mut store, "Bob", "o1");
        assert_eq!(filled(&store).len(), 1, "what takes back does not run at issue");
        if has_run {
            store.lines.values_mut().for_each(|(_, state)| *state = LineState::Completed);
        }
        store.undone("o1", ReversalKind::Refunded, day(2));
        let states: Vec<LineState> = store.lines.values().map(|(_, state)| *state).collect();
        let first = if has_run { LineState::Completed } else { LineState::Cancelled };
        assert_eq!(states, [first, LineState::Pending]);
        assert_eq!(filled(&store)[1].1, "say back AliceMC");
        let status = store.grants.values().next().unwrap().status.as_str();
        assert_eq!(status, if has_run { "issued" } else { "revoked" }, "never revoked once it has run");
    }
}
