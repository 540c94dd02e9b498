//! Discount codes for both sides: links, clicks, attributions (requirements R2).
//! The file is long because it follows the requirements R2 one by one.

use crate::builders::*;
use crate::fake_store::*;
use flux_referral_rules::*;

fn visit(seconds: i64) -> Visit<'static> {
    Visit {
        at: at(seconds),
        user_agent: Some("Mozilla/5.0 Firefox/140.0"),
        purpose: None,
        last_by_visitor: None,
        by_visitor: 0,
        on_link: 0,
    }
}

fn stats(store: &FakeStore) -> (u64, u64, u64, u64, u64) {
    let funnel = Funnel::of(&store.rows, day(2)).unwrap();
    (funnel.pending, funnel.qualified, funnel.rewarded, funnel.voided, funnel.expired)
}

/// R2-04.
#[test]
fn disabled_issues_no_link_and_mints_no_reward() {
    let mut store = ordinary();
    bring(&mut store, "Bob");
    store.program.state = ProgramState::Disabled;
    assert_eq!(issue_link(None, store.standing("Carol")), IssuedLink::Null(Reason::ProgramDisabled));
    assert_eq!(orders(&mut store, "Bob", "o1"), Some(Reason::ProgramDisabled));
    assert!(store.grants.is_empty());
}

/// R2-09.
#[test]
fn code_is_valid_for_its_days_from_minting() {
    let mut store = ordinary();
    store.program.reward_expiry = Some(days(30));
    store.edit_global(|rule| {
        put(rule, Side::Referrer, Trigger::FirstOrder, percent(5));
        rule.order_timing = OrderTiming::DaysAfterPayment(days(7));
    });
    bring(&mut store, "Bob");
    orders(&mut store, "Bob", "o1");
    store.sweep(day(20));
    let ends = store.grants.values().map(|grant| match &grant.status {
        GrantStatus::Issued(issue) => (issue.at, issue.expires_at),
        other => panic!("{other:?}"),
    });
    let ends: Vec<_> = ends.collect();
    assert_eq!(ends, [(day(8), Some(day(38))), (day(1), Some(day(31)))], "referrer, referee");
}

/// R2-10, R2-29.
#[test]
fn window_ends_to_the_second_with_or_without_a_sweep() {
    for (late, expected) in [(0, None), (1, Some(Reason::TooLate))] {
        for sweep_first in [false, true] {
            let mut store = ordinary();
            store.program.window = Some(days(14));
            let code = store.code("Alice");
            store.bind("Bob", Channel::Link, code.as_str(), true, Some(day(-3)), day(0)).unwrap();
            assert_eq!(store.rows[0].expires_at, Some(day(11)));
            let paid_at = at(11 * 86_400 + late);
            if sweep_first {
                store.sweep(day(30));
            }
            assert_eq!(store.paid("Bob", "o1", eur(1), None, paid_at), expected, "{late} {sweep_first}");
            let status = if expected.is_some() { Status::Expired } else { Status::Rewarded };
            assert_eq!(store.rows[0].status, status);
        }
    }
}

/// R2-10.
#[test]
fn click_older_than_the_window_binds_nobody() {
    for (seconds, expected) in [(0, Ok(0)), (1, Err(BindError::Because(Reason::TooLate)))] {
        let mut store = ordinary();
        store.program.window = Some(days(14));
        let code = store.code("Alice");
        let bound = store.bind("Bob", Channel::Link, code.as_str(), true, Some(day(0)), at(14 * 86_400 + seconds));
        assert_eq!(bound, expected);
    }
}

/// R2-11, D-07.
#[test]
fn cap_skips_the_referrer_and_not_the_referee() {
    let mut store = ordinary();
    store.program.max_rewards = limit(2);
    for friend in ["Bob", "Carol", "Dave"] {
        bring(&mut store, friend);
        orders(&mut store, friend, friend);
    }
    assert_eq!(store.points("Alice"), 200, "the second is at the cap, the third is over it");
    assert_eq!(store.codes.len(), 3);
    assert_eq!(store.rows[2].status, Status::Rewarded, "the referee was paid");
    let skipped = store.grants_of(&store.rows[2].id);
    assert_eq!(skipped[0].status, GrantStatus::Cancelled { skipped: Some(Reason::CapReached) });
}

