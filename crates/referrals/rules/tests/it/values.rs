//! Money and numbers (4.4), codes, identities, templates.

use crate::builders::*;
use crate::fake_store::*;
use flux_referral_rules::*;

#[test]
fn an_amount_is_from_0_to_what_json_carries() {
    let euros = Currency::parse("EUR").unwrap();
    for good in [0, 1, 1 << 53] {
        assert_eq!(Money::new(good, euros).unwrap().amount(), good);
    }
    for bad in [-1, (1 << 53) + 1, i64::MIN, i64::MAX] {
        assert_eq!(Money::new(bad, euros), Err(ValidationError::Amount));
    }
    assert_eq!(PositiveMoney::new(0, euros), Err(ValidationError::ZeroAmount));
    assert_eq!(PositiveMoney::new(1, euros).unwrap().amount(), 1);
    assert_eq!((euros.to_string(), format!("{euros:?}")), ("EUR".to_owned(), "EUR".to_owned()));
}

#[test]
fn what_is_left_of_an_amount_is_never_below_0_nor_above_it() {
    for (refunded, left) in [(0, 100), (1, 99), (99, 1), (100, 0), (101, 0), (i64::MAX, 0), (-1, 100), (i64::MIN, 100)]
    {
        assert_eq!(eur(100).less(refunded).amount(), left, "{refunded}");
    }
}

#[test]
fn percentage_is_1_to_100_and_rounds_down() {
    for bad in [0, -1, 101, 256 + 10, i64::MAX] {
        assert_eq!(Percent::new(bad), Err(ValidationError::Percent), "{bad}");
    }
    for (percent, amount, off) in
        [(1, 99, 0), (1, 100, 1), (10, 1999, 199), (33, 100, 33), (100, 7, 7), (100, i64::MAX, i64::MAX), (15, 0, 0)]
    {
        assert_eq!(Percent::new(percent).unwrap().of(amount), off, "{percent} % of {amount}");
    }
    assert_eq!((Percent::new(10).unwrap().get(), Percent::new(10).unwrap().basis_points()), (10, 1000));
}

#[test]
fn days_are_from_1_to_3650_and_exact_seconds() {
    for bad in [0, -1, 3651] {
        assert_eq!(Days::new(bad), Err(ValidationError::Days));
    }
    assert_eq!((Days::new(1).unwrap().get(), Days::new(3650).unwrap().get()), (1, 3650));
    assert_eq!(Days::new(2).unwrap().after(at(5)), at(2 * 86_400 + 5));
    assert_eq!(Days::new(1).unwrap().after(jiff::Timestamp::MAX), jiff::Timestamp::MAX);
}

#[test]
fn discount_is_limited_by_order_and_cap_in_its_currency() {
    let dollars = |amount| Money::new(amount, Currency::parse("USD").unwrap()).unwrap();
    let capped = DiscountKind::Percent { percent: Percent::new(50).unwrap(), max_off: Some(positive(30, "EUR")) };
    let sum = DiscountKind::Fixed(positive(30, "EUR"));
    for (kind, order, off) in [
        (&capped, eur(58), Some(29)),
        (&capped, eur(60), Some(30)),
        (&capped, eur(62), Some(30)),
        (&capped, dollars(62), None),
        (&sum, eur(29), Some(29)),
        (&sum, eur(31), Some(30)),
        (&sum, dollars(31), None),
        (&DiscountKind::FreeShipping, dollars(31), Some(0)),
    ] {
        assert_eq!(kind.off(order), off, "{kind:?} {order:?}");
    }
}

/// A coupon of Bob's, issued on day 0.
fn coupon(code: &str, discount: Discount, expires_at: Option<jiff::Timestamp>) -> Coupon {
    let mut store = FakeStore::new().with_global(|rule| put(rule, Side::Referee, Trigger::Registration, percent(10)));
    bring(&mut store, "Bob");
    let mut coupon = store.coupons("Bob").remove(0);
    coupon.code = Code::parse(code).unwrap();
    coupon.grant.key.attribution = AttributionId::new(code);
    coupon.grant.terms.benefit = Some(Benefit::Discount(Discount { auto_apply: Some(true), ..discount }));
    coupon.grant.status = GrantStatus::Issued(Issue { at: day(0), expires_at });
    coupon
}

