//! A rule for each tier: points, limits, timing, returns (requirements R4).
//! The file is long because it follows the requirements R4 one by one.

use crate::builders::*;
use crate::fake_store::*;
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

/// R4-01, R4-04.
#[test]
fn the_five_examples_of_rules_hold() {
    for (global_is_on, of_tier, expected) in [
        (true, Some(RuleStatus::Active), Some("rule_Bronze")),
        (true, None, Some("rule_global")),
        (true, Some(RuleStatus::Disabled), Some("rule_global")),
        (false, Some(RuleStatus::Active), Some("rule_Bronze")),
        (false, None, None),
        (false, Some(RuleStatus::Disabled), None),
    ] {
        let mut store = FakeStore::new();
        if global_is_on {
            store.edit_global(|rule| rule.status = RuleStatus::Active);
        }
        if let Some(status) = of_tier {
            store.rules.add(Rule { status, ..rule("Bronze", "bronze") }).unwrap();
        }
        store.customer("Alice").tier = Some(tier("bronze"));
        let standing = store.standing("Alice");
        assert_eq!(standing, expected.map(RuleId::new).ok_or(Reason::NoRule));
        let link = issue_link(None, standing);
        assert_eq!(link == IssuedLink::New, expected.is_some(), "no rule, no link (R4-31)");
    }
}

/// R4-02, R4-03.
#[test]
fn global_rule_exists_from_the_start_and_is_disabled() {
    let mut rules = FakeStore::new().rules;
    assert_eq!(rules.global().name.as_str(), "All-Tier Referral Rule");
    assert_eq!((rules.global().status, rule("Bronze", "bronze").status), (RuleStatus::Disabled, RuleStatus::Disabled));
    let global = rules.global().id.clone();
    assert_eq!(rules.remove(&global), Err(ValidationError::GlobalRule));
    let as_tier = Rule { scope: Scope::Tier(tier("gold")), ..rules.global().clone() };
    assert_eq!(rules.replace(as_tier), Err(ValidationError::GlobalRule));
    let renamed = Rule { name: RuleName::parse("Everybody").unwrap(), ..rules.global().clone() };
    rules.replace(renamed).unwrap();
    assert_eq!(rules.global().name.as_str(), "Everybody");
    assert_eq!(rules.iter().count(), 1);
}

/// R4-05.
#[test]
fn rule_names_are_unique_after_trim_and_case_fold() {
    let mut rules = FakeStore::new().rules;
    rules.add(rule("Gold", "gold")).unwrap();
    for name in ["  gold ", "GOLD", "all-tier referral rule"] {
        let error = rules.add(rule(name, "silver")).unwrap_err();
        assert!(error == ValidationError::NameTaken && error.is_conflict(), "{name}");
    }
    rules.add(rule("Silver", "silver")).unwrap();
    let renamed = Rule { name: RuleName::parse("GOLD").unwrap(), ..rule("Silver", "silver") };
    assert_eq!(rules.replace(renamed), Err(ValidationError::NameTaken));
    assert_eq!(rules.iter().count(), 3, "a refused edit leaves the rule as it was");
    let same = Rule { daily_limit: limit(3), ..rule("Silver", "silver") };
    rules.replace(same).unwrap();
}

/// R4-06, R4-34.
#[test]
fn tier_has_one_rule_and_is_not_offered_again() {
    let mut rules = FakeStore::new().rules;
    let tiers = ["silver", "bronze", "gold", "bronze"].map(tier);
    assert_eq!(rules.available_tiers(&tiers), ["silver", "bronze", "gold"].map(tier), "each once, in the given order");
    rules.add(rule("Gold", "gold")).unwrap();
    assert_eq!(rules.available_tiers(&tiers), ["silver", "bronze"].map(tier));
    assert_eq!(rules.add(rule("Gold 2", "gold")), Err(ValidationError::TierTaken));
    let everybody = Rule::new(RuleId::new("rule_x"), RuleName::parse("X").unwrap(), Scope::All);
    assert_eq!(rules.add(everybody), Err(ValidationError::TierTaken), "`all` is the global rule's");
    assert_eq!(rules.replace(rule("Nobody", "tin")), Err(ValidationError::UnknownRule));
    let gone = rules.remove(&RuleId::new("rule_Gold")).unwrap();
    assert_eq!(gone.name.as_str(), "Gold");
    assert_eq!(rules.remove(&RuleId::new("rule_Gold")), Err(ValidationError::UnknownRule));
    for place in 0..100 {
        rules.add(rule(&format!("r{place}"), &format!("t{place}"))).unwrap();
    }
    assert_eq!(rules.add(rule("r100", "t100")), Err(ValidationError::TooManyRules));
}