/// R2-13.
#[test]
fn code_is_the_folded_name_and_a_growing_suffix() {
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
    assert_eq!(make_link_code(None, |_| 0, |_| true), Err(ValidationError::NoFreeCode));
    assert_eq!(make_discount_code(|_| 0, |_| true), Err(ValidationError::NoFreeCode));
    assert_eq!(make_discount_code(|_| 0, |_| false).unwrap().as_str(), "222222222222");
}

/// R2-13.
#[test]
fn code_suffix_has_no_look_alikes() {
    for place in 0..31 {
        let code = make_link_code(None, |n| place % n, |_| false).unwrap();
        let suffix = &code.as_str()[4..];
        assert!(!suffix.contains(['0', 'O', '1', 'I', 'L']) && suffix.len() == 3, "{suffix}");
    }
}

/// R2-14.
#[test]
fn second_call_returns_the_same_link() {
    let link = Link { id: LinkId::new("lnk_1"), code: Code::parse("alice-7Q9").unwrap() };
    let mut store = ordinary();
    assert_eq!(issue_link(None, store.standing("Alice")), IssuedLink::New);
    assert_eq!(issue_link(Some(&link), store.standing("Alice")), IssuedLink::Existing(link));
}

/// R2-15.
#[test]
fn eligible_referrers_are_a_setting() {
    let mut store = ordinary();
    for eligibility in [Eligibility::Members, Eligibility::Buyers] {
        store.program.eligibility = eligibility;
        assert_eq!(store.standing("Alice"), Err(Reason::NoRule), "{eligibility}");
    }
    store.paid("Alice", "o1", eur(1), None, day(0));
    assert!(store.standing("Alice").is_ok(), "a buyer");
    store.program.eligibility = Eligibility::Members;
    assert!(store.standing("Alice").is_err());
    store.register("Alice", day(0));
    assert!(store.standing("Alice").is_ok(), "a member");
    store.program.eligibility = Eligibility::Any;
    assert!(store.standing("Zoe").is_ok());
}

