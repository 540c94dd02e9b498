//! [`Error`]: everything that can go wrong in the sandbox game.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::game::limits::NAME_CHARACTERS;

/// An error of the sandbox, with a text for the person who runs it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The password file is missing or unreadable.
    #[error("cannot read the password file {}: {source}", path.display())]
    PasswordFile {
        /// The path as given.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// A game does not start RCON without a password.
    #[error("the RCON password is empty: write one into the password file")]
    EmptyPassword,
    /// A port cannot be bound, or accepting on it fails.
    #[error("cannot listen on {address}: {source}; choose another port (0 for any)")]
    Listen {
        /// The address as given.
        address: SocketAddr,
        /// The operating system's error.
        source: io::Error,
    },
    /// The control port has no password, so it must not be reachable from outside.
    #[error("the control port has no password, so {0} must be a loopback address such as 127.0.0.1:0")]
    NotLoopback(SocketAddr),
    /// The world file cannot be read or written.
    #[error("cannot read or write the world file {}: {source}", path.display())]
    World {
        /// The path as given.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// The world file is not one of the sandbox.
    #[error("the world file {} is damaged: {source}; move it away to start a new world", path.display())]
    WorldDamaged {
        /// The path as given.
        path: PathBuf,
        /// The position and the reason at which reading failed.
        source: serde_json::Error,
    },
    /// A name that vanilla refuses: it accepts any printable ASCII without a space.
    #[error("{0:?} cannot be a player's name: 1 to {NAME_CHARACTERS} printable ASCII characters without a space")]
    Name(String),
    /// No player of that name is online.
    #[error("{0} is not online")]
    NotOnline(String),
    /// As many players are online as the settings allow.
    #[error("the server is full: {0} players")]
    Full(usize),
    /// The game's control port does not answer.
    #[error("cannot reach the game's control port {address}: {source}; is it running, with --control {address}?")]
    Control {
        /// The address as given.
        address: SocketAddr,
        /// The operating system's error.
        source: io::Error,
    },
    /// The game refused the request.
    #[error("{0}")]
    Refused(String),
    /// Another error of the operating system.
    #[error(transparent)]
    Io(#[from] io::Error),
}
