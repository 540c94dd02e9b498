//! Delivery problems that players and admins of other shops report, and games that are not vanilla.

use crate::test_env::{LIMIT, TestEnv};
use flux_testkit::testbed::{Who, until};
use serde_json::{Value, json};

/// Starts everything, with these options for the game.
async fn env_on(options: &[&str], players: &[&str]) -> TestEnv {
    let mut env = TestEnv::without_agent(&[]).await;
    env.testbed.kill(Who::Game).await.unwrap();
    env.testbed.set_up_game(options);
    env.testbed.start(Who::Game).await.unwrap();
    for player in players {
        env.testbed.game(&format!("join {player}")).await.unwrap();
    }
    env.testbed.write_agent_config(&env.token, "").unwrap();
    env.testbed.start(Who::Agent).await.unwrap();
    env.online().await;
    env
}

/// A package of several commands.
async fn package_of(env: &TestEnv, id: &str, commands: &[&str]) {
    let commands: Vec<Value> = commands.iter().map(|command| json!({ "command": command })).collect();
    let package = json!({"name": id, "price": 100, "currency": "EUR", "commands": commands});
    env.api.put(&format!("/api/v1/packages/{id}"), package).await.unwrap();
}

/// The lines that took effect, in order.
async fn effects(env: &TestEnv) -> Vec<String> {
    let answer = env.testbed.game("effects").await.unwrap();
    let line = |effect: &Value| effect["line"].as_str().unwrap().to_owned();
    answer["effects"].as_array().unwrap().iter().map(line).collect()
}

/// Waits until the game has received a line with this text, even if the line has not run.
async fn received(env: &TestEnv, text: &str) {
    let look = || async { Ok(env.testbed.game("lines").await?.to_string().contains(text).then_some(())) };
    until(&format!("{text:?} being in the game"), LIMIT, look).await.unwrap();
}

async fn inventory(env: &TestEnv, player: &str) -> Value {
    env.testbed.game(&format!("inventory {player}")).await.unwrap()
}

#[tokio::test]
async fn repeatedly_lost_answers_deliver_nothing_twice() {
    let env = TestEnv::start(&["Steve"]).await;
    env.testbed.game("fault lose-reply 3 give").await.unwrap();
    for number in 1..=4 {
        env.pay(&format!("order-{number}"), "Steve", "diamonds", 1).await;
        // A shop retries when it gets no answer.
        env.pay(&format!("order-{number}"), "Steve", "diamonds", 1).await;
    }
    for number in 1..=4 {
        env.delivered(&format!("order-{number}")).await;
    }
    assert_eq!(inventory(&env, "Steve").await, json!({"diamond": 4}));
    assert_eq!(env.runs().await["give Steve diamond 1"], 4);
}

#[tokio::test]
async fn player_who_leaves_midway_gets_the_rest_on_return() {
    let env = TestEnv::start(&["Steve"]).await;
    let items = ["diamond", "emerald", "apple", "bread", "coal"];
    let commands = items.map(|item| format!("give {{player}} {item}"));
    package_of(&env, "five", &commands.each_ref().map(String::as_str)).await;
    env.testbed.game("fault delay=2000 1 apple").await.unwrap();
    env.pay("order-1", "Steve", "five", 1).await;
    received(&env, "apple").await;
    env.testbed.game("leave Steve").await.unwrap();
    env.logged("agent.log", "No player was found").await;
    assert_eq!(inventory(&env, "Steve").await, json!({"diamond": 1, "emerald": 1}));
    env.testbed.game("join Steve").await.unwrap();
    env.delivered("order-1").await;
    assert_eq!(effects(&env).await, items.map(|item| format!("give Steve {item}")));
}

