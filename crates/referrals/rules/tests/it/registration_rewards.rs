//! Rewards for registering and for ordering, codes, sharing, mails (requirements R3).

use crate::builders::*;
use crate::fake_store::*;
use flux_referral_rules::*;

/// Registering earns both something, and the first order earns the referrer something.
fn program() -> FakeStore {
    FakeStore::new().with_global(|rule| {
        put(rule, Side::Referrer, Trigger::Registration, points(10));
        put(rule, Side::Referee, Trigger::Registration, percent(10));
        put(rule, Side::Referrer, Trigger::FirstOrder, points(100));
    })
}

/// R3-02.
#[test]
fn registration_through_link_or_code_counts() {
    for channel in [Channel::Link, Channel::CodeSignup] {
        let mut store = program();
        let code = store.code("Alice");
        store.bind("Bob", channel, code.as_str(), true, None, day(0)).unwrap();
        store.register("Bob", day(0));
        assert_eq!((store.points("Alice"), store.coupons("Bob").len()), (10, 1));
    }
}

/// R3-01, R3-03.
#[test]
fn disabled_stops_rewards_and_issued_ones_stay_usable() {
    let mut store = program();
    bring(&mut store, "Bob");
    store.program.state = ProgramState::Disabled;
    let code = store.code("Alice");
    assert_eq!(store.signup("Carol", Some(code.as_str()), day(1)), Err(BindError::Because(Reason::ProgramDisabled)));
    assert_eq!(orders(&mut store, "Bob", "o1"), Some(Reason::ProgramDisabled));
    assert_eq!(store.points("Alice"), 10);
    assert_eq!(store.redeem("Bob", "o2", eur(1000), day(2)), Some(100));
}

/// R3-04.
#[test]
fn each_side_is_configured_separately() {
    let mut store = FakeStore::new().with_global(|rule| put(rule, Side::Referee, Trigger::Registration, percent(10)));
    bring(&mut store, "Bob");
    assert_eq!((store.grants.len(), store.coupons("Bob").len()), (1, 1));
}

/// R3-05.
#[test]
fn second_reward_in_a_slot_is_a_conflict() {
    let mut slots = Slots::default();
    let slot = |benefit| Slot::new(Some(benefit), vec![]).unwrap();
    slots.add(Side::Referee, Trigger::Registration, slot(percent(10))).unwrap();
    let again = slots.add(Side::Referee, Trigger::Registration, slot(points(5))).unwrap_err();
    assert!(again == ValidationError::SlotTaken && again.is_conflict());
    slots.add(Side::Referrer, Trigger::Registration, slot(points(5))).unwrap();
    slots.replace(Side::Referee, Trigger::Registration, None);
    slots.add(Side::Referee, Trigger::Registration, slot(points(5))).unwrap();
    assert_eq!(slots.get(Side::Referee, Trigger::Registration).unwrap().benefit(), Some(&points(5)));
    assert_eq!(Slot::new(None, vec![]), Err(ValidationError::EmptySlot));
}

/// R3-06.
#[test]
fn settings_change_leaves_issued_rewards_alone() {
    let mut store = program();
    bring(&mut store, "Bob");
    let before = store.grants.clone();
    store.edit_global(|rule| {
        put(rule, Side::Referrer, Trigger::Registration, points(99));
        put(rule, Side::Referee, Trigger::Registration, percent(99));
    });
    assert_eq!(store.grants, before);
    assert_eq!(store.redeem("Bob", "o1", eur(1000), day(1)), Some(100));
}

/// R3-07.
#[test]
fn best_referee_discount_applies_automatically() {
    let mut store = program();
    bring(&mut store, "Bob");
    let coupons = store.coupons("Bob");
    assert_eq!(quote(&customer("Bob"), eur(1000), None, &coupons, day(1)).unwrap().discount, 100);
    let mut best = coupons[0].clone();
    best.code = Code::parse("D-best").unwrap();
    best.grant.terms.benefit = Some(with_auto(fixed(300, "EUR"), true));
    let mut typed = coupons[0].clone();
    typed.code = Code::parse("D-typed").unwrap();
    typed.grant.terms.benefit = Some(with_auto(fixed(900, "EUR"), false));
    let all = [coupons[0].clone(), best, typed.clone()];
    let quoted = quote(&customer("Bob"), eur(1000), None, &all, day(1)).unwrap();
    assert_eq!((quoted.discount, quoted.total, quoted.coupon.code.as_str()), (300, 700, "D-best"));
    let quoted = quote(&customer("Bob"), eur(1000), Some(&Code::parse(" d-TYPED ").unwrap()), &all, day(1)).unwrap();
    assert_eq!((quoted.discount, quoted.coupon), (900, typed));
}

