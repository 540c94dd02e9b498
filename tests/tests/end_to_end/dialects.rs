//! Games of every server software, and what they answer besides the usual.

use crate::admin::get;
use crate::test_env::{LIMIT, TestEnv};
use flux_testkit::testbed::{Programs, Who, until};
use serde_json::{Value, json};
use std::process::Command;

const FLAVOURS: [&str; 11] =
    ["1.12", "1.16", "vanilla", "26", "fabric", "forge", "paper", "folia", "spigot", "cuberite", "pumpkin"];

/// Everything up on a game with these options, and with more YAML in the agent's config.
async fn env_on(options: &[&str], players: &[&str], more: &str) -> TestEnv {
    let mut env = TestEnv::without_agent(&[]).await;
    env.testbed.kill(Who::Game).await.unwrap();
    env.testbed.set_up_game(options);
    env.testbed.start(Who::Game).await.unwrap();
    for player in players {
        env.testbed.game(&format!("join {player}")).await.unwrap();
    }
    env.testbed.write_agent_config(&env.token, more).unwrap();
    env.testbed.start(Who::Agent).await.unwrap();
    env.online().await;
    env
}

fn agent(env: &TestEnv, arguments: &[&str]) -> Value {
    let mut command = Command::new(Programs::beside_this().unwrap().agent);
    command.arg("--config").arg(env.testbed.folder().join("agent.yml")).args(arguments).arg("--json");
    serde_json::from_slice(&command.output().unwrap().stdout).unwrap()
}

