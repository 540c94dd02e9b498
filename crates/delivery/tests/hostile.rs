//! Hostile names, values and templates, from the store or from the game's own list: the agent sends one line with a
//! valid name in it, or nothing.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use flux_delivery::policy::{Glob, Policy, built_in};
use flux_delivery::{CommandLine, LINE_BYTES, OnlinePlayer, PlayerName, build_line};
use flux_protocol::{Attempt, Command, CommandKind, PlayerRef};
use proptest::prelude::*;

const PREFIX: &str = ".";
/// Characters that mean something to the game's parser.
const NEVER_IN_A_NAME: [char; 13] = ['@', ' ', '"', '\\', '/', '\n', '\0', '{', '}', '[', ']', ';', '§'];

fn corpus() -> BTreeMap<String, Vec<String>> {
    serde_json::from_str(include_str!("data/hostile.json")).unwrap()
}

/// The policy that the agent has by default.
static SHIPPED_POLICY: LazyLock<Policy> = LazyLock::new(|| {
    let deny = built_in().iter().map(|glob| Glob::new(glob).unwrap()).collect();
    Policy { deny, ..Policy::default() }
});

fn command(name: &str, template: &str, values: &[(&str, &str)]) -> Command {
    Command {
        id: "cmd_1".parse().unwrap(),
        attempt: Attempt::FIRST,
        order_id: None,
        kind: CommandKind::Purchase,
        player: Some(PlayerRef { name: name.into(), uuid: None }),
        command: template.into(),
        values: values.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        require_online: true,
        delay_seconds: None,
        required_slots: None,
        expires_at: None,
        sequence: 1,
        redelivered: false,
    }
}

/// The line that would be sent, if any.
fn line(command: &Command, seen: Option<&OnlinePlayer>) -> Option<(CommandLine, Option<PlayerName>)> {
    build_line(command, seen, PREFIX, &SHIPPED_POLICY).ok()
}

fn online(name: &str) -> OnlinePlayer {
    OnlinePlayer { name: name.into(), uuid: None }
}

#[test]
fn corpus_has_at_least_200_different_texts() {
    let corpus = corpus();
    for (kind, texts) in &corpus {
        assert_eq!(texts.iter().collect::<BTreeSet<_>>().len(), texts.len(), "{kind}");
    }
    assert!(corpus.values().map(Vec::len).sum::<usize>() >= 200);
    assert_eq!(corpus.keys().collect::<Vec<_>>(), ["names", "templates", "values"]);
}

#[test]
fn hostile_name_yields_no_line() {
    for name in &corpus()["names"] {
        assert_eq!(line(&command(name, "give {player} diamond", &[]), None), None, "{name:?} from the store");
        let bought_by_uuid = command("Steve", "give <player> diamond", &[]);
        assert_eq!(line(&bought_by_uuid, Some(&online(name))), None, "{name:?} in the game");
    }
}

#[test]
fn hostile_value_yields_no_line_used_or_not() {
    for value in &corpus()["values"] {
        for template in ["give {player} diamond {order}", "give {player} diamond"] {
            assert_eq!(line(&command("Steve", template, &[("order", value)]), None), None, "{value:?} in {template}");
        }
    }
}

#[test]
fn hostile_template_yields_no_line() {
    let long = "x".repeat(64);
    for template in &corpus()["templates"] {
        let found = line(&command("Steve", template, &[("order", "op"), ("long", &long)]), Some(&online("Steve")));
        assert_eq!(found, None, "{template:?}");
    }
}

#[test]
fn harmless_counterparts_yield_their_lines() {
    for (name, template, expected) in [
        ("Steve", "give {player} diamond {order}", "give Steve diamond 5"),
        (".Steve", "/give <player> diamond", "give .Steve diamond"),
        ("Steve", "tellraw {player} {\"text\":\"op\"}", "tellraw Steve {\"text\":\"op\"}"),
        ("Steve", "execute as {player} run say op me", "execute as Steve run say op me"),
    ] {
        let (found, player) = line(&command(name, template, &[("order", "5")]), None).unwrap();
        assert_eq!((found.as_str(), player.unwrap().as_str()), (expected, name));
    }
}

/// Any text, often one that is nearly valid.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[A-Za-z0-9_]{1,16}",
        2 => proptest::sample::select(vec![
            "{player}", "<player>", "{order}", "{uuid}", "{id}", "{x}", "@a", " run ", "op", "minecraft:", "execute", "/", " ",
            "\n", "\0", "\"", ".", "{", "}", "<", "§c",
        ]).prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2048, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_line_is_short_and_has_a_valid_name(
        name in text(), template in text(), value in text(), seen in proptest::option::of(text()), long in 0_usize..200,
    ) {
        let template = template.repeat(long / 20 + 1);
        let command = command(&name, &template, &[("order", &value)]);
        let seen = seen.map(|name| online(&name));
        if let Some((line, player)) = line(&command, seen.as_ref()) {
            let line = line.as_str();
            prop_assert!(line.len() <= LINE_BYTES && !line.trim().is_empty());
            prop_assert!(!line.chars().any(char::is_control), "{line:?}");
            let player = player.unwrap();
            let stem = player.as_str().strip_prefix(PREFIX).unwrap_or(player.as_str());
            prop_assert!((1..=16).contains(&stem.len()));
            prop_assert!(stem.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'));
            let spelling = seen.as_ref().map_or(name.as_str(), |seen| seen.name.as_str());
            prop_assert_eq!(player.as_str(), spelling);
            let first = line.trim_start_matches('/').split([' ', ':']).next().unwrap().to_lowercase();
            prop_assert!(!["op", "deop", "stop", "sudo"].contains(&&*first), "{line:?}");
        }
    }

    #[test]
    fn name_is_valid_or_refused_with_any_prefix(name in text(), prefix in "[.*+-]?") {
        if let Some(parsed) = PlayerName::parse(&name, &prefix) {
            prop_assert!(!parsed.as_str().contains(NEVER_IN_A_NAME));
            prop_assert_eq!(parsed.as_str(), name);
        }
    }
}
