//! Online players: the agent trusts the game's list, and reads the log only to check the list at once.

use crate::test_env::{LIMIT, TestEnv};
use flux_testkit::testbed::{Programs, TestbedError, Who, until};
use serde_json::{Value, json};
use std::process::Command;
use std::time::Duration;

/// Shorter than the interval at which the agent reads the list anyway.
const AT_ONCE: Duration = Duration::from_secs(30);

/// Starts everything; the agent reads the list once a minute and follows the game's log.
async fn env_with_log(options: &[&str]) -> TestEnv {
    let mut env = TestEnv::without_agent(&[]).await;
    env.testbed.kill(Who::Game).await.unwrap();
    env.testbed.set_up_game(options);
    env.testbed.start(Who::Game).await.unwrap();
    env.testbed.write_agent_config(&env.token, "").unwrap();
    let path = env.testbed.folder().join("agent.yml");
    let log = env.testbed.folder().join("logs/latest.log");
    let followed = format!("  interval: 60s\n  log_file: {}", log.display());
    let config = std::fs::read_to_string(&path).unwrap().replace("  interval: 1s", &followed);
    std::fs::write(&path, config).unwrap();
    env.testbed.start(Who::Agent).await.unwrap();
    env.online().await;
    env.logged("agent.log", "following the game's log").await;
    env
}

/// The number of `list` lines that the game has received.
async fn lists(env: &TestEnv) -> usize {
    let lines = env.testbed.game("lines").await.unwrap();
    lines.as_array().unwrap().iter().filter(|line| line.as_str().unwrap().contains("list")).count()
}

async fn paid_and_waiting(env: &TestEnv, order: &str, player: &str) {
    env.pay(order, player, "diamonds", 1).await;
    env.delivery_is(order, "awaiting_player").await;
}

