//! The decision register and the conflicts between the seeds.

use crate::builders::*;
use crate::fake_store::*;
use flux_referral_rules::*;

/// D-04.
#[test]
fn referee_has_one_attribution_ever_with_first_purchase_only() {
    let mut store = ordinary();
    bring(&mut store, "Bob");
    orders(&mut store, "Bob", "o1");
    store.undone("o1", ReversalKind::Refunded, day(2));
    let other = store.code("Carol");
    assert_eq!(store.paid("Bob", "o2", eur(1), Some(other.as_str()), day(3)), Some(Reason::Refunded));
    assert_eq!(store.rows.len(), 1);
}

/// D-04.
#[test]
fn new_attribution_opens_at_checkout_once_the_last_is_closed() {
    let mut store = ordinary();
    store.program.require_first_purchase = false;
    store.program.window = Some(days(10));
    bring(&mut store, "Bob");
    let other = store.code("Carol");
    assert_eq!(store.bind("Bob", Channel::CodeCheckout, other.as_str(), false, None, day(10)), Ok(0), "still pending");
    assert_eq!(store.bind("Bob", Channel::Link, other.as_str(), false, None, day(11)), Ok(0), "not at signup");
    assert_eq!(
        store.bind("Bob", Channel::CodeCheckout, other.as_str(), false, None, at(10 * 86_400 + 1)),
        Ok(1),
        "expired"
    );
    store.paid("Bob", "o1", eur(1), Some(other.as_str()), day(12));
    assert_eq!((store.rows.len(), store.rows[1].status), (2, Status::Rewarded));
    assert_eq!(store.rows.iter().filter(|row| row.is_qualified_by(&"o1".parse().unwrap())).count(), 1);
}

/// D-05.
#[test]
fn free_order_is_no_purchase() {
    let mut store = ordinary();
    bring(&mut store, "Bob");
    assert_eq!(store.paid("Bob", "o1", eur(0), None, day(1)), Some(Reason::ZeroAmount));
    assert_eq!(store.rows[0].status, Status::Pending);
    assert_eq!(orders(&mut store, "Bob", "o2"), None, "and uses nothing up");
    let mut free = OrderRecord::new("x".parse().unwrap());
    assert!(free.pay(eur(0), day(0)) && !free.pay(eur(1), day(1)));
    free.undo(ReversalKind::Cancelled, day(0));
    assert!(!free.is_purchase());
}

/// D-06.
#[test]
fn other_currency_counts_only_where_no_money_is_compared() {
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
            let mut store = ordinary();
            store.program.minimum = minimum;
            store.edit_global(|rule| match in_ladder {
                false => put(rule, Side::Referrer, Trigger::FirstOrder, benefit.clone()),
                true => rule.ladder = Ladder::new(vec![(1, benefit.clone())]).unwrap(),
            });
            bring(&mut store, "Bob");
            assert_eq!(store.paid("Bob", "o1", dollars, None, day(1)), expected, "{benefit:?}");
            let status = if expected.is_some() { Status::Pending } else { Status::Rewarded };
            assert_eq!(store.rows[0].status, status);
        }
    }
}

/// D-07.
#[test]
fn row_at_the_cap_stays_qualified_without_referee_reward() {
    let mut store = commands(&["say hi"]);
    store.program.max_rewards = limit(1);
    for friend in ["Bob", "Carol"] {
        bring(&mut store, friend);
        orders(&mut store, friend, friend);
    }
    assert_eq!(store.rows[1].status, Status::Qualified(Some(Reason::CapReached)));
    assert_eq!(store.verdicts[&"Carol".parse().unwrap()], Some(Reason::CapReached));
    store.sweep(day(9));
    assert_eq!(store.rows[1].status, Status::Qualified(Some(Reason::CapReached)));
}

