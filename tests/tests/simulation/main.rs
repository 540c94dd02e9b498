//! Deterministic simulation: the real agent, the real companion and the sandbox game in one process, on simulated time and a simulated network.
//! One seed gives one history. `make sim SEED=7` replays a seed, `make sim SEEDS=50000` searches seeds 0 to 49,999.
//! The invariants in `invariants.rs` have the names that they have in `docs/spec/delivery-model`.

mod faults;
mod hosts;
mod invariants;
mod machine;
mod net;
mod proxy;
mod random;
mod scenario;
mod secret_log;
mod workload;

use std::process::{Command, Output};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Number of seeds that `make test` plays: about four minutes of a debug build on two idle cores. A loaded machine takes longer and plays as many.
const SEEDS: u64 = 40;

/// Set for a child process that plays one seed: it prints the totals and not the history.
const IS_CHILD: &str = "FLUX_SIM_IS_CHILD";

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// Plays a seed in a process of its own, because earlier work in the same process changes the history:
/// tokio numbers all tasks of a process, and drops them in that order.
fn child(seed: u64) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["every_seed_keeps_every_invariant", "--exact", "--nocapture"]).env("SEED", seed.to_string());
    command
}

#[test]
fn every_seed_keeps_every_invariant() {
    match number("SEED") {
        Some(seed) => play_here(seed),
        None => search(number("SEEDS").unwrap_or(SEEDS)),
    }
}

fn play_here(seed: u64) {
    let history = scenario::play(seed);
    if std::env::var_os(IS_CHILD).is_none() {
        println!("{}", history.trace.join("\n"));
    }
    invariants::check_all(&history);
    println!("{}", scenario::Totals::of(&history).to_line());
}

/// Plays this many seeds, one process for each core, until one breaks an invariant.
fn search(seeds: u64) {
    let next = AtomicU64::new(0);
    let (totals, broken) = (Mutex::new(scenario::Totals::default()), Mutex::new(None));
    let work = || {
        while broken.lock().unwrap().is_none() {
            let seed = next.fetch_add(1, Ordering::SeqCst);
            if seed >= seeds {
                return;
            }
            let Output { status, stdout, stderr } = child(seed).env(IS_CHILD, "1").output().unwrap();
            if status.success() {
                totals.lock().unwrap().add(&String::from_utf8_lossy(&stdout));
            } else {
                broken.lock().unwrap().get_or_insert(String::from_utf8_lossy(&stderr).into_owned());
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    if let Some(failure) = broken.into_inner().unwrap() {
        panic!("{failure}");
    }
    println!("{}", totals.into_inner().unwrap());
}

#[test]
fn one_seed_gives_one_history() {
    for seed in [1, 2, 3] {
        let [first, second] = [(); 2].map(|()| child(seed).output().unwrap());
        assert!(first.status.success(), "seed {seed}");
        let lines = |output: &Output| -> Vec<String> {
            String::from_utf8_lossy(&output.stdout)
                .lines()
                .filter(|line| !line.contains("finished in"))
                .map(str::to_owned)
                .collect()
        };
        let (first, second) = (lines(&first), lines(&second));
        let differs = first.iter().zip(&second).find(|(one, other)| one != other);
        assert_eq!((differs, first.len()), (None, second.len()), "seed {seed}");
    }
}
