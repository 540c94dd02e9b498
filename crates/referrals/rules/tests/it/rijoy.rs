//! S4, Rijoy: rules per tier, points, limits, timing, returns.

use crate::kit::*;
use crate::world::*;
use flux_referral_rules::*;

fn tier(name: &str) -> Tier {
    Tier::parse(name).unwrap()
}

fn rule(name: &str, of: &str) -> Rule {
    let scope = Scope::Tier(tier(of));
    Rule::new(RuleId::new(format!("rule_{name}")), RuleName::parse(name).unwrap(), scope)
}

fn active(name: &str, of: &str) -> Rule {
    Rule { status: RuleStatus::Active, ..rule(name, of) }
}

#[test]
fn r4_01_and_r4_04_the_five_examples() {
    for (global_is_on, of_tier, expected) in [
        (true, Some(RuleStatus::Active), Some("rule_Bronze")),
        (true, None, Some("rule_global")),
        (true, Some(RuleStatus::Disabled), Some("rule_global")),
        (false, Some(RuleStatus::Active), Some("rule_Bronze")),
        (false, None, None),
        (false, Some(RuleStatus::Disabled), None),
    ] {
        let mut world = World::new();
        if global_is_on {
            world.edit_global(|rule| rule.status = RuleStatus::Active);
        }
        if let Some(status) = of_tier {
            world.rules.add(Rule { status, ..rule("Bronze", "bronze") }).unwrap();
        }
        world.customer("Alice").tier = Some(tier("bronze"));
        let standing = world.standing("Alice");
        assert_eq!(standing, expected.map(RuleId::new).ok_or(Reason::NoRule));
        let link = issue_link(None, standing);
        assert_eq!(link == IssuedLink::New, expected.is_some(), "no rule, no link (R4-31)");
    }
}

#[test]
fn r4_02_and_r4_03_the_global_rule_is_there_from_the_start_and_disabled() {
    let mut rules = World::new().rules;
    assert_eq!(rules.global().name.as_str(), "All-Tier Referral Rule");
    assert_eq!((rules.global().status, rule("Bronze", "bronze").status), (RuleStatus::Disabled, RuleStatus::Disabled));
    let global = rules.global().id.clone();
    assert_eq!(rules.remove(&global), Err(Invalid::GlobalRule));
    let as_tier = Rule { scope: Scope::Tier(tier("gold")), ..rules.global().clone() };
    assert_eq!(rules.replace(as_tier), Err(Invalid::GlobalRule));
    let renamed = Rule { name: RuleName::parse("Everybody").unwrap(), ..rules.global().clone() };
    rules.replace(renamed).unwrap();
    assert_eq!(rules.global().name.as_str(), "Everybody");
    assert_eq!(rules.iter().count(), 1);
}

#[test]
fn r4_05_names_are_unique_after_trim_and_case_fold() {
    let mut rules = World::new().rules;
    rules.add(rule("Gold", "gold")).unwrap();
    for name in ["  gold ", "GOLD", "all-tier referral rule"] {
        let error = rules.add(rule(name, "silver")).unwrap_err();
        assert!(error == Invalid::NameTaken && error.is_conflict(), "{name}");
    }
    rules.add(rule("Silver", "silver")).unwrap();
    let renamed = Rule { name: RuleName::parse("GOLD").unwrap(), ..rule("Silver", "silver") };
    assert_eq!(rules.replace(renamed), Err(Invalid::NameTaken));
    assert_eq!(rules.iter().count(), 3, "a refused edit leaves the rule as it was");
    let same = Rule { daily_limit: limit(3), ..rule("Silver", "silver") };
    rules.replace(same).unwrap();
}

