use super::Failed;
use flux_testkit::stage::{Stage, StageError, StoreApi, Who};
use serde_json::{Value, json};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(60);
const AWAY: Duration = Duration::from_secs(5);

/// What the story leaves to play with.
pub(super) struct Told {
    api: StoreApi,
    server: String,
}

/// Tells the story step by step, with what each step took.
pub(super) async fn tell(stage: &mut Stage) -> Result<Told, Failed> {
    println!();
    let api = step("the store starts: flux-companion on a fresh SQLite file", stage.start_companion()).await?;
    step("the game starts: a Minecraft server as RCON sees it, Steve is online", async {
        stage.start(Who::Game).await?;
        stage.game("join Steve").await
    })
    .await?;
    let (server, token) =
        step("a server is added to the store; its token is shown once", stage.add_server(&api, "Survival")).await?;
    step("a package is added: Diamonds, `give {player} diamond {quantity}`", add_package(&api)).await?;
    step("the agent starts and connects: token, session, RCON", async {
        stage.write_agent_config(&token, "")?;
        stage.start(Who::Agent).await?;
        stage.server_is(&api, &server, "online", LIMIT).await
    })
    .await?;
    step("Steve, who is online, pays for 5: the diamonds are in his inventory", async {
        pay(&api, "order-1", "Steve", 5).await?;
        stage.has("Steve", "diamond", 5, LIMIT).await
    })
    .await?;
    step("… and the store shows order-1 as delivered", stage.delivery_is(&api, "order-1", "delivered", LIMIT)).await?;
    step("Alex, who is away, pays for 3: the agent keeps them", async {
        pay(&api, "order-2", "Alex", 3).await?;
        stage.delivery_is(&api, "order-2", "awaiting_player", LIMIT).await
    })
    .await?;
    let code =
        step("referrals are switched on: 2 emeralds for whoever brings a friend; Alex has a code", share(&api)).await?;
    step("Bob, a friend, orders with Alex's code: Bob has his diamond, and Alex's emeralds wait for her, too", async {
        stage.game("join Bob").await?;
        let mut order = order_body("Bob", 1);
        order["referralCode"] = code;
        let order = api.put("/api/v1/orders/order-5", order).await?;
        stage.has("Bob", "diamond", 1, LIMIT).await?;
        stage.reward_is(&api, &order, "awaiting_player", LIMIT).await
    })
    .await?;
    println!("    (5 s go by)");
    tokio::time::sleep(AWAY).await;
    step("Alex joins: the agent sees her in the game's list, and the diamonds are in her inventory", async {
        stage.game("join Alex").await?;
        stage.has("Alex", "diamond", 3, LIMIT).await
    })
    .await?;
    step("… and the store shows order-2 as delivered", stage.delivery_is(&api, "order-2", "delivered", LIMIT)).await?;
    step("… and the emeralds for bringing Bob are there, too", stage.has("Alex", "emerald", 2, LIMIT)).await?;
    step("the session is cut (no WebSocket gets through): the agent notices and polls", async {
        stage.wire.cut_sessions();
        stage.agent_polls(LIMIT).await
    })
    .await?;
    step("Steve pays for 2: the next poll brings it, within 15 s or so", async {
        pay(&api, "order-3", "Steve", 2).await?;
        stage.has("Steve", "diamond", 7, LIMIT).await?;
        stage.delivery_is(&api, "order-3", "delivered", LIMIT).await
    })
    .await?;
    step("the session is mended; Alex pays for 1 over it", async {
        stage.wire.mend();
        pay(&api, "order-4", "Alex", 1).await?;
        stage.delivery_is(&api, "order-4", "delivered", LIMIT).await
    })
    .await?;
    step("the game ran each command once: six lines took effect", ran(stage, 6)).await?;
    Ok(Told { api, server })
}

async fn step<T>(told: &str, work: impl Future<Output = Result<T, StageError>>) -> Result<T, Failed> {
    let start = tokio::time::Instant::now();
    match work.await {
        Ok(done) => {
            println!("  ✓ {told}  ({})", latency(start.elapsed()));
            Ok(done)
        }
        Err(cause) => {
            println!("  ✗ {told}");
            Err(Failed { step: told.to_owned(), cause })
        }
    }
}

fn latency(took: Duration) -> String {
    if took < Duration::from_secs(1) {
        format!("{} ms", took.as_millis())
    } else {
        format!("{:.1} s", took.as_secs_f64())
    }
}

async fn add_package(api: &StoreApi) -> Result<Value, StageError> {
    let package = json!({"name": "Diamonds", "price": 100, "currency": "EUR", "commands": [{"command": "give {player} diamond {quantity}"}]});
    api.put("/api/v1/packages/diamonds", package).await
}

/// Switches referrals on, and issues Alex's code.
async fn share(api: &StoreApi) -> Result<Value, StageError> {
    let program = json!({"enabled": true, "rewardCommands": [{"command": "give {player} emerald 2"}]});
    api.put("/api/v1/referrals/program", program).await?;
    let alex = json!({"accountId": "store", "customerId": "customer-alex"});
    Ok(api.post("/api/v1/referrals/links/issue", alex).await?["code"].clone())
}

async fn pay(api: &StoreApi, order: &str, player: &str, quantity: u64) -> Result<Value, StageError> {
    let order_body = order_body(player, quantity);
    api.put(&format!("/api/v1/orders/{order}"), order_body).await
}

fn order_body(player: &str, quantity: u64) -> Value {
    json!({
        "customer": {"id": format!("customer-{}", player.to_lowercase())}, "player": {"name": player},
        "items": [{"packageId": "diamonds", "quantity": quantity}], "amount": 100 * quantity, "currency": "EUR", "status": "paid",
    })
}

async fn ran(stage: &Stage, times: usize) -> Result<(), StageError> {
    let answer = stage.game("effects").await?;
    let effects = answer["effects"].as_array().map(Vec::as_slice).unwrap_or_default();
    let gave =
        effects.iter().filter(|effect| effect["line"].as_str().is_some_and(|line| line.contains("give "))).count();
    if gave == times { Ok(()) } else { Err(StageError::Answer(format!("{gave} lines took effect: {answer}"))) }
}

impl Told {
    /// The addresses, the key, and three lines to play with.
    pub(super) fn print_what_to_try(&self, stage: &mut Stage) {
        let (store, key, server, folder) =
            (stage.store_address, self.api.key(), &self.server, stage.folder().display().to_string());
        let pids = [Who::Companion, Who::Game, Who::Agent].map(|who| stage.program(who).pid().unwrap_or_default());
        let [companion, game, agent] = pids;
        println!(
            "\nEverything stays up until Ctrl-C. Kill any of the three (kill -9): it is started again, and no command is lost or run twice.\n
  store      http://{store}   (pid {companion}; API document at /openapi.json)
  game       RCON {rcon}   (pid {game}; players join with `join NAME` on its control port)
  agent      pid {agent}; logs and files in {folder}
  admin key  {key}
  server     {server}
\nThree lines to play with:\n
  curl -s -X PUT http://{store}/api/v1/orders/order-6 -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' -d '{order}'
  curl -s http://{store}/api/v1/orders/order-6 -H 'Authorization: Bearer {key}'
  curl -s http://{store}/api/v1/servers/{server} -H 'Authorization: Bearer {key}'\n",
            rcon = stage.rcon_address,
            order = order_body("Steve", 1),
        );
    }
}