/// D-12.
#[test]
fn only_an_existing_balance_can_be_spent() {
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

/// D-14.
#[test]
fn circular_pair_is_refused_before_registration_is_checked() {
    let mut store = ordinary();
    bring(&mut store, "Bob");
    let code = store.code("Bob");
    store.register("Alice", day(0));
    let refused = store.bind("Alice", Channel::Link, code.as_str(), true, None, day(1));
    assert_eq!(refused, Err(BindError::Because(Reason::Circular)));
    assert_eq!(BindError::Because(Reason::Circular).as_str(), "circular");
}

/// D-15.
#[test]
fn registration_only_rule_is_done_after_registering() {
    let mut store = FakeStore::new().with_global(|rule| put(rule, Side::Referrer, Trigger::Registration, points(1)));
    bring(&mut store, "Bob");
    assert_eq!((store.rows[0].status, store.rows[0].purchase.clone()), (Status::Rewarded, None));
    assert!(Funnel::of(&store.rows, day(1)).unwrap().revenue.is_empty());
    let mut store = FakeStore::new().with_global(|rule| put(rule, Side::Referrer, Trigger::Registration, points(1)));
    let code = store.code("Alice");
    store.bind("Carol", Channel::Link, code.as_str(), false, None, day(0)).unwrap();
    assert_eq!(orders(&mut store, "Carol", "o1"), Some(Reason::NoRule), "an order earns nothing there");
    assert_eq!(store.rows[0].status, Status::Pending);
}

/// D-15.
#[test]
fn row_at_the_cap_is_rewarded_if_the_referee_was_paid() {
    for (pays_referee, expected) in [(true, Status::Rewarded), (false, Status::Qualified(Some(Reason::CapReached)))] {
        let mut store = FakeStore::new().with_global(|rule| {
            put(rule, Side::Referrer, Trigger::Registration, points(1));
            if pays_referee {
                put(rule, Side::Referee, Trigger::Registration, points(1));
            }
        });
        store.program.max_rewards = limit(1);
        bring(&mut store, "Bob");
        bring(&mut store, "Carol");
        assert_eq!(store.rows[1].status, expected);
    }
}

/// D-16.
#[test]
fn future_sweep_changes_no_decision_about_the_past() {
    let mut store = ordinary();
    store.program.window = Some(days(10));
    store.program.reward_expiry = Some(days(10));
    bring(&mut store, "Bob");
    bring(&mut store, "Carol");
    orders(&mut store, "Carol", "o1");
    store.sweep(day(1000));
    assert_eq!(store.rows[0].status_at(day(10)), Status::Pending);
    assert_eq!(store.redeem("Carol", "o2", eur(1000), day(11)), Some(100));
    assert_eq!(orders(&mut store, "Bob", "o3"), None);
    assert_eq!(store.rows[0].status, Status::Rewarded);
}

/// D-17.
#[test]
fn timers_count_from_the_events_time() {
    let mut store = ordinary();
    store.program.reward_expiry = Some(days(10));
    bring(&mut store, "Bob");
    store.paid("Bob", "o1", eur(10), None, day(-400));
    let GrantStatus::Issued(issue) = store.coupons("Bob")[0].grant.status else { panic!("it is issued") };
    assert_eq!((issue.at, issue.expires_at), (day(-400), Some(day(-390))));
}

/// D-19.
#[test]
fn all_servers_means_those_at_the_moment_of_issue() {
    let mut store = commands(&["say hi"]);
    store.edit_global(|rule| rule.order_timing = OrderTiming::DaysAfterPayment(days(1)));
    bring(&mut store, "Bob");
    orders(&mut store, "Bob", "o1");
    store.add_servers(&["srv_new"]);
    store.sweep(day(2));
    assert_eq!(store.lines.len(), 2, "the server that was there when it was issued");
    store.add_servers(&["srv_later"]);
    store.sweep(day(3));
    assert_eq!(store.lines.len(), 2, "and none that came later");
}

/// D-20.
#[test]
fn order_paid_while_disabled_uses_up_the_first_purchase() {
    let mut store = ordinary();
    bring(&mut store, "Bob");
    store.program.state = ProgramState::Disabled;
    assert_eq!(orders(&mut store, "Bob", "o1"), Some(Reason::ProgramDisabled));
    assert_eq!(store.rows[0].status, Status::Pending);
    store.program.state = ProgramState::Enabled { since: day(2) };
    assert_eq!(store.paid("Bob", "o2", eur(10), None, day(3)), Some(Reason::NotFirstPurchase));
}

/// D-21, C-08.
#[test]
fn earlier_deadline_closes_both_order_slots() {
    for (window, valid, expected) in [
        (Some(14), Some(60), Some(14)),
        (Some(60), Some(14), Some(14)),
        (None, Some(60), Some(60)),
        (Some(7), None, Some(7)),
        (None, None, None),
    ] {
        let mut store = ordinary();
        store.program.window = window.map(days);
        store.edit_global(|rule| rule.order_valid = valid.map(days));
        bring(&mut store, "Bob");
        assert_eq!(store.rows[0].expires_at, expected.map(day));
    }
}

/// D-22.
#[test]
fn guest_is_bound_and_registers_once_later() {
    let mut store = ordinary();
    store.edit_global(|rule| put(rule, Side::Referrer, Trigger::Registration, points(1)));
    let code = store.code("Alice");
    store.bind("Bob", Channel::Link, code.as_str(), false, None, day(0)).unwrap();
    assert_eq!((store.points("Alice"), store.rows[0].registered_at), (0, None));
    orders(&mut store, "Bob", "o1");
    store.signup("Bob", None, day(5)).unwrap();
    assert_eq!((store.points("Alice"), store.rows[0].registered_at), (101, Some(day(5))));
    store.customer("Bob").registered_at = None;
    store.register("Bob", day(6));
    assert_eq!(store.points("Alice"), 101);
}

/// D-22.
#[test]
fn late_registration_or_one_after_a_void_earns_nothing() {
    for is_voided in [false, true] {
        let mut store = ordinary();
        store.program.window = Some(days(10));
        store.edit_global(|rule| put(rule, Side::Referrer, Trigger::Registration, credit(1, "EUR")));
        let code = store.code("Alice");
        store.bind("Bob", Channel::Link, code.as_str(), false, None, day(0)).unwrap();
        if is_voided {
            orders(&mut store, "Bob", "o1");
            store.undone("o1", ReversalKind::Refunded, day(2));
        }
        let registration = |at| {
            let mut store = store.clone();
            store.register("Bob", at);
            store.ledger.iter().any(|entry| entry.unit != Unit::Points)
        };
        assert_eq!(registration(day(10)), !is_voided);
        assert!(!registration(at(10 * 86_400 + 1)));
    }
}

/// D-23.
#[test]
fn same_person_under_another_id_is_recognized() {
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
        let mut store = ordinary();
        (store.customer("Guest").person.email, store.customer("Guest").person.player) = guest.clone();
        (store.customer("Bob").person.email, store.customer("Bob").person.player) = bob.clone();
        store.edit_global(|rule| put(rule, Side::Referee, Trigger::Registration, percent(5)));
        store.paid("Guest", "o0", eur(1), None, day(-1));
        bring(&mut store, "Bob");
        let expected = same.then_some(Reason::NotFirstPurchase);
        assert_eq!(orders(&mut store, "Bob", "o1"), expected, "{guest:?} {bob:?}");
    }
}