fn of(percent: i64) -> Discount {
    DiscountKind::Percent { percent: Percent::new(percent).unwrap(), max_off: None }.into()
}

#[test]
fn a_quote_says_why_a_code_takes_nothing_off() {
    let bob = customer("Bob");
    let typed = Code::parse("x").unwrap();
    let minimum = Discount { min_spend: Some(positive(1000, "EUR")), ..of(10) };
    let with = |status: fn(Issue) -> GrantStatus| {
        let mut one = coupon("x", of(10), None);
        one.grant.status = status(Issue { at: day(0), expires_at: None });
        one
    };
    for (coupon, amount, expected) in [
        (coupon("x", minimum.clone(), None), 999, Err(DiscountError::BelowMinimum { missing: 1 })),
        (coupon("x", minimum.clone(), None), 0, Err(DiscountError::BelowMinimum { missing: 1000 })),
        (coupon("x", minimum.clone(), None), 1000, Ok(100)),
        (coupon("x", of(10), Some(day(1))), 1000, Ok(100)),
        (coupon("x", of(10), Some(at(86_399))), 1000, Err(DiscountError::TooLate)),
        (coupon("y", of(10), None), 1000, Err(DiscountError::UnknownCode)),
        (
            coupon("x", Discount { min_spend: Some(positive(1, "USD")), ..of(10) }, None),
            1000,
            Err(DiscountError::CurrencyMismatch),
        ),
        (coupon("x", DiscountKind::Fixed(positive(1, "USD")).into(), None), 1000, Err(DiscountError::CurrencyMismatch)),
        (with(|issue| GrantStatus::Used(issue, "o1".parse().unwrap())), 1000, Err(DiscountError::Used)),
        (with(GrantStatus::Revoked), 1000, Err(DiscountError::Revoked)),
        (with(|_| GrantStatus::Cancelled { skipped: None }), 1000, Err(DiscountError::UnknownCode)),
    ] {
        let quoted =
            quote(&bob, eur(amount), Some(&typed), std::slice::from_ref(&coupon), day(1)).map(|quote| quote.discount);
        assert_eq!(quoted, expected, "{coupon:?}");
    }
}

/// R3-24.
#[test]
fn automatic_discount_says_what_the_order_lacks() {
    let bob = customer("Bob");
    let from = |code: &str, minimum: i64, currency: &str| {
        coupon(code, Discount { min_spend: Some(positive(minimum, currency)), ..of(10) }, None)
    };
    let (small, large, foreign) = (from("s", 5000, "EUR"), from("l", 9000, "EUR"), from("f", 1, "USD"));
    let late = coupon("o", of(90), Some(at(86_399)));
    for (coupons, amount, expected) in [
        (vec![small.clone()], 2500, Err(DiscountError::BelowMinimum { missing: 2500 })),
        (vec![large.clone(), small.clone()], 2500, Err(DiscountError::BelowMinimum { missing: 2500 })),
        (vec![foreign.clone(), large.clone()], 2500, Err(DiscountError::BelowMinimum { missing: 6500 })),
        (vec![foreign.clone()], 2500, Err(DiscountError::CurrencyMismatch)),
        (vec![late.clone()], 2500, Err(DiscountError::UnknownCode)),
        (vec![], 2500, Err(DiscountError::UnknownCode)),
        (vec![large, late, small, foreign], 5000, Ok(500)),
    ] {
        let quoted = quote(&bob, eur(amount), None, &coupons, day(1)).map(|quote| quote.discount);
        assert_eq!(quoted, expected, "{coupons:?}");
    }
}

#[test]
fn earliest_expiry_wins_among_equal_codes() {
    let bob = customer("Bob");
    let quoted = |coupons: &[Coupon]| quote(&bob, eur(1000), None, coupons, day(0)).unwrap().coupon.code;
    let long = coupon("a", of(10), None);
    let short = coupon("b", of(10), Some(day(9)));
    let shipping = coupon("c", DiscountKind::FreeShipping.into(), Some(day(1)));
    assert_eq!(quoted(&[long.clone(), short.clone(), shipping.clone()]).as_str(), "b");
    assert_eq!(quoted(&[coupon("z", of(10), None), long.clone()]).as_str(), "a");
    assert_eq!(quoted(std::slice::from_ref(&shipping)).as_str(), "c");
    let free = quote(&bob, eur(0), None, &[long, shipping], day(0)).unwrap();
    assert!(free.free_shipping, "of two that take nothing off, the one that at least ships");
}

