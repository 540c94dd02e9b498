//! Texts with placeholders, and the words that fill them in (R3-20, R3-21, R3-31, R3-32).

use crate::builders::*;
use crate::fake_store::*;
use flux_referral_rules::*;
use jiff::tz::TimeZone;

const ANY: &[Placeholder] = Placeholder::ALL;

fn values(pairs: &[(Placeholder, &str)]) -> Values {
    Values::new(pairs.iter().map(|(placeholder, value)| (*placeholder, Some((*value).to_owned()))))
}

#[test]
fn text_is_filled_in_one_pass() {
    let text = Text::parse("{name} says: {link} {{code}} { } {", ANY).unwrap();
    let of = values(&[
        (Placeholder::Name, "{code}"),
        (Placeholder::Link, "https://store.example"),
        (Placeholder::Code, "alice-7Q9"),
    ]);
    assert_eq!(text.filled(&of), "{code} says: https://store.example {alice-7Q9} { } {");
    assert!(Text::parse(&"ü".repeat(10_000), ANY).is_ok());
    assert_eq!(Text::parse(&"x".repeat(10_001), ANY), Err(ValidationError::Text));
}

#[test]
fn unknown_placeholder_is_refused_with_the_known_ones() {
    for (text, word) in
        [("Hi {nmae}", "nmae"), ("{Name}", "Name"), ("{ name }", " name "), ("{{first-name}}", "first-name")]
    {
        let refused = Text::parse(text, &[Placeholder::Name, Placeholder::Link]).unwrap_err();
        assert_eq!(
            refused.to_string(),
            format!("`{{{word}}}` is no placeholder of this text: known are {{name}}, {{link}}")
        );
    }
    for text in ["{}", "{ }", "{a b}", "a { b", "{\"json\": 1}"] {
        assert!(Text::parse(text, ANY).is_ok(), "{text}");
    }
}

#[test]
fn line_without_its_value_is_left_out() {
    let text = Text::parse("Hi {name},\nyour code: {reward_code}\nuntil {valid_until}\nBye", ANY).unwrap();
    assert_eq!(text.filled(&values(&[(Placeholder::Name, "Bob"), (Placeholder::RewardCode, " ")])), "Hi Bob,\nBye");
    let subject = Text::parse("For {name}: {reward_code}", ANY).unwrap();
    assert_eq!(subject.line(&values(&[(Placeholder::Name, "B\nob")])), "For Bob:");
}

#[test]
fn ready_texts_use_only_known_placeholders_and_speak_to_somebody() {
    for language in Language::ALL {
        for scenario in Scenario::ALL {
            let ReadyMail { subject, body } = ready_mail(*scenario, *language);
            assert!(Text::parse(subject, scenario.placeholders()).is_ok(), "{scenario} {language}");
            assert!(Text::parse(body, scenario.placeholders()).is_ok(), "{scenario} {language}");
            assert!(!subject.is_empty() && !subject.contains('\n') && body.lines().count() > 3);
        }
        let ReadyShare { x, email_title, email_body } = ready_share(*language);
        for text in [x, email_title, email_body] {
            assert!(!text.is_empty() && Text::parse(text, SHARE_PLACEHOLDERS).is_ok(), "{language}");
        }
    }
}

#[test]
fn reward_is_said_in_the_readers_words() {
    let eur = |amount| PositiveMoney::new(amount, Currency::parse("EUR").unwrap()).unwrap();
    let coupon = |kind| Benefit::Discount(Discount::from(kind));
    let percent = |max_off| DiscountKind::Percent { percent: Percent::new(10).unwrap(), max_off };
    let least = Benefit::Discount(Discount { min_spend: Some(eur(2500)), ..percent(Some(eur(500))).into() });
    for (benefit, english, german) in [
        (None, "a reward in the game", "eine Belohnung im Spiel"),
        (Some(Benefit::Points(Points::new(500).unwrap())), "500 points", "500 Punkte"),
        (Some(Benefit::Points(Points::new(1).unwrap())), "1 point", "1 Punkt"),
        (Some(Benefit::StoreCredit(eur(1205))), "12.05 EUR store credit", "12,05 EUR Guthaben"),
        (Some(coupon(percent(None))), "10 % off", "10 % Rabatt"),
        (Some(coupon(DiscountKind::Fixed(eur(500)))), "5.00 EUR off", "5,00 EUR Rabatt"),
        (Some(coupon(DiscountKind::FreeShipping)), "free shipping", "kostenloser Versand"),
        (
            Some(least),
            "10 % off, at most 5.00 EUR on orders from 25.00 EUR",
            "10 % Rabatt, höchstens 5,00 EUR ab 25,00 EUR",
        ),
    ] {
        assert_eq!(reward_in_words(benefit.as_ref(), Language::English), english);
        assert_eq!(reward_in_words(benefit.as_ref(), Language::German), german);
    }
    for (currency, words) in [("IDR", "250000 IDR"), ("JPY", "250000 JPY"), ("KWD", "250.000 KWD")] {
        assert_eq!(amount_in_words(250_000, Currency::parse(currency).unwrap(), Language::English), words);
    }
}

#[test]
fn moment_has_its_seconds_and_its_zone() {
    let at = "2026-12-26T10:00:01Z".parse().unwrap();
    let berlin = TimeZone::get("Europe/Berlin").unwrap();
    assert_eq!(moment_in_words(at, &berlin, Language::German), "26. Dezember 2026, 11:00:01 CET");
    assert_eq!(moment_in_words(at, &TimeZone::UTC, Language::English), "26 December 2026, 10:00:01 UTC");
}

/// R3-34.
#[test]
fn reward_that_is_taken_back_is_mailed_to_whoever_had_it() {
    let mut store = FakeStore::new().with_global(|rule| {
        put(rule, Side::Referrer, Trigger::FirstOrder, percent(10));
    });
    let code = store.code("Alice");
    store.bind("Bob", Channel::Link, code.as_str(), true, None, day(0)).unwrap();
    let before = store.rows[0].clone();
    let key = GrantKey { attribution: before.id.clone(), side: Side::Referrer, trigger: Trigger::FirstOrder };
    let issue = Issue { at: day(0), expires_at: None };
    let grant = |status| Grant {
        key: key.clone(),
        customer: before.referrer.clone(),
        terms: Terms {
            benefit: None,
            commands: vec![],
            timing: OrderTiming::AtPayment,
            on_return: OnReturn::default(),
            rule: RuleId::new("r"),
            rule_version: 1,
            ladder_step: None,
            count: 1,
        },
        status,
    };
    let decision = |status| Decision {
        attribution: before.clone(),
        changes: vec![Change { grant: grant(status), effects: vec![] }],
        reason: None,
    };
    let all: Switches = Scenario::ALL.iter().copied().collect();
    let taken = mails(&before, &decision(GrantStatus::Revoked(issue)), &all);
    assert_eq!(taken.iter().map(|mail| mail.scenario).collect::<Vec<_>>(), [Scenario::RewardTakenBack]);
    assert_eq!((&taken[0].customer, &taken[0].friend), (&before.referrer, &before.referee));
    assert!(mails(&before, &decision(GrantStatus::Cancelled { skipped: None }), &all).is_empty(), "they never had it");
}
