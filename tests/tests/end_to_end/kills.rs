use crate::rig::Rig;
use flux_sandbox::stage::Who;
use serde_json::json;

const COMMANDS: usize = 60;

/// Every command says its own number, so that a line lost or run twice shows.
async fn killed_again_and_again(who: Who, times: usize) {
    let mut rig = Rig::start(&["Steve"]).await;
    rig.package("say", json!({"command": "say {order}"})).await;
    for number in 0..COMMANDS {
        rig.pay(&format!("order-{number}"), "Steve", "say", 1).await;
        if number % (COMMANDS / times) == 1 {
            rig.restart(who).await;
        }
    }
    for number in 0..COMMANDS {
        rig.delivered(&format!("order-{number}")).await;
    }
    let runs = rig.runs().await;
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

/// A game that is killed with a line in flight takes the knowledge with it: such a line is held as uncertain, and never sent again.
#[tokio::test]
async fn killing_the_game_runs_nothing_twice_and_what_is_not_known_is_said() {
    let mut rig = Rig::start(&["Steve"]).await;
    for number in 0..COMMANDS {
        rig.pay(&format!("order-{number}"), "Steve", "diamonds", 1).await;
        if number % 8 == 1 {
            rig.restart(Who::Game).await;
        }
    }
    let mut completed = 0;
    for number in 0..COMMANDS {
        let order = format!("order-{number}");
        let closed = flux_sandbox::stage::until("the order being closed", crate::rig::LIMIT, || async {
            let command = rig.command(&order).await;
            Ok(["completed", "failed"].contains(&command["status"].as_str().unwrap()).then_some(command))
        });
        let command = closed.await.unwrap().0;
        match command["status"].as_str() {
            Some("completed") => completed += 1,
            _ => assert_eq!(command["reason"], "uncertain", "{command}"),
        }
    }
    let inventory = rig.stage.game("inventory Steve").await.unwrap();
    assert_eq!(inventory["diamond"], completed);
    assert!(completed > COMMANDS as u64 / 2, "most were not in flight: {completed}");
}
