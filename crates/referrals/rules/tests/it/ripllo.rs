//! S2, Ripllo: links, clicks, attributions, discount codes.

use crate::kit::*;
use crate::world::*;
use flux_referral_rules::*;

fn visit(seconds: i64) -> Visit<'static> {
    Visit { at: at(seconds), user_agent: Some("Mozilla/5.0 Firefox/140.0"), purpose: None, last_by_visitor: None }
}

fn stats(world: &World) -> (u64, u64, u64, u64, u64) {
    let funnel = Funnel::of(&world.rows, day(2)).unwrap();
    (funnel.pending, funnel.qualified, funnel.rewarded, funnel.voided, funnel.expired)
}

#[test]
fn r2_04_off_issues_no_link_and_mints_no_reward() {
    let mut world = ordinary();
    bring(&mut world, "Bob");
    world.program.master = Master::Off;
    assert_eq!(issue_link(None, world.standing("Carol")), IssuedLink::Null(Reason::ProgramDisabled));
    assert_eq!(orders(&mut world, "Bob", "o1"), Some(Reason::ProgramDisabled));
    assert!(world.grants.is_empty());
}

#[test]
fn r2_09_a_code_is_good_for_so_many_days_from_its_mint() {
    let mut world = ordinary();
    world.program.reward_expiry = Some(days(30));
    world.edit_global(|rule| {
        put(rule, Side::Referrer, Trigger::FirstOrder, percent(5));
        rule.order_timing = OrderTiming::DaysAfterPayment(days(7));
    });
    bring(&mut world, "Bob");
    orders(&mut world, "Bob", "o1");
    world.sweep(day(20));
    let ends = world.grants.values().map(|grant| match &grant.status {
        GrantStatus::Issued(issue) => (issue.at, issue.expires_at),
        other => panic!("{other:?}"),
    });
    let ends: Vec<_> = ends.collect();
    assert_eq!(ends, [(day(8), Some(day(38))), (day(1), Some(day(31)))], "referrer, referee");
}

#[test]
fn r2_10_and_r2_29_the_window_binds_to_the_second_whether_or_not_a_sweep_has_run() {
    for (late, expected) in [(0, None), (1, Some(Reason::TooLate))] {
        for sweep_first in [false, true] {
            let mut world = ordinary();
            world.program.window = Some(days(14));
            let code = world.code("Alice");
            world.bind("Bob", Door::Link, code.as_str(), true, Some(day(-3)), day(0)).unwrap();
            assert_eq!(world.rows[0].expires_at, Some(day(11)));
            let paid_at = at(11 * 86_400 + late);
            if sweep_first {
                world.sweep(day(30));
            }
            assert_eq!(world.paid("Bob", "o1", eur(1), None, paid_at), expected, "{late} {sweep_first}");
            let status = if expected.is_some() { Status::Expired } else { Status::Rewarded };
            assert_eq!(world.rows[0].status, status);
        }
    }
}

#[test]
fn r2_10_a_click_older_than_the_window_binds_nobody() {
    for (seconds, expected) in [(0, Ok(0)), (1, Err(Refusal::Because(Reason::TooLate)))] {
        let mut world = ordinary();
        world.program.window = Some(days(14));
        let code = world.code("Alice");
        let bound = world.bind("Bob", Door::Link, code.as_str(), true, Some(day(0)), at(14 * 86_400 + seconds));
        assert_eq!(bound, expected);
    }
}

#[test]
fn r2_11_and_d_07_at_the_cap_the_referrer_is_skipped_and_the_referee_is_not() {
    let mut world = ordinary();
    world.program.max_rewards = limit(2);
    for friend in ["Bob", "Carol", "Dave"] {
        bring(&mut world, friend);
        orders(&mut world, friend, friend);
    }
    assert_eq!(world.points("Alice"), 200, "the second is at the cap, the third is over it");
    assert_eq!(world.codes.len(), 3);
    assert_eq!(world.rows[2].status, Status::Rewarded, "the referee was paid");
    let skipped = world.grants_of(&world.rows[2].id);
    assert_eq!(skipped[0].status, GrantStatus::Cancelled { skipped: Some(Reason::CapReached) });
}

