//! The faults, drawn from the seed: one after another during the fault period, then everything is repaired.

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

/// The largest error of a wall clock.
const CLOCK_WRONG_MILLIS: u64 = 600_000;
/// The agent cannot detect a rollback of less than this by the game's clock.
const ROLLBACK_UNSEEN: Duration = Duration::from_secs(6);

/// The state of the faults.
pub struct Faults {
    random: Seeded,
    shared: Shared,
    next_at: Duration,
    /// Active faults, each with the time of its repair.
    broken: Vec<(Duration, Repair)>,
    is_over: bool,
    wiped: bool,
    /// The journal may be lost in this run.
    may_wipe: bool,
    /// Clocks may be set wrong in this run. With a wrong clock, the order of events is unknown.
    may_set_clocks: bool,
    /// The journal is lost with the first report that is delayed after this time.
    lose_journal_after: Option<Duration>,
    /// The time of the game's last save.
    saved_at: Duration,
    /// The number of times that each kind of fault occurred.
    pub played: BTreeMap<&'static str, u64>,
    pub trace: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Repair {
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
            lose_journal_after: None,
            saved_at: Duration::ZERO,
            played: BTreeMap::new(),
            trace: Vec::new(),
        }
    }

    /// Injects and repairs faults between two steps of the simulation.
    pub fn play(&mut self, sim: &mut turmoil::Sim<'_>) {
        let now = sim.elapsed();
        let (due, rest): (Vec<_>, Vec<_>) =
            self.broken.drain(..).partition(|(at, _)| *at <= now || now >= FAULT_PERIOD);
        self.broken = rest;
        for (_, repair) in due {
            self.repair(sim, now, repair);
        }
        if now >= FAULT_PERIOD {
            if !self.is_over {
                self.is_over = true;
                self.join_everyone(now);
            }
        } else if self.is_report_delayed() {
            self.lose_journal_after = None;
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
                self.broken.push((soon, Repair::Latency));
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
            16 => self.block_websockets(now, soon),
            17 => {
                self.note(now, "poll answered by a cache");
                self.shared.proxy.stale_answers.fetch_add(1, Ordering::SeqCst);
            }
            18 if self.may_wipe && !self.wiped => self.lose_journal_after_a_report(now),
            19 => self.slow_the_stores_commits(now, soon),
            20 => self.freeze_the_agent(sim, now, soon),
            _ => self.come_or_go(now),
        }
    }

    fn is_report_delayed(&self) -> bool {
        let delayed_at = *self.shared.proxy.delayed_at.lock().unwrap();
        self.lose_journal_after.is_some_and(|after| delayed_at.is_some_and(|at| at > after))
    }

    fn repair(&mut self, sim: &mut turmoil::Sim<'_>, now: Duration, repair: Repair) {
        match repair {
            Repair::Start(who) => {
                if who == GAME {
                    self.saved_at = now;
                    self.shared.game_acts.lock().unwrap().clear();
                }
                sim.bounce(who);
            }
            Repair::Link(a, b) => sim.repair(a, b),
            Repair::Freeze => {
                for other in [STORE, GAME] {
                    sim.release(AGENT, other);
                }
            }
            Repair::SlowCommits => simulate_slow_disk(Duration::ZERO),
            Repair::Latency => sim.set_max_message_latency(Duration::from_millis(20)),
            Repair::SecondAgent => {
                self.shared.has_second_agent.store(false, Ordering::SeqCst);
                sim.bounce(SECOND_AGENT);
            }
            Repair::Clock(machine) => self.clock(machine).set_wrong_by(0),
            Repair::Sockets => self.shared.proxy.blocks_websockets.store(false, Ordering::SeqCst),
            Repair::Disk(disk) => {
                self.shared.is_a_disk_full.store(false, Ordering::SeqCst);
                simulate_full_disk(disk, false);
            }
        }
        self.trace.push(format!("{now:?} repaired: {repair:?}"));
    }

    fn note(&mut self, now: Duration, what: &'static str) {
        *self.played.entry(what).or_default() += 1;
        self.trace.push(format!("{now:?} {what}"));
    }
}