/// R4-07, D-03.
#[test]
fn referrers_tier_at_the_trigger_decides() {
    let mut store = ordinary();
    let mut gold = active("Gold", "gold");
    put(&mut gold, Side::Referrer, Trigger::FirstOrder, points(777));
    store.rules.add(gold).unwrap();
    bring(&mut store, "Bob");
    store.customer("Bob").tier = Some(tier("gold"));
    bring(&mut store, "Carol");
    orders(&mut store, "Bob", "o1");
    assert_eq!(store.points("Alice"), 100, "the friend's tier does not matter");
    store.customer("Alice").tier = Some(tier("gold"));
    orders(&mut store, "Carol", "o2");
    assert_eq!(store.points("Alice"), 877);
}

/// R4-10.
#[test]
fn rewards_come_on_registration_and_first_order() {
    let mut store = ordinary();
    store.edit_global(|rule| put(rule, Side::Referrer, Trigger::Registration, points(1)));
    bring(&mut store, "Bob");
    assert_eq!(store.points("Alice"), 1);
    assert_eq!(store.rows[0].status, Status::Pending, "an order is still to come");
    orders(&mut store, "Bob", "o1");
    assert_eq!(store.points("Alice"), 101);
}

/// R4-11, R4-12, R4-13.
#[test]
fn points_or_coupon_for_referrer_and_coupon_for_invitee() {
    for (benefit, given, codes) in
        [(points(5), 5, 0), (free_shipping(), 0, 1), (percent(3), 0, 1), (fixed(3, "EUR"), 0, 1)]
    {
        for trigger in [Trigger::Registration, Trigger::FirstOrder] {
            let mut store = FakeStore::new().with_global(|rule| {
                put(rule, Side::Referrer, trigger, benefit.clone());
                put(rule, Side::Referee, Trigger::Registration, percent(10));
            });
            bring(&mut store, "Bob");
            orders(&mut store, "Bob", "o1");
            assert_eq!(
                (store.points("Alice"), store.coupons("Alice").len(), store.coupons("Bob").len()),
                (given, codes, 1)
            );
        }
    }
}

/// R4-14.
#[test]
fn points_are_positive_whole_numbers() {
    for bad in [0, -5, i64::MIN, (1 << 53) + 1] {
        assert_eq!(Points::new(bad), Err(ValidationError::Points), "{bad}");
    }
    assert_eq!((Points::new(1).unwrap().get(), Points::new(1 << 53).unwrap().get()), (1, 1 << 53));
}

/// R4-15, R4-16, R4-17.
#[test]
fn free_shipping_discounts_no_amount_and_is_named() {
    let mut store =
        FakeStore::new().with_global(|rule| put(rule, Side::Referee, Trigger::Registration, free_shipping()));
    bring(&mut store, "Bob");
    let quoted = quote(&customer("Bob"), eur(100), None, &store.coupons("Bob"), day(1)).unwrap();
    assert_eq!((quoted.discount, quoted.total, quoted.free_shipping), (0, 100, true));
}

/// So many friends register at these moments; how many registrations of Alice were paid.
fn registered(store: &mut FakeStore, count: u32, at: impl Fn(u32) -> jiff::Timestamp) -> i64 {
    let code = store.code("Alice");
    for friend in 0..count {
        store.signup(&format!("F{friend}"), Some(code.as_str()), at(friend)).unwrap();
    }
    store.points("Alice")
}

fn limited(count: u32) -> FakeStore {
    FakeStore::new().with_global(|rule| {
        put(rule, Side::Referrer, Trigger::Registration, points(1));
        put(rule, Side::Referrer, Trigger::FirstOrder, points(1000));
        put(rule, Side::Referee, Trigger::Registration, percent(10));
        rule.daily_limit = limit(count);
    })
}

