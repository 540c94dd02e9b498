//! How a command ends.

use serde::{Deserialize, Serialize};
use std::process::ExitCode;

/// How a command ends. The numbers are those of `sysexits.h`, so that systemd and scripts can tell what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// 0: done.
    Done = 0,
    /// 1: failed.
    Failed = 1,
    /// 65: the journal is damaged, or from a newer version.
    Damaged = 65,
    /// 69: the store, the game or the daemon cannot be reached.
    Unreachable = 69,
    /// 70: a mistake of this program.
    Internal = 70,
    /// 73: something cannot be created, or is in use by another daemon.
    CannotCreate = 73,
    /// 77: not permitted.
    Permission = 77,
    /// 78: the configuration is wrong. (64, a wrong command line, comes from the command line's own reader.)
    Config = 78,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}