#[tokio::test]
async fn purchase_during_a_server_restart_is_delivered_afterwards() {
    let mut env = TestEnv::start(&["Steve"]).await;
    env.testbed.kill(Who::Game).await.unwrap();
    env.pay("order-1", "Steve", "diamonds", 1).await;
    env.pay("order-2", "Alex", "diamonds", 2).await;
    env.command_is("order-1", "delivered").await;
    env.testbed.start(Who::Game).await.unwrap();
    env.testbed.game("join Steve").await.unwrap();
    env.delivered("order-1").await;
    env.testbed.game("restart").await.unwrap();
    env.testbed.game("join Alex").await.unwrap();
    env.delivered("order-2").await;
    assert_eq!(
        (inventory(&env, "Steve").await, inventory(&env, "Alex").await),
        (json!({"diamond": 1}), json!({"diamond": 2}))
    );
    assert_eq!(env.command("order-2").await["attempt"], 1, "a restart is no failed attempt");
}

#[tokio::test]
async fn join_delivers_waiting_commands() {
    let env = TestEnv::start(&[]).await;
    env.pay("order-1", "Alex", "diamonds", 1).await;
    env.delivery_is("order-1", "awaiting_player").await;
    env.testbed.game("join Alex").await.unwrap();
    env.testbed.has("Alex", "diamond", 1, LIMIT).await.unwrap();
}

#[tokio::test]
async fn only_the_exact_name_matches_and_bedrock_names_work() {
    let env = TestEnv::start(&["Steve_", "teve", "Steve", "Steven", ".Steve"]).await;
    env.pay("order-1", "steve", "diamonds", 1).await;
    env.pay("order-2", ".Steve", "diamonds", 2).await;
    env.delivered("order-1").await;
    env.delivered("order-2").await;
    for (player, expected) in [
        ("Steve", json!({"diamond": 1})),
        (".Steve", json!({"diamond": 2})),
        ("Steven", json!({})),
        ("Steve_", json!({})),
        ("teve", json!({})),
    ] {
        assert_eq!(inventory(&env, player).await, expected, "{player}");
    }
}

#[tokio::test]
async fn name_with_a_space_shifts_no_argument() {
    let env = TestEnv::start(&["Steve"]).await;
    let order = crate::test_env::order_body("Steve 64", "diamonds", 1);
    assert!(env.api.put("/api/v1/orders/order-1", order).await.is_err());
    env.pay("order-2", "Steve", "diamonds", 1).await;
    env.delivered("order-2").await;
    assert_eq!(effects(&env).await, ["give Steve diamond 1"]);
}

#[tokio::test]
async fn commands_run_one_at_a_time_in_payment_order() {
    let env = TestEnv::start(&["Steve", "Alex"]).await;
    env.package("say", json!({"command": "say {order}"})).await;
    let mut expected = Vec::new();
    for number in 0..40 {
        let order = format!("order-{number}");
        env.pay(&order, if number % 2 == 0 { "Steve" } else { "Alex" }, "say", 1).await;
        expected.push(format!("say {order}"));
    }
    env.delivered("order-39").await;
    assert_eq!(effects(&env).await, expected);
}

#[tokio::test]
async fn full_inventory_and_absent_player_keep_commands_waiting() {
    let env = TestEnv::start(&["Steve"]).await;
    env.package("dirt", json!({"command": "give {player} dirt 2304"})).await;
    env.package("roomy", json!({"command": "give {player} diamond 1", "requiredSlots": 1})).await;
    env.pay("order-1", "Steve", "dirt", 1).await;
    env.delivered("order-1").await;
    env.pay("order-2", "Steve", "roomy", 1).await;
    assert_eq!(env.command_is("order-2", "awaiting_player").await["reason"], "inventory_full");
    env.pay("order-3", "Alex", "roomy", 1).await;
    assert_eq!(env.command_is("order-3", "awaiting_player").await["reason"], "player_offline");
    env.testbed.game("clear Steve").await.unwrap();
    env.delivered("order-2").await;
    assert_eq!(effects(&env).await, ["give Steve dirt 2304", "give Steve diamond 1"]);
}

