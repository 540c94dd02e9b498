use std::io;

use crate::codec::DecodeError;
use crate::connection::MAX_COMMAND_BYTES;

/// How far a line got. Only [`Outcome::NotSent`] and [`Outcome::Rejected`] allow sending it again without asking the game first.
#[derive(Debug)]
pub enum Outcome {
    /// The game cannot have received the whole line.
    NotSent(SendRejected),
    /// The game answered that this connection is not logged in, so the line surely did not run. A new connection is needed.
    Rejected,
    /// The line may have reached the game, and no whole answer came. A new connection is needed.
    Unknown(ReplyError),
    /// The game's whole answer; empty for many commands. Whether the command succeeded is for the reader to judge.
    Replied(String),
}

/// Why the game cannot have received a line.
#[derive(Debug, thiserror::Error)]
pub enum SendRejected {
    /// The line would not fit into one segment of a network with tunnels, and vanilla closes the connection on a split request.
    #[error("the line has {bytes} bytes; RCON carries at most {MAX_COMMAND_BYTES}")]
    TooLong {
        /// The line's length in UTF-8.
        bytes: usize,
    },
    /// NUL would end the line early; CR and LF are no part of any command.
    #[error("the line contains a NUL, a carriage return or a line feed")]
    ControlCharacter,
    /// An earlier line ended without a whole answer, or its caller went away midway.
    #[error("the connection was given up after an earlier line; connect again")]
    Poisoned,
    /// The game closed the connection before the line was written, as it does when it stops.
    #[error("the game closed the connection before the line was sent; connect again")]
    Closed,
    /// Before the line was written the connection carried what no game sends unasked.
    #[error("the connection carries something that is no answer to any line; connect again")]
    Unexpected,
    /// The operating system took nothing, or not all, of the packet. A game never runs part of a packet.
    #[error("the line could not be written to the game: {0}")]
    Write(#[source] io::Error),
    /// The connection took nothing for the whole write timeout.
    #[error("the game took no bytes in time; is it frozen?")]
    WriteTimedOut,
}

/// Why a sent line has no whole answer.
#[derive(Debug, thiserror::Error)]
pub enum ReplyError {
    /// Nothing came within the first-byte timeout.
    #[error("the game did not answer in time")]
    NoReply,
    /// The answer began and did not end within the whole-reply timeout.
    #[error("the game's answer was not complete in time")]
    Incomplete,
    /// The game closed the connection before its answer was complete.
    #[error("the game closed the connection before it had answered")]
    Closed,
    /// The connection failed.
    #[error("the connection to the game failed: {0}")]
    Io(#[from] io::Error),
    /// An answer to a request that was never made.
    #[error("the game answered request {0}, which was never made; does something else use this connection?")]
    WrongId(i32),
    /// What came is not RCON.
    #[error("the game's answer is not RCON: {0}")]
    Garbage(#[from] DecodeError),
    /// The answer is longer than [`MAX_REPLY_BYTES`](crate::MAX_REPLY_BYTES).
    #[error("the game's answer is too long to keep")]
    TooLong,
}

/// Why there is no connection. The texts tell the server's admin what to do.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Nothing listens there, or it cannot be reached.
    #[error(
        "no RCON at {address}: {source}. Is the game running (RCON starts last), and does its server.properties have \
         enable-rcon=true, a password in rcon.password and this port in rcon.port (25575 unless changed)?"
    )]
    Unreachable {
        /// As it was asked for.
        address: String,
        /// What the operating system says.
        source: io::Error,
    },
    /// The TCP connection took longer than the login timeout.
    #[error(
        "no RCON at {address}: no answer in time. Is the address right, and does a firewall let this machine through to rcon.port?"
    )]
    TimedOut {
        /// As it was asked for.
        address: String,
    },
    /// The password cannot be right: empty (the game starts no RCON then), too long, or with a NUL in it.
    #[error(
        "the RCON password is empty, longer than {MAX_COMMAND_BYTES} bytes or contains a NUL: set rcon.password in server.properties and here"
    )]
    UnusablePassword,
    /// The game refused the password.
    #[error(
        "the game refused the RCON password: it must be the same as rcon.password in server.properties (changes there need a restart of the game)"
    )]
    WrongPassword,
    /// Connected, but no answer to the login within the login timeout.
    #[error("the game did not answer the RCON login in time. Is it frozen, or is this port not its rcon.port?")]
    NoAnswer,
    /// Connected, and closed before the login was answered.
    #[error(
        "the connection was closed before the RCON login was answered. Is the game stopping, or is this port not its rcon.port?"
    )]
    Closed,
    /// The connection failed during the login.
    #[error("the connection failed during the RCON login: {0}")]
    Io(#[source] io::Error),
    /// What answers is something else.
    #[error("what answers is not RCON. Is this the game's rcon.port, and not its server-port or query.port?")]
    NotRcon,
}
