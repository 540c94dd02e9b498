//! S3, Member System: registration and order rewards, codes, sharing, mails.

use crate::kit::*;
use crate::world::*;
use flux_referral_rules::*;

/// Registering earns both something, and the first order earns the referrer something.
fn program() -> World {
    World::new().with_global(|rule| {
        put(rule, Side::Referrer, Trigger::Registration, points(10));
        put(rule, Side::Referee, Trigger::Registration, percent(10));
        put(rule, Side::Referrer, Trigger::FirstOrder, points(100));
    })
}

#[test]
fn r3_02_an_account_made_through_link_or_code_counts() {
    for door in [Door::Link, Door::CodeSignup] {
        let mut world = program();
        let code = world.code("Alice");
        world.bind("Bob", door, code.as_str(), true, None, day(0)).unwrap();
        world.register("Bob", day(0));
        assert_eq!((world.points("Alice"), world.coupons("Bob").len()), (10, 1));
    }
}

#[test]
fn r3_01_and_r3_03_off_stops_everything_and_what_was_issued_stays_usable() {
    let mut world = program();
    bring(&mut world, "Bob");
    world.program.master = Master::Off;
    let code = world.code("Alice");
    assert_eq!(world.signup("Carol", Some(code.as_str()), day(1)), Err(Refusal::Because(Reason::ProgramDisabled)));
    assert_eq!(orders(&mut world, "Bob", "o1"), Some(Reason::ProgramDisabled));
    assert_eq!(world.points("Alice"), 10);
    assert_eq!(world.redeem("Bob", "o2", eur(1000), day(2)), Some(100));
}

#[test]
fn r3_04_each_side_is_set_by_itself() {
    let mut world = World::new().with_global(|rule| put(rule, Side::Referee, Trigger::Registration, percent(10)));
    bring(&mut world, "Bob");
    assert_eq!((world.grants.len(), world.coupons("Bob").len()), (1, 1));
}

#[test]
fn r3_05_a_second_reward_in_a_slot_is_a_conflict_until_the_first_is_deleted() {
    let mut slots = Slots::default();
    let slot = |benefit| Slot::new(Some(benefit), vec![]).unwrap();
    slots.add(Side::Referee, Trigger::Registration, slot(percent(10))).unwrap();
    let again = slots.add(Side::Referee, Trigger::Registration, slot(points(5))).unwrap_err();
    assert!(again == Invalid::SlotTaken && again.is_conflict());
    slots.add(Side::Referrer, Trigger::Registration, slot(points(5))).unwrap();
    slots.replace(Side::Referee, Trigger::Registration, None);
    slots.add(Side::Referee, Trigger::Registration, slot(points(5))).unwrap();
    assert_eq!(slots.get(Side::Referee, Trigger::Registration).unwrap().benefit(), Some(&points(5)));
    assert_eq!(Slot::new(None, vec![]), Err(Invalid::EmptySlot));
}

#[test]
fn r3_06_rewards_issued_earlier_are_untouched_by_a_change() {
    let mut world = program();
    bring(&mut world, "Bob");
    let before = world.grants.clone();
    world.edit_global(|rule| {
        put(rule, Side::Referrer, Trigger::Registration, points(99));
        put(rule, Side::Referee, Trigger::Registration, percent(99));
    });
    assert_eq!(world.grants, before);
    assert_eq!(world.redeem("Bob", "o1", eur(1000), day(1)), Some(100));
}

