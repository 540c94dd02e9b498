//! Plays one seed: starts the hosts, steps the simulation, and collects the history.

use crate::faults::Faults;
use crate::hosts::{self, Shared};
use crate::net::{AGENT, GAME, PROXY, SECOND_AGENT, STORE};
use crate::proxy;
use crate::random::Seeded;
use crate::secret_log;
use crate::workload::{FAULT_PERIOD, Sales, Workload};
use flux_agent::journal::{JobFilter, Journal, StateFilter};
use flux_platform::{DiskSpace, simulate_disk_space};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;

/// A command that is still open half an hour after the last fault is stuck.
const LIMIT: Duration = FAULT_PERIOD.saturating_add(Duration::from_secs(1_800));

/// One seed's history.
#[derive(Debug)]
pub struct History {
    pub seed: u64,
    /// The faults, and at the end the history of every command.
    pub trace: Vec<String>,
    /// The effects with their times, in order.
    pub effects: Vec<(Duration, String)>,
    /// The final state of the agent's journal: the attempt, state, reason and acknowledgement of each id.
    pub journal: BTreeMap<String, Kept>,
    pub sales: Sales,
    pub played: BTreeMap<&'static str, u64>,
    pub elapsed: Duration,
    /// Programs that could not start or ended unexpectedly.
    pub failures: Vec<String>,
    /// The most tasks that the agent and the store have had at a time.
    pub most_tasks: [usize; 2],
    /// With `on_uncertain: retry`.
    pub retries_uncertain: bool,
    /// Lines leave markers: `false` with `proof: none`.
    pub has_proof: bool,
}

impl History {
    /// Returns `true` if this kind of fault occurred.
    pub fn played(&self, fault: &str) -> bool {
        self.played.contains_key(fault)
    }
}

