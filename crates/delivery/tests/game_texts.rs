//! Reads the texts of games other than answers to commands, one file for each kind in `data/texts`. A line is
//! `EXPECTED: TEXT`; `\n` and `\u{1b}` in the text are escapes, and a line that begins with `#` names the source.

#![expect(clippy::panic, reason = "a test may fail loudly")]

use flux_delivery::game_clock::parse_gametime;
use flux_delivery::marker::{Marker, parse_marker};
use flux_delivery::{GameLog, LogEvent, LogHint, LogLine, free_slots, parse_list, parse_living_test, parse_log_line};

/// Compares what `read` makes of each text with what the file expects.
fn every_text_is_read(file: &str, read: impl Fn(&str) -> String) {
    let texts: Vec<&str> = file.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(texts.len() > 5, "the file has texts");
    for line in texts {
        let (expected, text) = line.split_once(':').unwrap_or_else(|| panic!("no expectation in {line:?}"));
        let text = text.strip_prefix(' ').unwrap_or(text).replace("\\n", "\n").replace("\\u{1b}", "\u{1b}");
        assert_eq!(read(&text), expected, "{text:?}");
    }
}

fn or_none(value: Option<impl ToString>) -> String {
    value.map_or("none".to_owned(), |value| value.to_string())
}

#[test]
fn clock_of_every_version_is_read() {
    every_text_is_read(include_str!("data/texts/clock.txt"), |text| or_none(parse_gametime(text)));
}

#[test]
fn player_list_of_every_software_is_read() {
    every_text_is_read(include_str!("data/texts/list.txt"), |text| match parse_list(text) {
        None => "none".to_owned(),
        Some(players) if players.is_empty() => "nobody".to_owned(),
        Some(players) => players.into_iter().map(|player| player.name).collect::<Vec<_>>().join(" "),
    });
}

#[test]
fn listed_uuids_are_read() {
    let players = parse_list("There are 1 of a max of 20 players online: Steve (069a79f4-44e9-4726-a5be-fca90e38aaf5)");
    let uuid = players.and_then(|players| players[0].uuid).map(|uuid| uuid.to_string());
    assert_eq!(uuid.as_deref(), Some("069a79f4-44e9-4726-a5be-fca90e38aaf5"));
}

#[test]
fn living_test_of_every_version_is_read() {
    every_text_is_read(include_str!("data/texts/living.txt"), |text| {
        or_none(parse_living_test(text).map(|is_alive| if is_alive { "alive" } else { "dead" }))
    });
}

#[test]
fn inventory_of_every_version_is_read() {
    every_text_is_read(include_str!("data/texts/inventory.txt"), |text| or_none(free_slots(text)));
}

#[test]
fn marker_of_every_version_is_read() {
    every_text_is_read(include_str!("data/texts/marker.txt"), |text| {
        or_none(parse_marker(text).map(|marker| match marker {
            Marker::Present { succeeded: true } => "ran",
            Marker::Present { succeeded: false } => "refused",
            Marker::Absent => "absent",
        }))
    });
}

#[test]
fn log_lines_of_every_software_are_read() {
    let lines = include_str!("data/texts/log-lines.txt").lines().filter(|line| !line.starts_with('#'));
    for line in lines {
        let (expected, line) = line.split_once(" =").unwrap_or_else(|| panic!("no expectation in {line:?}"));
        let line = line.strip_prefix(' ').unwrap_or(line).replace("\\u{1b}", "\u{1b}");
        for ending in ["", "\r"] {
            let read = match parse_log_line(&format!("{line}{ending}")) {
                LogLine::Hint(LogHint::Joined(name)) => format!("joined {name}"),
                LogLine::Hint(LogHint::Left(name)) => format!("left {name}"),
                LogLine::Hint(LogHint::Starting) => "starting".to_owned(),
                LogLine::Hint(LogHint::Stopping) => "stopping".to_owned(),
                LogLine::Message => "message".to_owned(),
                LogLine::Foreign => "foreign".to_owned(),
            };
            assert_eq!(read, expected, "{line:?}");
        }
    }
}

#[test]
fn only_a_run_that_is_understood_and_has_no_stop_has_crashed() {
    const START: &str = "[16:08:00] [Server thread/INFO]: Starting minecraft server version 1.21.4";
    for run in include_str!("data/texts/log-runs.txt").split("\n== ").skip(1) {
        let (title, lines) = run.split_once('\n').unwrap_or_else(|| panic!("no lines in {run:?}"));
        let mut log = GameLog::default();
        for line in lines.lines() {
            log.read(line);
        }
        let event = log.read(START);
        assert_eq!(event == Some(LogEvent::StartedAfterCrash), title.starts_with("crashed"), "{title}");
        assert_eq!(log.read(START), None, "{title}: a start right after a start");
    }
}

#[test]
fn log_without_one_known_line_is_not_understood() {
    let mut log = GameLog::default();
    for _ in 0..49 {
        log.read("INFO server: player Steve entered");
    }
    assert!(log.is_understood(), "a stack trace may be long");
    log.read("INFO server: player Steve entered");
    assert!(!log.is_understood());
    log.read("[16:07:10] [Server thread/INFO]: Steve joined the game");
    assert!(log.is_understood());
}
