//! The outcome of a command, and the errors of the client.

use std::io;

use crate::codec::DecodeError;
use crate::connection::MAX_COMMAND_BYTES;

/// The outcome of a command. Only after [`NotSent`](Outcome::NotSent) and [`Rejected`](Outcome::Rejected) may it be sent
/// again without asking the game first.
#[derive(Debug)]
pub enum Outcome {
    /// The game cannot have received the whole command.
    NotSent(SendRejected),
    /// The game answered that this connection is not logged in, so the command did not run. Connect again.
    Rejected,
    /// The command may have run, and no complete answer arrived. Connect again.
    Unknown(ReplyError),
    /// The answer of the game, which is empty for many commands and does not show whether the command succeeded. If
    /// the end of a long answer does not come, it is the pieces that came.
    Replied(String),
}

/// A command that the game cannot have received.
#[derive(Debug, thiserror::Error)]
pub enum SendRejected {
    /// The command is longer than [`MAX_COMMAND_BYTES`]. It might not fit into one TCP segment, and vanilla closes the
    /// connection on a split request.
    #[error("the command has {bytes} bytes; RCON carries at most {MAX_COMMAND_BYTES}")]
    TooLong {
        /// The length of the command in UTF-8.
        bytes: usize,
    },
    /// The command contains NUL, which would end it early, or CR or LF, which no command contains.
    #[error("the command contains a NUL, a carriage return or a line feed")]
    ControlCharacter,
    /// An earlier command has no complete answer, or its future was dropped.
    #[error("the connection cannot be used after an earlier command without an answer; connect again")]
    Poisoned,
    /// The game closed the connection before the command was written, as it does when it stops.
    #[error("the game closed the connection before the command was sent; connect again")]
    Closed,
    /// Unexpected data had arrived before the command was written.
    #[error("the connection carries data that answers no command; connect again")]
    Unexpected,
    /// The operating system accepted no or only a part of the packet. A game never runs a part of a packet.
    #[error("the command could not be written to the game: {0}")]
    Write(#[source] io::Error),
    /// The connection accepted no data within the write timeout.
    #[error("the game accepted no data in time; is it frozen?")]
    WriteTimedOut,
}

/// A sent command without a complete answer.
#[derive(Debug, thiserror::Error)]
pub enum ReplyError {
    /// Nothing arrived within the first-byte timeout.
    #[error("the game did not answer in time")]
    NoReply,
    /// The answer was not complete within the whole-reply timeout.
    #[error("the game's answer was not complete in time")]
    Incomplete,
    /// The game closed the connection before its answer was complete.
    #[error("the game closed the connection before it answered")]
    Closed,
    /// The connection failed.
    #[error("the connection to the game failed: {0}")]
    Io(#[from] io::Error),
    /// The id of the answer belongs to no request.
    #[error("the game answered request {0}, which was never sent; does something else use this connection?")]
    WrongId(i32),
    /// The answer is not RCON.
    #[error("the game's answer is not RCON: {0}")]
    Garbage(#[from] DecodeError),
}

/// A failed connection attempt. The texts contain advice for the server's admin.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Nothing listens at the address, or it cannot be reached.
    #[error(
        "no RCON at {address}: {source}. Is the game running (RCON starts last), and does its server.properties have \
         enable-rcon=true, a password in rcon.password and this port in rcon.port (25575 unless changed)?"
    )]
    Unreachable {
        /// The address as given.
        address: String,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The TCP connection took longer than the login timeout.
    #[error(
        "no RCON at {address}: no answer in time. Is the address right, and does a firewall let this machine through to rcon.port?"
    )]
    TimedOut {
        /// The address as given.
        address: String,
    },
    /// The password is empty (the game then starts no RCON), too long, or contains a NUL.
    #[error(
        "the RCON password is empty, longer than {MAX_COMMAND_BYTES} bytes or contains a NUL: set another rcon.password in server.properties, and the same here"
    )]
    UnusablePassword,
    /// The game rejected the password.
    #[error(
        "the game refused the RCON password: it must match rcon.password in server.properties (a change there needs a restart of the game)"
    )]
    WrongPassword,
    /// Connected, but the login was not answered within the login timeout.
    #[error("the game did not answer the RCON login in time. Is it frozen, or is this port not its rcon.port?")]
    NoAnswer,
    /// Connected, but the connection was closed before the login was answered.
    #[error(
        "the connection was closed before the RCON login was answered. Is the game stopping, or is this port not its rcon.port?"
    )]
    Closed,
    /// The connection failed during the login.
    #[error("the connection failed during the RCON login: {0}")]
    Io(#[source] io::Error),
    /// Something other than RCON answers.
    #[error("the answer is not RCON. Is this the game's rcon.port, and not its server-port or query.port?")]
    NotRcon,
}
