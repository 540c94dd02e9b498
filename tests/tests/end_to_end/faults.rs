//! Single faults: lost answers, a wrong password, an outage, an invalid config, a stop.

use crate::test_env::{LIMIT, TestEnv};
use flux_testkit::testbed::{Programs, Who, until};
use std::process::Command;

#[tokio::test]
async fn lost_answer_is_settled_by_the_games_marker() {
    let env = TestEnv::start(&["Steve"]).await;
    env.testbed.game("fault lose-reply 1 give").await.unwrap();
    env.pay("order-1", "Steve", "diamonds", 1).await;
    env.delivered("order-1").await;
    env.testbed.has("Steve", "diamond", 1, LIMIT).await.unwrap();
    assert!(
        env.log("agent.log").contains("the execution marker is present: the command ran"),
        "{}",
        env.log("agent.log")
    );
}

#[tokio::test]
async fn line_without_a_marker_is_sent_again() {
    let env = TestEnv::start(&["Steve"]).await;
    env.testbed.game("fault close 1 give").await.unwrap();
    env.pay("order-1", "Steve", "diamonds", 1).await;
    env.delivered("order-1").await;
    env.testbed.has("Steve", "diamond", 1, LIMIT).await.unwrap();
}

#[tokio::test]
async fn lost_answer_without_proof_is_held_as_uncertain() {
    let env = TestEnv::start_with(&["Steve"], "delivery:\n  proof: none\n").await;
    env.testbed.game("fault lose-reply 1 give").await.unwrap();
    env.pay("order-1", "Steve", "diamonds", 1).await;
    assert_eq!(env.command_is("order-1", "failed").await["reason"], "uncertain");
    env.testbed.has("Steve", "diamond", 1, LIMIT).await.unwrap();
}

#[tokio::test]
async fn game_may_be_down_at_start_and_for_long() {
    let mut env = TestEnv::without_agent(&[]).await;
    env.testbed.kill(Who::Game).await.unwrap();
    env.testbed.write_agent_config(&env.token, "").unwrap();
    env.testbed.start(Who::Agent).await.unwrap();
    env.online().await;
    env.logged("agent.log", "game unreachable").await;
    env.pay("order-1", "Steve", "diamonds", 1).await;
    env.command_is("order-1", "delivered").await;
    env.testbed.start(Who::Game).await.unwrap();
    env.testbed.game("join Steve").await.unwrap();
    env.delivered("order-1").await;
}

#[tokio::test]
async fn wrong_rcon_password_is_reported_and_can_be_fixed() {
    let mut env = TestEnv::without_agent(&["Steve"]).await;
    env.testbed.kill(Who::Game).await.unwrap();
    let password = env.testbed.folder().join("rcon-password");
    let right = std::fs::read_to_string(&password).unwrap();
    std::fs::write(&password, "another-password").unwrap();
    env.testbed.start(Who::Game).await.unwrap();
    std::fs::write(&password, &right).unwrap();
    env.testbed.write_agent_config(&env.token, "").unwrap();
    env.testbed.start(Who::Agent).await.unwrap();
    env.logged("agent.log", "the game refused the RCON password").await;
    assert!(!env.log("agent.log").contains(&right), "no secret is logged");
    env.pay("order-1", "Steve", "diamonds", 1).await;
    env.command_is("order-1", "delivered").await;
    env.restart(Who::Game).await;
    env.delivered("order-1").await;
}

