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
mod way;

use std::process::{Command, Output};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Seeds of `make test` when nothing else is asked for; the time that they may take together ends it earlier.
const SEEDS: u64 = 1_000;
const TIME: Duration = Duration::from_secs(240);

/// Set for a process that plays one seed for another: it prints what the history came to, and not the history.
const FOR_ANOTHER: &str = "FLUX_SIM_FOR_ANOTHER";

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// Plays a seed in a process of its own: what comes before it in a process has an influence (tokio numbers all tasks of a process, and drops them by that).
fn elsewhere(seed: u64) -> Command {
    played_by(Command::new(std::env::current_exe().unwrap()), seed)
}

/// The same, with what the other tests leave of the machine: a search may take long, and nothing in it is a matter of time.
fn aside(seed: u64) -> Command {
    let mut command = Command::new("nice");
    command.args(["-n", "19"]).arg(std::env::current_exe().unwrap());
    played_by(command, seed)
}

fn played_by(mut command: Command, seed: u64) -> Command {
    command.args(["every_seed_keeps_every_promise", "--exact", "--nocapture"]).env("SEED", seed.to_string());
    command
}

#[test]
fn every_seed_keeps_every_promise() {
    match number("SEED") {
        Some(seed) => play_here(seed),
        None => search(number("SEEDS")),
    }
}

fn play_here(seed: u64) {
    let history = story::play(seed);
    if std::env::var_os(FOR_ANOTHER).is_none() {
        println!("{}", history.trace.join("\n"));
    }
    checks::all(&history);
    println!("{}", story::Totals::of(&history).to_line());
}

/// Plays seed after seed, as many at a time as there are processors, until one breaks a promise.
#[expect(clippy::disallowed_methods, reason = "how long the search itself may take")]
fn search(seeds: Option<u64>) {
    let (start, next) = (Instant::now(), AtomicU64::new(0));
    let (totals, broken) = (Mutex::new(story::Totals::default()), Mutex::new(None));
    let work = || {
        while broken.lock().unwrap().is_none() && (seeds.is_some() || start.elapsed() < TIME) {
            let seed = next.fetch_add(1, Ordering::SeqCst);
            if seed >= seeds.unwrap_or(SEEDS) {
                return;
            }
            let Output { status, stdout, stderr } = aside(seed).env(FOR_ANOTHER, "1").output().unwrap();
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
    if let Some(told) = broken.into_inner().unwrap() {
        panic!("{told}");
    }
    println!("{}", totals.into_inner().unwrap());
}

#[test]
fn one_seed_is_one_history() {
    for seed in [1, 2, 3] {
        let [first, second] = [(); 2].map(|()| elsewhere(seed).output().unwrap());
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
