//! Broken documents, and the exact text of each error.

#![expect(clippy::expect_used, reason = "a test's helpers fail the test")]

use std::{fmt::Write, net::SocketAddr, ops::RangeInclusive, time::Duration};

use flux_config::{ConfigErrors, ConfigFile, Document};

const SECOND: Duration = Duration::from_secs(1);
const INTERVAL: RangeInclusive<Duration> = SECOND..=Duration::from_secs(60);

/// A config with a key of every type.
#[derive(Debug, PartialEq)]
struct Config {
    url: String,
    interval: Duration,
    port: u16,
    is_on: bool,
    proof: char,
    deny: Vec<String>,
    listen: Option<SocketAddr>,
    mail: Option<String>,
}

fn read(text: &str) -> Result<Config, ConfigErrors> {
    let document = Document::parse(&ConfigFile { path: "c.yml".into(), text: text.to_owned(), mode: 0o644 });
    let config = read_root(&document);
    document.finish(config)
}

fn read_root(document: &Document) -> Option<Config> {
    let mut root = document.root();
    let mut store = root.section("store");
    let url = store.required_text("url");
    store.finish();
    let mut game = root.section("game");
    let interval = game.duration("interval", INTERVAL, 5 * SECOND);
    let port = game.integer("port", 1..=u16::MAX, 25575);
    let is_on = game.boolean("is_on", true);
    let proof = game.choice("proof", &[("auto", 'a'), ("storage", 's'), ("none", 'n')], 'a');
    let deny = game.strings("deny", &["op"]);
    for item in deny.iter().filter(|item| item.value.contains("**")) {
        game.report_at(item, "has two stars in a row");
    }
    if interval == 7 * SECOND {
        game.report("interval", "is seven seconds");
        game.report("port", "goes badly with interval");
    }
    game.finish();
    let listen = root.section("metrics").parsed("listen", "an address such as 127.0.0.1:9464", str::parse);
    let mail = root.optional_section("mail").map(|mut mail| mail.required_text("from"));
    let deny = deny.into_iter().map(|item| item.value).collect();
    let mail = match mail {
        Some(from) => Some(from?),
        None => None,
    };
    Some(Config { url: url?, interval, port, is_on, proof, deny, listen, mail })
}

#[track_caller]
fn assert_mistakes(text: &str, expected: &[&str]) {
    let errors = read(text).expect_err(text).to_string();
    let expected = expected.iter().map(|line| format!("c.yml:{line}")).collect::<Vec<_>>().join("\n");
    assert_eq!(errors, expected, "of\n{text}");
}

#[test]
fn complete_config_is_read() {
    let text = "\
# a comment
store: { url: 'https://store.example' }
game:
  interval: 1m
  port: \"1\"
  is_on: false
  proof: none
  deny:
    - op
    - \"ban*\"
    - 007
    - yes
metrics: { listen: '[::1]:9464' }
mail: { from: shop@example.com }
";
    let expected = Config {
        url: "https://store.example".to_owned(),
        interval: 60 * SECOND,
        port: 1,
        is_on: false,
        proof: 'n',
        deny: ["op", "ban*", "007", "yes"].map(str::to_owned).to_vec(),
        listen: "[::1]:9464".parse().ok(),
        mail: Some("shop@example.com".to_owned()),
    };
    assert_eq!(read(text).expect("whole"), expected);
}

#[test]
fn omitted_keys_have_their_defaults() {
    let config = read("store:\n  url: https://x.example\ngame:\nmail:\n").expect("only what is required");
    let expected = Config {
        url: "https://x.example".to_owned(),
        interval: 5 * SECOND,
        port: 25575,
        is_on: true,
        proof: 'a',
        deny: vec!["op".to_owned()],
        listen: None,
        mail: None,
    };
    assert_eq!(config, expected);
    assert_eq!(read("store: {url: https://x.example}\ngame: {deny: []}").expect("no deny").deny, Vec::<String>::new());
}

