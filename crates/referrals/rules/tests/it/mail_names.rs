//! Names in mails that come from the shop.

use flux_referral_rules::limits::MAIL_NAME_CHARS;
use flux_referral_rules::mail_name;

#[test]
fn name_with_a_link_in_it_reaches_no_mail() {
    for name in [
        "FREE NITRO http://evil.example/login",
        "evil.example",
        "Visit evil.example now",
        "(evil.example)",
        "evil.example!",
        "www.evil.de",
        "EVIL.COM",
        "evil.xn--p1ai",
        "пример.рф",
        "例え。テスト",
        "ｅｖｉｌ．ｃｏｍ",
        "ev\u{200b}il.c\u{200b}om",
        "evil\u{2024}com",
        "a/b",
        "a\\b",
        "a\u{2044}b",
        "a\u{2215}b",
        "a／b",
        "bob@evil",
        "bob＠evil",
        "192.168.0.1",
        "//evil",
        "a name of more than thirty letters, and then evil.example",
    ] {
        assert_eq!(mail_name(name), None, "{name}");
    }
}

#[test]
fn other_names_stay_as_they_are() {
    for name in [
        "Steve",
        "Jörg Müller",
        "J.R.R. Tolkien",
        "Dr. Who",
        "St. Pauli",
        "O'Neil-Smith",
        "MC 1.20",
        "李雷",
        ".Bedrock",
        "x_X",
        "...",
    ] {
        assert_eq!(mail_name(name).as_deref(), Some(name));
    }
}

#[test]
fn name_is_one_line_without_invisible_characters_and_cut() {
    for (name, shown) in [
        ("  Steve \t\n Smith ", Some("Steve Smith")),
        ("a\u{2028}b", Some("a b")),
        ("\u{202e}evil\u{202c}", Some("evil")),
        ("a\u{0}b", Some("ab")),
        ("\u{200b}", None),
        ("", None),
    ] {
        assert_eq!(mail_name(name).as_deref(), shown, "{name:?}");
    }
    let long = "ä".repeat(MAIL_NAME_CHARS + 1);
    assert_eq!(mail_name(&long).map(|name| name.chars().count()), Some(MAIL_NAME_CHARS));
    assert_eq!(
        mail_name(&format!("{} b", "a".repeat(MAIL_NAME_CHARS - 1))).as_deref(),
        Some(&*"a".repeat(MAIL_NAME_CHARS - 1))
    );
}
