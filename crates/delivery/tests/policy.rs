//! The default policy against a corpus of lines with their sources, and against every spelling of a denied command.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use flux_delivery::policy::{Glob, Mode, Policy, Ruling, built_in};
use flux_delivery::{CommandLine, LINE_BYTES};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::LazyLock;

static DEFAULT: LazyLock<Policy> = LazyLock::new(|| Policy {
    deny: built_in().iter().map(|pattern| Glob::new(pattern).unwrap()).collect(),
    ..Policy::default()
});

struct Case {
    denied: bool,
    line: String,
}

/// The lines of the corpus; each has a source that the corpus names.
fn corpus() -> Vec<Case> {
    let (mut sources, mut cases) = (BTreeSet::new(), Vec::new());
    for entry in include_str!("data/policy.txt").lines().filter(|line| !line.starts_with('#')) {
        let mut fields = entry.splitn(3, ' ');
        let (kind, source, text) = (fields.next().unwrap(), fields.next().unwrap(), fields.next().unwrap());
        if kind == "source" {
            sources.insert(source);
            continue;
        }
        assert!(sources.contains(source), "{entry}");
        cases.push(Case { denied: kind == "deny", line: with_characters(text) });
    }
    cases
}

/// Replaces `<U+200B>` by the character.
fn with_characters(text: &str) -> String {
    let Some((before, rest)) = text.split_once("<U+") else { return text.to_owned() };
    let (number, rest) = rest.split_once('>').unwrap();
    let c = char::from_u32(u32::from_str_radix(number, 16).unwrap()).unwrap();
    format!("{before}{c}{}", with_characters(rest))
}

/// A line with an invisible character is no line at all.
fn is_denied(policy: &Policy, line: &str) -> bool {
    CommandLine::new(line).is_ok_and(|line| policy.judge(&line) != Ruling::Allowed) || CommandLine::new(line).is_err()
}

#[test]
fn corpus_is_judged_as_it_says() {
    let cases = corpus();
    assert!(cases.iter().filter(|case| case.denied).count() >= 150, "enough lines that must be denied");
    let wrong: Vec<_> = cases.iter().filter(|case| is_denied(&DEFAULT, &case.line) != case.denied).collect();
    assert!(
        wrong.is_empty(),
        "{}",
        wrong.iter().map(|case| format!("{:?} denied: {}\n", case.line, !case.denied)).collect::<String>()
    );
}

#[test]
fn strict_runs_only_its_own_lines() {
    let allow = ["give {player} diamond 1", "lp user {player} parent add vip", "execute as {player} run tell @s hi"];
    let policy = Policy {
        mode: Mode::Strict,
        allow: allow.iter().map(|pattern| Glob::new(pattern).unwrap()).collect(),
        deny: DEFAULT.deny.clone(),
    };
    for line in ["give Steve diamond 1", "/minecraft:give .Bedrock  diamond 1", "execute as Steve run tell @s hi"] {
        assert!(!is_denied(&policy, line), "{line}");
    }
    for line in [
        "give Steve diamond 10",
        "give Steve diamond 1 x",
        "give @a diamond 1",
        "give Steve Alex diamond 1",
        "give Steve diamond 1{}",
        "lp user Steve parent add VIP",
        "give SteveSteveSteveSteve diamond 1",
        "say hi",
        "tell @s hi",
    ] {
        assert!(is_denied(&policy, line), "{line}");
    }
    let empty = Policy { mode: Mode::Strict, ..Policy::default() };
    assert!(is_denied(&empty, "say hi"), "an empty list allows nothing");
}

#[test]
fn deny_finds_a_command_inside_wrappers_clicks_and_data() {
    let policy = Policy { deny: vec![Glob::new("op").unwrap(), Glob::new("stop").unwrap()], ..Policy::default() };
    for line in [
        "sudo Steve op Steve",
        "cmi sudo Steve op Steve",
        "console /minecraft:op Steve",
        r#"tellraw Steve {"text":"x","clickEvent":{"action":"run_command","value":"/op x"}}"#,
        r#"tellraw Steve {"text":"x","clickEvent":{"action":"run_command","value":"\u002fo\u0070 x"}}"#,
        "broadcast <click:run_command:/op x>free</click>",
        r#"setblock ~ ~ ~ command_block{Command:"execute run op x"}"#,
        "setblock ~ ~ ~ command_block{Command:stop}",
        r#"give x written_book{pages:["{\"clickEvent\":{\"action\":\"run_command\",\"value\":\"stop\"}}"]}"#,
    ] {
        assert!(is_denied(&policy, line), "{line}");
    }
    assert!(!is_denied(
        &policy,
        r#"tellraw Steve {"text":"stop by","hoverEvent":{"action":"show_text","value":"stop by"}}"#
    ));
}

