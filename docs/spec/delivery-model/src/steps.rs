//! The steps out of a state. One step is one commit, one message or one fault.

use crate::properties::Violations;
use crate::settings::Settings;
use crate::state::State;
use crate::{faults, game, network, runner, store};

/// A step out of a state.
pub struct Step {
    /// The state after it.
    pub after: State,
    /// The step in words.
    pub name: &'static str,
    /// The step may never happen, so S4 does not count on it: a fault, or a choice of a person or of the game.
    pub unreliable: bool,
    /// The properties that the step itself violates.
    pub violated: Violations,
}

/// Collects the steps out of a state.
pub struct Steps(pub Vec<Step>);

impl Steps {
    /// Adds a step that happens sooner or later.
    pub fn add(&mut self, name: &'static str, after: State) {
        self.0.push(Step { after, name, unreliable: false, violated: Violations::NONE });
    }

    /// Adds a step that may never happen.
    pub fn add_unreliable(&mut self, name: &'static str, after: State) {
        self.0.push(Step { after, name, unreliable: true, violated: Violations::NONE });
    }
}

/// All steps out of a state.
pub fn steps_from(settings: &Settings, state: &State) -> Vec<Step> {
    let mut steps = Steps(Vec::with_capacity(24));
    store::steps(settings, state, &mut steps);
    network::steps(settings, state, &mut steps);
    runner::steps(settings, state, &mut steps);
    game::steps(settings, state, &mut steps);
    faults::copy_step(settings, state, &mut steps);
    if state.faults_left > 0 {
        faults::steps(settings, state, &mut steps);
    }
    steps.0
}
