//! Decides from the program's switch and the rules whether anybody can refer at present.

use crate::string_enum::string_enum;
use crate::{Program, ProgramState, RuleStatus, Rules};

string_enum! {
    /// The answer to the question whether anybody can refer at present (R3-26).
    pub enum Readiness {
        /// The program is off.
        Off = "off",
        /// The program is on, and a rule is active.
        On = "on",
        /// The program is on, but no rule is active.
        OnWithoutRule = "on_without_rule",
    }
}

impl Readiness {
    /// The readiness under these settings.
    pub fn of(program: &Program, rules: &Rules) -> Readiness {
        let has_rule = rules.iter().any(|rule| rule.status == RuleStatus::Active);
        match program.state {
            ProgramState::Disabled => Readiness::Off,
            ProgramState::Enabled { .. } if has_rule => Readiness::On,
            ProgramState::Enabled { .. } => Readiness::OnWithoutRule,
        }
    }

    /// The reason, in words.
    pub fn reason(self) -> &'static str {
        match self {
            Readiness::Off => "The program is off: links and codes do not work, and no reward is given.",
            Readiness::On => "The program is on, and at least one rule is active.",
            Readiness::OnWithoutRule => {
                "The program is on, but no rule is active, so nobody can refer: activate the global rule, or one of a tier."
            }
        }
    }
}