fn agent(env: &TestEnv, arguments: &[&str]) -> Value {
    let mut command = Command::new(Programs::beside_this().unwrap().agent);
    command.arg("--config").arg(env.testbed.folder().join("agent.yml")).args(arguments).arg("--json");
    serde_json::from_slice(&command.output().unwrap().stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn join_in_any_log_format_delivers_at_once() {
    for flavour in ["vanilla", "paper", "spigot", "fabric", "forge"] {
        let env = env_with_log(&["--flavour", flavour]).await;
        paid_and_waiting(&env, "order-1", "Steve").await;
        env.testbed.game("join Steve").await.unwrap();
        env.testbed.has("Steve", "diamond", 1, AT_ONCE).await.unwrap();
        assert_eq!(agent(&env, &["status"])["game"]["log"], "followed", "{flavour}");
    }
}

#[tokio::test]
async fn join_is_seen_after_midnight_and_after_a_game_restart() {
    let env = env_with_log(&[]).await;
    env.testbed.game("rotate").await.unwrap();
    paid_and_waiting(&env, "order-1", "Steve").await;
    env.testbed.game("join Steve").await.unwrap();
    env.testbed.has("Steve", "diamond", 1, AT_ONCE).await.unwrap();
    env.testbed.game("restart").await.unwrap();
    env.online().await;
    paid_and_waiting(&env, "order-2", "Alex").await;
    env.testbed.game("join Alex").await.unwrap();
    env.testbed.has("Alex", "diamond", 1, AT_ONCE).await.unwrap();
}

#[tokio::test]
async fn forged_log_line_delivers_nothing() {
    let env = env_with_log(&[]).await;
    env.testbed.game("join Mallory").await.unwrap();
    paid_and_waiting(&env, "order-1", "Steve").await;
    let before = lists(&env).await;
    for _ in 0..20 {
        env.testbed.game("chat Mallory Steve joined the game").await.unwrap();
        env.testbed.game("log Steve joined the game").await.unwrap();
    }
    let asked = || async { Ok((lists(&env).await > before).then_some(())) };
    until("the question", AT_ONCE, asked).await.unwrap();
    paid_and_waiting(&env, "order-2", "Alex").await;
    assert!(lists(&env).await <= before + 4, "twenty forged lines are a question a second, at most");
    assert_eq!(env.runs().await.get("give Steve diamond 1"), None);
    env.delivery_is("order-1", "awaiting_player").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unreadable_log_is_reported_once_and_polling_continues() {
    let mut env = TestEnv::without_agent(&[]).await;
    env.testbed.write_agent_config(&env.token, "").unwrap();
    let path = env.testbed.folder().join("agent.yml");
    let config =
        std::fs::read_to_string(&path).unwrap().replace("  interval: 1s", "  interval: 1s\n  log_file: nowhere.log");
    std::fs::write(&path, config).unwrap();
    env.testbed.start(Who::Agent).await.unwrap();
    env.online().await;
    paid_and_waiting(&env, "order-1", "Steve").await;
    env.testbed.game("join Steve").await.unwrap();
    env.delivered("order-1").await;
    assert!(agent(&env, &["status"])["game"]["log"].as_str().unwrap().contains("No such file"));
    assert_eq!(env.log("agent.log").matches("cannot follow presence.log_file").count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_that_a_crash_may_have_undone_are_marked() {
    let env = TestEnv::start(&["Steve"]).await;
    env.testbed.game("save").await.unwrap();
    env.pay("order-1", "Steve", "diamonds", 1).await;
    env.delivered("order-1").await;
    // The agent reads the game's clock every ten seconds while it sends: the reading at the second delivery is later than the save.
    let later = env.testbed.game("ticks").await.unwrap().as_u64().unwrap() + 11 * 20;
    let on = || async { Ok((env.testbed.game("ticks").await?.as_u64() > Some(later)).then_some(())) };
    until("eleven seconds of the game", LIMIT, on).await.unwrap();
    env.pay("order-2", "Steve", "diamonds", 1).await;
    env.delivered("order-2").await;
    env.testbed.game("restart rollback").await.unwrap();
    env.logged("agent.log", "command possibly rolled back").await;
    env.testbed.game("join Steve").await.unwrap();
    env.pay("order-3", "Steve", "diamonds", 1).await;
    env.delivered("order-3").await;
    let id = env.command("order-2").await["id"].as_str().unwrap().to_owned();
    let life = agent(&env, &["queue", "show", &id])["history"].clone();
    let marked = life.as_array().unwrap().iter().filter(|entry| entry["event"] == "possibly_rolled_back").count();
    assert_eq!(marked, 1, "{life:#}");
    assert_eq!(
        env.runs().await.get("give Steve diamond 1"),
        Some(&3),
        "each order once: what is gone is not run again"
    );
}

#[tokio::test]
async fn mass_join_runs_10000_commands_in_order_with_few_lists() {
    const PLAYERS: usize = 500;
    const COMMANDS: usize = 20;
    let env = env_with_log(&["--max-players", "600", "--volatile"]).await;
    let commands: Vec<Value> =
        (0..COMMANDS).map(|number| json!({"command": format!("say {{player}} {number}")})).collect();
    let package = json!({"name": "Words", "price": 100, "currency": "EUR", "commands": commands});
    env.api.put("/api/v1/packages/words", package).await.unwrap();
    for player in 0..PLAYERS {
        env.pay(&format!("order-{player}"), &format!("P{player}"), "words", 1).await;
    }
    let waiting = || async {
        let server = env.api.get(&format!("/api/v1/servers/{}", env.server)).await?;
        Ok((server["queue"]["awaitingPlayer"] == PLAYERS * COMMANDS).then_some(()))
    };
    until("ten thousand commands waiting", LIMIT, waiting).await.unwrap();
    let (before, start) = (lists(&env).await, tokio::time::Instant::now());
    for player in 0..PLAYERS {
        env.testbed.game(&format!("join P{player}")).await.unwrap();
    }
    let done = || async {
        let queue = env.api.get(&format!("/api/v1/servers/{}", env.server)).await?["queue"].clone();
        let is_open = ["pending", "delivered", "awaitingPlayer"].iter().any(|state| queue[state] != 0);
        Ok((!is_open).then_some(()))
    };
    until("ten thousand lines", LIMIT, done).await.unwrap();
    let answer = env.testbed.game("effects").await.unwrap();
    let asked = lists(&env).await - before;
    // The agent reads the list once a second, so a slow machine allows more readings and does not fail the test.
    let seconds = start.elapsed().as_secs() as usize;
    assert!(asked <= seconds + 5, "{asked} questions in {seconds} s");
    let mut next = vec![0; PLAYERS];
    for effect in answer["effects"].as_array().unwrap() {
        let mut words = effect["line"].as_str().unwrap().split(' ').skip(1);
        let player: usize = words.next().unwrap()[1..].parse().unwrap();
        assert_eq!(words.next().unwrap(), next[player].to_string(), "P{player}'s commands run in their order");
        next[player] += 1;
    }
    assert_eq!(next, vec![COMMANDS; PLAYERS], "each once");
}

#[tokio::test]
async fn new_commands_list_runs_older_waiting_ones_first() {
    let mut env = TestEnv::without_agent(&[]).await;
    env.testbed.write_agent_config(&env.token, "").unwrap();
    let path = env.testbed.folder().join("agent.yml");
    let config = std::fs::read_to_string(&path).unwrap().replace("  interval: 1s", "  interval: 60s");
    std::fs::write(&path, config).unwrap();
    env.testbed.start(Who::Agent).await.unwrap();
    env.online().await;
    env.package("emeralds", json!({"command": "give {player} emerald 1"})).await;
    paid_and_waiting(&env, "order-1", "Steve").await;
    // A list older than a second is stale: for the new command the agent reads it again, and the new list shows Steve.
    let asked = lists(&env).await;
    let ticks = || async { Ok::<_, TestbedError>(env.testbed.game("ticks").await?.as_u64().unwrap_or_default()) };
    let stale = ticks().await.unwrap() + 22;
    until("1.1 s in the game", LIMIT, || async { Ok((ticks().await? >= stale).then_some(())) }).await.unwrap();
    env.testbed.game("join Steve").await.unwrap();
    env.pay("order-2", "Steve", "emeralds", 1).await;
    env.delivered("order-1").await;
    env.delivered("order-2").await;
    assert!(lists(&env).await > asked);
    let effects = env.testbed.game("effects").await.unwrap();
    let effects = effects["effects"].as_array().unwrap();
    let lines: Vec<_> = effects.iter().map(|effect| effect["line"].clone()).collect();
    assert_eq!(lines, ["give Steve diamond 1", "give Steve emerald 1"]);
}