#[test]
fn missing_required_key_is_reported_at_its_section() {
    assert_mistakes("", &["1:1: store.url: is missing; needed: text"]);
    assert_mistakes("game: {port: 5}\n\nstore: {}\n", &["3:1: store.url: is missing; needed: text"]);
    assert_mistakes("\nstore:\n", &["2:1: store.url: is missing; needed: text"]);
    assert_mistakes("store: {url: x}\nmail: {}", &["2:1: mail.from: is missing; needed: text"]);
}

#[test]
fn wrong_type_is_reported_with_the_allowed_values() {
    let durations = "a duration from 1s to 1m (units: ms, s, m, h, d)";
    let lists = "a list of texts such as [first, second], or [] for none";
    for (line, expected) in [
        ("store: 5", "1:8: store: is a single value; allowed: a map of keys".to_owned()),
        ("store: [url]", "1:8: store: is a list; allowed: a map of keys".to_owned()),
        ("store: {url: [x]}", "1:14: store.url: is a list; allowed: text".to_owned()),
        ("store: {url: {x: y}}", "1:14: store.url: is a map; allowed: text".to_owned()),
        ("store: {url: }", "1:9: store.url: has no value; allowed: text".to_owned()),
        ("store: {url: ~}", "1:9: store.url: has no value; allowed: text".to_owned()),
        ("game: {interval: 30}", format!("1:18: game.interval: has no unit; allowed: {durations}")),
        (
            "game: {interval: true}",
            format!("1:18: game.interval: does not begin with a whole number; allowed: {durations}"),
        ),
        (
            "game: {interval: 5 m}",
            format!("1:18: game.interval: has no known unit after its number; allowed: {durations}"),
        ),
        ("game: {interval: 61s}", format!("1:18: game.interval: is out of range; allowed: {durations}")),
        ("game: {interval: 999ms}", format!("1:18: game.interval: is out of range; allowed: {durations}")),
        ("game: {interval: 99999999999999999999d}", format!("1:18: game.interval: is too long; allowed: {durations}")),
        ("game: {port: 0}", "1:14: game.port: is out of range; allowed: a whole number from 1 to 65535".to_owned()),
        ("game: {port: -1}", "1:14: game.port: is out of range; allowed: a whole number from 1 to 65535".to_owned()),
        ("game: {port: 65536}", "1:14: game.port: is out of range; allowed: a whole number from 1 to 65535".to_owned()),
        (
            "game: {port: 1e3}",
            "1:14: game.port: is not a whole number; allowed: a whole number from 1 to 65535".to_owned(),
        ),
        (
            "game: {port: ''}",
            "1:14: game.port: is not a whole number; allowed: a whole number from 1 to 65535".to_owned(),
        ),
        ("game: {is_on: yes}", "1:15: game.is_on: is neither true nor false; allowed: true or false".to_owned()),
        ("game: {proof: Auto}", "1:15: game.proof: is not one of the choices; allowed: auto, storage, none".to_owned()),
        ("game: {deny: op}", format!("1:14: game.deny: is a single value; allowed: {lists}")),
        ("game: {deny: }", format!("1:8: game.deny: has no value; allowed: {lists}")),
        ("game: {deny: [op, [x]]}", format!("1:19: game.deny: an item is a list; allowed: {lists}")),
        (
            "metrics: {listen: here}",
            "1:19: metrics.listen: invalid socket address syntax; allowed: an address such as 127.0.0.1:9464"
                .to_owned(),
        ),
    ] {
        let text = if line.starts_with("store") { line.to_owned() } else { format!("{line}\nstore: {{url: x}}") };
        assert_mistakes(&text, &[&expected]);
    }
}

#[test]
fn document_that_is_not_a_map_is_one_error() {
    assert_mistakes("just text", &["1:1: is a single value; allowed: a map of keys"]);
    assert_mistakes("- a\n- b", &["1:1: is a list; allowed: a map of keys"]);
}

