//! The steps of the quickstart: each is printed with its duration.

use super::Failed;
use flux_testkit::testbed::{StoreApi, Testbed, TestbedError, Who};
use serde_json::{Value, json};
use std::time::Duration;

/// Limit of one step; a loaded machine needs a while.
const LIMIT: Duration = Duration::from_secs(300);
/// The time that Alex stays away.
const AWAY: Duration = Duration::from_secs(5);

/// The running store, for the commands that the quickstart prints at the end.
pub(super) struct Outcome {
    api: StoreApi,
    server: String,
}

/// Runs the steps and prints each with its duration.
pub(super) async fn play(testbed: &mut Testbed) -> Result<Outcome, Failed> {
    println!();
    let api = step("the store starts: flux-companion on a fresh SQLite file", testbed.start_companion()).await?;
    step("the game starts: a Minecraft server as RCON sees it, Steve is online", async {
        testbed.start(Who::Game).await?;
        testbed.game("join Steve").await
    })
    .await?;
    let (server, token) =
        step("a server is added to the store; its token is shown once", testbed.add_server(&api, "Survival")).await?;
    step("a package is added: Diamonds, `give {player} diamond {quantity}`", add_package(&api)).await?;
    step("the agent starts and connects: token, session, RCON", async {
        testbed.write_agent_config(&token, "")?;
        testbed.start(Who::Agent).await?;
        testbed.server_is(&api, &server, "online", LIMIT).await
    })
    .await?;
    step("Steve, who is online, pays for 5: the diamonds are in his inventory", async {
        pay(&api, "order-1", "Steve", 5).await?;
        testbed.has("Steve", "diamond", 5, LIMIT).await
    })
    .await?;
    step("… and the store shows order-1 as delivered", testbed.delivery_is(&api, "order-1", "delivered", LIMIT))
        .await?;
    step("Alex, who is away, pays for 3: the agent keeps them", async {
        pay(&api, "order-2", "Alex", 3).await?;
        testbed.delivery_is(&api, "order-2", "awaiting_player", LIMIT).await
    })
    .await?;
    let code =
        step("referrals are switched on: 2 emeralds for whoever brings a friend; Alex has a code", share(&api)).await?;
    step("Bob, a friend, orders with Alex's code: Bob has his diamond, and Alex's emeralds wait for her, too", async {
        testbed.game("join Bob").await?;
        let mut order = order_body("Bob", 1);
        order["referralCode"] = code;
        let order = api.put("/api/v1/orders/order-5", order).await?;
        testbed.has("Bob", "diamond", 1, LIMIT).await?;
        testbed.reward_is(&api, &order, "awaiting_player", LIMIT).await
    })
    .await?;
    println!("    (5 seconds pass)");
    tokio::time::sleep(AWAY).await;
    step("Alex joins: the agent sees her in the game's list, and the diamonds are in her inventory", async {
        testbed.game("join Alex").await?;
        testbed.has("Alex", "diamond", 3, LIMIT).await
    })
    .await?;
    step("… and the store shows order-2 as delivered", testbed.delivery_is(&api, "order-2", "delivered", LIMIT))
        .await?;
    step("… and the emeralds for bringing Bob are there, too", testbed.has("Alex", "emerald", 2, LIMIT)).await?;
    step("the session is cut (no WebSocket gets through): the agent notices and polls", async {
        testbed.link.cut_sessions();
        testbed.agent_polls(LIMIT).await
    })
    .await?;
    step("Steve pays for 2: the next poll brings it, within 15 s or so", async {
        pay(&api, "order-3", "Steve", 2).await?;
        testbed.has("Steve", "diamond", 7, LIMIT).await?;
        testbed.delivery_is(&api, "order-3", "delivered", LIMIT).await
    })
    .await?;
    step("the session is back; Alex pays for 1 over it", async {
        testbed.link.restore();
        pay(&api, "order-4", "Alex", 1).await?;
        testbed.delivery_is(&api, "order-4", "delivered", LIMIT).await
    })
    .await?;
    step("the game ran each command once: six lines took effect", ran(testbed, 6)).await?;
    Ok(Outcome { api, server })
}