fn with_auto(benefit: Benefit, auto: bool) -> Benefit {
    match benefit {
        Benefit::Discount(discount) => Benefit::Discount(Discount { auto_apply: Some(auto), ..discount }),
        other => other,
    }
}

/// R3-08.
#[test]
fn each_side_uses_only_its_own_rewards() {
    let mut store = program();
    store.edit_global(|rule| put(rule, Side::Referrer, Trigger::Registration, percent(50)));
    bring(&mut store, "Bob");
    assert_eq!((store.coupons("Alice").len(), store.coupons("Bob").len()), (1, 1));
    let of_alice = store.coupons("Alice");
    let code = of_alice[0].code.clone();
    let quoted = quote(&customer("Bob"), eur(1000), Some(&code), &of_alice, day(1));
    assert_eq!(quoted, Err(DiscountError::UnknownCode));
    assert_eq!(
        quote(&customer("Alice"), eur(1000), None, &of_alice, day(1)),
        Err(DiscountError::UnknownCode),
        "not by itself"
    );
    assert_eq!(quote(&customer("Alice"), eur(1000), Some(&code), &of_alice, day(1)).unwrap().discount, 500);
}

/// R3-09.
#[test]
fn only_the_referees_first_order_counts() {
    let mut store = program();
    store.program.minimum = Some(positive(1000, "EUR"));
    bring(&mut store, "Bob");
    assert_eq!(store.paid("Bob", "o1", eur(999), None, day(1)), Some(Reason::BelowMinimum));
    assert_eq!(store.paid("Bob", "o2", eur(1000), None, day(2)), Some(Reason::NotFirstPurchase));
}

/// R3-10.
#[test]
fn earlier_imported_order_disqualifies() {
    let mut store = program();
    bring(&mut store, "Bob");
    let mut imported = OrderRecord::new("old".parse().unwrap());
    imported.buyer = Some(customer("Bob"));
    imported.is_imported = true;
    store.orders.insert(imported.id.clone(), imported);
    assert_eq!(orders(&mut store, "Bob", "o1"), Some(Reason::NotFirstPurchase));
}

/// R3-10.
#[test]
fn imported_order_is_no_first_order() {
    let mut store = program();
    bring(&mut store, "Bob");
    let mut imported = OrderRecord::new("old".parse().unwrap());
    imported.is_imported = true;
    store.orders.insert(imported.id.clone(), imported);
    assert_eq!(store.paid("Bob", "old", eur(5000), None, day(1)), None);
    assert_eq!(store.rows[0].status, Status::Pending);
}

/// R3-11.
#[test]
fn cancelled_order_uses_up_the_first() {
    let mut store = program();
    bring(&mut store, "Bob");
    let mut placed = OrderRecord::new("o1".parse().unwrap());
    placed.buyer = Some(customer("Bob"));
    assert!(!placed.is_purchase(), "a checkout whose payment failed was never placed");
    store.orders.insert(placed.id.clone(), placed);
    store.undone("o1", ReversalKind::Cancelled, day(1));
    assert_eq!(orders(&mut store, "Bob", "o1"), Some(Reason::Cancelled), "though its payment arrives late");
    assert_eq!(store.rows[0].status, Status::Voided(Reason::Cancelled));
    let mut store = program();
    bring(&mut store, "Bob");
    let mut placed = OrderRecord::new("o1".parse().unwrap());
    placed.buyer = Some(customer("Bob"));
    placed.undo(ReversalKind::Cancelled, day(1));
    store.orders.insert(placed.id.clone(), placed);
    assert_eq!(orders(&mut store, "Bob", "o2"), Some(Reason::NotFirstPurchase));
}

/// R3-11.
#[test]
fn failed_payment_changes_nothing() {
    let mut store = program();
    bring(&mut store, "Bob");
    let mut failed = OrderRecord::new("o1".parse().unwrap());
    failed.buyer = Some(customer("Bob"));
    store.orders.insert(failed.id.clone(), failed);
    assert_eq!(orders(&mut store, "Bob", "o2"), None);
}

