//! The properties that must hold, and the states in which a history may end.

use crate::settings::Settings;
use crate::state::State;
use crate::values::{Failure, Row, Status};

macro_rules! properties {
    ($($name:ident = $meaning:literal,)+) => {
        /// A property of the contract.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub enum Property { $($name,)+ }

        impl Property {
            /// Every property.
            pub const ALL: &[Property] = &[$(Property::$name,)+];

            /// The violation in words.
            pub fn meaning(self) -> &'static str {
                match self { $(Property::$name => $meaning,)+ }
            }
        }
    };
}

properties! {
    S1 = "the line takes effect more than once",
    S2 = "completed without an effect",
    S3 = "an effect after cancelled",
    S3b = "cancelled although the line took effect",
    S4 = "no end can be reached",
    S5 = "all is quiet, and the two sides disagree",
    S6 = "an effect after failed/uncertain, without an admin",
    T = "failed for another reason than uncertain, although the line took effect",
}

/// A set of violated properties.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Violations(u8);

impl Violations {
    /// No property is violated.
    pub const NONE: Violations = Violations(0);

    /// Adds a property.
    pub fn add(&mut self, property: Property) {
        self.0 |= 1 << property as u8;
    }

    fn add_if(&mut self, is_violated: bool, property: Property) {
        if is_violated {
            self.add(property);
        }
    }

    /// The violated properties.
    pub fn iter(self) -> impl Iterator<Item = Property> {
        Property::ALL.iter().copied().filter(move |property| self.0 >> *property as u8 & 1 == 1)
    }
}

/// The properties that a state alone violates.
pub fn violations(settings: &Settings, state: &State) -> Violations {
    let mut violated = Violations::NONE;
    let is_explained = state.shown_uncertain || state.by_hand;
    let took_effect = state.took_effect && !is_explained;
    violated.add_if(state.effects > 1 + state.admin_retries, Property::S1);
    violated.add_if(state.status == Status::Completed && !state.took_effect, Property::S2);
    violated.add_if(state.status == Status::Cancelled && took_effect, Property::S3b);
    let is_sure = state.status == Status::Failed && state.failure != Failure::Uncertain;
    violated.add_if(is_sure && took_effect, Property::T);
    violated.add_if(is_settled(state) && !agree(settings, state), Property::S5);
    violated
}

/// Returns `true` if both sides have closed the command, and everything is acknowledged.
fn is_settled(state: &State) -> bool {
    let is_acknowledged = state.row == Row::None || state.acknowledged;
    state.is_quiet() && !state.status.is_open() && !state.row.is_open() && is_acknowledged
}

/// Returns `true` if the row agrees with the status.
fn agree(settings: &Settings, state: &State) -> bool {
    match state.status {
        Status::Completed => matches!(state.row, Row::Completed | Row::None),
        Status::Failed => {
            state.row.is_failed()
                || state.row == Row::None
                || state.by_hand
                || (settings.lenient_agreement && state.row == Row::Cancelled)
        }
        Status::Cancelled => {
            matches!(state.row, Row::Cancelled | Row::Revoked | Row::None)
                || (state.row.is_failed() && (state.row_attempt < state.attempt || state.row != Row::Held))
        }
        Status::Pending | Status::Delivered | Status::Awaiting => false,
    }
}

/// Returns `true` for a good end (S4): closed on both sides in agreement, or waiting for a player who is away.
pub fn is_good_end(settings: &Settings, state: &State) -> bool {
    let waits_for_player = state.is_quiet()
        && state.status == Status::Awaiting
        && state.row == Row::Awaiting
        && state.row_attempt == state.attempt
        && state.acknowledged
        && !state.online
        && !state.cancel_requested;
    waits_for_player || (is_settled(state) && agree(settings, state))
}
