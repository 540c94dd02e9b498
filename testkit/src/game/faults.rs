//! Faults on demand: a lost reply, a closed connection, a delay, garbage.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::limits::PLANNED_FAULTS;

/// A fault of one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The line runs, and the connection is closed instead of answered.
    LoseReplyAfterRunning,
    /// The connection is closed and the line never runs.
    CloseBeforeRunning,
    /// The game freezes for this long before it runs the line, even if the client disconnects; later lines of all connections wait.
    Delay(Duration),
    /// The line runs, and the answer is no RCON packet.
    Garbage,
}

/// The planned faults, in order.
#[derive(Debug, Default)]
pub struct Faults(Mutex<VecDeque<Plan>>);

#[derive(Debug)]
struct Plan {
    fault: Fault,
    times: u32,
    containing: String,
}

impl Faults {
    /// Plans a fault for the next line.
    pub fn once(&self, fault: Fault) {
        self.on("", 1, fault);
    }

    /// Plans a fault for the next `times` lines.
    pub fn times(&self, times: u32, fault: Fault) {
        self.on("", times, fault);
    }

    /// Plans a fault for the next `times` lines that contain a text.
    pub fn on(&self, containing: &str, times: u32, fault: Fault) {
        let mut plans = self.plans();
        if plans.len() == PLANNED_FAULTS {
            plans.pop_front();
        }
        plans.push_back(Plan { fault, times, containing: containing.to_owned() });
    }

    /// Number of lines that are still to be hit.
    pub fn pending(&self) -> u32 {
        self.plans().iter().fold(0, |sum, plan| sum.saturating_add(plan.times))
    }

    /// Takes the fault planned for a line.
    pub(super) fn take(&self, line: &str) -> Option<Fault> {
        let mut plans = self.plans();
        let plan = plans.iter_mut().find(|plan| plan.times > 0 && line.contains(&plan.containing))?;
        plan.times -= 1;
        let fault = plan.fault;
        plans.retain(|plan| plan.times > 0);
        Some(fault)
    }

    /// A panic never leaves a plan half made, so it does no harm here.
    fn plans(&self) -> MutexGuard<'_, VecDeque<Plan>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planned_fault_hits_that_many_matching_lines() {
        let faults = Faults::default();
        faults.on("give", 2, Fault::Garbage);
        faults.once(Fault::CloseBeforeRunning);
        assert_eq!(faults.pending(), 3);
        let hit = ["give a", "list", "list", "give b", "give c"].map(|line| faults.take(line));
        assert_eq!(hit, [Some(Fault::Garbage), Some(Fault::CloseBeforeRunning), None, Some(Fault::Garbage), None]);
        assert_eq!(faults.pending(), 0);
    }
}