#[test]
fn r2_13_a_code_is_the_folded_name_and_a_short_suffix_that_grows_with_collisions() {
    let code = |name: Option<&str>, taken: usize| {
        let mut tried = 0;
        let is_taken = |_: &Code| {
            tried += 1;
            tried <= taken
        };
        make_link_code(name, |n| n - 1, is_taken).map(|code| code.as_str().to_owned())
    };
    for (name, expected) in [
        (Some("Alice Smith"), "alice-ZZZ"),
        (Some("  O'Brien-Jr2 "), "obrienjr2-ZZZ"),
        (Some("Abcdefghijklmnop"), "abcdefghijkl-ZZZ"),
        (Some("Ольга"), "olga-ZZZ"),
        (Some("Jürgen Groß"), "jurgen-ZZZ"),
        (Some("★ Ltd"), "ref-ZZZ"),
        (Some(""), "ref-ZZZ"),
        (None, "ref-ZZZ"),
    ] {
        assert_eq!(code(name, 0).unwrap(), expected, "{name:?}");
    }
    assert_eq!(code(Some("Al"), 2).unwrap(), "al-ZZZZZ", "two collisions, two more characters");
    assert_eq!(code(Some("Al"), 13).unwrap(), format!("al-{}", "Z".repeat(16)));
    assert_eq!(make_link_code(None, |_| 0, |_| true), Err(Invalid::NoFreeCode));
    assert_eq!(make_discount_code(|_| 0, |_| true), Err(Invalid::NoFreeCode));
    assert_eq!(make_discount_code(|_| 0, |_| false).unwrap().as_str(), "222222222222");
}

#[test]
fn r2_13_no_suffix_has_look_alikes() {
    for place in 0..31 {
        let code = make_link_code(None, |n| place % n, |_| false).unwrap();
        let suffix = &code.as_str()[4..];
        assert!(!suffix.contains(['0', 'O', '1', 'I', 'L']) && suffix.len() == 3, "{suffix}");
    }
}

#[test]
fn r2_14_a_second_call_returns_the_same_link() {
    let link = Link { id: LinkId::new("lnk_1"), code: Code::parse("alice-7Q9").unwrap() };
    let mut world = ordinary();
    assert_eq!(issue_link(None, world.standing("Alice")), IssuedLink::New);
    assert_eq!(issue_link(Some(&link), world.standing("Alice")), IssuedLink::Existing(link));
}

#[test]
fn r2_15_who_may_refer_is_a_setting() {
    let mut world = ordinary();
    for eligibility in [Eligibility::Members, Eligibility::Buyers] {
        world.program.eligibility = eligibility;
        assert_eq!(world.standing("Alice"), Err(Reason::NoRule), "{eligibility}");
    }
    world.paid("Alice", "o1", eur(1), None, day(0));
    assert!(world.standing("Alice").is_ok(), "a buyer");
    world.program.eligibility = Eligibility::Members;
    assert!(world.standing("Alice").is_err());
    world.register("Alice", day(0));
    assert!(world.standing("Alice").is_ok(), "a member");
    world.program.eligibility = Eligibility::Any;
    assert!(world.standing("Zoe").is_ok());
}