/// R2-16.
#[test]
fn clicks_count_people_not_previews_or_repeats() {
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
fn clicks_count_up_to_a_limit_by_visitor_and_by_link() {
    let standing: Result<(), Reason> = Ok(());
    for (by_visitor, on_link, expected) in [
        (limits::VISITOR_CLICKS - 1, limits::LINK_CLICKS - 1, Click::Counted),
        (limits::VISITOR_CLICKS, 0, Click::OverLimit),
        (0, limits::LINK_CLICKS, Click::OverLimit),
    ] {
        assert_eq!(click(&Visit { by_visitor, on_link, ..visit(0) }, standing), expected, "{by_visitor} {on_link}");
    }
    let again = Visit { last_by_visitor: Some(at(0)), by_visitor: limits::VISITOR_CLICKS, ..visit(1) };
    assert_eq!(click(&again, standing), Click::Repeat);
}

/// R2-17.
#[test]
fn dead_link_is_refused_and_not_counted() {
    let mut store = ordinary();
    store.program.state = ProgramState::Disabled;
    assert_eq!(click(&visit(0), store.standing("Alice")), Click::Refused(Reason::ProgramDisabled));
}

/// R2-18, R2-21, R2-22, R2-23.
#[test]
fn signup_is_pending_and_its_order_mints_two_codes() {
    let mut store = ordinary();
    store.edit_global(|rule| put(rule, Side::Referrer, Trigger::FirstOrder, percent(20)));
    bring(&mut store, "Bob");
    assert_eq!(store.rows[0].status, Status::Pending);
    assert_eq!(orders(&mut store, "Bob", "o1"), None);
    assert_eq!(store.rows[0].status, Status::Rewarded);
    assert_eq!((store.coupons("Alice").len(), store.coupons("Bob").len()), (1, 1));
}

/// R2-19, D-02.
#[test]
fn first_binding_stays() {
    let mut store = ordinary();
    bring(&mut store, "Bob");
    let other = store.code("Carol");
    let before = store.rows.clone();
    for (code, channel) in [("alice-unknown", Channel::Link), (other.as_str(), Channel::CodeCheckout)] {
        let _ = store.bind("Bob", channel, code, false, None, day(1));
    }
    let again = store.code("Alice");
    assert_eq!(store.bind("Bob", Channel::CodeCheckout, again.as_str(), false, None, day(2)), Ok(0));
    assert_eq!(store.rows, before);
}

/// R2-20.
#[test]
fn replayed_external_reference_finds_the_same_row() {
    let mut store = ordinary();
    bring(&mut store, "Bob");
    store.code("Carol");
    let owner = store.referrer(&customer("Carol"));
    let other = store.customer("Other").person.clone();
    let context = Store { program: &store.program, rules: &store.rules, servers: &store.servers };
    let facts = Bind {
        id: &AttributionId::new("att_new"),
        link: Some((&store.links[&customer("Carol")], &owner)),
        referee: &other,
        registered_at: None,
        mistyped_code: false,
        was_rewarded: false,
        registers_now: true,
        has_bought: false,
        latest: Some(&store.rows[0]),
        is_circular: false,
        channel: Channel::Link,
        clicked_at: None,
        at: day(1),
    };
    assert_eq!(bind(&context, &facts), Bound::Existing);
    assert!(matches!(bind(&context, &Bind { latest: None, ..facts }), Bound::New(_)));
}

/// R2-24.
#[test]
fn repeated_session_gives_the_same_two_codes() {
    let mut store = ordinary();
    bring(&mut store, "Bob");
    orders(&mut store, "Bob", "o1");
    let (rows, grants) = (store.rows.clone(), store.grants.clone());
    orders(&mut store, "Bob", "o1");
    assert_eq!((store.rows, store.grants), (rows, grants));
}

/// R2-26.
#[test]
fn refund_voids_and_revokes_the_codes() {
    let mut store = ordinary();
    store.edit_global(|rule| put(rule, Side::Referrer, Trigger::FirstOrder, fixed(500, "EUR")));
    bring(&mut store, "Bob");
    orders(&mut store, "Bob", "o1");
    store.undone("o1", ReversalKind::Refunded, day(2));
    assert_eq!(store.rows[0].status, Status::Voided(Reason::Refunded));
    assert!(store.grants.values().all(|grant| !grant.is_live() && grant.status.as_str() == "revoked"));
    assert_eq!(store.redeem("Bob", "o2", eur(100), day(3)), None);
}

/// R2-27.
#[test]
fn void_is_idempotent_and_may_come_first() {
    let mut store = ordinary();
    bring(&mut store, "Bob");
    store.undone("o1", ReversalKind::Refunded, day(2));
    assert_eq!(store.rows[0].status, Status::Pending);
    assert_eq!(orders(&mut store, "Bob", "o1"), Some(Reason::Refunded));
    assert_eq!(store.rows[0].status, Status::Voided(Reason::Refunded));
    assert!(store.grants.is_empty() && store.ledger.is_empty());
    let before = store.rows.clone();
    store.undone("o1", ReversalKind::Chargeback, day(3));
    assert_eq!(store.rows, before);
}

/// R2-27.
#[test]
fn redeemed_code_stays_used_after_a_void() {
    let mut store = ordinary();
    bring(&mut store, "Bob");
    orders(&mut store, "Bob", "o1");
    assert_eq!(store.redeem("Bob", "o2", eur(1000), day(2)), Some(100));
    store.undone("o1", ReversalKind::Refunded, day(3));
    assert_eq!(store.rows[0].status, Status::Voided(Reason::Refunded));
    let codes = store.grants_of(&store.rows[0].id);
    assert_eq!(codes[1].status.as_str(), "used");
}

/// R2-28.
#[test]
fn sweep_expires_rows_past_their_window() {
    let mut store = ordinary();
    store.program.window = Some(days(14));
    bring(&mut store, "Bob");
    assert!(sweep::expire_pending(&store.rows, day(14)).is_empty());
    assert_eq!(sweep::expire_pending(&store.rows, at(14 * 86_400 + 1)).len(), 1);
    store.sweep(day(15));
    assert!(sweep::expire_pending(&store.rows, day(16)).is_empty(), "once is enough");
    assert_eq!(store.rows[0].status, Status::Expired);
}

/// R2-30.
#[test]
fn window_starts_at_the_bind_without_a_click() {
    let mut store = ordinary();
    store.program.window = Some(days(14));
    let code = store.code("Alice");
    store.bind("Bob", Channel::CodeSignup, code.as_str(), true, None, day(5)).unwrap();
    assert_eq!(store.rows[0].expires_at, Some(day(19)));
}

/// R2-31.
#[test]
fn funnel_counts_rows_by_status_and_clicks_of_30_days() {
    let mut store = ordinary();
    for friend in ["Bob", "Carol", "Dave"] {
        bring(&mut store, friend);
    }
    assert_eq!(stats(&store), (3, 0, 0, 0, 0));
    orders(&mut store, "Bob", "o1");
    orders(&mut store, "Carol", "o2");
    store.undone("o2", ReversalKind::Refunded, day(2));
    store.rows[2].expires_at = Some(day(1));
    assert_eq!(stats(&store), (0, 0, 1, 1, 1), "expired by its time, though no sweep has run");
    for (clicked, expected) in [(day(0), true), (at(-1), false), (day(30), true), (at(30 * 86_400 + 1), false)] {
        assert_eq!(is_recent_click(clicked, day(30)), expected, "{clicked}");
    }
}

/// R2-32.
#[test]
fn revenue_is_per_currency_and_falls_with_a_void() {
    let mut store = ordinary();
    for friend in ["Bob", "Carol", "Dave"] {
        bring(&mut store, friend);
    }
    orders(&mut store, "Bob", "o1");
    orders(&mut store, "Carol", "o2");
    store.paid("Dave", "o3", Money::new(7, Currency::parse("USD").unwrap()).unwrap(), None, day(1));
    let revenue =
        |store: &FakeStore| Funnel::of(&store.rows, day(3)).unwrap().revenue.into_values().collect::<Vec<_>>();
    assert_eq!(revenue(&store), [4000, 7]);
    store.undone("o2", ReversalKind::Refunded, day(2));
    assert_eq!(revenue(&store), [2000, 7]);
}

/// R2-33, C-19.
#[test]
fn my_rewards_omit_revoked_and_cancelled_ones() {
    let mut store = ordinary();
    bring(&mut store, "Bob");
    orders(&mut store, "Bob", "o1");
    let shown = |store: &FakeStore| store.grants.values().filter(|grant| grant.is_live()).count();
    assert_eq!(shown(&store), 2);
    store.undone("o1", ReversalKind::Refunded, day(2));
    assert_eq!(shown(&store), 1, "points are kept by default, codes are not");
}

/// R2-34.
#[test]
fn ladder_gives_more_from_the_third_referral() {
    let mut store = ordinary();
    store.edit_global(|rule| rule.ladder = Ladder::new(vec![(3, percent(15)), (1, percent(10))]).unwrap());
    for friend in ["Bob", "Carol", "Dave", "Erin"] {
        bring(&mut store, friend);
        orders(&mut store, friend, friend);
    }
    let of_alice = store
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
        assert_eq!(Ladder::new(bad), Err(ValidationError::Ladder));
    }
}

