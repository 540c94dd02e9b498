//! `make bench`: order paid → line in the game, beside what it is made of, each measured alone in the same run. Figures, never a test.

use flux_sandbox::stage::{Programs, Stage, StageError, Who};
use serde_json::json;
use std::time::Duration;
use tokio::time::Instant;

const ORDERS: usize = 300;
const LIMIT: Duration = Duration::from_secs(60);

#[tokio::main]
async fn main() -> Result<(), StageError> {
    let folder = std::env::temp_dir().join(format!("flux-bench-{}", std::process::id()));
    let mut stage = Stage::prepare(&folder, Programs::beside_this()?).await?;
    let api = stage.start_companion().await?;
    stage.start(Who::Game).await?;
    stage.game("join Steve").await?;
    let (server, token) = stage.add_server(&api, "Bench").await?;
    let package = json!({"name": "Word", "price": 1, "currency": "EUR", "commands": [{"command": "say {order}"}]});
    api.put("/api/v1/packages/word", package).await?;
    stage.write_agent_config(&token, "")?;
    stage.start(Who::Agent).await?;
    stage.server_is(&api, &server, "online", LIMIT).await?;

    let mut http = Vec::with_capacity(ORDERS);
    let mut game = Vec::with_capacity(ORDERS);
    let mut push = Vec::with_capacity(ORDERS);
    for number in 0..ORDERS {
        let start = Instant::now();
        api.get("/health/live").await?;
        http.push(start.elapsed());

        let start = Instant::now();
        stage.game("online").await?;
        game.push(start.elapsed());

        let order = json!({
            "customer": {"id": "c"}, "player": {"name": "Steve"}, "items": [{"packageId": "word", "quantity": 1}], "amount": 1, "currency": "EUR", "status": "paid",
        });
        api.put(&format!("/api/v1/orders/bench-{number}"), order).await?;
        let start = Instant::now();
        while stage.game("effects").await?["total"].as_u64() != Some(number as u64 + 1) {
            if start.elapsed() > LIMIT {
                return Err(StageError::Waited { what: "the line in the game".into(), limit: LIMIT });
            }
        }
        push.push(start.elapsed());
    }
    println!("{ORDERS} orders, one after another, all on this machine");
    print("one HTTP request and its connection", http);
    print("one look into the game", game);
    print("order's HTTP answer -> line in the game, looked at without pause", push);
    for who in [Who::Agent, Who::Companion, Who::Game] {
        stage.stop(who).await?;
    }
    std::fs::remove_dir_all(&folder).map_err(|source| StageError::Io { what: "tidying up".into(), source })
}

fn print(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |permille: usize| times[(times.len() - 1) * permille / 1_000].as_secs_f64() * 1_000.0;
    println!("{what:<66} p50 {:>7.2} ms   p99 {:>7.2} ms", at(500), at(990));
}