/// Waits until the order says why it is not delivered, in a sentence with this text.
async fn says(env: &TestEnv, order: &str, text: &str) {
    let look = || async {
        let order = env.api.get(&format!("/api/v1/orders/{order}")).await?;
        Ok(order["obstacles"].to_string().contains(text).then_some(()))
    };
    if let Err(error) = until(&format!("{text:?} in the obstacles of {order}"), LIMIT, look).await {
        panic!("{error}: {:#}\n{}", env.command(order).await, env.log("agent.log"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn purchase_is_delivered_in_every_dialect() {
    for flavour in FLAVOURS {
        let env = env_on(&["--flavour", flavour], &["Steve"], "").await;
        env.pay("order-1", "Steve", "diamonds", 1).await;
        env.delivered("order-1").await;
        env.pay("order-2", "Alex", "diamonds", 1).await;
        env.delivery_is("order-2", "awaiting_player").await;
        env.testbed.game("join Alex").await.unwrap();
        env.delivered("order-2").await;
        let runs = env.runs().await;
        let expected = ["give Steve diamond 1", "give Alex diamond 1"];
        assert!(expected.iter().all(|line| runs.get(*line) == Some(&1)), "{flavour}: {runs:?}");
        assert!(!env.log("agent.log").contains("game unreachable"), "{flavour}: {}", env.log("agent.log"));
    }
}

#[tokio::test]
async fn line_that_did_not_run_is_sent_again_on_minecraft_26() {
    for flavour in ["vanilla", "26"] {
        let env = env_on(&["--flavour", flavour], &["Steve"], "").await;
        env.testbed.game("fault close 1 give").await.unwrap();
        env.pay("order-1", "Steve", "diamonds", 1).await;
        env.delivered("order-1").await;
        assert_eq!(env.runs().await["give Steve diamond 1"], 1);
    }
}

#[tokio::test]
async fn status_and_check_say_what_this_game_does_not_tell() {
    for (flavour, is_readable) in [("26", true), ("cuberite", false)] {
        let env = env_on(&["--flavour", flavour], &[], "").await;
        let warnings = agent(&env, &["status"])["game"]["warnings"].to_string();
        assert_eq!(warnings.contains("the game's clock cannot be read"), !is_readable, "{warnings}");
        let checks = agent(&env, &["check", "--online"]);
        let text = |what: &str| {
            let found = checks.as_array().unwrap().iter().find(|check| check["what"] == what).unwrap();
            assert_eq!(found["ok"], true, "{checks:#}");
            found["text"].as_str().unwrap().to_owned()
        };
        assert_eq!(text("clock").contains("cannot be read"), !is_readable, "{checks:#}");
        assert_eq!(text("proof").contains("no execution markers"), !is_readable, "{checks:#}");
    }
}

#[tokio::test]
async fn silent_commands_cost_no_reconnect() {
    let env = env_on(&["--flavour", "pumpkin"], &["Steve"], "").await;
    env.package("say", json!({"command": "say {order}"})).await;
    env.pay("order-1", "Steve", "say", 3).await;
    env.delivered("order-1").await;
    assert_eq!(env.runs().await["say order-1"], 3);
    assert!(!env.log("agent.log").contains("game unreachable"), "{}", env.log("agent.log"));
}

#[tokio::test]
async fn orderly_stop_is_no_crash_in_any_log() {
    for flavour in ["1.12", "folia", "forge", "pumpkin"] {
        let mut env = TestEnv::without_agent(&[]).await;
        env.testbed.kill(Who::Game).await.unwrap();
        env.testbed.set_up_game(&["--flavour", flavour]);
        env.testbed.start(Who::Game).await.unwrap();
        let log = env.testbed.folder().join("logs/latest.log");
        env.testbed.write_agent_config(&env.token, "").unwrap();
        let path = env.testbed.folder().join("agent.yml");
        let followed = format!("  interval: 1s\n  log_file: {}", log.display());
        let config = std::fs::read_to_string(&path).unwrap().replace("  interval: 1s", &followed);
        std::fs::write(&path, config).unwrap();
        env.testbed.start(Who::Agent).await.unwrap();
        env.online().await;
        env.logged("agent.log", "following the game's log").await;
        env.testbed.game("join Steve").await.unwrap();
        for order in ["order-1", "order-2"] {
            env.pay(order, "Steve", "diamonds", 1).await;
            env.delivered(order).await;
            env.testbed.game("restart").await.unwrap();
            env.testbed.game("join Steve").await.unwrap();
        }
        env.pay("order-3", "Steve", "diamonds", 1).await;
        env.delivered("order-3").await;
        assert!(!env.log("agent.log").contains("rolled back"), "{flavour}: {}", env.log("agent.log"));
    }
}

#[tokio::test]
async fn unrecognised_refusal_is_held_for_a_person() {
    let env = env_on(&["--flavour", "paper", "--plugins"], &["Steve"], "").await;
    for kit in ["starter", "closed", "vip"] {
        env.package(kit, json!({"command": format!("kit {kit} {{player}}")})).await;
        env.pay(kit, "Steve", kit, 1).await;
    }
    env.delivered("starter").await;
    env.delivery_is("closed", "failed").await;
    let held = env.command("closed").await;
    assert_eq!((&held["reason"], &held["attempt"]), (&json!("uncertain"), &json!(1)), "{held:#}");
    says(&env, "closed", "This kit opens in summer").await;
    env.logged("agent.log", "answer not recognised; command held for a person").await;
    says(&env, "vip", "That kit does not exist").await;
    assert_ne!(env.command("vip").await["status"], "completed");
}

#[tokio::test]
async fn contradiction_about_a_listed_player_is_said() {
    let env = env_on(&[], &["Steve"], "").await;
    env.package("wrong", json!({"command": "give Somebody diamond"})).await;
    env.pay("order-1", "Steve", "wrong", 1).await;
    says(&env, "order-1", "Steve is in the game's list, and yet the game answered").await;
}

#[tokio::test]
async fn player_who_left_is_offline_and_not_dead() {
    let env = env_on(&[], &["Steve"], "").await;
    env.testbed.game("fault delay=1000 1 type=player,name=\"Steve").await.unwrap();
    env.pay("order-1", "Steve", "diamonds", 1).await;
    let asked = || async { Ok(env.testbed.game("lines").await?.to_string().contains("name=\\\"Steve").then_some(())) };
    until("the question whether Steve lives", LIMIT, asked).await.unwrap();
    env.testbed.game("leave Steve").await.unwrap();
    assert_eq!(env.command_is("order-1", "awaiting_player").await["reason"], "player_offline");
    env.testbed.game("join Steve").await.unwrap();
    env.delivered("order-1").await;
}

#[tokio::test]
async fn bedrock_names_with_a_star_are_asked_for_in_quotes() {
    let env = env_on(&[], &["*Bed"], "players: {bedrock_prefix: \"*\"}\n").await;
    env.package("roomy", json!({"command": "give \"{player}\" diamond 1", "requiredSlots": 1})).await;
    env.pay("order-1", "*Bed", "roomy", 1).await;
    env.delivered("order-1").await;
}

#[tokio::test]
async fn inventory_that_cannot_be_read_is_said() {
    let env = env_on(&["--flavour", "folia"], &["Steve"], "").await;
    env.package("roomy", json!({"command": "give {player} diamond 1", "requiredSlots": 1})).await;
    env.pay("order-1", "Steve", "roomy", 1).await;
    says(&env, "order-1", "the inventory of Steve cannot be read").await;
    assert!(agent(&env, &["status"])["game"]["warnings"].to_string().contains("inventory of Steve"));
}

/// EssentialsX has replaced `list`, and this game does not know the long name of vanilla's.
#[tokio::test]
async fn player_list_that_cannot_be_read_is_said() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let metrics = format!("metrics: {{listen: \"{free}\"}}\n");
    let env = env_on(&["--flavour", "vanilla", "--plugins"], &["Steve"], &metrics).await;
    env.pay("order-1", "Steve", "diamonds", 1).await;
    says(&env, "order-1", "the game's player list cannot be read").await;
    let game = agent(&env, &["status"])["game"].clone();
    assert!(game["warnings"].to_string().contains("player list cannot be read"), "{game:#}");
    assert_eq!(env.log("agent.log").matches("cannot read the game's player list").count(), 1);
    let (status, problems) = get(&free, "/health/ready").await;
    assert_eq!(status, 503);
    assert!(problems.contains("its player list cannot be read"), "{problems}");
}

#[tokio::test]
async fn unknown_uuid_comes_with_the_join() {
    let env = env_on(&[], &["Steve"], "").await;
    env.package("by-uuid", json!({"command": "give {uuid} diamond 1", "requireOnline": false})).await;
    env.pay("order-1", "Steve", "by-uuid", 1).await;
    env.delivered("order-1").await;
    env.pay("order-2", "Alex", "by-uuid", 1).await;
    says(&env, "order-2", "no UUID is known for Alex").await;
    env.testbed.game("join Alex").await.unwrap();
    env.delivered("order-2").await;
}
