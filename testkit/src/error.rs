//! [`Error`]: everything that can go wrong in the sandbox game.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::game::limits::NAME_CHARACTERS;

/// What can go wrong in the sandbox, in words for whoever runs it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The password file is missing or unreadable.
    #[error("cannot read the password file {}: {source}", path.display())]
    PasswordFile {
        /// As it was given.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// A game does not start RCON without a password.
    #[error("the RCON password is empty: write one into the password file")]
    EmptyPassword,
    /// A port cannot be listened on, or accepting on it fails.
    #[error("cannot listen on {address}: {source}; choose another port (0 for any)")]
    Listen {
        /// As it was given.
        address: SocketAddr,
        /// What the operating system says.
        source: io::Error,
    },
    /// The control port lets anyone do anything.
    #[error("the control port has no password, so {0} must be a loopback address such as 127.0.0.1:0")]
    NotLoopback(SocketAddr),
    /// The world file cannot be read or written.
    #[error("cannot read or write the world file {}: {source}", path.display())]
    World {
        /// As it was given.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The world file is not one of ours.
    #[error("the world file {} is damaged: {source}; move it away to start a new world", path.display())]
    WorldDamaged {
        /// As it was given.
        path: PathBuf,
        /// Where it stops making sense.
        source: serde_json::Error,
    },
    /// What vanilla refuses as a name: it takes any printable ASCII without a space.
    #[error("{0:?} cannot be a player's name: 1 to {NAME_CHARACTERS} printable ASCII characters without a space")]
    Name(String),
    /// Nobody of that name is online.
    #[error("{0} is not online")]
    NotOnline(String),
    /// As many players are online as the settings allow.
    #[error("the server is full: {0} players")]
    Full(usize),
    /// The game to control does not answer.
    #[error("cannot reach the game's control port {address}: {source}; is it running, with --control {address}?")]
    Control {
        /// As it was given.
        address: SocketAddr,
        /// What the operating system says.
        source: io::Error,
    },
    /// The game refused what it was asked.
    #[error("{0}")]
    Refused(String),
    /// Something else in the operating system.
    #[error(transparent)]
    Io(#[from] io::Error),
}