async fn step<T>(name: &str, work: impl Future<Output = Result<T, TestbedError>>) -> Result<T, Failed> {
    let start = tokio::time::Instant::now();
    match work.await {
        Ok(done) => {
            println!("  ✓ {name}  ({})", format_duration(start.elapsed()));
            Ok(done)
        }
        Err(cause) => {
            println!("  ✗ {name}");
            Err(Failed { step: name.to_owned(), cause })
        }
    }
}

fn format_duration(took: Duration) -> String {
    if took < Duration::from_secs(1) {
        format!("{} ms", took.as_millis())
    } else {
        format!("{:.1} s", took.as_secs_f64())
    }
}

async fn add_package(api: &StoreApi) -> Result<Value, TestbedError> {
    let package = json!({"name": "Diamonds", "price": 100, "currency": "EUR", "commands": [{"command": "give {player} diamond {quantity}"}]});
    api.put("/api/v1/packages/diamonds", package).await
}

/// Enables referrals, and issues Alex's code.
async fn share(api: &StoreApi) -> Result<Value, TestbedError> {
    let program = json!({"enabled": true, "rewardCommands": [{"command": "give {player} emerald 2"}]});
    api.put("/api/v1/referrals/program", program).await?;
    let alex = json!({"accountId": "store", "customerId": "customer-alex"});
    Ok(api.post("/api/v1/referrals/links/issue", alex).await?["code"].clone())
}

async fn pay(api: &StoreApi, order: &str, player: &str, quantity: u64) -> Result<Value, TestbedError> {
    let order_body = order_body(player, quantity);
    api.put(&format!("/api/v1/orders/{order}"), order_body).await
}

fn order_body(player: &str, quantity: u64) -> Value {
    json!({
        "customer": {"id": format!("customer-{}", player.to_lowercase())}, "player": {"name": player},
        "items": [{"packageId": "diamonds", "quantity": quantity}], "amount": 100 * quantity, "currency": "EUR", "status": "paid",
    })
}

async fn ran(testbed: &Testbed, times: usize) -> Result<(), TestbedError> {
    let answer = testbed.game("effects").await?;
    let effects = answer["effects"].as_array().map(Vec::as_slice).unwrap_or_default();
    let gave =
        effects.iter().filter(|effect| effect["line"].as_str().is_some_and(|line| line.contains("give "))).count();
    if gave == times { Ok(()) } else { Err(TestbedError::Answer(format!("{gave} lines took effect: {answer}"))) }
}

impl Outcome {
    /// Prints the addresses, the key, and three commands to try.
    pub(super) fn print_what_to_try(&self, testbed: &mut Testbed) {
        let (store, key, server, folder) =
            (testbed.store_address, self.api.key(), &self.server, testbed.folder().display().to_string());
        let pids = [Who::Companion, Who::Game, Who::Agent].map(|who| testbed.program(who).pid().unwrap_or_default());
        let [companion, game, agent] = pids;
        println!(
            "\nEverything stays up until Ctrl-C. Kill any of the three (kill -9): it is started again, and no command is lost or run twice.\n
  store      http://{store}   (pid {companion}; API document at /openapi.json)
  game       RCON {rcon}   (pid {game}; players join with `join NAME` on its control port)
  agent      pid {agent}; logs and files in {folder}
  admin key  {key}
  server     {server}
\nThree commands to try:\n
  curl -s -X PUT http://{store}/api/v1/orders/order-6 -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' -d '{order}'
  curl -s http://{store}/api/v1/orders/order-6 -H 'Authorization: Bearer {key}'
  curl -s http://{store}/api/v1/servers/{server} -H 'Authorization: Bearer {key}'\n",
            rcon = testbed.rcon_address,
            order = order_body("Steve", 1),
        );
    }
}
