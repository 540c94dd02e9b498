//! The state of the whole system: one command, the store, the agent, the network and the game.
//!
//! A state packs into a `u128`, so that millions of them fit into memory.

use crate::settings::Settings;
use crate::values::{Bits, Call, Copied, Failure, LastReport, Line, Marker, Message, Report, Row, Status};

macro_rules! state {
    ($($(#[$doc:meta])* $field:ident: $type:ty, $bits:literal;)+) => {
        /// One state. Every field has its width in bits.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
        pub struct State { $($(#[$doc])* pub $field: $type,)+ }

        impl State {
            /// The state as a number.
            pub fn pack(&self) -> u128 {
                let mut packed = 0_u128;
                $(
                    debug_assert!(u32::from(self.$field.to_bits()) < 1 << $bits, stringify!($field));
                    packed = packed << $bits | u128::from(self.$field.to_bits());
                )+
                packed
            }

            /// The state with this number.
            pub fn unpack(packed: u128) -> State {
                let mut left = 0 $(+ $bits)+;
                $(
                    left -= $bits;
                    let $field = <$type>::from_bits((packed >> left) as u8 & ((1_u16 << $bits) - 1) as u8);
                )+
                debug_assert!(left == 0);
                State { $($field,)+ }
            }

            /// The fields that differ in `after`, with their new values.
            pub fn changes(&self, after: &State) -> String {
                let mut changes = Vec::new();
                $(if self.$field != after.$field {
                    changes.push(format!("{}={:?}", stringify!($field), after.$field));
                })+
                changes.join(" ")
            }
        }
    };
}

state! {
    // The store, durable.
    /// The status that the store shows.
    status: Status, 3;
    /// The current attempt.
    attempt: u8, 2;
    /// The automatic retry of this series is used up.
    retry_used: bool, 1;
    /// The reason of the last failure.
    failure: Failure, 2;
    /// `failed`/`uncertain` was shown at some time.
    shown_uncertain: bool, 1;
    /// The current attempt was offered.
    offered: bool, 1;
    /// Some attempt was offered.
    offered_ever: bool, 1;
    /// The store wants the command cancelled and waits for the agent.
    cancel_requested: bool, 1;
    /// The last report about the current attempt.
    last_report: LastReport, 2;
    /// Some journal has reported `delivered`.
    delivered_ever: bool, 1;
    /// The journals that the current attempt was offered to, a bit for each.
    offered_to: u8, 2;
    /// A poll's answer has offered the attempt to the present journal.
    offered_by_poll: bool, 1;
    /// The present journal has reported the current attempt.
    reported: bool, 1;

    // The agent, durable.
    /// The command's row in the journal.
    row: Row, 4;
    /// The row's attempt.
    row_attempt: u8, 2;
    /// The row's state is acknowledged.
    acknowledged: bool, 1;
    /// An earlier send is unresolved: it may or may not have run.
    unresolved: bool, 1;
    /// Another journal may have sent it (the row came as redelivered).
    from_other_journal: bool, 1;
    /// A revoke came while the row was running or uncertain.
    revoked: bool, 1;
    /// The journal's id.
    journal: u8, 1;
    /// The row is older than this start of the agent (volatile).
    before_start: bool, 1;

    // The network.
    /// A session is open.
    session: bool, 1;
    /// The first message on its way to the agent in the session.
    inbox_first: Message, 4;
    /// The second message.
    inbox_second: Message, 4;
    /// A poll's answer on its way to the agent.
    poll_answer: Message, 4;
    /// The call that reports.
    call: Call, 2;
    /// The attempt in the call.
    call_attempt: u8, 2;
    /// The state in the call.
    call_report: Report, 3;
    /// A report is still on its way after its call has timed out.
    late: bool, 1;
    /// The attempt in the late report.
    late_attempt: u8, 2;
    /// The state in the late report.
    late_report: Report, 3;
    /// The journal of the late report.
    late_journal: u8, 1;
    /// The journal of the last contact with the store.
    last_journal: u8, 1;

    // The game.
    /// Effects in the world, counted to 3.
    effects: u8, 2;
    /// The line took effect at some time, even if a crash undid it.
    took_effect: bool, 1;
    /// The marker of attempt 1.
    marker_1: Marker, 2;
    /// The marker of attempt 2.
    marker_2: Marker, 2;
    /// The marker of attempt 3.
    marker_3: Marker, 2;
    /// The line on the live connection.
    line: Line, 2;
    /// The attempt of a line that a dead connection left in the game's queue.
    queued_first: u8, 2;
    /// The attempt of a second such line.
    queued_second: u8, 2;
    /// The game may have restarted since the send.
    restarted: bool, 1;
    /// A crash of the game undid something.
    rolled_back: bool, 1;
    /// The player is in the game.
    online: bool, 1;

    // Budgets.
    /// Faults that may still happen.
    faults_left: u8, 3;
    /// Acts of admins that may still happen.
    admin_acts_left: u8, 2;
    /// Retries by admins so far.
    admin_retries: u8, 2;
    /// An admin at the agent has handled the command.
    by_hand: bool, 1;

    // A copy of the journal (`jback=1`).
    /// A copy was taken, or put back.
    copied: Copied, 2;
    /// The row in the copy.
    copy_row: Row, 4;
    /// The row's attempt in the copy.
    copy_attempt: u8, 2;
    /// `acknowledged` in the copy.
    copy_acknowledged: bool, 1;
    /// `unresolved` in the copy.
    copy_unresolved: bool, 1;
    /// `from_other_journal` in the copy.
    copy_from_other_journal: bool, 1;
    /// `revoked` in the copy.
    copy_revoked: bool, 1;
    /// The store has seen a position after the copy.
    seen_after_copy: bool, 1;
}

impl State {
    /// The first state: the command is created, and only the store knows it.
    pub fn first(settings: &Settings) -> State {
        State {
            attempt: 1,
            online: settings.starts_online,
            faults_left: settings.faults,
            admin_acts_left: settings.admin_acts,
            ..State::default()
        }
    }

    /// The marker of an attempt.
    pub fn marker(&self, attempt: u8) -> Marker {
        match attempt {
            1 => self.marker_1,
            2 => self.marker_2,
            _ => self.marker_3,
        }
    }

    /// Sets the marker of an attempt.
    pub fn set_marker(&mut self, attempt: u8, marker: Marker) {
        match attempt {
            1 => self.marker_1 = marker,
            2 => self.marker_2 = marker,
            _ => self.marker_3 = marker,
        }
    }

    /// Removes all markers but that of attempt `kept`; 0 keeps none.
    pub fn clear_markers(&mut self, kept: u8) {
        for attempt in (1..=3).filter(|attempt| *attempt != kept) {
            self.set_marker(attempt, Marker::Absent);
        }
    }

    /// Returns `true` if nothing is on its way.
    pub fn is_quiet(&self) -> bool {
        self.inbox_first == Message::NONE
            && self.poll_answer == Message::NONE
            && self.call == Call::None
            && !self.late
            && self.line == Line::None
            && self.queued_first == 0
    }
}