#[test]
fn redeeming_is_once_per_order_and_once_per_code() {
    let bob = customer("Bob");
    let mut coupons = vec![coupon("a", of(10), None), coupon("b", of(5), None)];
    let order = |id: &str| id.parse::<OrderId>().unwrap();
    let Redeemed::Now(quote) = redeem(&bob, &order("o1"), eur(1000), None, &coupons, day(1)) else {
        panic!("it is good")
    };
    assert_eq!((quote.discount, quote.coupon.grant.status.as_str()), (100, "used"));
    coupons[0] = quote.coupon.clone();
    assert_eq!(redeem(&bob, &order("o1"), eur(1000), None, &coupons, day(2)), Redeemed::Before(quote.coupon.clone()));
    let again = redeem(&bob, &order("o2"), eur(1000), Some(&quote.coupon.code), &coupons, day(2));
    assert_eq!(again, Redeemed::Refused(DiscountError::Used));
    let Redeemed::Now(other) = redeem(&bob, &order("o2"), eur(1000), None, &coupons, day(2)) else {
        panic!("there is another")
    };
    assert_eq!(other.discount, 50);
}

/// R3-23.
#[test]
fn released_code_is_usable_expired_or_revoked() {
    let at = |second: i64| crate::fake_store::at(86_400 + second);
    let voided = Status::Voided(Reason::Refunded);
    for (trigger, status, expires_at, revokes, expected) in [
        (Trigger::FirstOrder, Status::Rewarded, None, true, "issued"),
        (Trigger::FirstOrder, Status::Rewarded, Some(at(0)), true, "issued"),
        (Trigger::FirstOrder, Status::Rewarded, Some(at(-1)), true, "expired"),
        (Trigger::FirstOrder, voided, None, true, "revoked"),
        (Trigger::FirstOrder, voided, None, false, "issued"),
        (Trigger::FirstOrder, voided, Some(at(-1)), true, "expired"),
        (Trigger::Registration, voided, None, true, "issued"),
    ] {
        let mut store = ordinary();
        bring(&mut store, "Bob");
        let row = Attribution { status, ..store.rows[0].clone() };
        let mut grant = coupon("x", of(10), expires_at).grant;
        grant.key.trigger = trigger;
        grant.terms.on_return.revoke_unused_codes = revokes;
        assert_eq!(release(&grant, &row, at(0)), None, "it is not used");
        let GrantStatus::Issued(issue) = grant.status else { panic!("it is issued") };
        grant.status = GrantStatus::Used(issue, "o1".parse().unwrap());
        let released = release(&grant, &row, at(0)).expect("it is used");
        assert_eq!(released.status.as_str(), expected, "{trigger:?} {status:?} {expires_at:?} {revokes}");
    }
}

#[test]
fn order_is_reversed_once_nothing_is_left_of_it() {
    for (price, refunded, expected) in [(2000, 1999, false), (2000, 2000, true), (2000, 2001, true), (0, 0, false)] {
        let mut order = OrderRecord::new("o1".parse().unwrap());
        order.refund(refunded);
        assert!(!order.is_reversed(), "the price is not known yet");
        assert!(order.pay(eur(price), day(1)));
        assert_eq!(order.is_reversed(), expected, "{refunded} of {price}");
    }
    let mut unpaid = OrderRecord::new("o1".parse().unwrap());
    unpaid.undo(ReversalKind::Cancelled, day(1));
    assert!(unpaid.is_reversed());
}

#[test]
fn a_code_is_read_as_people_type_it() {
    assert_eq!(Code::parse(" Alice-7q9\t").unwrap(), Code::parse("aLICE-7Q9").unwrap());
    assert_eq!(Code::parse("Alice-7q9").unwrap().key(), "alice-7q9");
    for pasted in [
        "Alice\u{2011}7q9",
        "Alice–7q9",
        "\u{feff}Alice—7q9",
        "Ali\u{ad}ce\u{2212}7q9\u{200b}",
        "Ａlice－7q9",
        "\u{a0}Alice-7q9\u{2009}",
    ] {
        assert_eq!(Code::parse(pasted).unwrap().as_str(), "Alice-7q9", "{pasted:?}");
    }
    assert_ne!(Code::parse("alice-7Q9").unwrap(), Code::parse("alice-7Q8").unwrap());
    assert!(Code::parse("B").unwrap() > Code::parse("a").unwrap(), "whatever their case");
    assert!(Code::parse(&"x".repeat(64)).is_ok());
    for bad in ["", " ", "a b", "ä", "a/b", "a.b", &"x".repeat(65)] {
        assert_eq!(Code::parse(bad), Err(ValidationError::Code), "{bad:?}");
    }
}