/// R3-12, R4-09.
#[test]
fn registration_without_a_referral_earns_nothing() {
    let mut store = program();
    store.code("Alice");
    store.signup("Bob", None, day(0)).unwrap();
    orders(&mut store, "Bob", "o1");
    assert!(store.rows.is_empty() && store.grants.is_empty());
}

/// R3-13.
#[test]
fn known_customer_counts_when_they_register() {
    let mut store = program();
    store.customer("Bob").person.email = EmailKey::of("bob@example.org");
    bring(&mut store, "Bob");
    assert_eq!(store.points("Alice"), 10);
}

/// R3-14.
#[test]
fn guest_with_an_earlier_order_earns_registration_only() {
    let mut store = program();
    store.paid("Bob", "o0", eur(100), None, day(-5));
    bring(&mut store, "Bob");
    assert_eq!(store.points("Alice"), 10);
    assert_eq!(orders(&mut store, "Bob", "o1"), Some(Reason::NotFirstPurchase));
    assert_eq!(store.points("Alice"), 10);
}

/// R3-15.
#[test]
fn registered_customer_cannot_be_referred() {
    let mut store = program();
    let code = store.code("Alice");
    store.register("Bob", day(-1));
    for channel in [Channel::Link, Channel::CodeSignup] {
        let refused = store.bind("Bob", channel, code.as_str(), true, None, day(0));
        assert_eq!(refused, Err(BindError::Because(Reason::ExistingCustomer)));
    }
    assert_eq!(
        store.bind("Bob", Channel::CodeCheckout, code.as_str(), false, None, day(0)),
        Ok(0),
        "but may bring a code to checkout"
    );
    store.register("Bob", day(1));
    assert!(store.grants.is_empty(), "which makes no registration of it");
}

/// R3-16, R4-08, R4-30.
#[test]
fn landing_url_is_on_the_store_and_blank_means_home() {
    let store = StoreAddress::new("https://Store.example/shop", &["blog.example:8080"]).unwrap();
    let code = Code::parse("alice-7Q9").unwrap();
    for (text, link) in [
        ("", "https://Store.example/shop?ref=alice-7Q9"),
        ("  ", "https://Store.example/shop?ref=alice-7Q9"),
        ("/vip", "https://Store.example/vip?ref=alice-7Q9"),
        ("/vip?a=1&ref=old&b=2#top", "https://Store.example/vip?a=1&b=2&ref=alice-7Q9#top"),
        ("http://BLOG.example:8080/x?", "http://BLOG.example:8080/x?ref=alice-7Q9"),
        ("https://store.example", "https://store.example?ref=alice-7Q9"),
        ("/vip?reference=1", "/vip?reference=1&ref=alice-7Q9"),
    ] {
        let expected = if link.starts_with('/') { format!("https://Store.example{link}") } else { link.to_owned() };
        assert_eq!(store.landing(text).unwrap().link(&code), expected, "{text}");
    }
    let short = StoreAddress::new("https://s.co/all/of/the/pages", &[]).unwrap();
    assert_eq!(short.landing("/vip").unwrap().as_str(), "https://s.co/vip");
    let page = short.landing("/vip?click=old&a=1&ref=old&clicks=2#top").unwrap();
    assert_eq!(page.link_of_click(&code, "clk_1"), format!("https://s.co/vip?a=1&clicks=2&ref={code}&click=clk_1#top"));
    assert_eq!(page.link(&code), format!("https://s.co/vip?click=old&a=1&clicks=2&ref={code}#top"));
    let path = |address_bytes: usize| format!("/{}", "x".repeat(address_bytes - "https://Store.example/".len()));
    let long = path(limits::LANDING_BYTES + 1);
    assert!(store.landing(&path(limits::LANDING_BYTES)).is_ok());
    for foreign in [
        "https://evil.example/",
        "//evil.example/",
        "javascript:alert(1)",
        "JavaScript://store.example/%0aalert(1)",
        "data:text/html,x",
        "https://store.example@evil.example/",
        "https://store.example:pw@evil.example",
        "https://evil.example\\@store.example/",
        "https://store.example.evil.example/",
        "ftp://store.example/",
        "https://",
        "https:///x",
        "store.example/x",
        "vip",
        "https://store.example:444/",
        "https://blog.example/",
        "/vip x",
        "/vip\"",
        "/\\evil.example",
        "https://store.example/\nx",
        &long,
    ] {
        assert_eq!(store.landing(foreign), Err(ValidationError::Landing), "{foreign}");
    }
    assert_eq!(StoreAddress::new("store.example", &[]), Err(ValidationError::Landing));
}

