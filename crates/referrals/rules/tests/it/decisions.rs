//! The decision register and the conflicts between the seeds.

use crate::kit::*;
use crate::world::*;
use flux_referral_rules::*;

#[test]
fn d_04_while_the_flag_is_on_a_referee_has_one_attribution_for_ever() {
    let mut world = ordinary();
    bring(&mut world, "Bob");
    orders(&mut world, "Bob", "o1");
    world.undone("o1", ReversalKind::Refunded, day(2));
    let other = world.code("Carol");
    assert_eq!(world.paid("Bob", "o2", eur(1), Some(other.as_str()), day(3)), Some(Reason::Refunded));
    assert_eq!(world.rows.len(), 1);
}

#[test]
fn d_04_without_the_flag_a_new_one_opens_at_checkout_only_and_only_once_the_former_is_closed() {
    let mut world = ordinary();
    world.program.require_first_purchase = false;
    world.program.window = Some(days(10));
    bring(&mut world, "Bob");
    let other = world.code("Carol");
    assert_eq!(world.bind("Bob", Door::CodeCheckout, other.as_str(), false, None, day(10)), Ok(0), "still pending");
    assert_eq!(world.bind("Bob", Door::Link, other.as_str(), false, None, day(11)), Ok(0), "not at signup");
    assert_eq!(
        world.bind("Bob", Door::CodeCheckout, other.as_str(), false, None, at(10 * 86_400 + 1)),
        Ok(1),
        "expired"
    );
    world.paid("Bob", "o1", eur(1), Some(other.as_str()), day(12));
    assert_eq!((world.rows.len(), world.rows[1].status), (2, Status::Rewarded));
    assert_eq!(world.rows.iter().filter(|row| row.is_fed_by(&"o1".parse().unwrap())).count(), 1);
}

#[test]
fn d_05_a_free_order_is_no_purchase() {
    let mut world = ordinary();
    bring(&mut world, "Bob");
    assert_eq!(world.paid("Bob", "o1", eur(0), None, day(1)), Some(Reason::ZeroAmount));
    assert_eq!(world.rows[0].status, Status::Pending);
    assert_eq!(orders(&mut world, "Bob", "o2"), None, "and uses nothing up");
    let mut free = OrderRecord::new("x".parse().unwrap());
    assert!(free.pay(eur(0), day(0)) && !free.pay(eur(1), day(1)));
    free.undo(ReversalKind::Cancelled, day(0));
    assert!(!free.is_purchase());
}

#[test]
fn d_06_another_currency_counts_only_where_no_money_is_compared() {
    let dollars = Money::new(5000, Currency::parse("USD").unwrap()).unwrap();
    for (minimum, benefit, expected) in [
        (None, points(100), None),
        (None, percent(10), None),
        (Some(positive(1, "EUR")), points(100), Some(Reason::CurrencyMismatch)),
        (None, fixed(100, "EUR"), Some(Reason::CurrencyMismatch)),
        (None, credit(100, "EUR"), Some(Reason::CurrencyMismatch)),
        (None, fixed(100, "USD"), None),
    ] {
        for in_ladder in [false, true] {
            let mut world = ordinary();
            world.program.minimum = minimum;
            world.edit_global(|rule| match in_ladder {
                false => put(rule, Side::Referrer, Trigger::FirstOrder, benefit.clone()),
                true => rule.ladder = Ladder::new(vec![(1, benefit.clone())]).unwrap(),
            });
            bring(&mut world, "Bob");
            assert_eq!(world.paid("Bob", "o1", dollars, None, day(1)), expected, "{benefit:?}");
            let status = if expected.is_some() { Status::Pending } else { Status::Rewarded };
            assert_eq!(world.rows[0].status, status);
        }
    }
}

#[test]
fn d_07_at_the_cap_a_row_of_which_the_referee_gets_nothing_stays_qualified() {
    let mut world = commands(&["say hi"]);
    world.program.max_rewards = limit(1);
    for friend in ["Bob", "Carol"] {
        bring(&mut world, friend);
        orders(&mut world, friend, friend);
    }
    assert_eq!(world.rows[1].status, Status::Qualified(Some(Reason::CapReached)));
    assert_eq!(world.verdicts[&"Carol".parse().unwrap()], Some(Reason::CapReached));
    world.sweep(day(9));
    assert_eq!(world.rows[1].status, Status::Qualified(Some(Reason::CapReached)));
}

#[test]
fn d_12_only_what_is_there_can_be_spent() {
    let alice = customer("Alice");
    let spent = |balance, before: Option<&LedgerEntry>, points| {
        spend(&alice, balance, before, Points::new(points).unwrap(), "cart-1", day(0))
    };
    let Spent::Now(entry) = spent(30, None, 30) else { panic!("30 are enough for 30") };
    assert_eq!((entry.delta, entry.cause, entry.unit), (-30, Cause::Spend, Unit::Points));
    assert_eq!(spent(29, None, 30), Spent::NotEnough);
    assert_eq!(spent(-5, None, 1), Spent::NotEnough);
    assert_eq!(spent(0, Some(&entry), 30), Spent::Before);
    assert_eq!(spent(100, Some(&entry), 31), Spent::OtherAmount);
    let of_bob = LedgerEntry { customer: customer("Bob"), ..entry };
    assert_eq!(spent(100, Some(&of_bob), 30), Spent::OtherAmount);
}

