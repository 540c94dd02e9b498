//! The delivery state of a reward, derived from the states of its commands.

use crate::string_enum::string_enum;

string_enum! {
    /// The state of one command of a reward, as the store shows it (`docs/reference/protocol.md`).
    pub enum LineState {
        /// Not yet in an agent's journal.
        Pending = "pending",
        /// In an agent's journal.
        Delivered = "delivered",
        /// The agent keeps it for its player.
        AwaitingPlayer = "awaiting_player",
        /// The game ran it.
        Completed = "completed",
        /// The last attempt failed.
        Failed = "failed",
        /// Cancelled.
        Cancelled = "cancelled",
    }
}

string_enum! {
    /// The combined state of a reward's commands. It is derived, never stored.
    pub enum Delivery {
        /// The reward has no commands.
        None = "none",
        /// Some are open, and the customer has no linked player (R0-22).
        BlockedNoPlayer = "blocked_no_player",
        /// None is open, none has run, and at least one has failed.
        Failed = "failed",
        /// At least one waits for its player.
        AwaitingPlayer = "awaiting_player",
        /// At least one is on its way.
        Queued = "queued",
        /// None is open; some have run and some have not.
        Partial = "partial",
        /// All have run.
        Delivered = "delivered",
        /// All were cancelled.
        Cancelled = "cancelled",
    }
}

impl Delivery {
    /// Sums up a reward's commands, the most urgent state first (R0-18).
    pub fn of(has_player: bool, lines: impl IntoIterator<Item = LineState>) -> Delivery {
        let lines: Vec<LineState> = lines.into_iter().collect();
        let any = |state: LineState| lines.contains(&state);
        let on_its_way = any(LineState::Pending) || any(LineState::Delivered);
        if lines.is_empty() {
            Delivery::None
        } else if !has_player && (on_its_way || any(LineState::AwaitingPlayer)) {
            Delivery::BlockedNoPlayer
        } else if any(LineState::AwaitingPlayer) {
            Delivery::AwaitingPlayer
        } else if on_its_way {
            Delivery::Queued
        } else if lines.iter().all(|state| *state == LineState::Completed) {
            Delivery::Delivered
        } else if any(LineState::Completed) {
            Delivery::Partial
        } else if any(LineState::Failed) {
            Delivery::Failed
        } else {
            Delivery::Cancelled
        }
    }
}