#[test]
fn one_mailbox_is_one_address() {
    for (address, expected) in [
        (" Bob+Shop@Example.ORG ", Some("bob@example.org")),
        ("bob@example.org", Some("bob@example.org")),
        ("a+b+c@x", Some("a@x")),
        ("no-at+tag", Some("no-at+tag")),
        ("s.r@gmail.com", Some("sr@gmail.com")),
        ("S.R+shop@GoogleMail.com.", Some("sr@gmail.com")),
        ("sr@GMAIL.com.", Some("sr@gmail.com")),
        ("ｓr＠ｇmail.com", Some("sr@gmail.com")),
        ("s.r@example.org", Some("s.r@example.org")),
        ("bob@example.org.", Some("bob@example.org")),
        ("bob@Bücher.example", Some("bob@xn--bcher-kva.example")),
        ("bob@xn--bcher-kva.example", Some("bob@xn--bcher-kva.example")),
        ("bob@XN--BCHER-KVA.example", Some("bob@xn--bcher-kva.example")),
        ("bob@例え。jp", Some("bob@xn--r8jz45g.jp")),
        ("b\u{200b}ob@exam\u{ad}ple.org", Some("bob@example.org")),
        ("jürgen@example.org", Some("jürgen@example.org")),
        ("\u{a0}bob@example.org\u{feff}", Some("bob@example.org")),
        ("  ", None),
    ] {
        let key = EmailKey::of(address);
        assert_eq!(key.as_ref().and_then(|key| EmailKey::of(key.as_str())), key, "a stored key is its own key");
        assert_eq!(key.as_ref().map(EmailKey::as_str), expected, "{address:?}");
    }
}

#[test]
fn a_template_is_one_line_with_known_placeholders() {
    for good in [
        "give {player} x",
        "say <player> {username} {uuid} {id}",
        r#"tellraw {player} {"text":"{} {A} {a b}"}"#,
        "x {",
        &"x".repeat(1_300),
    ] {
        assert!(Template::parse(good).is_ok(), "{good}");
    }
    for bad in ["", "  ", "/", " / ", "say a\nop b", "say \r x", "say \0", "o\u{200b}p", &"x".repeat(1_301)] {
        assert!(matches!(Template::parse(bad), Err(ValidationError::Template(_))), "{bad:?}");
    }
    for unknown in ["say {buyer}", "say {player} {quantity}", "say {{referer}}"] {
        let fault = Template::parse(unknown).map(drop).map_err(|fault| fault.to_string());
        assert!(fault.is_err_and(|fault| fault.contains("{referrer}")), "{unknown}");
    }
}

#[test]
fn a_value_is_safe_in_a_line() {
    assert_eq!(safe_value("a b\n{player}*§"), "a_b__player___");
    assert_eq!(safe_value("A-z_0.9,:"), "A-z_0.9,:");
    assert_eq!(safe_value(&"x".repeat(65)).len(), 64);
    let labels =
        [points(5), percent(7), fixed(8, "EUR"), credit(9, "EUR"), free_shipping()].map(|benefit| benefit.label());
    assert_eq!(labels, ["5_points", "7_percent", "8_EUR", "9_EUR", "free_shipping"]);
}

#[test]
fn a_sum_that_cannot_be_kept_is_refused() {
    let entry = |delta| LedgerEntry {
        reason: None,
        customer: customer("Alice"),
        unit: Unit::Points,
        delta,
        cause: Cause::Grant,
        reference: String::new(),
        at: day(0),
    };
    assert_eq!(balance(&[entry(i64::MAX), entry(1)], Unit::Points), Err(ValidationError::Overflow));
    assert_eq!(balance(&[entry(i64::MAX), entry(1), entry(-1)], Unit::Points), Ok(i64::MAX));
}