/// R4-18, R4-20.
#[test]
fn tenth_registration_of_a_day_is_paid_the_eleventh_not() {
    let mut store = limited(10);
    assert_eq!(registered(&mut store, 11, |friend| at(i64::from(friend))), 10);
    let skipped = store
        .grants
        .values()
        .filter(|grant| matches!(grant.status, GrantStatus::Cancelled { skipped: Some(Reason::DailyLimitReached) }));
    assert_eq!(skipped.count(), 1);
    assert_eq!(
        registered(
            &mut FakeStore::new().with_global(|rule| put(rule, Side::Referrer, Trigger::Registration, points(1))),
            11,
            at_second
        ),
        11
    );
}

fn at_second(friend: u32) -> jiff::Timestamp {
    at(i64::from(friend))
}

/// R4-19.
#[test]
fn daily_limit_affects_only_registration_rewards() {
    let mut store = limited(1);
    registered(&mut store, 2, at_second);
    assert_eq!(store.coupons("F1").len(), 1);
    store.paid("F1", "o1", eur(100), None, day(1));
    assert_eq!(store.points("Alice"), 1001);
}

/// R4-20.
#[test]
fn daily_limit_resets_on_the_stores_calendar_day() {
    let mut store = limited(1);
    store.program.time_zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(7));
    let midnight_in_jakarta = 17 * 3_600;
    assert_eq!(registered(&mut store, 2, |friend| at(midnight_in_jakarta - 1 + i64::from(friend))), 2);
    let mut store = limited(1);
    store.program.time_zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(7));
    assert_eq!(registered(&mut store, 2, |friend| at(midnight_in_jakarta + i64::from(friend))), 1);
}