/// C-06.
#[test]
fn order_below_the_minimum_leaves_the_row_pending() {
    let mut store = ordinary();
    store.program.minimum = Some(positive(1000, "EUR"));
    store.program.require_first_purchase = false;
    bring(&mut store, "Bob");
    assert_eq!(store.paid("Bob", "o1", eur(999), None, day(1)), Some(Reason::BelowMinimum));
    assert_eq!(store.rows[0].status, Status::Pending);
    assert_eq!(store.paid("Bob", "o2", eur(1000), None, day(2)), None);
}

/// C-18.
#[test]
fn rewards_due_while_disabled_are_held() {
    let mut store = ordinary();
    store.edit_global(|rule| {
        rule.order_timing = OrderTiming::DaysAfterPayment(days(1));
        put(rule, Side::Referrer, Trigger::FirstOrder, percent(5));
    });
    store.program.reward_expiry = Some(days(10));
    bring(&mut store, "Bob");
    orders(&mut store, "Bob", "o1");
    store.program.state = ProgramState::Disabled;
    store.sweep(day(50));
    assert!(store.coupons("Alice").is_empty());
    store.program.state = ProgramState::Enabled { since: day(60) };
    store.sweep(day(61));
    let GrantStatus::Issued(issue) = store.coupons("Alice")[0].grant.status else { panic!("it is issued") };
    assert_eq!((issue.at, issue.expires_at), (day(60), Some(day(70))), "its clock starts when it could go out");
}
