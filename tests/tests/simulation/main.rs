//! Deterministic simulation: the real agent, the real companion and the sandbox game in one process, on simulated time and a simulated network. One seed, one history.
//!
//! `make sim SEED=7` replays one; `make sim SEEDS=500` searches. The properties have the names that they have in the model of the contract (`checks.rs`).

mod checks;
mod faults;
mod hosts;
mod logs;
mod machine;
mod net;
mod random;
mod storefront;
mod story;

use std::time::{Duration, Instant};

/// Seeds of `make test` when nothing else is asked for; the time that they may take together ends it earlier.
const SEEDS: u64 = 400;
const TIME: Duration = Duration::from_secs(75);

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

#[test]
#[expect(clippy::disallowed_methods, reason = "how long the search itself may take")]
fn every_seed_keeps_every_promise() {
    if let Some(seed) = number("SEED") {
        let history = story::play(seed);
        println!("{}", history.trace.join("\n"));
        checks::all(&history);
        return;
    }
    let (start, mut told) = (Instant::now(), story::Totals::default());
    for seed in 0..number("SEEDS").unwrap_or(SEEDS) {
        let history = story::play(seed);
        checks::all(&history);
        told.add(&history);
        if number("SEEDS").is_none() && start.elapsed() > TIME {
            break;
        }
    }
    println!("{told}");
}

#[test]
fn one_seed_is_one_history() {
    for seed in [1, 2, 3] {
        let (first, second) = (story::play(seed), story::play(seed));
        assert_eq!(first.trace, second.trace, "seed {seed}");
        assert_eq!(first.effects, second.effects, "seed {seed}");
    }
}