#[test]
fn unknown_key_is_reported_with_a_suggestion() {
    assert_mistakes("store: {url: x, ulr: y}", &["1:17: store.ulr: unknown key; did you mean url?"]);
    assert_mistakes("store: {url: x}\ngmae: {}", &["2:1: gmae: unknown key; did you mean game?"]);
    assert_mistakes("store: {url: x}\nGame: {}", &["2:1: Game: unknown key; did you mean game?"]);
    assert_mistakes("store: {url: x, verbose: true}", &["1:17: store.verbose: unknown key; known: url"]);
    assert_mistakes(
        "store: {url: x}\n<<: {a: b}",
        &["2:1: there is no key here (is a colon missing, or the space after it?); known: game, mail, metrics, store"],
    );
}

#[test]
fn duplicate_key_is_reported_at_the_second() {
    assert_mistakes(
        "store:\n  url: x\n  url: y\nstore: {}",
        &["3:3: store.url: is set twice; first set in line 2", "4:1: store: is set twice; first set in line 1"],
    );
}

#[test]
fn callers_own_findings_are_reported_at_their_place() {
    assert_mistakes(
        "store: {url: x}\ngame:\n  deny: [a, 'b**']\n  interval: 7s",
        &[
            "2:1: game.port: goes badly with interval",
            "3:13: game.deny: has two stars in a row",
            "4:13: game.interval: is seven seconds",
        ],
    );
}

#[test]
fn all_errors_are_reported_at_once_and_in_order() {
    let text = "\
metrics:
  listen: nowhere
game:
  intervall: 5s
  port: many
  proof: perhaps
  deny: [op, {}]
  port: 5
colour: red
store:
  url:
";
    assert_mistakes(
        text,
        &[
            "2:11: metrics.listen: invalid socket address syntax; allowed: an address such as 127.0.0.1:9464",
            "4:3: game.intervall: unknown key; did you mean interval?",
            "5:9: game.port: is not a whole number; allowed: a whole number from 1 to 65535",
            "6:10: game.proof: is not one of the choices; allowed: auto, storage, none",
            "7:14: game.deny: an item is a map; allowed: a list of texts such as [first, second], or [] for none",
            "8:3: game.port: is set twice; first set in line 5",
            "9:1: colour: unknown key; known: game, mail, metrics, store",
            "11:3: store.url: has no value; allowed: text",
        ],
    );
}

#[test]
fn relative_path_is_resolved_from_the_config_directory() {
    let text = "latest: logs/latest.log\ncertificate: /etc/ca.pem\nempty: ''\n".to_owned();
    let document = Document::parse(&ConfigFile { path: "/srv/shop/c.yml".into(), text, mode: 0o600 });
    let mut root = document.root();
    assert_eq!(root.path("latest"), Some("/srv/shop/logs/latest.log".into()));
    assert_eq!(root.path("certificate"), Some("/etc/ca.pem".into()));
    assert_eq!(root.path("absent"), None);
    assert_eq!(root.path("empty"), None);
    root.finish();
    let errors = document.finish(Some(())).expect_err("an empty path").to_string();
    assert_eq!(errors, "/srv/shop/c.yml:3:8: empty: is empty; allowed: a path");
}