#[tokio::test]
async fn intent_is_on_disk_before_the_line_is_sent() {
    let env = TestEnv::start(&["Steve"]).await;
    env.testbed.game("fault delay=2000 1 give").await.unwrap();
    env.pay("order-1", "Steve", "diamonds", 1).await;
    let received =
        || async { Ok(env.testbed.game("lines").await?.to_string().contains("run give Steve").then_some(())) };
    until("the line being in the game", LIMIT, received).await.unwrap();
    let journal = rusqlite::Connection::open(env.testbed.folder().join("state/journal.db")).unwrap();
    let (state, line): (String, String) =
        journal.query_row("SELECT state, line FROM job", [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    assert_eq!(state, "running");
    assert!(line.ends_with("run give Steve diamond 1"), "{line}");
    assert_eq!(env.testbed.game("inventory Steve").await.unwrap().to_string(), "{}", "the game has not run it yet");
    env.delivered("order-1").await;
}

#[tokio::test]
async fn rule_8_refund_during_an_outage_applies_before_lines_run() {
    let mut env = TestEnv::start(&[]).await;
    env.pay("order-1", "Alex", "diamonds", 1).await;
    env.delivery_is("order-1", "awaiting_player").await;
    env.testbed.kill(Who::Agent).await.unwrap();
    env.api.post("/api/v1/orders/order-1/refunded", serde_json::json!({})).await.unwrap();
    env.testbed.game("join Alex").await.unwrap();
    env.testbed.start(Who::Agent).await.unwrap();
    env.command_is("order-1", "cancelled").await;
    env.pay("order-2", "Alex", "diamonds", 2).await;
    env.delivered("order-2").await;
    assert_eq!(env.testbed.game("inventory Alex").await.unwrap()["diamond"], 2);
}

/// The store offers the rest at its next sweep.
#[tokio::test]
async fn full_journal_takes_the_rest_once_there_is_room() {
    let env = TestEnv::start_with(&[], "journal:\n  max_open_commands: 2\n").await;
    for order in ["order-1", "order-2"] {
        env.pay(order, "Alex", "diamonds", 1).await;
        env.delivery_is(order, "awaiting_player").await;
    }
    env.pay("order-3", "Alex", "diamonds", 1).await;
    env.logged("agent.log", "no room for new commands").await;
    env.command_is("order-3", "pending").await;
    env.testbed.game("join Alex").await.unwrap();
    for order in ["order-1", "order-2", "order-3"] {
        env.delivered(order).await;
    }
    assert_eq!(env.testbed.game("inventory Alex").await.unwrap()["diamond"], 3, "each once");
    env.logged("agent.log", "there is room for new commands again").await;
}

#[tokio::test]
async fn malformed_frame_closes_only_its_session() {
    let env = TestEnv::start(&["Steve"]).await;
    env.pay("order-1", "Steve", "diamonds", 1).await;
    env.delivered("order-1").await;
    let answer = env.garbage_on_a_session().await;
    assert!(answer.contains("\"type\":7") && answer.contains("error"), "a Close with its reason: {answer}");
    env.pay("order-2", "Steve", "diamonds", 1).await;
    env.delivered("order-2").await;
}

#[tokio::test]
async fn sigterm_exits_with_0_and_waiting_lines_run_after_restart() {
    let mut env = TestEnv::start(&[]).await;
    env.pay("order-1", "Alex", "diamonds", 1).await;
    env.delivery_is("order-1", "awaiting_player").await;
    let ended = env.testbed.stop(Who::Agent).await.unwrap().unwrap();
    assert_eq!(ended.code(), Some(0), "{}", env.log("agent.log"));
    env.testbed.game("join Alex").await.unwrap();
    env.testbed.start(Who::Agent).await.unwrap();
    env.delivered("order-1").await;
}

#[test]
fn invalid_config_exits_with_78_and_shows_no_secret() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("config.yml");
    std::fs::write(&path, "store:\n  url: ftp://x\n  token: planted-secret\nrcon:\n  adress: 1\n  password: planted-secret\npresence:\n  interval: 5\n").unwrap();
    let agent = Programs::beside_this().unwrap().agent;
    let output = Command::new(agent).arg("--config").arg(&path).arg("check").output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(78), "{text}");
    for expected in [
        "config.yml:2:8: store.url:",
        "config.yml:5:3: rcon.adress:",
        "config.yml:8:13: presence.interval:",
        "store.token",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    assert!(!text.contains("planted-secret"), "{text}");
}

#[tokio::test]
async fn idle_agent_stops_at_once() {
    let mut env = TestEnv::start(&["Steve"]).await;
    env.pay("order-1", "Steve", "diamonds", 1).await;
    env.delivered("order-1").await;
    env.testbed.stop(Who::Agent).await.unwrap();
    let log = env.log("agent.log");
    assert!(log.contains("stopped") && !log.contains("not answered in time"), "{log}");
}