#[test]
fn r3_07_the_referees_discount_applies_by_itself_and_the_best_one_does() {
    let mut world = program();
    bring(&mut world, "Bob");
    let coupons = world.coupons("Bob");
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

#[test]
fn r3_08_both_use_their_own_rewards_and_nobody_elses() {
    let mut world = program();
    world.edit_global(|rule| put(rule, Side::Referrer, Trigger::Registration, percent(50)));
    bring(&mut world, "Bob");
    assert_eq!((world.coupons("Alice").len(), world.coupons("Bob").len()), (1, 1));
    let of_alice = world.coupons("Alice");
    let code = of_alice[0].code.clone();
    let quoted = quote(&customer("Bob"), eur(1000), Some(&code), &of_alice, day(1));
    assert_eq!(quoted, Err(NoDiscount::UnknownCode));
    assert_eq!(
        quote(&customer("Alice"), eur(1000), None, &of_alice, day(1)),
        Err(NoDiscount::UnknownCode),
        "not by itself"
    );
    assert_eq!(quote(&customer("Alice"), eur(1000), Some(&code), &of_alice, day(1)).unwrap().discount, 500);
}

#[test]
fn r3_09_only_the_referees_first_order_ever_counts() {
    let mut world = program();
    world.program.minimum = Some(positive(1000, "EUR"));
    bring(&mut world, "Bob");
    assert_eq!(world.paid("Bob", "o1", eur(999), None, day(1)), Some(Reason::BelowMinimum));
    assert_eq!(world.paid("Bob", "o2", eur(1000), None, day(2)), Some(Reason::NotFirstPurchase));
}

#[test]
fn r3_10_an_imported_order_disqualifies() {
    let mut world = program();
    bring(&mut world, "Bob");
    let mut imported = OrderRecord::new("old".parse().unwrap());
    imported.buyer = Some(customer("Bob"));
    imported.is_imported = true;
    world.orders.insert(imported.id.clone(), imported);
    assert_eq!(orders(&mut world, "Bob", "o1"), Some(Reason::NotFirstPurchase));
}

#[test]
fn r3_10_an_imported_order_is_no_first_order_itself() {
    let mut world = program();
    bring(&mut world, "Bob");
    let mut imported = OrderRecord::new("old".parse().unwrap());
    imported.is_imported = true;
    world.orders.insert(imported.id.clone(), imported);
    assert_eq!(world.paid("Bob", "old", eur(5000), None, day(1)), None);
    assert_eq!(world.rows[0].status, Status::Pending);
}

#[test]
fn r3_11_a_cancelled_order_disqualifies_itself_and_uses_up_the_first() {
    let mut world = program();
    bring(&mut world, "Bob");
    let mut placed = OrderRecord::new("o1".parse().unwrap());
    placed.buyer = Some(customer("Bob"));
    assert!(!placed.is_purchase(), "a checkout whose payment failed was never placed");
    world.orders.insert(placed.id.clone(), placed);
    world.undone("o1", ReversalKind::Cancelled, day(1));
    assert_eq!(orders(&mut world, "Bob", "o1"), Some(Reason::Cancelled), "though its payment arrives late");
    assert_eq!(world.rows[0].status, Status::Voided(Reason::Cancelled));
    let mut world = program();
    bring(&mut world, "Bob");
    let mut placed = OrderRecord::new("o1".parse().unwrap());
    placed.buyer = Some(customer("Bob"));
    placed.undo(ReversalKind::Cancelled, day(1));
    world.orders.insert(placed.id.clone(), placed);
    assert_eq!(orders(&mut world, "Bob", "o2"), Some(Reason::NotFirstPurchase));
}

#[test]
fn r3_11_a_checkout_whose_payment_failed_changes_nothing() {
    let mut world = program();
    bring(&mut world, "Bob");
    let mut failed = OrderRecord::new("o1".parse().unwrap());
    failed.buyer = Some(customer("Bob"));
    world.orders.insert(failed.id.clone(), failed);
    assert_eq!(orders(&mut world, "Bob", "o2"), None);
}

#[test]
fn r3_12_and_r4_09_registering_any_other_way_earns_the_referrer_nothing() {
    let mut world = program();
    world.code("Alice");
    world.signup("Bob", None, day(0)).unwrap();
    orders(&mut world, "Bob", "o1");
    assert!(world.rows.is_empty() && world.grants.is_empty());
}

#[test]
fn r3_13_a_known_customer_who_never_registered_counts_when_they_do() {
    let mut world = program();
    world.customer("Bob").person.email = EmailKey::of("bob@example.org");
    bring(&mut world, "Bob");
    assert_eq!(world.points("Alice"), 10);
}

#[test]
fn r3_14_a_guest_with_an_earlier_order_earns_the_registration_reward_alone() {
    let mut world = program();
    world.paid("Bob", "o0", eur(100), None, day(-5));
    bring(&mut world, "Bob");
    assert_eq!(world.points("Alice"), 10);
    assert_eq!(orders(&mut world, "Bob", "o1"), Some(Reason::NotFirstPurchase));
    assert_eq!(world.points("Alice"), 10);
}

#[test]
fn r3_15_somebody_who_has_registered_cannot_be_referred() {
    let mut world = program();
    let code = world.code("Alice");
    world.register("Bob", day(-1));
    for door in [Door::Link, Door::CodeSignup] {
        let refused = world.bind("Bob", door, code.as_str(), true, None, day(0));
        assert_eq!(refused, Err(Refusal::Because(Reason::ExistingCustomer)));
    }
    assert_eq!(
        world.bind("Bob", Door::CodeCheckout, code.as_str(), false, None, day(0)),
        Ok(0),
        "but may bring a code to checkout"
    );
    world.register("Bob", day(1));
    assert!(world.grants.is_empty(), "which makes no registration of it");
}

#[test]
fn r3_16_r4_08_and_r4_30_a_landing_address_is_the_stores_and_blank_is_the_home_page() {
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
        assert_eq!(store.landing(foreign), Err(Invalid::Landing), "{foreign}");
    }
    assert_eq!(StoreAddress::new("store.example", &[]), Err(Invalid::Landing));
}