/// R4-20.
#[test]
fn store_day_may_have_23_or_25_hours() {
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

/// R4-21, R4-22.
#[test]
fn order_window_ends_to_the_second() {
    for (late, expected, given) in [(0, None, 101), (1, Some(Reason::TooLate), 1)] {
        let mut store = ordinary();
        store.edit_global(|rule| {
            put(rule, Side::Referrer, Trigger::Registration, points(1));
            rule.order_valid = Some(days(60));
        });
        bring(&mut store, "Bob");
        assert_eq!(store.paid("Bob", "o1", eur(1), None, at(60 * 86_400 + late)), expected);
        assert_eq!(store.points("Alice"), given);
    }
}

/// R4-23.
#[test]
fn order_reward_comes_at_payment_or_days_later() {
    let give = |timing| {
        let mut store = ordinary();
        store.edit_global(|rule| rule.order_timing = timing);
        bring(&mut store, "Bob");
        orders(&mut store, "Bob", "o1");
        store.completed("o1", day(3));
        store
    };
    assert_eq!(give(OrderTiming::AtPayment).points("Alice"), 100);
    for (timing, due) in
        [(OrderTiming::DaysAfterPayment(days(2)), 3), (OrderTiming::DaysAfterCompletion(days(2), Completion::Told), 5)]
    {
        let mut store = give(timing);
        assert_eq!(store.rows[0].status, Status::Qualified(None));
        store.sweep(at(due * 86_400 - 1));
        assert_eq!((store.points("Alice"), store.coupons("Bob").len()), (0, 1), "the referee does not wait");
        store.sweep(day(due));
        assert_eq!((store.points("Alice"), store.rows[0].status), (100, Status::Rewarded));
        store.sweep(day(due + 1));
        assert_eq!(store.points("Alice"), 100);
    }
}

/// R4-24.
#[test]
fn reward_after_completion_is_never_due_without_one() {
    let mut store = ordinary();
    store.edit_global(|rule| rule.order_timing = OrderTiming::DaysAfterCompletion(days(2), Completion::Told));
    bring(&mut store, "Bob");
    orders(&mut store, "Bob", "o1");
    store.sweep(day(3000));
    let status = &store.grants_of(&store.rows[0].id)[0].status;
    assert_eq!(*status, GrantStatus::Scheduled { due_at: None });
    store.completed("o1", day(3));
    store.completed("o1", day(9));
    assert_eq!(store.grants_of(&store.rows[0].id)[0].status, GrantStatus::Scheduled { due_at: Some(day(5)) });
}

/// R4-24.
#[test]
fn completion_before_the_payment_counts() {
    let mut store = ordinary();
    store.edit_global(|rule| rule.order_timing = OrderTiming::DaysAfterCompletion(days(2), Completion::Told));
    bring(&mut store, "Bob");
    store.completed("o1", day(3));
    orders(&mut store, "Bob", "o1");
    assert_eq!(store.grants_of(&store.rows[0].id)[0].status, GrantStatus::Scheduled { due_at: Some(day(5)) });
}

/// D-32.
#[test]
fn delivery_counts_as_completion_where_the_rule_says_so() {
    use Completion::{Delivered, Told};
    for (wanted, events, expected) in [
        (Told, vec![(Told, 3)], Some(5)),
        (Told, vec![(Delivered, 3)], None),
        (Told, vec![(Delivered, 3), (Told, 9)], Some(11)),
        (Delivered, vec![(Delivered, 3)], Some(5)),
        (Delivered, vec![(Told, 3)], Some(5)),
        (Delivered, vec![(Delivered, 3), (Told, 9)], Some(5)),
        (Delivered, vec![(Told, 3), (Delivered, 9)], Some(5)),
        (Delivered, vec![], None),
    ] {
        let mut store = ordinary();
        store.edit_global(|rule| rule.order_timing = OrderTiming::DaysAfterCompletion(days(2), wanted));
        bring(&mut store, "Bob");
        orders(&mut store, "Bob", "o1");
        for (how, when) in &events {
            for grant in complete(&store.grants_of(&store.rows[0].id), *how, day(*when)) {
                store.grants.insert(grant.key.clone(), grant);
            }
        }
        let scheduled = store.grants.values().find_map(|grant| match grant.status {
            GrantStatus::Scheduled { due_at } => Some(due_at),
            _ => None,
        });
        assert_eq!(scheduled, Some(expected.map(day)), "{wanted:?} {events:?}");
    }
}

/// R4-25.
#[test]
fn refund_while_waiting_issues_nothing() {
    let mut store = ordinary();
    store.edit_global(|rule| rule.order_timing = OrderTiming::DaysAfterPayment(days(7)));
    bring(&mut store, "Bob");
    orders(&mut store, "Bob", "o1");
    store.undone("o1", ReversalKind::Refunded, day(2));
    store.sweep(day(100));
    assert_eq!(store.points("Alice"), 0);
    assert_eq!(store.grants_of(&store.rows[0].id)[0].status, GrantStatus::Cancelled { skipped: None });
}

/// R4-26, R4-27, R4-28.
#[test]
fn spent_points_are_reversed_where_configured() {
    for (recover, left) in [(true, -30), (false, 70)] {
        let mut store = ordinary();
        store.edit_global(|rule| {
            rule.on_return = OnReturn { recover_points: recover, revoke_unused_codes: false, ..OnReturn::default() };
        });
        bring(&mut store, "Bob");
        orders(&mut store, "Bob", "o1");
        let Spent::Now(entry) = spend(&customer("Alice"), 100, None, Points::new(30).unwrap(), "cart-1", day(1)) else {
            panic!("there are enough")
        };
        store.ledger.push(entry);
        store.undone("o1", ReversalKind::Returned, day(2));
        assert_eq!(store.points("Alice"), left);
        assert_eq!(store.rows[0].status, Status::Voided(Reason::Returned));
        assert_eq!(
            store.coupons("Bob")[0].grant.status.as_str(),
            "issued",
            "a coupon once issued is never taken back (R4-27)"
        );
    }
    assert!(!OnReturn::default().recover_points && OnReturn::default().revoke_unused_codes);
}

/// R4-29.
#[test]
fn disabled_rule_admits_nobody() {
    let mut store = ordinary();
    let code = store.code("Alice");
    store.edit_global(|rule| rule.status = RuleStatus::Disabled);
    assert_eq!(store.signup("Bob", Some(code.as_str()), day(0)), Err(BindError::Because(Reason::NoRule)));
}

/// R4-31.
#[test]
fn no_active_rule_means_no_summary_link_or_click() {
    let mut store = FakeStore::new();
    let standing = store.standing("Alice");
    assert_eq!(standing, Err(Reason::NoRule));
    assert_eq!(issue_link(None, standing.clone()), IssuedLink::Null(Reason::NoRule));
    let visit = Visit { at: day(0), user_agent: None, purpose: None, last_by_visitor: None, by_visitor: 0, on_link: 0 };
    assert_eq!(click(&visit, standing), Click::Refused(Reason::NoRule));
}
