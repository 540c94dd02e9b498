//! What goes wrong, drawn from the seed: one thing after another while the world is unkind, then everything is mended.

mod kinds;

use crate::hosts::Shared;
use crate::net::{AGENT, GAME, SECOND_AGENT, STORE};
use crate::random::Seeded;
use crate::workload::FAULT_PERIOD;
use flux_platform::{DatabaseFile, simulate_full_disk, simulate_slow_disk};
use flux_testkit::game::Fault as LineFault;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How far a wall clock is set wrong at most.
const CLOCK_WRONG_MILLIS: u64 = 600_000;
/// What the game's clock cannot tell: a crash that takes less than these 5 s back.
const ROLLBACK_UNSEEN: Duration = Duration::from_secs(6);

/// The world's malice.
pub struct Faults {
    random: Seeded,
    shared: Shared,
    next_at: Duration,
    /// What is broken now, and when it is mended.
    broken: Vec<(Duration, Mend)>,
    is_over: bool,
    wiped: bool,
    /// Whether the journal may be lost in this story.
    may_wipe: bool,
    /// Whether clocks are set wrong in this story. By a wrong one nobody can tell what came after what.
    may_set_clocks: bool,
    /// The journal is lost with the first report that is kept back after this.
    last_words_after: Option<Duration>,
    /// When the game was saved last.
    saved_at: Duration,
    /// How often each kind of fault was played.
    pub played: BTreeMap<&'static str, u64>,
    pub trace: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mend {
    Start(&'static str),
    Link(&'static str, &'static str),
    Latency,
    SecondAgent,
    Clock(Machine),
    Disk(DatabaseFile),
    Sockets,
    SlowCommits,
    Freeze,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Machine {
    Agent,
    Store,
}

impl Faults {
    pub fn new(shared: Shared, seed: u64) -> Faults {
        let random = Seeded::new(seed ^ 0xBAD);
        let (may_wipe, may_set_clocks) = (random.once_in(3), random.once_in(2));
        Faults {
            random,
            shared,
            next_at: Duration::from_secs(3),
            broken: Vec::new(),
            is_over: false,
            wiped: false,
            may_wipe,
            may_set_clocks,
            last_words_after: None,
            saved_at: Duration::ZERO,
            played: BTreeMap::new(),
            trace: Vec::new(),
        }
    }

    /// Called between two steps of the simulation.
    pub fn play(&mut self, sim: &mut turmoil::Sim<'_>) {
        let now = sim.elapsed();
        let (due, rest): (Vec<_>, Vec<_>) =
            self.broken.drain(..).partition(|(at, _)| *at <= now || now >= FAULT_PERIOD);
        self.broken = rest;
        for (_, mend) in due {
            self.mend(sim, now, mend);
        }
        if now >= FAULT_PERIOD {
            if !self.is_over {
                self.is_over = true;
                self.everybody_joins(now);
            }
        } else if self.were_last_words() {
            self.last_words_after = None;
            if self.crash(sim, now, AGENT, now + Duration::from_millis(self.random.within(50..10_000))) {
                self.lose_journal(now);
            }
        } else if now >= self.next_at {
            self.next_at = now + Duration::from_millis(self.random.within(300..9_000));
            self.draw(sim, now);
        }
    }

    fn draw(&mut self, sim: &mut turmoil::Sim<'_>, now: Duration) {
        let soon = now + Duration::from_millis(self.random.within(50..25_000));
        let lines = self.random.within(1..4) as u32;
        match self.random.within(0..26) {
            0 | 1 => {
                if self.crash(sim, now, AGENT, soon) && self.random.once_in(2) {
                    self.lose_journal(now);
                }
            }
            2 => _ = self.crash(sim, now, STORE, soon),
            3 => _ = self.crash(sim, now, GAME, soon),
            4 => self.cut(sim, now, AGENT, STORE, soon),
            5 => self.cut(sim, now, AGENT, GAME, soon),
            6 => {
                self.note(now, "slow network");
                sim.set_max_message_latency(Duration::from_millis(self.random.within(50..2_000)));
                self.broken.push((soon, Mend::Latency));
            }
            7 => self.line_fault(now, "answer lost after running", lines, LineFault::LoseReplyAfterRunning),
            8 => self.line_fault(now, "closed before running", lines, LineFault::CloseBeforeRunning),
            9 => self.line_fault(
                now,
                "slow line",
                lines,
                LineFault::Delay(Duration::from_millis(self.random.within(100..15_000))),
            ),
            10 => self.save_or_roll_back(now),
            11 if self.may_set_clocks => self.set_a_clock_wrong(now, soon),
            12 => self.fill_a_disk(now, soon),
            13 if self.shared.may_have_second_agent => self.start_second_agent(sim, now, now + Duration::from_secs(60)),
            14 => self.be_late(now, "report comes late", &self.shared.clone().proxy.late_reports, 240_000),
            15 => self.be_late(now, "poll answered late", &self.shared.clone().proxy.late_answers, 20_000),
            16 => self.let_no_socket_through(now, soon),
            17 => {
                self.note(now, "poll answered by a cache");
                self.shared.proxy.stale_answers.fetch_add(1, Ordering::SeqCst);
            }
            18 if self.may_wipe && !self.wiped => self.hear_last_words(now),
            19 => self.slow_the_stores_commits(now, soon),
            20 => self.freeze_the_agent(sim, now, soon),
            _ => self.come_or_go(now),
        }
    }

    fn were_last_words(&self) -> bool {
        let kept_back_at = *self.shared.proxy.kept_back_at.lock().unwrap();
        self.last_words_after.is_some_and(|after| kept_back_at.is_some_and(|at| at > after))
    }

    fn mend(&mut self, sim: &mut turmoil::Sim<'_>, now: Duration, mend: Mend) {
        match mend {
            Mend::Start(who) => {
                if who == GAME {
                    self.saved_at = now;
                    self.shared.game_acts.lock().unwrap().clear();
                }
                sim.bounce(who);
            }
            Mend::Link(a, b) => sim.repair(a, b),
            Mend::Freeze => {
                for other in [STORE, GAME] {
                    sim.release(AGENT, other);
                }
            }
            Mend::SlowCommits => simulate_slow_disk(Duration::ZERO),
            Mend::Latency => sim.set_max_message_latency(Duration::from_millis(20)),
            Mend::SecondAgent => {
                self.shared.has_second_agent.store(false, Ordering::SeqCst);
                sim.bounce(SECOND_AGENT);
            }
            Mend::Clock(machine) => self.clock(machine).set_wrong_by(0),
            Mend::Sockets => self.shared.proxy.lets_no_socket_through.store(false, Ordering::SeqCst),
            Mend::Disk(disk) => {
                self.shared.is_a_disk_full.store(false, Ordering::SeqCst);
                simulate_full_disk(disk, false);
            }
        }
        self.trace.push(format!("{now:?} mended: {mend:?}"));
    }

    fn note(&mut self, now: Duration, what: &'static str) {
        *self.played.entry(what).or_default() += 1;
        self.trace.push(format!("{now:?} {what}"));
    }
}
