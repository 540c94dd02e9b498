//! What a refund, a cancellation, a chargeback, a return or an admin undoes (D-08 to D-11, D-16).

use crate::kit::*;
use crate::world::*;
use flux_referral_rules::*;

#[test]
fn d_08_a_void_frees_a_place_under_the_cap_and_what_was_kept_does_not() {
    for (recover, expected) in [(true, None), (false, Some(Reason::CapReached))] {
        let mut world = ordinary();
        world.program.max_rewards = limit(1);
        world.edit_global(|rule| rule.on_return.recover_points = recover);
        for friend in ["Bob", "Carol"] {
            bring(&mut world, friend);
        }
        orders(&mut world, "Bob", "o1");
        world.undone("o1", ReversalKind::Refunded, day(2));
        orders(&mut world, "Carol", "o2");
        let skipped = match &world.grants_of(&world.rows[1].id)[0].status {
            GrantStatus::Cancelled { skipped } => *skipped,
            _ => None,
        };
        assert_eq!(skipped, expected);
    }
}

#[test]
fn d_08_the_cap_counts_registration_grants_too() {
    let mut world = ordinary();
    world.program.max_rewards = limit(1);
    world.edit_global(|rule| put(rule, Side::Referrer, Trigger::Registration, points(1)));
    bring(&mut world, "Bob");
    orders(&mut world, "Bob", "o1");
    bring(&mut world, "Carol");
    assert_eq!(world.points("Alice"), 1);
}

#[test]
fn d_09_every_undoing_goes_one_way_and_keeps_its_reason() {
    for (undoing, reason) in [
        (ReversalKind::Refunded, Reason::Refunded),
        (ReversalKind::Cancelled, Reason::Cancelled),
        (ReversalKind::Chargeback, Reason::Chargeback),
        (ReversalKind::Returned, Reason::Returned),
    ] {
        for void_first in [false, true] {
            let mut world = ordinary();
            bring(&mut world, "Bob");
            if void_first {
                world.undone("o1", undoing, day(2));
            }
            orders(&mut world, "Bob", "o1");
            world.undone("o1", undoing, day(2));
            assert_eq!(world.rows[0].status, Status::Voided(reason));
            assert_eq!(world.rows[0].purchase.as_ref().map(|purchase| purchase.order.as_str()), Some("o1"));
            assert_eq!(undoing.as_str(), reason.as_str());
        }
    }
}

#[test]
fn d_09_an_admin_voids_without_an_order() {
    let mut world = ordinary();
    bring(&mut world, "Bob");
    let names = world.names(&world.rows[0]);
    let by_admin = |row: Attribution, world: &World| {
        withdraw(&world.program, row, &[], Reason::Admin, &world.dispatch(&names, None), day(1)).attribution.status
    };
    assert_eq!(by_admin(world.rows[0].clone(), &world), Status::Voided(Reason::Admin));
    let expired = Attribution { status: Status::Expired, expires_at: Some(day(0)), ..world.rows[0].clone() };
    assert_eq!(by_admin(expired, &world), Status::Expired, "expired is final");
}

#[test]
fn d_10_a_void_leaves_what_registering_has_earned() {
    let mut world = ordinary();
    world.edit_global(|rule| {
        put(rule, Side::Referrer, Trigger::Registration, points(1));
        put(rule, Side::Referee, Trigger::Registration, free_shipping());
        rule.on_return.recover_points = true;
    });
    bring(&mut world, "Bob");
    orders(&mut world, "Bob", "o1");
    world.undone("o1", ReversalKind::Refunded, day(2));
    assert_eq!(world.points("Alice"), 1);
    let live: Vec<_> = world.grants.values().filter(|grant| grant.is_live()).map(|grant| grant.key.trigger).collect();
    assert_eq!(live, [Trigger::Registration, Trigger::Registration]);
}

#[test]
fn d_11_only_a_remainder_that_would_not_count_voids() {
    for (minimum, refunded, is_voided) in [
        (Some(1500), 500, false),
        (Some(1500), 501, true),
        (None, 1999, false),
        (None, 2000, true),
        (None, 2001, true),
        (None, 0, false),
    ] {
        for void_first in [false, true] {
            let mut world = ordinary();
            world.program.minimum = minimum.map(|minimum| positive(minimum, "EUR"));
            bring(&mut world, "Bob");
            if void_first {
                world.refunded("o1", refunded, day(1));
            }
            orders(&mut world, "Bob", "o1");
            world.program.minimum = None;
            world.refunded("o1", refunded, day(2));
            world.refunded("o1", 0, day(3));
            let status = world.rows[0].status;
            assert_eq!(status == Status::Voided(Reason::Refunded), is_voided, "{minimum:?} {refunded} {void_first}");
            let revenue = Funnel::of(&world.rows, day(3)).unwrap().revenue.into_values().next();
            assert_eq!(revenue, (!is_voided).then_some(2000 - refunded));
        }
    }
}

#[test]
fn d_16_a_void_finds_the_same_whether_or_not_a_sweep_has_run_since_the_reward_was_due() {
    for recover in [false, true] {
        let mut ends = Vec::new();
        for sweep_first in [false, true] {
            let mut world = commands(&["say hi"]);
            world.edit_global(|rule| {
                let slot = Slot::new(Some(points(100)), vec![command("say hi")]).unwrap();
                rule.slots.replace(Side::Referrer, Trigger::FirstOrder, Some(slot));
                rule.order_timing = OrderTiming::DaysAfterPayment(days(1));
                rule.on_return.recover_points = recover;
            });
            bring(&mut world, "Bob");
            orders(&mut world, "Bob", "o1");
            if sweep_first {
                world.sweep(day(5));
            }
            world.undone("o1", ReversalKind::Refunded, day(6));
            assert_eq!(world.points("Alice"), if recover { 0 } else { 100 });
            ends.push((world.rows, world.grants, world.ledger, world.lines));
        }
        assert_eq!(ends[0], ends[1]);
    }
}

#[test]
fn commands_are_cancelled_by_a_void_and_taken_back_by_those_that_are_for_it() {
    for has_run in [false, true] {
        let mut world = commands(&["say hi"]);
        world.edit_global(|rule| {
            let take_back = RewardCommand { run_on: RunOn::Void, ..command("say back {player}") };
            let slot = Slot::new(None, vec![command("say hi"), take_back]).unwrap();
            rule.slots.replace(Side::Referrer, Trigger::FirstOrder, Some(slot));
        });
        bring(&mut world, "Bob");
        orders(&mut world, "Bob", "o1");
        assert_eq!(filled(&world).len(), 1, "what takes back does not run at issue");
        if has_run {
            world.lines.values_mut().for_each(|(_, state)| *state = LineState::Completed);
        }
        world.undone("o1", ReversalKind::Refunded, day(2));
        let states: Vec<LineState> = world.lines.values().map(|(_, state)| *state).collect();
        let first = if has_run { LineState::Completed } else { LineState::Cancelled };
        assert_eq!(states, [first, LineState::Pending]);
        assert_eq!(filled(&world)[1].1, "say back AliceMC");
        let status = world.grants.values().next().unwrap().status.as_str();
        assert_eq!(status, if has_run { "issued" } else { "revoked" }, "never revoked once it has run");
    }
}