#[test]
fn d_14_a_circular_pair_is_refused_before_it_is_asked_who_has_registered() {
    let mut world = ordinary();
    bring(&mut world, "Bob");
    let code = world.code("Bob");
    world.register("Alice", day(0));
    let refused = world.bind("Alice", Door::Link, code.as_str(), true, None, day(1));
    assert_eq!(refused, Err(Refusal::Because(Reason::Circular)));
    assert_eq!(Refusal::Because(Reason::Circular).as_str(), "circular");
}

#[test]
fn d_15_a_rule_that_rewards_registering_alone_is_done_then() {
    let mut world = World::new().with_global(|rule| put(rule, Side::Referrer, Trigger::Registration, points(1)));
    bring(&mut world, "Bob");
    assert_eq!((world.rows[0].status, world.rows[0].purchase.clone()), (Status::Rewarded, None));
    assert!(Funnel::of(&world.rows, day(1)).unwrap().revenue.is_empty());
    let mut world = World::new().with_global(|rule| put(rule, Side::Referrer, Trigger::Registration, points(1)));
    let code = world.code("Alice");
    world.bind("Carol", Door::Link, code.as_str(), false, None, day(0)).unwrap();
    assert_eq!(orders(&mut world, "Carol", "o1"), Some(Reason::NoRule), "an order earns nothing there");
    assert_eq!(world.rows[0].status, Status::Pending);
}

#[test]
fn d_15_at_the_cap_it_is_rewarded_if_the_referee_was_paid_else_qualified() {
    for (pays_referee, expected) in [(true, Status::Rewarded), (false, Status::Qualified(Some(Reason::CapReached)))] {
        let mut world = World::new().with_global(|rule| {
            put(rule, Side::Referrer, Trigger::Registration, points(1));
            if pays_referee {
                put(rule, Side::Referee, Trigger::Registration, points(1));
            }
        });
        world.program.max_rewards = limit(1);
        bring(&mut world, "Bob");
        bring(&mut world, "Carol");
        assert_eq!(world.rows[1].status, expected);
    }
}

#[test]
fn d_16_a_sweep_into_the_future_changes_no_decision_about_the_past() {
    let mut world = ordinary();
    world.program.window = Some(days(10));
    world.program.reward_expiry = Some(days(10));
    bring(&mut world, "Bob");
    bring(&mut world, "Carol");
    orders(&mut world, "Carol", "o1");
    world.sweep(day(1000));
    assert_eq!(world.rows[0].status_at(day(10)), Status::Pending);
    assert_eq!(world.redeem("Carol", "o2", eur(1000), day(11)), Some(100));
    assert_eq!(orders(&mut world, "Bob", "o3"), None);
    assert_eq!(world.rows[0].status, Status::Rewarded);
}

#[test]
fn d_17_clocks_count_from_the_events_time() {
    let mut world = ordinary();
    world.program.reward_expiry = Some(days(10));
    bring(&mut world, "Bob");
    world.paid("Bob", "o1", eur(10), None, day(-400));
    let GrantStatus::Issued(issue) = world.coupons("Bob")[0].grant.status else { panic!("it is issued") };
    assert_eq!((issue.at, issue.expires_at), (day(-400), Some(day(-390))));
}

#[test]
fn d_19_all_servers_are_those_of_the_moment_of_issue() {
    let mut world = commands(&["say hi"]);
    world.edit_global(|rule| rule.order_timing = OrderTiming::DaysAfterPayment(days(1)));
    bring(&mut world, "Bob");
    orders(&mut world, "Bob", "o1");
    world.add_servers(&["srv_new"]);
    world.sweep(day(2));
    assert_eq!(world.lines.len(), 2, "the server that was there when it was issued");
    world.add_servers(&["srv_later"]);
    world.sweep(day(3));
    assert_eq!(world.lines.len(), 2, "and none that came later");
}

#[test]
fn d_20_an_order_paid_while_the_program_is_off_uses_up_the_first_purchase() {
    let mut world = ordinary();
    bring(&mut world, "Bob");
    world.program.master = Master::Off;
    assert_eq!(orders(&mut world, "Bob", "o1"), Some(Reason::ProgramDisabled));
    assert_eq!(world.rows[0].status, Status::Pending);
    world.program.master = Master::On { since: day(2) };
    assert_eq!(world.paid("Bob", "o2", eur(10), None, day(3)), Some(Reason::NotFirstPurchase));
}

#[test]
fn d_21_and_c_08_the_earlier_of_both_deadlines_closes_the_row_for_both_order_slots() {
    for (window, valid, expected) in [
        (Some(14), Some(60), Some(14)),
        (Some(60), Some(14), Some(14)),
        (None, Some(60), Some(60)),
        (Some(7), None, Some(7)),
        (None, None, None),
    ] {
        let mut world = ordinary();
        world.program.window = window.map(days);
        world.edit_global(|rule| rule.order_valid = valid.map(days));
        bring(&mut world, "Bob");
        assert_eq!(world.rows[0].expires_at, expected.map(day));
    }
}