/// R3-17, R3-19.
#[test]
fn disabled_codes_refuse_typed_codes_and_keep_links() {
    let mut store = program();
    store.program.channels = Channels { link: true, code_at_signup: false, code_at_checkout: false };
    let code = store.code("Alice");
    for channel in [Channel::CodeSignup, Channel::CodeCheckout] {
        assert_eq!(store.bind("Bob", channel, code.as_str(), true, None, day(0)), Err(BindError::ChannelClosed));
        assert_eq!(BindError::ChannelClosed.as_str(), "door_closed");
    }
    assert!(store.bind("Bob", Channel::Link, code.as_str(), true, None, day(0)).is_ok());
    store.program.channels = Channels { link: false, code_at_signup: true, code_at_checkout: false };
    assert_eq!(store.bind("Carol", Channel::Link, code.as_str(), true, None, day(0)), Err(BindError::ChannelClosed));
    assert_eq!(
        store.bind("Carol", Channel::CodeCheckout, code.as_str(), true, None, day(0)),
        Err(BindError::ChannelClosed)
    );
    assert!(store.bind("Carol", Channel::CodeSignup, code.as_str(), true, None, day(0)).is_ok());
}

/// R3-18.
#[test]
fn codes_are_mailed_while_program_codes_mail_and_a_rule_are_on() {
    let channels = |code_at_signup, code_at_checkout| Channels { link: true, code_at_signup, code_at_checkout };
    let on: Switches = [Scenario::CodeIssued].into();
    let other: Switches = [Scenario::RewardIssued].into();
    let mut store = program();
    assert!(mails_codes(&store.program, &store.rules, &on), "the default");
    assert!(!mails_codes(&store.program, &store.rules, &other));
    for (open, expected) in [((true, false), true), ((false, true), true), ((false, false), false)] {
        store.program.channels = channels(open.0, open.1);
        assert_eq!(mails_codes(&store.program, &store.rules, &on), expected, "{open:?}");
    }
    store.program.channels = channels(true, true);
    let nothing = FakeStore::new();
    let disabled = Rules::new(RuleId::new("r"));
    assert!(!mails_codes(&nothing.program, &disabled, &on), "no rule rewards");
    store.program.state = ProgramState::Disabled;
    assert!(!mails_codes(&store.program, &store.rules, &on));
}

/// R3-21.
#[test]
fn each_mail_has_its_switch() {
    let mut store = program();
    let code = store.code("Alice");
    store.bind("Bob", Channel::Link, code.as_str(), true, None, day(0)).unwrap();
    let before = store.rows[0].clone();
    let referrer = store.referrer(&customer("Alice"));
    let referee = store.customers[&customer("Bob")].person.clone();
    let context = Store { program: &store.program, rules: &store.rules, servers: &store.servers };
    let facts = Registration {
        attribution: before.clone(),
        referrer: &referrer,
        referee: &referee,
        registered_that_day: 0,
        registered_at: day(0),
        at: day(0),
    };
    let decision = register(&context, facts);
    let mail = |scenario, side: Option<Side>, to: &str, friend: &str| Mailing {
        scenario,
        customer: customer(to),
        grant: side.map(|side| GrantKey { attribution: before.id.clone(), side, trigger: Trigger::Registration }),
        friend: customer(friend),
    };
    let joined = mail(Scenario::FriendJoined, None, "Alice", "Bob");
    let issued = [
        mail(Scenario::RewardIssued, Some(Side::Referrer), "Alice", "Bob"),
        mail(Scenario::RewardIssued, Some(Side::Referee), "Bob", "Alice"),
    ];
    assert_eq!(mails(&before, &decision, &[Scenario::FriendJoined].into()), [joined]);
    assert_eq!(mails(&before, &decision, &[Scenario::RewardIssued].into()), issued);
    assert_eq!(mails(&before, &decision, &Scenario::ALL.iter().copied().collect()).len(), 3);
    assert!(mails(&before, &decision, &Switches::new()).is_empty());
    assert!(
        mails(
            &decision.attribution,
            &Decision { changes: vec![], ..decision.clone() },
            &[Scenario::FriendJoined].into()
        )
        .is_empty()
    );
}
