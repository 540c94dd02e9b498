//! The binding of a friend: its deadline, and the signups that are refused.

use crate::builders::*;
use crate::fake_store::*;
use flux_referral_rules::*;

fn gold_or_tin(name: &str, valid: i64, benefit: i64) -> Rule {
    let scope = Scope::Tier(Tier::parse(&name.to_lowercase()).unwrap());
    let mut rule = Rule::new(RuleId::new(format!("rule_{name}")), RuleName::parse(name).unwrap(), scope);
    (rule.status, rule.order_valid) = (RuleStatus::Active, Some(days(valid)));
    put(&mut rule, Side::Referrer, Trigger::FirstOrder, points(benefit));
    rule
}

/// R4-33, D-24. The friend is bound on day 0, as a guest by the link or by the code of an order that is not paid.
#[test]
fn valid_days_start_at_the_registration_of_a_bound_friend() {
    for (channel, window, registers, ends) in [
        (Channel::Link, None, 5, Some(65)),
        (Channel::CodeCheckout, None, 5, Some(65)),
        (Channel::Link, Some(30), 5, Some(30)),
        (Channel::Link, Some(90), 40, Some(90)),
        (Channel::Link, Some(90), 20, Some(80)),
    ] {
        for late in [0, 1] {
            let mut store = ordinary();
            store.program.window = window.map(days);
            store.edit_global(|rule| rule.order_valid = Some(days(60)));
            let code = store.code("Alice");
            store.bind("Bob", channel, code.as_str(), false, None, day(0)).unwrap();
            assert_eq!(store.rows[0].expires_at, window.map(day), "no registration yet");
            store.register("Bob", day(registers));
            assert_eq!(store.rows[0].expires_at, ends.map(day), "{channel:?} {window:?} {registers}");
            let end = ends.unwrap() * 86_400 + late;
            let expected = (late > 0).then_some(Reason::TooLate);
            assert_eq!(store.paid("Bob", "o1", eur(1), None, at(end)), expected);
        }
    }
}

/// D-24, D-03.
#[test]
fn deadline_and_reward_are_of_the_same_rule() {
    let bound = || {
        let mut store = ordinary();
        store.edit_global(|rule| rule.order_valid = Some(days(60)));
        for (name, valid, benefit) in [("Gold", 5, 777), ("Tin", 100, 10)] {
            store.rules.add(gold_or_tin(name, valid, benefit)).unwrap();
        }
        bring(&mut store, "Bob");
        store
    };
    for (of, paid, expected, given) in [
        (None, 19, None, 100),
        (Some("gold"), 5, None, 777),
        (Some("gold"), 19, Some(Reason::TooLate), 0),
        (Some("tin"), 99, None, 10),
        (Some("tin"), 101, Some(Reason::TooLate), 0),
    ] {
        for swept in [false, true] {
            let mut store = bound();
            store.customer("Alice").tier = of.map(|tier| Tier::parse(tier).unwrap());
            if swept {
                store.sweep(day(98));
            }
            assert_eq!(store.paid("Bob", "o1", eur(1), None, day(paid)), expected, "{of:?} {paid} {swept}");
            assert_eq!(store.points("Alice"), given, "{of:?} {paid}");
        }
    }
    let mut store = bound();
    store.edit_global(|rule| rule.order_valid = Some(days(5)));
    assert_eq!(store.paid("Bob", "o1", eur(1), None, day(60)), None, "an edit reaches no bound friend");
}

/// D-26, D-27, D-25: the refusals of a signup by what is known of the friend.
#[test]
fn signup_of_a_known_person_is_refused_or_mends_a_code() {
    let existing = Err(BindError::Because(Reason::ExistingCustomer));
    for (channel, registered, mistyped_code, has_bought, was_rewarded, expected) in [
        (Channel::CodeSignup, false, false, false, false, Ok(Some(70))),
        (Channel::CodeSignup, true, false, false, false, existing),
        (Channel::CodeSignup, true, true, false, false, Ok(Some(65))),
        (Channel::Link, true, true, false, false, Ok(Some(65))),
        (Channel::CodeSignup, true, true, true, false, existing),
        (Channel::CodeSignup, false, false, true, false, existing),
        (Channel::CodeCheckout, false, false, true, false, Ok(None)),
        (Channel::CodeSignup, false, false, false, true, existing),
        (Channel::CodeCheckout, false, false, false, true, existing),
    ] {
        let mut store = ordinary();
        store.edit_global(|rule| rule.order_valid = Some(days(60)));
        let code = store.code("Alice");
        let owner = store.referrer(&customer("Alice"));
        let referee = store.customer("Bob").person.clone();
        let facts = Bind {
            id: &AttributionId::new("att"),
            link: Some((&code, &owner)),
            referee: &referee,
            registered_at: registered.then_some(day(5)),
            mistyped_code,
            was_rewarded,
            registers_now: channel == Channel::CodeSignup,
            has_bought,
            latest: None,
            is_circular: false,
            channel,
            clicked_at: None,
            at: day(10),
        };
        let context = Store { program: &store.program, rules: &store.rules, servers: &store.servers };
        let ends = match bind(&context, &facts) {
            Bound::New(row) => Ok(row.expires_at),
            Bound::Existing => panic!("nobody is bound"),
            Bound::Refused(refusal) => Err(refusal),
        };
        assert_eq!(ends, expected.map(|ends: Option<i64>| ends.map(day)), "{facts:?}");
    }
}
