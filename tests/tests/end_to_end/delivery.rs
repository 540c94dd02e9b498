//! Ordinary deliveries: to a player who is online or absent, and commands that the policy or the game refuses.

use crate::test_env::{LIMIT, TestEnv};
use flux_testkit::testbed::Who;
use serde_json::json;

#[tokio::test]
async fn online_players_order_is_delivered() {
    let env = TestEnv::start(&["Steve"]).await;
    env.pay("order-1", "steve", "diamonds", 3).await;
    env.testbed.has("Steve", "diamond", 3, LIMIT).await.unwrap();
    env.delivered("order-1").await;
    let command = env.command("order-1").await;
    assert_eq!((&command["status"], &command["attempt"]), (&json!("completed"), &json!(1)));
    assert_eq!(command["output"], "Gave 1 [Diamond] to Steve");
}

#[tokio::test]
async fn absent_players_order_runs_on_join_with_the_store_down() {
    let mut env = TestEnv::start(&[]).await;
    env.pay("order-1", "Alex", "diamonds", 2).await;
    env.delivery_is("order-1", "awaiting_player").await;
    assert_eq!(env.command("order-1").await["reason"], "player_offline");
    env.testbed.kill(Who::Companion).await.unwrap();
    env.testbed.game("join Alex").await.unwrap();
    env.testbed.has("Alex", "diamond", 2, LIMIT).await.unwrap();
    env.testbed.start(Who::Companion).await.unwrap();
    env.delivered("order-1").await;
}

#[tokio::test]
async fn dead_players_order_runs_after_respawning() {
    let env = TestEnv::start(&["Steve"]).await;
    env.testbed.game("die Steve").await.unwrap();
    env.pay("order-1", "Steve", "diamonds", 1).await;
    assert_eq!(env.command_is("order-1", "awaiting_player").await["reason"], "player_dead");
    env.testbed.game("respawn Steve").await.unwrap();
    env.delivered("order-1").await;
}

#[tokio::test]
async fn forbidden_names_and_lines_fail_and_never_reach_the_game() {
    let env = TestEnv::start(&["Steve"]).await;
    env.package("admin", json!({"command": "minecraft:op {player}"})).await;
    for (order, player, package, reason) in
        [("order-1", "*Steve", "diamonds", "invalid_player_name"), ("order-2", "Steve", "admin", "blocked_by_policy")]
    {
        env.pay(order, player, package, 1).await;
        assert_eq!(env.command_is(order, "failed").await["reason"], reason);
    }
    assert!(env.runs().await.is_empty());
}

#[tokio::test]
async fn command_refused_by_the_game_is_pending_with_its_answer() {
    let env = TestEnv::start(&["Steve"]).await;
    env.package("typo", json!({"command": "gvie {player} diamond"})).await;
    env.pay("order-1", "Steve", "typo", 1).await;
    let command = env.command_is("order-1", "pending").await;
    let until_second = flux_testkit::testbed::until("the second attempt", LIMIT, || async {
        let command = env.command("order-1").await;
        Ok((command["attempt"] == 2).then_some(command))
    });
    let command = if command["attempt"] == 2 { command } else { until_second.await.unwrap().0 };
    assert_eq!(command["reason"], "rejected_by_game");
    assert!(command["output"].as_str().unwrap().starts_with("Unknown or incomplete command"), "{command}");
    assert!(command["nextAttemptAt"].is_string());
}

#[tokio::test]
async fn refund_cancels_a_waiting_command_at_the_agent() {
    let env = TestEnv::start(&[]).await;
    env.pay("order-1", "Alex", "diamonds", 1).await;
    env.delivery_is("order-1", "awaiting_player").await;
    env.api.post("/api/v1/orders/order-1/refunded", json!({})).await.unwrap();
    env.command_is("order-1", "cancelled").await;
    env.testbed.game("join Alex").await.unwrap();
    env.pay("order-2", "Alex", "diamonds", 1).await;
    env.delivered("order-2").await;
    env.testbed.has("Alex", "diamond", 1, LIMIT).await.unwrap();
}

#[tokio::test]
async fn polling_takes_over_while_the_session_is_cut() {
    let env = TestEnv::start(&["Steve"]).await;
    env.testbed.link.cut_sessions();
    env.pay("order-1", "Steve", "diamonds", 1).await;
    env.delivered("order-1").await;
    env.testbed.link.restore();
    env.logged("agent.log", "session lost").await;
    env.pay("order-2", "Steve", "diamonds", 1).await;
    env.delivered("order-2").await;
    env.testbed.has("Steve", "diamond", 2, LIMIT).await.unwrap();
}