#[test]
fn r4_06_a_tier_has_one_rule_and_is_then_not_offered_again() {
    let mut rules = World::new().rules;
    let tiers = ["bronze", "gold"].map(tier);
    assert_eq!(rules.available_tiers(&tiers).len(), 2);
    rules.add(rule("Gold", "gold")).unwrap();
    assert_eq!(rules.available_tiers(&tiers), [tier("bronze")].into());
    assert_eq!(rules.add(rule("Gold 2", "gold")), Err(Invalid::TierTaken));
    let everybody = Rule::new(RuleId::new("rule_x"), RuleName::parse("X").unwrap(), Scope::All);
    assert_eq!(rules.add(everybody), Err(Invalid::TierTaken), "`all` is the global rule's");
    assert_eq!(rules.replace(rule("Nobody", "tin")), Err(Invalid::UnknownRule));
    let gone = rules.remove(&RuleId::new("rule_Gold")).unwrap();
    assert_eq!(gone.name.as_str(), "Gold");
    assert_eq!(rules.remove(&RuleId::new("rule_Gold")), Err(Invalid::UnknownRule));
    for place in 0..100 {
        rules.add(rule(&format!("r{place}"), &format!("t{place}"))).unwrap();
    }
    assert_eq!(rules.add(rule("r100", "t100")), Err(Invalid::TooManyRules));
}

#[test]
fn r4_07_and_d_03_the_referrers_tier_at_the_trigger_decides() {
    let mut world = ordinary();
    let mut gold = active("Gold", "gold");
    put(&mut gold, Side::Referrer, Trigger::FirstOrder, points(777));
    world.rules.add(gold).unwrap();
    bring(&mut world, "Bob");
    world.customer("Bob").tier = Some(tier("gold"));
    bring(&mut world, "Carol");
    orders(&mut world, "Bob", "o1");
    assert_eq!(world.points("Alice"), 100, "the friend's tier does not matter");
    world.customer("Alice").tier = Some(tier("gold"));
    orders(&mut world, "Carol", "o2");
    assert_eq!(world.points("Alice"), 877);
}

#[test]
fn r4_10_rewards_come_by_themselves_on_registration_and_first_order() {
    let mut world = ordinary();
    world.edit_global(|rule| put(rule, Side::Referrer, Trigger::Registration, points(1)));
    bring(&mut world, "Bob");
    assert_eq!(world.points("Alice"), 1);
    assert_eq!(world.rows[0].status, Status::Pending, "an order is still to come");
    orders(&mut world, "Bob", "o1");
    assert_eq!(world.points("Alice"), 101);
}

#[test]
fn r4_11_r4_12_and_r4_13_points_or_a_coupon_for_the_referrer_and_a_coupon_for_the_invitee() {
    for (benefit, given, codes) in
        [(points(5), 5, 0), (free_shipping(), 0, 1), (percent(3), 0, 1), (fixed(3, "EUR"), 0, 1)]
    {
        for trigger in [Trigger::Registration, Trigger::FirstOrder] {
            let mut world = World::new().with_global(|rule| {
                put(rule, Side::Referrer, trigger, benefit.clone());
                put(rule, Side::Referee, Trigger::Registration, percent(10));
            });
            bring(&mut world, "Bob");
            orders(&mut world, "Bob", "o1");
            assert_eq!(
                (world.points("Alice"), world.coupons("Alice").len(), world.coupons("Bob").len()),
                (given, codes, 1)
            );
        }
    }
}

#[test]
fn r4_14_points_are_positive_whole_numbers() {
    for bad in [0, -5, i64::MIN, (1 << 53) + 1] {
        assert_eq!(Points::new(bad), Err(Invalid::Points), "{bad}");
    }
    assert_eq!((Points::new(1).unwrap().get(), Points::new(1 << 53).unwrap().get()), (1, 1 << 53));
}

#[test]
fn r4_15_r4_16_and_r4_17_free_shipping_takes_nothing_off_and_says_so() {
    let mut world = World::new().with_global(|rule| put(rule, Side::Referee, Trigger::Registration, free_shipping()));
    bring(&mut world, "Bob");
    let quoted = quote(&customer("Bob"), eur(100), None, &world.coupons("Bob"), day(1)).unwrap();
    assert_eq!((quoted.discount, quoted.total, quoted.free_shipping), (0, 100, true));
}

/// So many friends register at these moments; how many registrations of Alice were paid.
fn registered(world: &mut World, count: u32, at: impl Fn(u32) -> jiff::Timestamp) -> i64 {
    let code = world.code("Alice");
    for friend in 0..count {
        world.signup(&format!("F{friend}"), Some(code.as_str()), at(friend)).unwrap();
    }
    world.points("Alice")
}

