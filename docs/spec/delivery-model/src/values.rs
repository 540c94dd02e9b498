//! The values of the state's fields, and their encoding in a few bits.

/// A value of a field of the state, as a small number.
pub trait Bits: Copy {
    /// The value as a number.
    fn to_bits(self) -> u8;
    /// The value with this number.
    fn from_bits(bits: u8) -> Self;
}

impl Bits for u8 {
    fn to_bits(self) -> u8 {
        self
    }
    fn from_bits(bits: u8) -> u8 {
        bits
    }
}

impl Bits for bool {
    fn to_bits(self) -> u8 {
        u8::from(self)
    }
    fn from_bits(bits: u8) -> bool {
        bits != 0
    }
}

macro_rules! values {
    ($($(#[$doc:meta])* $name:ident { $first:ident, $($variant:ident),+ $(,)? })+) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
        pub enum $name { #[default] $first, $($variant),+ }

        impl Bits for $name {
            fn to_bits(self) -> u8 {
                self as u8
            }
            fn from_bits(bits: u8) -> $name {
                const ALL: &[$name] = &[$name::$first, $($name::$variant),+];
                ALL[usize::from(bits)]
            }
        }
    )+ };
}

values! {
    /// The command's status at the store.
    Status { Pending, Delivered, Awaiting, Completed, Failed, Cancelled }

    /// The reason of a failed command.
    Failure { None, Rejected, Uncertain, Other }

    /// The last report about the current attempt that the store has stored.
    LastReport { None, Delivered, Awaiting, Closed }

    /// The command's row in the agent's journal. `Revoked` is the mark left by a revoke without an attempt.
    Row { None, Queued, Awaiting, Running, Uncertain, Completed, Rejected, Held, OtherFailure, Cancelled, Revoked }

    /// A reported state.
    Report { None, Delivered, Awaiting, Completed, Rejected, Uncertain, OtherFailure, Cancelled }

    /// The agent's call that reports.
    Call { None, Sent, Answered }

    /// An execution marker in the game.
    Marker { Absent, Refused, Ran }

    /// The line on the live RCON connection.
    Line { None, Sent, Ran, Refused }

    /// The copy of the journal.
    Copied { No, Taken, PutBack }
}

impl Status {
    /// Returns `true` if a report can still close the command.
    pub fn is_open(self) -> bool {
        self <= Status::Awaiting
    }
}

impl Row {
    /// Returns `true` if the row is to be run or settled.
    pub fn is_open(self) -> bool {
        Row::Queued <= self && self <= Row::Uncertain
    }

    /// Returns `true` if the row waits and no line of it is on its way.
    pub fn is_waiting(self) -> bool {
        matches!(self, Row::Queued | Row::Awaiting)
    }

    /// Returns `true` if the row is closed.
    pub fn is_closed(self) -> bool {
        Row::Completed <= self && self <= Row::Cancelled
    }

    /// Returns `true` if the row is closed as failed.
    pub fn is_failed(self) -> bool {
        matches!(self, Row::Rejected | Row::Held | Row::OtherFailure)
    }
}

impl Report {
    /// Returns `true` if the report leaves the attempt open.
    pub fn is_open(self) -> bool {
        self <= Report::Awaiting
    }
}

/// A message from the store to the agent: none, or `Deliver` or `Revoke` of an attempt, redelivered or not.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Message(u8);

impl Message {
    /// No message.
    pub const NONE: Message = Message(0);

    /// `Deliver` of an attempt.
    pub fn deliver(attempt: u8, redelivered: bool) -> Message {
        Message(1 + (attempt - 1) * 2 + u8::from(redelivered))
    }

    /// `Revoke` of an attempt.
    pub fn revoke(attempt: u8, redelivered: bool) -> Message {
        Message(7 + (attempt - 1) * 2 + u8::from(redelivered))
    }

    /// Returns `true` if it is a `Deliver`.
    pub fn is_deliver(self) -> bool {
        (1..=6).contains(&self.0)
    }

    /// Returns `true` if it is a `Revoke`.
    pub fn is_revoke(self) -> bool {
        self.0 > 6
    }

    /// The attempt that it is about.
    pub fn attempt(self) -> u8 {
        1 + (self.0 - 1) % 6 / 2
    }

    /// Returns `true` if the message is marked as `redelivered`.
    pub fn redelivered(self) -> bool {
        (self.0 - 1) % 2 == 1
    }
}

impl Bits for Message {
    fn to_bits(self) -> u8 {
        self.0
    }
    fn from_bits(bits: u8) -> Message {
        Message(bits)
    }
}