#[tokio::test]
async fn hundred_commands_for_a_full_inventory_read_it_once() {
    let env = TestEnv::start(&["Steve", "Alex"]).await;
    env.package("dirt", json!({"command": "give {player} dirt 2304"})).await;
    env.package("roomy", json!({"command": "give {player} diamond 1", "requiredSlots": 1})).await;
    env.pay("order-1", "Steve", "dirt", 1).await;
    env.delivered("order-1").await;
    env.pay("order-2", "Steve", "roomy", 100).await;
    env.delivery_is("order-2", "awaiting_player").await;
    env.pay("order-3", "Alex", "roomy", 1).await;
    env.delivered("order-3").await;
    let lines = env.testbed.game("lines").await.unwrap().to_string();
    let asked = lines.matches(" Inventory").count();
    assert!(asked <= 10, "{asked}");
}

#[tokio::test]
async fn command_history_shows_waiting_run_and_answer() {
    let env = TestEnv::start(&[]).await;
    env.pay("order-1", "Alex", "diamonds", 1).await;
    env.delivery_is("order-1", "awaiting_player").await;
    env.testbed.game("join Alex").await.unwrap();
    env.delivered("order-1").await;
    let command = env.command("order-1").await;
    let history = command["history"].as_array().unwrap();
    let statuses: Vec<&str> = history.iter().filter_map(|entry| entry["status"].as_str()).collect();
    for status in ["delivered", "awaiting_player", "completed"] {
        assert!(statuses.contains(&status), "{command:#}");
    }
    assert_eq!(command["output"], "Gave 1 [Diamond] to Alex");
}

#[tokio::test]
async fn reply_over_4096_bytes_is_read_whole() {
    let env = env_on(&["--max-players", "200"], &["Steve"]).await;
    for number in 0..150 {
        env.testbed.game(&format!("join Player_{number:03}")).await.unwrap();
    }
    // A line with a long answer, and a player at the end of a long list.
    env.package("who", json!({"command": "list uuids"})).await;
    env.pay("order-1", "Player_149", "who", 1).await;
    env.pay("order-2", "Player_149", "diamonds", 1).await;
    env.delivered("order-1").await;
    env.delivered("order-2").await;
    assert_eq!(effects(&env).await, ["give Player_149 diamond 1"]);
    let lines = env.testbed.game("lines").await.unwrap();
    let runs = lines.as_array().unwrap().iter().filter(|line| line.as_str().unwrap().ends_with(" run list uuids"));
    assert_eq!(runs.count(), 1);
    assert!(!env.log("agent.log").contains("game unreachable"), "{}", env.log("agent.log"));
}

#[tokio::test]
async fn hundred_commands_at_once_keep_the_connection_open() {
    let env = TestEnv::start(&["Steve"]).await;
    env.pay("order-1", "Steve", "diamonds", 100).await;
    env.delivered("order-1").await;
    assert_eq!(inventory(&env, "Steve").await, json!({"diamond": 100}));
    assert!(!env.log("agent.log").contains("game unreachable"), "{}", env.log("agent.log"));
}

#[tokio::test]
async fn agent_logs_in_again_before_it_sends() {
    let env = TestEnv::start(&["Steve"]).await;
    for number in 1..=3 {
        env.testbed.game("restart").await.unwrap();
        env.testbed.game("join Steve").await.unwrap();
        env.pay(&format!("order-{number}"), "Steve", "diamonds", 1).await;
        env.delivered(&format!("order-{number}")).await;
    }
    assert_eq!(inventory(&env, "Steve").await, json!({"diamond": 3}));
}

#[tokio::test]
async fn answer_that_is_not_rcon_is_settled_like_a_lost_one() {
    let env = TestEnv::start(&["Steve"]).await;
    env.testbed.game("fault garbage 1 give").await.unwrap();
    env.pay("order-1", "Steve", "diamonds", 1).await;
    env.delivered("order-1").await;
    assert_eq!(inventory(&env, "Steve").await, json!({"diamond": 1}));
}

