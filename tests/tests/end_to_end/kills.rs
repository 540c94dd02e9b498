//! `kill -9` on each program while orders come in.

use crate::test_env::{LIMIT, TestEnv, order_body};
use flux_testkit::testbed::{StoreApi, Testbed, Who, until};
use serde_json::json;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::time::Duration;

const COMMANDS: usize = 60;

/// Each command prints its own number, so that a lost or repeated line shows.
async fn killed_again_and_again(who: Who, times: usize) {
    let mut env = TestEnv::start(&["Steve"]).await;
    env.package("say", json!({"command": "say {order}"})).await;
    for number in 0..COMMANDS {
        env.pay(&format!("order-{number}"), "Steve", "say", 1).await;
        if number % (COMMANDS / times) == 1 {
            env.restart(who).await;
        }
    }
    for number in 0..COMMANDS {
        env.delivered(&format!("order-{number}")).await;
    }
    let runs = env.runs().await;
    for number in 0..COMMANDS {
        let line = format!("say order-{number}");
        let count = runs.get(&line).copied().unwrap_or_default();
        assert_eq!(count, 1, "{line} ran {count} times");
    }
}

#[tokio::test]
async fn killing_the_agent_loses_nothing_and_runs_nothing_twice() {
    killed_again_and_again(Who::Agent, 8).await;
}

#[tokio::test]
async fn killing_the_companion_loses_nothing_and_runs_nothing_twice() {
    killed_again_and_again(Who::Companion, 8).await;
}

/// A game that is killed with a line in flight loses the information whether it ran: the agent holds such a line as uncertain and never sends it again.
#[tokio::test]
async fn killed_game_runs_nothing_twice_and_reports_uncertainty() {
    let mut env = TestEnv::start(&["Steve"]).await;
    for number in 0..COMMANDS {
        env.pay(&format!("order-{number}"), "Steve", "diamonds", 1).await;
        if number % 8 == 1 {
            env.restart(Who::Game).await;
        }
    }
    let mut completed = 0;
    for number in 0..COMMANDS {
        let order = format!("order-{number}");
        let closed = flux_testkit::testbed::until("the order being closed", crate::test_env::LIMIT, || async {
            let command = env.command(&order).await;
            Ok(["completed", "failed"].contains(&command["status"].as_str().unwrap()).then_some(command))
        });
        let command = closed.await.unwrap().0;
        match command["status"].as_str() {
            Some("completed") => completed += 1,
            _ => assert_eq!(command["reason"], "uncertain", "{command}"),
        }
    }
    let inventory = env.testbed.game("inventory Steve").await.unwrap();
    assert_eq!(inventory["diamond"], completed);
    assert!(completed > COMMANDS as u64 / 2, "most were not in flight: {completed}");
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// A number from 0 to `end` - 1 (xorshift), for the choice of the program and the time of its kill.
fn draw(state: &mut u64, end: u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state % end
}

/// Kills all three programs one after the other at random times while orders come in. `KILLS=1000 ORDERS=10000` is the long run.
#[tokio::test]
async fn random_kills_lose_no_line_and_repeat_none() {
    let (kills, orders) = (number("KILLS", 100), number("ORDERS", 1_000));
    let mut env = TestEnv::start(&["Steve"]).await;
    env.package("say", json!({"command": "say {order}", "requireOnline": false})).await;
    let TestEnv { testbed, api, .. } = &mut env;
    let killed = Cell::new(0);
    // The number of orders follows the number of kills, so that commands are always in flight.
    tokio::join!(
        sell(api, orders, || killed.get() * orders / kills),
        kill_one_after_the_other(testbed, kills, &killed)
    );
    let closed = until("all being closed", LIMIT, || async {
        let mut open = 0;
        for status in ["pending", "delivered", "awaiting_player"] {
            let page = env.api.get(&format!("/api/v1/commands?limit=1&status={status}")).await?;
            open += page["items"].as_array().map_or(0, Vec::len);
        }
        Ok((open == 0).then_some(()))
    });
    closed.await.unwrap();
    let executed = executed(&env.log("game.log"));
    let (mut held, mut unlogged) = (0, 0);
    for order in 0..orders {
        let command = env.command(&format!("o{order}")).await;
        let count = executed.get(&format!("say o{order}")).copied().unwrap_or_default();
        match command["status"].as_str() {
            // A game that is killed right after it ran a line has not logged it.
            Some("completed") if count == 0 => unlogged += 1,
            Some("completed") => assert_eq!(count, 1, "{command:#}"),
            _ => {
                assert_eq!(command["reason"], "uncertain", "{command:#}");
                assert!(count <= 1, "{count} times: {command:#}");
                held += 1;
            }
        }
    }
    println!("{kills} kills, {orders} commands, {held} of them held");
    assert!(held <= kills && unlogged <= kills, "one line is in flight at a time");
    let total = env.testbed.game("total").await.unwrap();
    assert_eq!(total, json!(executed.values().sum::<u64>() + unlogged), "the world's own count");
}

/// Sells like a storefront, which retries until it gets an answer. `may` returns the number of orders allowed so far; 20 more are always allowed.
async fn sell(api: &StoreApi, orders: u64, may: impl Fn() -> u64) {
    for order in 0..orders {
        until("the next order's time", LIMIT, || async { Ok((may() + 20 > order).then_some(())) }).await.unwrap();
        let what = format!("order {order} being paid");
        let pay =
            || async { Ok(api.put(&format!("/api/v1/orders/o{order}"), order_body("Steve", "say", 1)).await.ok()) };
        until(&what, LIMIT, pay).await.unwrap();
    }
}

async fn kill_one_after_the_other(testbed: &mut Testbed, kills: u64, killed: &Cell<u64>) {
    let mut state = 0x9E37_79B9_7F4A_7C15;
    for _ in 0..kills {
        let who = [Who::Agent, Who::Agent, Who::Companion, Who::Game][draw(&mut state, 4) as usize];
        tokio::time::sleep(Duration::from_millis(draw(&mut state, 250))).await;
        testbed.kill(who).await.unwrap();
        tokio::time::sleep(Duration::from_millis(draw(&mut state, 60))).await;
        testbed.start(who).await.unwrap();
        killed.set(killed.get() + 1);
    }
}

/// The number of runs of each line, from the log, which outlives the game.
fn executed(log: &str) -> BTreeMap<String, u64> {
    let mut executed = BTreeMap::new();
    for line in log.lines().filter(|line| line.contains("line executed")) {
        let said = line.split_once("say o").and_then(|(_, rest)| rest.split_once('"'));
        if let Some((number, _)) = said {
            *executed.entry(format!("say o{number}")).or_default() += 1;
        }
    }
    executed
}