/// R2-34.
#[test]
fn slot_applies_below_the_ladders_first_step() {
    let mut store = ordinary();
    store.edit_global(|rule| rule.ladder = Ladder::new(vec![(2, points(500))]).unwrap());
    for friend in ["Bob", "Carol"] {
        bring(&mut store, friend);
        orders(&mut store, friend, friend);
    }
    assert_eq!(store.points("Alice"), 600);
}

/// R2-35, D-13.
#[test]
fn self_referral_is_blocked_unless_allowed() {
    let mut store = ordinary();
    let code = store.code("Alice");
    store.customer("Alice").person.email = EmailKey::of("alice@example.org");
    store.customer("Mail").person.email = EmailKey::of(" Alice+shop@Example.org ");
    store.customer("Game").person.player = Some(Player { name: "alicemc".to_owned(), uuid: None });
    for who in ["Alice", "Mail", "Game"] {
        let refused = store.bind(who, Channel::Link, code.as_str(), true, None, day(0));
        assert_eq!(refused, Err(BindError::Because(Reason::SelfReferral)), "{who}");
    }
    store.program.self_referral = SelfReferral::Allow;
    assert_eq!(store.bind("Alice", Channel::Link, code.as_str(), true, None, day(0)), Ok(0));
}

/// R2-36.
#[test]
fn store_credit_is_a_reward_type() {
    let mut store = ordinary();
    store.edit_global(|rule| put(rule, Side::Referrer, Trigger::FirstOrder, credit(500, "EUR")));
    bring(&mut store, "Bob");
    orders(&mut store, "Bob", "o1");
    let euros = Unit::Credit(Currency::parse("EUR").unwrap());
    assert_eq!(balance(&store.ledger, euros), Ok(500));
    assert_eq!(balance(&store.ledger, Unit::Points), Ok(0));
}