#[test]
fn r2_16_people_count_and_previews_and_repeats_do_not() {
    let standing: Result<(), Reason> = Ok(());
    assert_eq!(click(&visit(0), standing), Click::Counted);
    assert_eq!(click(&Visit { user_agent: None, ..visit(0) }, standing), Click::Counted);
    for agent in
        ["Discordbot/2.0", "facebookexternalhit/1.1", "WhatsApp/2.23", "Slackbot-LinkExpanding 1.0", "Twitterbot/1.0"]
    {
        assert_eq!(click(&Visit { user_agent: Some(agent), ..visit(0) }, standing), Click::Preview, "{agent}");
    }
    for purpose in ["prefetch", "prefetch;prerender", "Preview"] {
        assert_eq!(click(&Visit { purpose: Some(purpose), ..visit(0) }, standing), Click::Preview, "{purpose}");
    }
    for (seconds, expected) in
        [(0, Click::Repeat), (86_399, Click::Repeat), (86_400, Click::Counted), (-1, Click::Counted)]
    {
        let again = Visit { last_by_visitor: Some(at(0)), ..visit(seconds) };
        assert_eq!(click(&again, standing), expected, "{seconds}");
    }
}

#[test]
fn r2_17_a_dead_link_is_refused_and_counts_nothing() {
    let mut world = ordinary();
    world.program.master = Master::Off;
    assert_eq!(click(&visit(0), world.standing("Alice")), Click::Refused(Reason::ProgramDisabled));
}

#[test]
fn r2_18_r2_21_r2_22_and_r2_23_a_signup_is_pending_and_its_order_mints_a_code_for_each() {
    let mut world = ordinary();
    world.edit_global(|rule| put(rule, Side::Referrer, Trigger::FirstOrder, percent(20)));
    bring(&mut world, "Bob");
    assert_eq!(world.rows[0].status, Status::Pending);
    assert_eq!(orders(&mut world, "Bob", "o1"), None);
    assert_eq!(world.rows[0].status, Status::Rewarded);
    assert_eq!((world.coupons("Alice").len(), world.coupons("Bob").len()), (1, 1));
}

#[test]
fn r2_19_and_d_02_the_first_bind_stays() {
    let mut world = ordinary();
    bring(&mut world, "Bob");
    let other = world.code("Carol");
    let before = world.rows.clone();
    for (code, door) in [("alice-unknown", Door::Link), (other.as_str(), Door::CodeCheckout)] {
        let _ = world.bind("Bob", door, code, false, None, day(1));
    }
    let again = world.code("Alice");
    assert_eq!(world.bind("Bob", Door::CodeCheckout, again.as_str(), false, None, day(2)), Ok(0));
    assert_eq!(world.rows, before);
}

#[test]
fn r2_20_a_replay_of_an_external_reference_under_another_id_finds_the_same_row() {
    let mut world = ordinary();
    bring(&mut world, "Bob");
    world.code("Carol");
    let owner = world.referrer(&customer("Carol"));
    let other = world.customer("Other").person.clone();
    let store = Store { program: &world.program, rules: &world.rules, servers: &world.servers };
    let facts = Bind {
        id: &AttributionId::new("att_new"),
        link: Some((&world.links[&customer("Carol")], &owner)),
        referee: &other,
        registered_at: None,
        registers_now: true,
        latest: Some(&world.rows[0]),
        is_circular: false,
        door: Door::Link,
        clicked_at: None,
        at: day(1),
    };
    assert_eq!(bind(&store, &facts), Bound::Existing);
    assert!(matches!(bind(&store, &Bind { latest: None, ..facts }), Bound::New(_)));
}

#[test]
fn r2_24_the_same_session_twice_gives_the_same_two_codes() {
    let mut world = ordinary();
    bring(&mut world, "Bob");
    orders(&mut world, "Bob", "o1");
    let (rows, grants) = (world.rows.clone(), world.grants.clone());
    orders(&mut world, "Bob", "o1");
    assert_eq!((world.rows, world.grants), (rows, grants));
}