/// The items were saved and the markers were not: nothing shows any more that the line ran, so it must not be sent again.
#[tokio::test]
async fn line_in_flight_is_held_if_a_crash_lost_the_markers() {
    let mut env = TestEnv::start(&["Steve"]).await;
    env.testbed.game("save").await.unwrap();
    // A real restart takes longer than the 5 s by which the clocks may differ.
    let past = || async { Ok(env.testbed.game("ticks").await?.as_u64().filter(|ticks| *ticks > 200)) };
    until("the game's clock being past what was saved", LIMIT, past).await.unwrap();
    env.testbed.game("fault delay=1000 1 give").await.unwrap();
    env.pay("order-1", "Steve", "diamonds", 1).await;
    received(&env, "run give Steve").await;
    env.testbed.kill(Who::Agent).await.unwrap();
    env.testbed.has("Steve", "diamond", 1, LIMIT).await.unwrap();
    env.testbed.game("restart rollback-marks").await.unwrap();
    env.testbed.game("join Steve").await.unwrap();
    env.testbed.start(Who::Agent).await.unwrap();
    assert_eq!(env.command_is("order-1", "failed").await["reason"], "uncertain");
    assert_eq!(inventory(&env, "Steve").await, json!({"diamond": 1}));
}

#[tokio::test]
async fn on_spigot_a_plugins_command_goes_plain_and_runs_once() {
    let env = env_on(&["--flavour", "spigot", "--plugins"], &["Steve"]).await;
    env.package("money", json!({"command": "eco give {player} 5"})).await;
    env.pay("order-1", "Steve", "money", 1).await;
    env.pay("order-2", "Steve", "diamonds", 1).await;
    env.delivered("order-1").await;
    env.delivered("order-2").await;
    assert_eq!(effects(&env).await, ["eco give Steve 5", "give Steve diamond 1"]);
    assert!(env.command("order-1").await["output"].as_str().unwrap().contains("New balance"));
}

#[tokio::test]
async fn paper_with_essentialsx_settles_lost_plugin_answers() {
    let env = env_on(&["--flavour", "paper", "--plugins"], &["Steve"]).await;
    env.package("money", json!({"command": "eco give {player} 5"})).await;
    env.package("rank", json!({"command": "lp user {player} parent add vip"})).await;
    env.testbed.game("fault lose-reply 1 eco").await.unwrap();
    env.pay("order-1", "Steve", "money", 1).await;
    env.pay("order-2", "Steve", "rank", 1).await;
    env.delivered("order-1").await;
    env.delivered("order-2").await;
    assert_eq!(effects(&env).await, ["eco give Steve 5", "lp user Steve parent add vip"]);
}

/// A plugin's command that finds no player still sets its marker as "ran". That marker belongs to the first send and must not settle the second.
#[tokio::test]
async fn marker_of_an_earlier_send_does_not_settle_the_next() {
    let env = env_on(&["--flavour", "paper", "--plugins"], &[]).await;
    env.package("money", json!({"command": "eco give {player} 5", "requireOnline": false})).await;
    env.pay("order-1", "Steve", "money", 1).await;
    env.delivery_is("order-1", "awaiting_player").await;
    env.testbed.game("fault close 1 eco").await.unwrap();
    env.testbed.game("join Steve").await.unwrap();
    env.delivered("order-1").await;
    assert_eq!(effects(&env).await, ["eco give Steve 5"]);
}

#[tokio::test]
async fn silent_command_runs_once_where_no_packet_is_sent() {
    let env = env_on(&["--silent"], &["Steve"]).await;
    env.package("say", json!({"command": "say {order}"})).await;
    env.pay("order-1", "Steve", "say", 1).await;
    env.delivered("order-1").await;
    assert_eq!(effects(&env).await, ["say order-1"]);
}
