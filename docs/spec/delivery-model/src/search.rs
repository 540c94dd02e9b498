//! The search: breadth first over all states, so that the first violation found has a shortest history.

use crate::canonical::canonical;
use crate::properties::{Property, is_good_end, violations};
use crate::settings::Settings;
use crate::state::State;
use crate::steps::steps_from;
use crate::table::Table;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// States after which a search gives up.
pub const STATES_LIMIT: usize = 60_000_000;

/// The end of a history that violates a property.
#[derive(Clone, Copy)]
pub struct Violation {
    /// The index of the last state before the violation, or of the state that violates.
    pub state: u32,
    /// The violating step, if it is not the state itself.
    pub step: Option<&'static str>,
}

/// The result of a search.
pub struct Found {
    /// All states, packed.
    pub states: Vec<u128>,
    /// For each state the one from which it was first reached.
    pub parents: Vec<u32>,
    /// The number of steps.
    pub steps: u64,
    /// The most effects in any state.
    pub most_effects: u8,
    /// The states from which no good end can be reached.
    pub stuck: usize,
    /// The search stopped at [`STATES_LIMIT`].
    pub truncated: bool,
    /// The first violation of each violated property.
    pub violations: BTreeMap<Property, Violation>,
    /// The time that it took.
    pub took: Duration,
}

/// Searches all states that these settings allow.
#[expect(clippy::disallowed_methods, reason = "the search takes real time")]
pub fn search(settings: &Settings) -> Found {
    let start = Instant::now();
    let mut found = Found {
        states: vec![State::first(settings).pack()],
        parents: vec![u32::MAX],
        steps: 0,
        most_effects: 0,
        stuck: 0,
        truncated: false,
        violations: BTreeMap::new(),
        took: Duration::ZERO,
    };
    let mut table = Table::new(&found.states);
    let (mut sources, mut targets) = (Vec::new(), Vec::new());
    let mut index = 0;
    while index < found.states.len() && !found.truncated {
        let state = State::unpack(found.states[index]);
        let here = index as u32;
        found.most_effects = found.most_effects.max(state.effects);
        for property in violations(settings, &state).iter() {
            found.violations.entry(property).or_insert(Violation { state: here, step: None });
        }
        for step in steps_from(settings, &state) {
            found.steps += 1;
            for property in step.violated.iter() {
                found.violations.entry(property).or_insert(Violation { state: here, step: Some(step.name) });
            }
            let (target, is_new) = table.insert(&mut found.states, canonical(settings, step.after).pack());
            if is_new {
                found.parents.push(here);
            }
            if !step.unreliable && target != here {
                sources.push(here);
                targets.push(target);
            }
        }
        index += 1;
        found.truncated = found.states.len() > STATES_LIMIT;
    }
    if !found.truncated {
        find_stuck(settings, &mut found, &sources, &targets);
    }
    found.took = start.elapsed();
    found
}

/// Goes backwards from all good ends over the steps that happen sooner or later. A state that is not reached violates S4.
fn find_stuck(settings: &Settings, found: &mut Found, sources: &[u32], targets: &[u32]) {
    let count = found.states.len();
    let mut offsets = vec![0_u32; count + 1];
    for target in targets {
        offsets[*target as usize + 1] += 1;
    }
    for index in 0..count {
        offsets[index + 1] += offsets[index];
    }
    let mut next_slots = offsets.clone();
    let mut backwards = vec![0_u32; targets.len()];
    for (source, target) in sources.iter().zip(targets) {
        let slot = &mut next_slots[*target as usize];
        backwards[*slot as usize] = *source;
        *slot += 1;
    }
    let mut can_end = vec![false; count];
    let mut open = Vec::new();
    for (index, packed) in found.states.iter().enumerate() {
        if is_good_end(settings, &State::unpack(*packed)) {
            can_end[index] = true;
            open.push(index);
        }
    }
    while let Some(index) = open.pop() {
        for edge in offsets[index]..offsets[index + 1] {
            let source = backwards[edge as usize] as usize;
            if !can_end[source] {
                can_end[source] = true;
                open.push(source);
            }
        }
    }
    found.stuck = can_end.iter().filter(|can_end| !**can_end).count();
    if let Some(index) = can_end.iter().position(|can_end| !can_end) {
        found.violations.entry(Property::S4).or_insert(Violation { state: index as u32, step: None });
    }
}

/// The history that leads to a state: each step with the state after it.
pub fn history(settings: &Settings, found: &Found, last: u32) -> Vec<(&'static str, State)> {
    let mut path = vec![last];
    while let Some(parent) =
        path.last().map(|index| found.parents[*index as usize]).filter(|parent| *parent != u32::MAX)
    {
        path.push(parent);
    }
    let mut states = path.iter().rev().map(|index| State::unpack(found.states[*index as usize]));
    let mut before = states.next().unwrap_or_default();
    let mut steps = Vec::new();
    for after in states {
        let is_taken = |state: State| canonical(settings, state) == after;
        let step = steps_from(settings, &before).into_iter().find(|step| is_taken(step.after));
        steps.push((step.map_or("?", |step| step.name), after));
        before = after;
    }
    steps
}