#[test]
fn r2_26_a_refund_voids_and_revokes_the_codes() {
    let mut world = ordinary();
    world.edit_global(|rule| put(rule, Side::Referrer, Trigger::FirstOrder, fixed(500, "EUR")));
    bring(&mut world, "Bob");
    orders(&mut world, "Bob", "o1");
    world.undone("o1", ReversalKind::Refunded, day(2));
    assert_eq!(world.rows[0].status, Status::Voided(Reason::Refunded));
    assert!(world.grants.values().all(|grant| !grant.is_live() && grant.status.as_str() == "revoked"));
    assert_eq!(world.redeem("Bob", "o2", eur(100), day(3)), None);
}

#[test]
fn r2_27_a_void_twice_is_one_and_one_that_comes_first_is_remembered() {
    let mut world = ordinary();
    bring(&mut world, "Bob");
    world.undone("o1", ReversalKind::Refunded, day(2));
    assert_eq!(world.rows[0].status, Status::Pending);
    assert_eq!(orders(&mut world, "Bob", "o1"), Some(Reason::Refunded));
    assert_eq!(world.rows[0].status, Status::Voided(Reason::Refunded));
    assert!(world.grants.is_empty() && world.ledger.is_empty());
    let before = world.rows.clone();
    world.undone("o1", ReversalKind::Chargeback, day(3));
    assert_eq!(world.rows, before);
}

#[test]
fn r2_27_a_code_that_was_redeemed_stays_used() {
    let mut world = ordinary();
    bring(&mut world, "Bob");
    orders(&mut world, "Bob", "o1");
    assert_eq!(world.redeem("Bob", "o2", eur(1000), day(2)), Some(100));
    world.undone("o1", ReversalKind::Refunded, day(3));
    assert_eq!(world.rows[0].status, Status::Voided(Reason::Refunded));
    let codes = world.grants_of(&world.rows[0].id);
    assert_eq!(codes[1].status.as_str(), "used");
}

#[test]
fn r2_28_the_sweep_expires_what_is_past_its_window() {
    let mut world = ordinary();
    world.program.window = Some(days(14));
    bring(&mut world, "Bob");
    assert!(sweep::expire_pending(&world.rows, day(14)).is_empty());
    assert_eq!(sweep::expire_pending(&world.rows, at(14 * 86_400 + 1)).len(), 1);
    world.sweep(day(15));
    assert!(sweep::expire_pending(&world.rows, day(16)).is_empty(), "once is enough");
    assert_eq!(world.rows[0].status, Status::Expired);
}

#[test]
fn r2_30_without_a_click_the_window_starts_at_the_bind() {
    let mut world = ordinary();
    world.program.window = Some(days(14));
    let code = world.code("Alice");
    world.bind("Bob", Door::CodeSignup, code.as_str(), true, None, day(5)).unwrap();
    assert_eq!(world.rows[0].expires_at, Some(day(19)));
}

#[test]
fn r2_31_the_funnel_counts_rows_by_status_and_clicks_of_30_days() {
    let mut world = ordinary();
    for friend in ["Bob", "Carol", "Dave"] {
        bring(&mut world, friend);
    }
    assert_eq!(stats(&world), (3, 0, 0, 0, 0));
    orders(&mut world, "Bob", "o1");
    orders(&mut world, "Carol", "o2");
    world.undone("o2", ReversalKind::Refunded, day(2));
    world.rows[2].expires_at = Some(day(1));
    assert_eq!(stats(&world), (0, 0, 1, 1, 1), "expired by its time, though no sweep has run");
    for (clicked, expected) in [(day(0), true), (at(-1), false), (day(30), true), (at(30 * 86_400 + 1), false)] {
        assert_eq!(is_recent_click(clicked, day(30)), expected, "{clicked}");
    }
}

