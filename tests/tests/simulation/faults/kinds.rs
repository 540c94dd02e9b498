//! The implementation of each kind of fault.

use super::{CLOCK_WRONG_MILLIS, Faults, Machine, ROLLBACK_UNSEEN, Repair};
use crate::hosts::Act;
use crate::net::{AGENT, GAME, SECOND_AGENT, STORE};
use crate::workload::PLAYERS;
use flux_platform::{DatabaseFile, simulate_full_disk, simulate_slow_disk};
use flux_testkit::game::{Fault as LineFault, Restart};
use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::Duration;

impl Faults {
    pub(super) fn be_late(
        &mut self,
        now: Duration,
        what: &'static str,
        next: &Mutex<VecDeque<Duration>>,
        most_millis: u64,
    ) {
        self.note(now, what);
        next.lock().unwrap().push_back(Duration::from_millis(self.random.within(1_000..most_millis)));
    }

    /// Loses the agent's disk right after its next report, which reaches the store only when a new journal exists.
    pub(super) fn lose_journal_after_a_report(&mut self, now: Duration) {
        self.block_websockets(now, now + Duration::from_secs(60));
        self.shared
            .proxy
            .late_reports
            .lock()
            .unwrap()
            .push_front(Duration::from_millis(self.random.within(30_000..90_000)));
        self.lose_journal_after = Some(now);
    }

    pub(super) fn block_websockets(&mut self, now: Duration, until: Duration) {
        if !self.shared.proxy.blocks_websockets.swap(true, Ordering::SeqCst) {
            self.note(now, "no WebSocket gets through");
            self.broken.push((until, Repair::Sockets));
        }
    }

    pub(super) fn save_or_roll_back(&mut self, now: Duration) {
        let mut acts = self.shared.game_acts.lock().unwrap();
        if self.random.once_in(2) {
            self.saved_at = now;
            acts.push(Act::Save);
        } else if now > self.saved_at + ROLLBACK_UNSEEN {
            let kind = if self.random.once_in(2) { Restart::RolledBack } else { Restart::MarksRolledBack };
            acts.push(Act::Restart(kind));
            drop(acts);
            self.note(now, "game rolled back");
        }
    }

    pub(super) fn set_a_clock_wrong(&mut self, now: Duration, until: Duration) {
        let machine = if self.random.once_in(2) { Machine::Agent } else { Machine::Store };
        if self.broken.iter().any(|(_, repair)| *repair == Repair::Clock(machine)) {
            return;
        }
        let millis = self.random.within(0..2 * CLOCK_WRONG_MILLIS) as i64 - CLOCK_WRONG_MILLIS as i64;
        self.note(now, "clock set wrong");
        self.clock(machine).set_wrong_by(millis);
        self.broken.push((until, Repair::Clock(machine)));
    }

    pub(super) fn clock(&self, machine: Machine) -> &crate::machine::SimClock {
        match machine {
            Machine::Agent => &self.shared.clocks.agent,
            Machine::Store => &self.shared.clocks.store,
        }
    }

    pub(super) fn fill_a_disk(&mut self, now: Duration, until: Duration) {
        let disk = if self.random.once_in(2) { DatabaseFile::Journal } else { DatabaseFile::Database };
        if self.broken.iter().any(|(_, repair)| matches!(repair, Repair::Disk(_))) {
            return;
        }
        self.note(now, if disk == DatabaseFile::Journal { "journal's disk full" } else { "store's disk full" });
        self.shared.is_a_disk_full.store(true, Ordering::SeqCst);
        simulate_full_disk(disk, true);
        self.broken.push((until, Repair::Disk(disk)));
    }

    pub(super) fn slow_the_stores_commits(&mut self, now: Duration, until: Duration) {
        if !self.broken.iter().any(|(_, repair)| *repair == Repair::SlowCommits) {
            self.note(now, "store's commits slow");
            simulate_slow_disk(Duration::from_millis(self.random.within(50..6_000)));
            self.broken.push((until, Repair::SlowCommits));
        }
    }

    /// Freezes the agent. It commits in place, so a disk that hangs also stops its messages, which then arrive all at once.
    pub(super) fn freeze_the_agent(&mut self, sim: &mut turmoil::Sim<'_>, now: Duration, until: Duration) {
        let is_at_a_link = |repair: &Repair| matches!(repair, Repair::Freeze | Repair::Link(..));
        if !self.broken.iter().any(|(_, repair)| is_at_a_link(repair)) {
            self.note(now, "agent frozen");
            for other in [STORE, GAME] {
                sim.hold(AGENT, other);
            }
            self.broken.push((until, Repair::Freeze));
        }
    }

    pub(super) fn start_second_agent(&mut self, sim: &mut turmoil::Sim<'_>, now: Duration, until: Duration) {
        if self.shared.has_second_agent.swap(true, Ordering::SeqCst) {
            return;
        }
        self.note(now, "second agent");
        sim.bounce(SECOND_AGENT);
        self.broken.push((until, Repair::SecondAgent));
    }

    pub(super) fn crash(
        &mut self,
        sim: &mut turmoil::Sim<'_>,
        now: Duration,
        who: &'static str,
        until: Duration,
    ) -> bool {
        if !sim.is_host_running(who) || self.broken.iter().any(|(_, repair)| *repair == Repair::Start(who)) {
            return false;
        }
        self.note(
            now,
            match who {
                AGENT => "agent killed",
                STORE => "store killed",
                _ => "game killed",
            },
        );
        sim.crash(who);
        self.broken.push((until, Repair::Start(who)));
        true
    }

    pub(super) fn lose_journal(&mut self, now: Duration) {
        if self.may_wipe && !self.wiped {
            self.wiped = true;
            self.note(now, "journal lost");
            std::fs::remove_dir_all(self.shared.folder.join("state")).ok();
        }
    }

    pub(super) fn cut(
        &mut self,
        sim: &mut turmoil::Sim<'_>,
        now: Duration,
        a: &'static str,
        b: &'static str,
        until: Duration,
    ) {
        if self.broken.iter().any(|(_, repair)| *repair == Repair::Link(a, b) || *repair == Repair::Freeze) {
            return;
        }
        match self.random.within(0..3) {
            0 => sim.partition(a, b),
            1 => sim.partition_oneway(a, b),
            _ => sim.partition_oneway(b, a),
        }
        self.note(now, if b == STORE { "link to the store cut" } else { "link to the game cut" });
        self.broken.push((until, Repair::Link(a, b)));
    }

    pub(super) fn line_fault(&mut self, now: Duration, what: &'static str, times: u32, fault: LineFault) {
        if let Some(game) = self.shared.game() {
            self.note(now, what);
            game.faults().on(if self.random.once_in(3) { "xp add" } else { "say" }, times, fault);
        }
    }

    pub(super) fn come_or_go(&mut self, now: Duration) {
        let player = PLAYERS[self.random.within(0..3) as usize];
        let Some(game) = self.shared.game() else { return };
        let is_here = game.online().iter().any(|name| name == player);
        let moved = if is_here { game.leave(player) } else { game.join(player) };
        if moved.is_ok() {
            self.note(now, if is_here { "player left" } else { "player joined" });
        }
    }

    pub(super) fn join_everyone(&mut self, now: Duration) {
        let Some(game) = self.shared.game() else { return };
        for player in PLAYERS {
            if !game.online().iter().any(|name| name == player) && game.join(player).is_ok() {
                self.note(now, "player joined");
            }
        }
    }
}