#[test]
fn syntax_error_is_the_only_error_with_its_place() {
    const MISFIT: &str = "this does not fit here; start all keys of a section in the same column, one per line";
    const BRACKET: &str = "a bracket that is opened here or above is not closed, or a comma is missing";
    const COLON: &str =
        "a second colon in one line, or the line is indented too far; a value with \": \" in it needs quotes";
    const QUOTES: &str = "a value that begins with this character needs quotes";
    for (text, place, words) in [
        ("store:\n\turl: x", "2:1", "there is a tab here; indent with spaces"),
        ("store:\n  url: x\n\tca: y", "3:1", "there is a tab here; indent with spaces"),
        ("store:\n  url: x\n ca: y", "3:2", MISFIT),
        ("store:\n  url: x\n   ca: y", "3:6", COLON),
        ("store: url: x", "1:11", COLON),
        ("store:\n  url: 'x\ngame: {}", "3:1", "a quote that is opened here or above is not closed"),
        ("store:\n  url: 'x' y", "2:12", "there is text after the closing quote"),
        (
            "store:\n  url: \"C:\\x\"",
            "2:8",
            "an unknown \\ sequence in double quotes; write \\\\, or use single quotes",
        ),
        ("store: {url: x\ngame: {}", "2:5", BRACKET),
        ("store: {url: x]", "1:8", "the bracket that opens here is closed by a bracket of another kind"),
        ("store: ]", "1:8", "there is a closing bracket without an opening one"),
        ("store:\n  url: [x\n  ca: y", "3:5", BRACKET),
        ("store: {} x", "1:11", MISFIT),
        (" store: {}\ngame: {}", "2:1", MISFIT),
        ("store:\n  url: & x", "2:8", QUOTES),
        ("store:\n  url: @x", "2:8", QUOTES),
        ("store: {}\ngame", "2:1", "a key needs a colon and a space after it, as in key: value"),
        ("store: {url: x}\n---\ngame: {}", "2:1", "a second document begins here; a config must be one document"),
    ] {
        assert_mistakes(text, &[&format!("{place}: {words}")]);
    }
}

#[test]
fn anchor_alias_and_tag_values_are_reported() {
    for (value, sign) in [("&x", '&'), ("&x y", '&'), ("*x", '*'), ("!x", '!'), ("!!str x", '!'), ("&x [y]", '&')] {
        let expected =
            format!("2:8: store.url: begins with {sign}, which needs quotes around the value; allowed: text");
        let text = format!("store:\n  url: {value}\n");
        let errors = read(&text).expect_err(value).to_string();
        // The column is before or after the sign. Only the line and the message matter.
        let (_, message) = errors.split_once("store.url").expect(&errors);
        assert!(expected.ends_with(message) && errors.starts_with("c.yml:2:"), "{errors}");
    }
}

#[test]
fn document_size_and_depth_are_limited() {
    let deep = format!("store: {}{}", "[".repeat(50), "]".repeat(50));
    let mut errors = read(&deep).expect_err("deep").to_string();
    assert!(errors.ends_with(": is nested too deeply; allowed: 16 levels"), "{errors}");

    let deep_blocks = (0..50).fold(String::new(), |mut text, depth| {
        writeln!(text, "{}a:", " ".repeat(depth)).expect("a String takes all");
        text
    });
    errors = read(&deep_blocks).expect_err("deep").to_string();
    assert!(errors.ends_with(": is nested too deeply; allowed: 16 levels"), "{errors}");

    let laughs = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\nstore: {url: x}\n";
    assert_eq!(read(laughs).expect_err("unknown keys").to_string().lines().count(), 3);

    assert_mistakes(&"#".repeat(256 * 1024 + 1), &["1:1: is larger than 262144 bytes"]);
}

#[test]
fn number_of_printed_errors_is_limited() {
    let mut text = "store: {url: x}\n".to_owned();
    for number in 0..250 {
        writeln!(text, "unknown-{number}: 1").expect("a String takes all");
    }
    let errors = read(&text).expect_err("unknown keys").to_string();
    assert_eq!(errors.lines().count(), 101);
    assert!(errors.ends_with("\nand 150 more"), "{errors}");
}

#[test]
fn config_refused_without_a_reason_says_so() {
    let document = Document::parse(&ConfigFile { path: "c.yml".into(), text: String::new(), mode: 0o600 });
    let errors = document.finish(None::<()>).expect_err("nothing");
    assert_eq!(errors.to_string(), "c.yml:1:1: is incomplete, and the program did not say why; please report this");
}