fn limited(count: u32) -> World {
    World::new().with_global(|rule| {
        put(rule, Side::Referrer, Trigger::Registration, points(1));
        put(rule, Side::Referrer, Trigger::FirstOrder, points(1000));
        put(rule, Side::Referee, Trigger::Registration, percent(10));
        rule.daily_limit = limit(count);
    })
}

#[test]
fn r4_18_and_r4_20_the_tenth_registration_of_a_day_is_paid_and_the_eleventh_is_not() {
    let mut world = limited(10);
    assert_eq!(registered(&mut world, 11, |friend| at(i64::from(friend))), 10);
    let skipped = world
        .grants
        .values()
        .filter(|grant| matches!(grant.status, GrantStatus::Cancelled { skipped: Some(Reason::CapReached) }));
    assert_eq!(skipped.count(), 1);
    assert_eq!(
        registered(
            &mut World::new().with_global(|rule| put(rule, Side::Referrer, Trigger::Registration, points(1))),
            11,
            at_second
        ),
        11
    );
}

fn at_second(friend: u32) -> jiff::Timestamp {
    at(i64::from(friend))
}

#[test]
fn r4_19_the_daily_limit_touches_neither_order_rewards_nor_the_invitees_coupon() {
    let mut world = limited(1);
    registered(&mut world, 2, at_second);
    assert_eq!(world.coupons("F1").len(), 1);
    world.paid("F1", "o1", eur(100), None, day(1));
    assert_eq!(world.points("Alice"), 1001);
}

#[test]
fn r4_20_the_next_calendar_day_of_the_store_starts_at_none() {
    let mut world = limited(1);
    world.program.time_zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(7));
    let midnight_in_jakarta = 17 * 3_600;
    assert_eq!(registered(&mut world, 2, |friend| at(midnight_in_jakarta - 1 + i64::from(friend))), 2);
    let mut world = limited(1);
    world.program.time_zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(7));
    assert_eq!(registered(&mut world, 2, |friend| at(midnight_in_jakarta + i64::from(friend))), 1);
}

#[test]
fn r4_20_a_store_day_may_have_23_or_25_hours() {
    let zone = jiff::tz::TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
    for (noon, hours) in [("2026-03-29T10:00:00Z", 23), ("2026-10-25T11:00:00Z", 25), ("2026-06-01T10:00:00Z", 24)] {
        let noon: jiff::Timestamp = noon.parse().unwrap();
        let day = store_day(noon, &zone);
        assert_eq!(day.end.duration_since(day.start).as_hours(), hours);
        assert!(
            day.contains(&noon) && store_day(day.start, &zone) == day && store_day(day.end, &zone).start == day.end
        );
    }
}

#[test]
fn r4_21_and_r4_22_the_order_counts_to_the_second_and_the_registration_reward_stays() {
    for (late, expected, given) in [(0, None, 101), (1, Some(Reason::TooLate), 1)] {
        let mut world = ordinary();
        world.edit_global(|rule| {
            put(rule, Side::Referrer, Trigger::Registration, points(1));
            rule.order_valid = Some(days(60));
        });
        bring(&mut world, "Bob");
        assert_eq!(world.paid("Bob", "o1", eur(1), None, at(60 * 86_400 + late)), expected);
        assert_eq!(world.points("Alice"), given);
    }
}

#[test]
fn r4_23_the_order_reward_comes_at_payment_or_days_after_payment_or_completion() {
    let give = |timing| {
        let mut world = ordinary();
        world.edit_global(|rule| rule.order_timing = timing);
        bring(&mut world, "Bob");
        orders(&mut world, "Bob", "o1");
        world.completed("o1", day(3));
        world
    };
    assert_eq!(give(OrderTiming::AtPayment).points("Alice"), 100);
    for (timing, due) in [(OrderTiming::DaysAfterPayment(days(2)), 3), (OrderTiming::DaysAfterCompletion(days(2)), 5)] {
        let mut world = give(timing);
        assert_eq!(world.rows[0].status, Status::Qualified(None));
        world.sweep(at(due * 86_400 - 1));
        assert_eq!((world.points("Alice"), world.coupons("Bob").len()), (0, 1), "the referee does not wait");
        world.sweep(day(due));
        assert_eq!((world.points("Alice"), world.rows[0].status), (100, Status::Rewarded));
        world.sweep(day(due + 1));
        assert_eq!(world.points("Alice"), 100);
    }
}

