use crate::faults::Faults;
use crate::hosts::{self, Shared};
use crate::net::{AGENT, GAME, STORE};
use crate::storefront::{Sold, Storefront};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;

/// The faults end after 5 minutes; what is still open half an hour later is stuck.
const LIMIT: Duration = Duration::from_secs(300 + 1_800);

/// One seed's history.
#[derive(Debug)]
pub struct History {
    pub seed: u64,
    /// Faults, and at the end every command's life.
    pub trace: Vec<String>,
    /// How often each line took effect.
    pub runs: BTreeMap<String, usize>,
    pub sold: Sold,
    pub played: BTreeMap<&'static str, u64>,
    pub elapsed: Duration,
    /// Programs that could not start or ended by themselves.
    pub failures: Vec<String>,
    /// With `on_uncertain: retry`.
    pub retries_uncertain: bool,
    /// With `proof: none`.
    pub has_proof: bool,
}

/// Plays one seed.
pub fn play(seed: u64) -> History {
    // On a file system in memory where there is one: the simulation is about order, not about disks.
    let memory = std::path::Path::new("/dev/shm");
    let folder = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() }.unwrap();
    let (agent_yaml, has_proof, retries_uncertain) = match seed % 4 {
        0 | 1 => ("", true, false),
        2 => ("delivery: { proof: none }\n", false, false),
        _ => ("delivery: { on_uncertain: retry }\n", true, true),
    };
    let shared = Shared::new(folder.path(), seed, agent_yaml);
    let mut sim = turmoil::Builder::new()
        .rng_seed(seed)
        .tick_duration(Duration::from_millis(5))
        .min_message_latency(Duration::from_millis(1))
        .max_message_latency(Duration::from_millis(20))
        .tcp_capacity(4_096)
        .simulation_duration(LIMIT)
        .build();
    for (name, start) in [(STORE, 0), (GAME, 1), (AGENT, 2)] {
        let shared = shared.clone();
        sim.host(name, move || {
            let shared = shared.clone();
            async move {
                match start {
                    0 => hosts::store(shared).await,
                    1 => hosts::game(shared).await,
                    _ => hosts::agent(shared).await,
                }
            }
        });
    }
    let sold: Arc<Mutex<Option<Sold>>> = Arc::default();
    let (storefront, result) = (Storefront::new(shared.clone(), seed), sold.clone());
    sim.client("storefront", async move {
        let traded = storefront.trade().await;
        *result.lock().unwrap() = Some(traded);
        Ok(())
    });
    let mut faults = Faults::new(shared.clone(), seed);
    loop {
        match sim.step() {
            Ok(true) => break,
            Ok(false) => faults.play(&mut sim),
            Err(error) => panic!(
                "seed {seed}: {error}; a command is stuck\n{}\n{:#?}",
                faults.trace.join("\n"),
                shared.failures.lock().unwrap()
            ),
        }
    }
    let elapsed = sim.elapsed();
    drop(sim);
    let sold = sold.lock().unwrap().take().unwrap();
    let mut trace = faults.trace;
    trace.extend(
        sold.commands
            .iter()
            .map(|command| format!("{} {} {}", command["sequence"], command["status"], command["history"])),
    );
    let mut runs = BTreeMap::new();
    for effect in shared.games.lock().unwrap().iter().flat_map(|game| game.effects()) {
        *runs.entry(effect.line).or_default() += 1;
    }
    let failures = shared.failures.lock().unwrap().clone();
    History { seed, trace, runs, sold, played: faults.played, elapsed, failures, retries_uncertain, has_proof }
}

/// What many seeds came to.
#[derive(Debug, Default)]
pub struct Totals {
    seeds: u64,
    simulated: Duration,
    commands: usize,
    faults: BTreeMap<&'static str, u64>,
    ends: BTreeMap<String, u64>,
}

impl Totals {
    pub fn add(&mut self, history: &History) {
        self.seeds += 1;
        self.simulated += history.elapsed;
        self.commands += history.sold.commands.len();
        for (what, count) in &history.played {
            *self.faults.entry(what).or_default() += count;
        }
        for command in &history.sold.commands {
            let end =
                [&command["status"], &command["reason"]].map(|word| word.as_str().unwrap_or("").to_owned()).join(" ");
            *self.ends.entry(end.trim().to_owned()).or_default() += 1;
        }
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hours = self.simulated.as_secs_f64() / 3_600.0;
        writeln!(f, "{} seeds, {hours:.1} simulated hours, {} commands", self.seeds, self.commands)?;
        writeln!(f, "faults: {:?}", self.faults)?;
        write!(f, "ends: {:?}", self.ends)
    }
}
