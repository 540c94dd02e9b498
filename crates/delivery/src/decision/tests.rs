//! Tests of the decision whether a command runs.

use super::*;
use crate::policy::Glob;
use flux_protocol::{Attempt, CommandKind, PlayerRef};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn give() -> Command {
    Command {
        id: "cmd_1".parse().unwrap(),
        attempt: Attempt::FIRST,
        order_id: None,
        kind: CommandKind::Purchase,
        player: Some(PlayerRef { name: "steve".into(), uuid: None }),
        command: "give {player} diamond".into(),
        values: Default::default(),
        require_online: true,
        delay_seconds: None,
        required_slots: None,
        expires_at: None,
        sequence: 1,
        redelivered: false,
    }
}

fn decided(command: &Command, online: Option<&[&str]>, now: Timestamp) -> Decision {
    let online_players = online.map(|names| {
        let mut players = OnlinePlayers::default();
        players.update(
            names
                .iter()
                .map(|name| OnlinePlayer {
                    name: (*name).into(),
                    uuid: Uuid::parse("069a79f444e94726a5befca90e38aaf5"),
                })
                .collect(),
            at(100),
        );
        players
    });
    let policy = Policy { deny: vec![Glob::new("op").unwrap()], ..Policy::default() };
    decide(
        command,
        &RunConditions {
            received_at: at(0),
            now,
            store_now: now,
            online_players: online_players.as_ref(),
            join_delay: SignedDuration::from_secs(2),
            bedrock_prefix: ".",
            policy: &policy,
        },
    )
}

fn line(decision: Decision) -> String {
    match decision {
        Decision::Run { line, .. } => line.to_string(),
        other => panic!("{other:?}"),
    }
}

fn reason(decision: Decision) -> FailReason {
    match decision {
        Decision::Refuse(refusal) => refusal.reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn online_players_command_uses_the_games_spelling() {
    assert_eq!(line(decided(&give(), Some(&["Steve"]), at(200))), "give Steve diamond");
}

#[test]
fn absent_player_and_fresh_join_make_the_command_wait() {
    assert_eq!(decided(&give(), Some(&["Alex"]), at(200)), Decision::Wait(WaitReason::PlayerOffline));
    assert_eq!(decided(&give(), Some(&["Steve"]), at(101)), Decision::NotBefore(at(102)));
    assert_eq!(line(decided(&give(), Some(&["Steve"]), at(102))), "give Steve diamond");
    assert_eq!(decided(&give(), None, at(200)), Decision::AskWhoIsOnline);
}

#[test]
fn clock_set_back_delays_no_command() {
    let early = SignedDuration::from_secs(-1_000);
    assert_eq!(
        decided(&give(), Some(&["Steve"]), at(0) + early),
        Decision::NotBefore(at(2) + early),
        "the join delay alone"
    );
    let later = Command { delay_seconds: Some(300), ..give() };
    assert_eq!(decided(&later, Some(&["Steve"]), at(0) + early), Decision::NotBefore(at(300) + early));
}

#[test]
fn without_require_online_the_stores_spelling_runs_at_once() {
    let command = Command { require_online: false, ..give() };
    assert_eq!(line(decided(&command, None, at(200))), "give steve diamond");
    assert_eq!(line(decided(&command, Some(&["Alex"]), at(200))), "give steve diamond");
}

#[test]
fn rule_7_runs_after_its_delay_and_before_its_expiry() {
    let command = Command { delay_seconds: Some(300), expires_at: Some(at(400)), ..give() };
    assert_eq!(decided(&command, Some(&["Steve"]), at(200)), Decision::NotBefore(at(300)));
    assert_eq!(line(decided(&command, Some(&["Steve"]), at(300))), "give Steve diamond");
    assert_eq!(reason(decided(&command, Some(&["Steve"]), at(400))), FailReason::Expired);
}

#[test]
fn invalid_command_is_refused_before_it_waits() {
    let named = |name: &str| Command { player: Some(PlayerRef { name: name.into(), uuid: None }), ..give() };
    assert_eq!(reason(decided(&named("@a"), Some(&["@a"]), at(200))), FailReason::InvalidPlayerName);
    assert_eq!(reason(decided(&Command { player: None, ..give() }, Some(&[]), at(200))), FailReason::BadTemplate);
    assert_eq!(
        reason(decided(&Command { command: "minecraft:op {player}".into(), ..give() }, None, at(200))),
        FailReason::BlockedByPolicy
    );
    assert_eq!(
        reason(decided(&Command { command: "give {player} {nothing}".into(), ..give() }, None, at(200))),
        FailReason::BadTemplate
    );
    let values = [("order".to_owned(), "x".repeat(64))].into();
    let long = Command { command: "{order}".repeat(25), values, ..give() };
    assert_eq!(reason(decided(&long, None, at(200))), FailReason::CommandTooLong);
}

#[test]
fn unknown_uuid_comes_from_the_list_or_with_the_join() {
    for require_online in [true, false] {
        let command = Command { command: "lp user {uuid} x".into(), require_online, ..give() };
        let waits = if require_online { Decision::Wait(WaitReason::PlayerOffline) } else { Decision::WaitForUuid };
        assert_eq!(decided(&command, Some(&[]), at(200)), waits);
        assert_eq!(decided(&command, None, at(200)), Decision::AskWhoIsOnline);
        let run = line(decided(&command, Some(&["Steve"]), at(200)));
        assert_eq!(run, "lp user 069a79f4-44e9-4726-a5be-fca90e38aaf5 x");
        let known = PlayerRef { name: "Steve".into(), uuid: Some("ec561538f3fd461daff5086b22154bce".into()) };
        let command = Command { player: Some(known), require_online: false, ..command };
        assert_eq!(line(decided(&command, None, at(200))), "lp user ec561538-f3fd-461d-aff5-086b22154bce x");
    }
}

#[test]
fn refusal_says_that_no_uuid_is_known() {
    let command = Command { command: "lp user {id} x".into(), ..give() };
    let listed = OnlinePlayer { name: "Steve".into(), uuid: None };
    let policy = Policy::default();
    let refusal = build_line(&command, Some(&listed), ".", &policy).unwrap_err();
    assert_eq!(refusal.reason, FailReason::BadTemplate);
    assert!(refusal.detail.starts_with("no UUID is known for Steve"), "{}", refusal.detail);
}

#[test]
fn refusal_names_what_is_wrong_with_the_line() {
    for (text, reason, detail) in [
        ("op\u{200b} {player}", FailReason::BadTemplate, "the line has the invisible character U+200B at position 3"),
        ("say hi\nop me", FailReason::BadTemplate, "the line has the invisible character U+000A at position 7"),
        (" / ", FailReason::BadTemplate, "the line is empty"),
        (&"x".repeat(1_301), FailReason::BadTemplate, "the template is too long, or has a placeholder without a value"),
    ] {
        let refusal = build_line(&Command { command: text.into(), ..give() }, None, ".", &Policy::default());
        let refusal = refusal.unwrap_err();
        assert_eq!(refusal.reason, reason, "{text:?}");
        assert!(refusal.detail.starts_with(detail), "{text:?}: {}", refusal.detail);
    }
}