/// Plays one seed.
pub fn play(seed: u64) -> History {
    // A file system in memory if there is one: the simulation tests order, not disks.
    let memory = std::path::Path::new("/dev/shm");
    let folder = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() }.unwrap();
    let (agent_yaml, has_proof, retries_uncertain) = match seed % 5 {
        0 | 1 => ("", true, false),
        2 => ("delivery: { proof: none }\n", false, false),
        3 => ("delivery: { on_uncertain: retry }\n", true, true),
        _ => ("delivery: { proof: none, on_uncertain: retry }\n", false, true),
    };
    secret_log::listen();
    // The space of the machine's own disk must not change a history.
    simulate_disk_space(Some(DiskSpace { free: u64::MAX, total: u64::MAX }));
    let shared = Shared::new(folder.path(), seed, agent_yaml);
    secret_log::keep_secret(hosts::RCON_PASSWORD);
    secret_log::keep_secret(&shared.key);
    let mut sim = turmoil::Builder::new()
        .rng_seed(seed)
        .tick_duration(Duration::from_millis(5))
        .min_message_latency(Duration::from_millis(1))
        .max_message_latency(Duration::from_millis(20))
        .tcp_capacity(4_096)
        .simulation_duration(LIMIT)
        .build();
    for (name, start) in [(STORE, 0), (GAME, 1), (AGENT, 2), (SECOND_AGENT, 3)] {
        let shared = shared.clone();
        sim.host(name, move || {
            let shared = shared.clone();
            async move {
                match start {
                    0 => hosts::store(shared).await,
                    1 => hosts::game(shared).await,
                    2 => hosts::agent(shared).await,
                    _ => hosts::second_agent(shared).await,
                }
            }
        });
    }
    let proxy = shared.proxy.clone();
    sim.host(PROXY, move || proxy::run(proxy.clone()));
    let sales: Arc<Mutex<Option<Sales>>> = Arc::default();
    let (workload, result) = (Workload::new(shared.clone(), seed), sales.clone());
    sim.client("storefront", async move {
        let traded = workload.run().await;
        *result.lock().unwrap() = Some(traded);
        Ok(())
    });
    let mut faults = Faults::new(shared.clone(), seed);
    let mut effects = Effects::default();
    loop {
        let stepped = sim.step();
        effects.look(&shared, sim.elapsed());
        match stepped {
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
    let sales = sales.lock().unwrap().take().unwrap();
    let mut trace = faults.trace;
    trace.extend(
        sales
            .commands
            .iter()
            .map(|command| format!("{} {} {}", command["sequence"], command["status"], command["history"])),
    );
    let mut failures = shared.failures.lock().unwrap().clone();
    failures.extend(secret_log::leaks().into_iter().map(|line| format!("a secret is in the log: {line}")));
    trace.extend(effects.seen.iter().map(|(at, line)| format!("{at:?} took effect: {line}")));
    let journal = kept(&shared);
    let played = faults.played;
    History {
        seed,
        trace,
        effects: effects.seen,
        journal,
        sales,
        played,
        elapsed,
        failures,
        most_tasks: shared.most_tasks.each_ref().map(|most| most.load(Ordering::SeqCst)),
        retries_uncertain,
        has_proof,
    }
}

/// The state of a row in the journal.
#[derive(Debug, PartialEq, Eq)]
pub struct Kept {
    pub attempt: u32,
    pub status: &'static str,
    pub reason: Option<&'static str>,
    pub is_open: bool,
    pub acknowledged: bool,
    /// The row was uncertain at some time and was settled.
    pub was_settled: bool,
}

/// Reads the agent's journal after the end of the simulation.
fn kept(shared: &Shared) -> BTreeMap<String, Kept> {
    let config = hosts::agent_config(shared, "state");
    let (server, now) = (config.store.token.server_id(), jiff::Timestamp::UNIX_EPOCH);
    let journal = Journal::open(&config.state_dir, server, &Seeded::new(0), now).unwrap();
    let states = ["completed", "failed", "cancelled", "queued", "awaiting_player", "running", "uncertain"];
    let rows = states.into_iter().flat_map(|state| {
        let filter = JobFilter { state: StateFilter::Only(state), order: None, player: None };
        journal.list(&filter, usize::MAX >> 1).unwrap()
    });
    rows.map(|row| {
        let (report, details) = (row.job.report_state(), journal.details(&row.id).unwrap().unwrap());
        let kept = Kept {
            attempt: row.job.attempt.get(),
            status: report.status(),
            reason: report.reason(),
            is_open: row.job.is_open(),
            was_settled: details.history.iter().any(|entry| entry.event == "settled"),
            acknowledged: details.acknowledged,
        };
        (row.id.to_string(), kept)
    })
    .collect()
}

/// The lines that have taken effect in the games of this world.
#[derive(Default)]
struct Effects {
    seen: Vec<(Duration, String)>,
    /// The number of effects read from each game.
    counts: Vec<usize>,
}

impl Effects {
    fn look(&mut self, shared: &Shared, now: Duration) {
        let games = shared.games.lock().unwrap();
        self.counts.resize(games.len(), 0);
        for (game, count) in games.iter().zip(&mut self.counts) {
            let new = game.effects_after(*count);
            *count += new.len();
            self.seen.extend(new.into_iter().map(|effect| (now, effect.line)));
        }
    }
}

/// The totals of many seeds.
#[derive(Debug, Default)]
pub struct Totals {
    seeds: u64,
    simulated: Duration,
    commands: u64,
    faults: BTreeMap<String, u64>,
    ends: BTreeMap<String, u64>,
}

impl Totals {
    /// The totals of one history.
    pub fn of(history: &History) -> Totals {
        let mut ends: BTreeMap<String, u64> = BTreeMap::new();
        for command in &history.sales.commands {
            let end =
                [&command["status"], &command["reason"]].map(|word| word.as_str().unwrap_or("").to_owned()).join(" ");
            *ends.entry(end.trim().to_owned()).or_default() += 1;
        }
        Totals {
            seeds: 1,
            simulated: history.elapsed,
            commands: history.sales.commands.len() as u64,
            faults: history.played.iter().map(|(what, count)| ((*what).to_owned(), *count)).collect(),
            ends,
        }
    }

    /// Prints the totals for the parent process.
    pub fn to_line(&self) -> String {
        let Totals { seeds, simulated, commands, faults, ends } = self;
        let totals = json!({"seeds": seeds, "simulatedMillis": simulated.as_millis() as u64, "commands": commands, "faults": faults, "ends": ends});
        format!("totals {totals}")
    }

    /// Adds the totals that a child process has printed.
    pub fn add(&mut self, printed: &str) {
        let totals = printed.lines().find_map(|line| line.strip_prefix("totals ")).unwrap();
        let totals: Value = serde_json::from_str(totals).unwrap();
        self.seeds += totals["seeds"].as_u64().unwrap();
        self.simulated += Duration::from_millis(totals["simulatedMillis"].as_u64().unwrap());
        self.commands += totals["commands"].as_u64().unwrap();
        for (own, theirs) in [(&mut self.faults, &totals["faults"]), (&mut self.ends, &totals["ends"])] {
            for (what, count) in theirs.as_object().unwrap() {
                *own.entry(what.clone()).or_default() += count.as_u64().unwrap();
            }
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