#[test]
fn r3_17_and_r3_19_with_codes_off_links_work_and_a_typed_code_is_refused() {
    let mut world = program();
    world.program.doors = Doors { link: true, code_at_signup: false, code_at_checkout: false };
    let code = world.code("Alice");
    for door in [Door::CodeSignup, Door::CodeCheckout] {
        assert_eq!(world.bind("Bob", door, code.as_str(), true, None, day(0)), Err(Refusal::DoorClosed));
        assert_eq!(Refusal::DoorClosed.as_str(), "door_closed");
    }
    assert!(world.bind("Bob", Door::Link, code.as_str(), true, None, day(0)).is_ok());
    world.program.doors = Doors { link: false, code_at_signup: true, code_at_checkout: false };
    assert_eq!(world.bind("Carol", Door::Link, code.as_str(), true, None, day(0)), Err(Refusal::DoorClosed));
    assert_eq!(world.bind("Carol", Door::CodeCheckout, code.as_str(), true, None, day(0)), Err(Refusal::DoorClosed));
    assert!(world.bind("Carol", Door::CodeSignup, code.as_str(), true, None, day(0)).is_ok());
}

#[test]
fn r3_18_turning_codes_on_is_what_mails_them() {
    let doors = |code_at_signup, code_at_checkout| Doors { link: true, code_at_signup, code_at_checkout };
    for (before, after, expected) in [
        (doors(false, false), doors(true, false), true),
        (doors(false, false), doors(false, true), true),
        (doors(true, false), doors(true, true), false),
        (doors(true, true), doors(false, false), false),
        (doors(false, false), doors(false, false), false),
    ] {
        assert_eq!(turns_codes_on(before, after), expected);
    }
}

#[test]
fn r3_20_share_texts_have_the_link_filled_in_and_a_name_brings_no_placeholder() {
    let code = Code::parse("alice-7Q9").unwrap();
    let texts = ShareTexts {
        x: Text::parse("{name} says: {link} {{code}} {other} {").unwrap(),
        email_title: Text::parse("From {name}").unwrap(),
        email_body: Text::parse("").unwrap(),
        email_icon: Some("https://store.example/icon.png".to_owned()),
    };
    let shared = texts.filled("https://store.example?ref=alice-7Q9", &code, "{code}");
    assert_eq!(shared.x, "{code} says: https://store.example?ref=alice-7Q9 {alice-7Q9} {other} {");
    assert_eq!((shared.email_title.as_str(), shared.email_body.as_str()), ("From {code}", ""));
    assert!(shared.facebook_prompts && shared.email_icon == texts.email_icon);
    assert!(Text::parse(&"ü".repeat(10_000)).is_ok());
    assert_eq!(Text::parse(&"x".repeat(10_001)), Err(Invalid::Text));
}

#[test]
fn r3_21_each_scenarios_mail_has_its_switch() {
    let mut world = program();
    let code = world.code("Alice");
    world.bind("Bob", Door::Link, code.as_str(), true, None, day(0)).unwrap();
    let before = world.rows[0].clone();
    let referrer = world.referrer(&customer("Alice"));
    let referee = world.customers[&customer("Bob")].person.clone();
    let store = Store { program: &world.program, rules: &world.rules, servers: &world.servers };
    let facts = Registration {
        attribution: before.clone(),
        referrer: &referrer,
        referee: &referee,
        registered_that_day: 0,
        at: day(0),
    };
    let decision = register(&store, facts);
    let joined = (Scenario::FriendJoined, customer("Alice"));
    let issued = [(Scenario::RewardIssued, customer("Alice")), (Scenario::RewardIssued, customer("Bob"))];
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