#[test]
fn r4_24_without_a_completion_nothing_is_ever_due() {
    let mut world = ordinary();
    world.edit_global(|rule| rule.order_timing = OrderTiming::DaysAfterCompletion(days(2)));
    bring(&mut world, "Bob");
    orders(&mut world, "Bob", "o1");
    world.sweep(day(3000));
    let status = &world.grants_of(&world.rows[0].id)[0].status;
    assert_eq!(*status, GrantStatus::Scheduled { due_at: None });
    world.completed("o1", day(3));
    world.completed("o1", day(9));
    assert_eq!(world.grants_of(&world.rows[0].id)[0].status, GrantStatus::Scheduled { due_at: Some(day(5)) });
}

#[test]
fn r4_24_a_completion_that_comes_before_the_payment_counts() {
    let mut world = ordinary();
    world.edit_global(|rule| rule.order_timing = OrderTiming::DaysAfterCompletion(days(2)));
    bring(&mut world, "Bob");
    world.completed("o1", day(3));
    orders(&mut world, "Bob", "o1");
    assert_eq!(world.grants_of(&world.rows[0].id)[0].status, GrantStatus::Scheduled { due_at: Some(day(5)) });
}

#[test]
fn r4_25_refunded_while_waiting_issues_nothing() {
    let mut world = ordinary();
    world.edit_global(|rule| rule.order_timing = OrderTiming::DaysAfterPayment(days(7)));
    bring(&mut world, "Bob");
    orders(&mut world, "Bob", "o1");
    world.undone("o1", ReversalKind::Refunded, day(2));
    world.sweep(day(100));
    assert_eq!(world.points("Alice"), 0);
    assert_eq!(world.grants_of(&world.rows[0].id)[0].status, GrantStatus::Cancelled { skipped: None });
}

#[test]
fn r4_26_r4_27_and_r4_28_points_are_taken_back_if_that_is_ticked_though_they_are_spent() {
    for (recover, left) in [(true, -30), (false, 70)] {
        let mut world = ordinary();
        world.edit_global(|rule| rule.on_return = OnReturn { recover_points: recover, revoke_unused_codes: false });
        bring(&mut world, "Bob");
        orders(&mut world, "Bob", "o1");
        let Spent::Now(entry) = spend(&customer("Alice"), 100, None, Points::new(30).unwrap(), "cart-1", day(1)) else {
            panic!("there are enough")
        };
        world.ledger.push(entry);
        world.undone("o1", ReversalKind::Returned, day(2));
        assert_eq!(world.points("Alice"), left);
        assert_eq!(world.rows[0].status, Status::Voided(Reason::Returned));
        assert_eq!(
            world.coupons("Bob")[0].grant.status.as_str(),
            "issued",
            "a coupon once issued is never taken back (R4-27)"
        );
    }
    assert!(!OnReturn::default().recover_points && OnReturn::default().revoke_unused_codes);
}

#[test]
fn r4_29_a_disabled_rule_lets_nobody_take_part() {
    let mut world = ordinary();
    let code = world.code("Alice");
    world.edit_global(|rule| rule.status = RuleStatus::Disabled);
    assert_eq!(world.signup("Bob", Some(code.as_str()), day(0)), Err(Refusal::Because(Reason::NoRule)));
}

#[test]
fn r4_31_no_active_rule_means_no_panel_no_link_and_no_click() {
    let mut world = World::new();
    let standing = world.standing("Alice");
    assert_eq!(standing, Err(Reason::NoRule));
    assert_eq!(issue_link(None, standing.clone()), IssuedLink::Null(Reason::NoRule));
    let visit = Visit { at: day(0), user_agent: None, purpose: None, last_by_visitor: None };
    assert_eq!(click(&visit, standing), Click::Refused(Reason::NoRule));
}