#[test]
fn r2_32_revenue_is_per_currency_and_falls_with_a_void() {
    let mut world = ordinary();
    for friend in ["Bob", "Carol", "Dave"] {
        bring(&mut world, friend);
    }
    orders(&mut world, "Bob", "o1");
    orders(&mut world, "Carol", "o2");
    world.paid("Dave", "o3", Money::new(7, Currency::parse("USD").unwrap()).unwrap(), None, day(1));
    let revenue = |world: &World| Funnel::of(&world.rows, day(3)).unwrap().revenue.into_values().collect::<Vec<_>>();
    assert_eq!(revenue(&world), [4000, 7]);
    world.undone("o2", ReversalKind::Refunded, day(2));
    assert_eq!(revenue(&world), [2000, 7]);
}

#[test]
fn r2_33_and_c_19_my_rewards_show_everything_but_revoked_and_cancelled_ones() {
    let mut world = ordinary();
    bring(&mut world, "Bob");
    orders(&mut world, "Bob", "o1");
    let shown = |world: &World| world.grants.values().filter(|grant| grant.is_live()).count();
    assert_eq!(shown(&world), 2);
    world.undone("o1", ReversalKind::Refunded, day(2));
    assert_eq!(shown(&world), 1, "points are kept by default, codes are not");
}

#[test]
fn r2_34_a_ladder_gives_more_from_the_third_on() {
    let mut world = ordinary();
    world.edit_global(|rule| rule.ladder = Ladder::new(vec![(3, percent(15)), (1, percent(10))]).unwrap());
    for friend in ["Bob", "Carol", "Dave", "Erin"] {
        bring(&mut world, friend);
        orders(&mut world, friend, friend);
    }
    let of_alice = world
        .coupons("Alice")
        .into_iter()
        .map(|coupon| (coupon.grant.terms.benefit.unwrap().label(), coupon.grant.terms.ladder_step));
    let of_alice: Vec<_> = of_alice.collect();
    let ten = ("10_percent".to_owned(), Some(1));
    let fifteen = ("15_percent".to_owned(), Some(3));
    assert_eq!(of_alice, [ten.clone(), ten, fifteen.clone(), fifteen]);
    for bad in
        [vec![(0, percent(1))], vec![(1, percent(1)), (1, percent(2))], (1..=51).map(|n| (n, percent(1))).collect()]
    {
        assert_eq!(Ladder::new(bad), Err(Invalid::Ladder));
    }
}

#[test]
fn r2_34_below_the_ladders_first_step_the_slot_counts() {
    let mut world = ordinary();
    world.edit_global(|rule| rule.ladder = Ladder::new(vec![(2, points(500))]).unwrap());
    for friend in ["Bob", "Carol"] {
        bring(&mut world, friend);
        orders(&mut world, friend, friend);
    }
    assert_eq!(world.points("Alice"), 600);
}

#[test]
fn r2_35_and_d_13_self_referral_is_blocked_unless_it_is_allowed() {
    let mut world = ordinary();
    let code = world.code("Alice");
    world.customer("Alice").person.email = EmailKey::of("alice@example.org");
    world.customer("Mail").person.email = EmailKey::of(" Alice+shop@Example.org ");
    world.customer("Game").person.player = Some(Player { name: "alicemc".to_owned(), uuid: None });
    for who in ["Alice", "Mail", "Game"] {
        let refused = world.bind(who, Door::Link, code.as_str(), true, None, day(0));
        assert_eq!(refused, Err(Refusal::Because(Reason::SelfReferral)), "{who}");
    }
    world.program.self_referral = SelfReferral::Allow;
    assert_eq!(world.bind("Alice", Door::Link, code.as_str(), true, None, day(0)), Ok(0));
}

#[test]
fn r2_36_store_credit_is_a_reward_too() {
    let mut world = ordinary();
    world.edit_global(|rule| put(rule, Side::Referrer, Trigger::FirstOrder, credit(500, "EUR")));
    bring(&mut world, "Bob");
    orders(&mut world, "Bob", "o1");
    let euros = Unit::Credit(Currency::parse("EUR").unwrap());
    assert_eq!(balance(&world.ledger, euros), Ok(500));
    assert_eq!(balance(&world.ledger, Unit::Points), Ok(0));
}
