//! Time from an order's HTTP response to its line in the game, for one order after another.

use crate::bench_env::{BenchEnv, SAYS, millis, print};
use crate::floor::Floor;
use flux_testkit::testbed::TestbedError;
use tokio::time::Instant;

/// Number of orders, unless `FLUX_BENCH_PUSHES` is set.
const ORDERS: usize = 300;

/// The least that a push needs. The store commits the offer; the agent commits the command and its intent to send it.
/// With these three commits come one network hop and two round trips to the game: one asks whether the player is there, one sends the line.
fn needed(floor: &Floor) -> std::time::Duration {
    3 * floor.commit + floor.hop + 2 * floor.trip
}

pub(crate) async fn run(floor: &Floor) -> Result<(), TestbedError> {
    let orders = std::env::var("FLUX_BENCH_PUSHES").map_or(ORDERS, |text| text.parse().expect("a number"));
    let mut env = BenchEnv::start("").await?;
    env.testbed.game("join Steve").await?;
    env.package("word", 1, SAYS).await?;
    let mut times = Vec::new();
    for number in 1..=orders {
        env.pay(&format!("o{number}"), "Steve", "word", 1).await?;
        let start = Instant::now();
        times.push(env.until_ran(number).await? - start);
    }
    println!("push: {orders} orders, one after another");
    print("order's HTTP answer -> line in the game", times);
    println!("  {:<44} p50 {} ms", "floor: three commits, a hop, two trips", millis(needed(floor)));
    env.stop().await
}