#[test]
fn ruling_says_what_cannot_be_read() {
    for (line, words) in
        [(r#"tellraw x {"text":"\N{LATIN SMALL LETTER O}"}"#, "by its name"), (&"run ".repeat(200), "nests too many")]
    {
        let ruling = DEFAULT.judge(&CommandLine::new(line).unwrap()).to_string();
        assert!(ruling.contains(words), "{line:?}: {ruling}");
    }
}

#[test]
fn every_line_of_the_greatest_length_is_judged() {
    for unit in ["\\", "\\u005c", "run ", "sudo ", "command:", "{player}", "\"value\":\"", "a:", "/", "*", "lp "] {
        let line = format!("lp {}", unit.repeat((LINE_BYTES - 3) / unit.len()));
        let ruling = DEFAULT.judge(&CommandLine::new(&line).unwrap());
        assert!(ruling != Ruling::Unreadable { problem: String::new() }, "{unit}");
    }
}

/// The ways to write one command, as indices and bits.
fn spelled(line: &str, namespace: usize, slashes: usize, upper: u64, blanks: usize, nesting: usize) -> String {
    let (first, rest) = line.split_at(line.find(' ').unwrap_or(line.len()));
    let first: String = first
        .chars()
        .enumerate()
        .map(|(at, c)| if upper >> (at % 64) & 1 == 1 { c.to_ascii_uppercase() } else { c })
        .collect();
    let namespace = ["", "minecraft:", "bukkit:", "a:b:", "LUCKPERMS:"][namespace];
    let blank = [" ", "  ", " \u{a0}", "\u{2009}"][blanks];
    let command = format!("{}{namespace}{first}{rest}", "/".repeat(slashes)).replace(' ', blank);
    let quoted = command.replace('\\', "\\\\").replace('"', "\\\"");
    match nesting {
        0 => command,
        1 => format!("execute as @a at @s run {command}"),
        2 => format!("return run {command}"),
        3 => format!("execute run execute if entity @s run {command}"),
        4 => format!(
            "tellraw Steve {{\"text\":\"x\",\"clickEvent\":{{\"action\":\"run_command\",\"value\":\"{quoted}\"}}}}"
        ),
        5 => format!("setblock ~ ~ ~ command_block{{Command:\"{quoted}\"}}"),
        6 => format!("sudo Steve {command}"),
        _ => format!("minecraft:execute as @a run return run {command}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_spelling_changes_the_verdict(
        at in 0usize..10_000,
        namespace in 0usize..5,
        slashes in 0usize..3,
        upper in any::<u64>(),
        blanks in 0usize..4,
        nesting in 0usize..8,
    ) {
        static DENIED: LazyLock<Vec<String>> =
            LazyLock::new(|| corpus().into_iter().filter(|case| case.denied).map(|case| case.line).collect());
        let line = spelled(&DENIED[at % DENIED.len()], namespace, slashes, upper, blanks, nesting);
        prop_assert!(is_denied(&DEFAULT, &line), "{line}");
    }

    #[test]
    fn shop_line_stays_allowed_in_every_spelling(at in 0usize..10_000, slashes in 0usize..2, nesting in 0usize..4) {
        static ALLOWED: LazyLock<Vec<String>> =
            LazyLock::new(|| corpus().into_iter().filter(|case| !case.denied).map(|case| case.line).collect());
        let line = spelled(&ALLOWED[at % ALLOWED.len()], 0, slashes, 0, 0, nesting);
        prop_assert!(!is_denied(&DEFAULT, &line), "{line}");
    }

    #[test]
    fn no_hidden_character_gets_through(at in 0usize..10_000, place in 0usize..200, c in prop::sample::select(vec!['\u{200b}', '\u{ad}', '\u{202e}', '\u{feff}', '\u{e0020}', '\u{2066}', '\u{7f}', '\u{85}'])) {
        static ALL: LazyLock<Vec<String>> = LazyLock::new(|| corpus().into_iter().map(|case| case.line).collect());
        let mut line: Vec<char> = ALL[at % ALL.len()].chars().collect();
        // A control character at the start is a blank that is removed.
        line.insert(1 + place % line.len(), c);
        prop_assert!(is_denied(&DEFAULT, &line.into_iter().collect::<String>()));
    }
}
