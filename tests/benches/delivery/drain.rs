//! Rate at which waiting commands run when the game is back: lines that the game answers or not, with and without execution markers.

use crate::bench_env::{BenchEnv, SAYS, TEMPLATES};
use crate::floor::{Floor, trip};
use flux_testkit::testbed::{TestbedError, Who};
use tokio::time::Instant;

const PLAYERS: usize = 1_000;
/// The game's answer confirms the effect, so the agent makes no further check.
const GIVES: &str = "give {player} diamond 1";

struct Case {
    proof: &'static str,
    template: &'static str,
    /// Milliseconds after which the game answers.
    delay: u64,
    /// The store runs too and takes the reports, on the same processors and the same disk.
    has_store: bool,
    /// Round trips that a command needs: a check that its player is present and alive, the line, and for a line without an answer, its marker.
    needed: u32,
}

const CASES: [Case; 6] = [
    Case { proof: "auto", template: GIVES, delay: 0, has_store: true, needed: 2 },
    Case { proof: "auto", template: GIVES, delay: 0, has_store: false, needed: 2 },
    Case { proof: "auto", template: SAYS, delay: 0, has_store: false, needed: 3 },
    Case { proof: "none", template: SAYS, delay: 0, has_store: false, needed: 2 },
    Case { proof: "auto", template: GIVES, delay: 5, has_store: false, needed: 2 },
    Case { proof: "auto", template: GIVES, delay: 50, has_store: false, needed: 2 },
];

pub(crate) async fn run(floor: &Floor) -> Result<(), TestbedError> {
    let commands = std::env::var("FLUX_BENCH_DRAIN").map_or(10_000, |text| text.parse().expect("a number"));
    println!("drain: {commands} waiting commands of {PLAYERS} players who are online");
    for case in CASES {
        // With a slow game, a tenth gives the same result.
        let count = if case.delay == 0 { commands } else { (commands / 10).min(PLAYERS) };
        one(floor, count, &case).await?;
    }
    Ok(())
}

async fn one(floor: &Floor, commands: usize, case: &Case) -> Result<(), TestbedError> {
    let Case { proof, template, delay, has_store, needed } = case;
    let mut env = BenchEnv::start(&format!("delivery: {{proof: {proof}}}\n")).await?;
    env.testbed.kill(Who::Game).await?;
    let all = wait_for_the_game(&env, commands, template).await?;
    if !has_store {
        env.testbed.kill(Who::Companion).await?;
    }
    let names: Vec<String> = (0..PLAYERS).map(|player| format!("P{player}")).collect();
    let mut options = vec!["--join"];
    options.extend(names.iter().map(String::as_str));
    env.testbed.set_up_game(&options);
    env.testbed.start(Who::Game).await?;
    if *delay > 0 {
        env.testbed.game(&format!("fault delay={delay} 100000000")).await?;
    }
    env.until_ran(1).await?;
    let start = Instant::now();
    let took = env.until_ran(all).await? - start;
    let lines = env.testbed.game("received").await?.as_u64().unwrap_or_default() as f64;
    env.testbed.kill(Who::Agent).await?;
    let trip = trip(&env, if *delay > 0 { 100 } else { 1_000 }).await;
    let rate = all as f64 / took.as_secs_f64();
    let share = |commits: u32| {
        let reachable = 1.0 / (commits * floor.commit + *needed * trip).as_secs_f64();
        format!("{:3.0} % of {reachable:.0}", rate / reachable * 100.0)
    };
    println!(
        "  {} proof {proof}, game answers after {delay} ms, store {}: {rate:.0} a second; {needed} trips and 1 commit: {}, and 2 commits: {}; {:.2} trips in all",
        &template[..4],
        if *has_store { "there" } else { "away" },
        share(1),
        share(2),
        lines / all as f64
    );
    env.stop().await
}

/// Sells while the game is away; returns the number of commands that then wait in the journal.
async fn wait_for_the_game(env: &BenchEnv, commands: usize, template: &str) -> Result<usize, TestbedError> {
    let each = (commands / PLAYERS).max(1);
    let (templates, quantity) = (each.min(TEMPLATES), each.div_ceil(TEMPLATES));
    let all = templates * quantity * PLAYERS;
    env.package("words", templates, template).await?;
    for player in 0..PLAYERS {
        env.pay(&format!("o{player}"), &format!("P{player}"), "words", quantity).await?;
    }
    env.queue_is("delivered", all).await?;
    Ok(all)
}