#[test]
fn d_22_a_guest_is_bound_without_a_registration_and_registering_later_fires_once() {
    let mut world = ordinary();
    world.edit_global(|rule| put(rule, Side::Referrer, Trigger::Registration, points(1)));
    let code = world.code("Alice");
    world.bind("Bob", Door::Link, code.as_str(), false, None, day(0)).unwrap();
    assert_eq!((world.points("Alice"), world.rows[0].registered_at), (0, None));
    orders(&mut world, "Bob", "o1");
    world.signup("Bob", None, day(5)).unwrap();
    assert_eq!((world.points("Alice"), world.rows[0].registered_at), (101, Some(day(5))));
    world.customer("Bob").registered_at = None;
    world.register("Bob", day(6));
    assert_eq!(world.points("Alice"), 101);
}

#[test]
fn d_22_registering_too_late_or_after_a_void_earns_nothing() {
    for is_voided in [false, true] {
        let mut world = ordinary();
        world.program.window = Some(days(10));
        world.edit_global(|rule| put(rule, Side::Referrer, Trigger::Registration, credit(1, "EUR")));
        let code = world.code("Alice");
        world.bind("Bob", Door::Link, code.as_str(), false, None, day(0)).unwrap();
        if is_voided {
            orders(&mut world, "Bob", "o1");
            world.undone("o1", ReversalKind::Refunded, day(2));
        }
        let registration = |at| {
            let mut world = world.clone();
            world.register("Bob", at);
            world.ledger.iter().any(|entry| entry.unit != Unit::Points)
        };
        assert_eq!(registration(day(10)), !is_voided);
        assert!(!registration(at(10 * 86_400 + 1)));
    }
}

#[test]
fn d_23_the_same_person_under_another_id_is_the_same_person() {
    let player = |name: &str, uuid: Option<&str>| Some(Player { name: name.to_owned(), uuid: uuid.map(str::to_owned) });
    let (dashed, bare) = ("069A79F4-44E9-4726-A5BE-FCA90E38AAF5", "069a79f444e94726a5befca90e38aaf5");
    for (guest, bob, same) in [
        ((None, player("BobMC", None)), (None, player("bobmc", None)), true),
        ((None, player("BobMC", Some(dashed))), (None, player("Renamed", Some(bare))), true),
        (
            (None, player("BobMC", Some(dashed))),
            (None, player("BobMC", Some("11111111111111111111111111111111"))),
            false,
        ),
        ((None, player("BobMC", Some(dashed))), (None, player("BobMC", None)), true),
        ((EmailKey::of("b@x.org"), None), (EmailKey::of("B+1@x.org"), None), true),
        ((EmailKey::of("b@x.org"), None), (EmailKey::of("b@y.org"), None), false),
        ((EmailKey::of(" "), None), (EmailKey::of(""), None), false),
        ((None, None), (None, None), false),
    ] {
        let mut world = ordinary();
        (world.customer("Guest").person.email, world.customer("Guest").person.player) = guest.clone();
        (world.customer("Bob").person.email, world.customer("Bob").person.player) = bob.clone();
        world.paid("Guest", "o0", eur(1), None, day(-1));
        bring(&mut world, "Bob");
        let expected = same.then_some(Reason::NotFirstPurchase);
        assert_eq!(orders(&mut world, "Bob", "o1"), expected, "{guest:?} {bob:?}");
    }
}

#[test]
fn c_06_an_order_below_the_minimum_leaves_the_row_pending_for_a_later_one() {
    let mut world = ordinary();
    world.program.minimum = Some(positive(1000, "EUR"));
    world.program.require_first_purchase = false;
    bring(&mut world, "Bob");
    assert_eq!(world.paid("Bob", "o1", eur(999), None, day(1)), Some(Reason::BelowMinimum));
    assert_eq!(world.rows[0].status, Status::Pending);
    assert_eq!(world.paid("Bob", "o2", eur(1000), None, day(2)), None);
}

#[test]
fn c_18_what_waits_while_the_program_is_off_is_held_and_goes_out_after() {
    let mut world = ordinary();
    world.edit_global(|rule| {
        rule.order_timing = OrderTiming::DaysAfterPayment(days(1));
        put(rule, Side::Referrer, Trigger::FirstOrder, percent(5));
    });
    world.program.reward_expiry = Some(days(10));
    bring(&mut world, "Bob");
    orders(&mut world, "Bob", "o1");
    world.program.master = Master::Off;
    world.sweep(day(50));
    assert!(world.coupons("Alice").is_empty());
    world.program.master = Master::On { since: day(60) };
    world.sweep(day(61));
    let GrantStatus::Issued(issue) = world.coupons("Alice")[0].grant.status else { panic!("it is issued") };
    assert_eq!((issue.at, issue.expires_at), (day(60), Some(day(70))), "its clock starts when it could go out");
}
