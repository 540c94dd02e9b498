//! Exit codes of both programs. The numbers are those of `sysexits.h`, so that systemd and scripts can act on them.

use serde::{Deserialize, Serialize};

/// The exit code of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum ExitCode {
    /// 0: done.
    Done = 0,
    /// 1: failed; the message gives the reason.
    Failed = 1,
    /// 64: the command line is wrong.
    Usage = 64,
    /// 65: the journal or the database is damaged, or from a newer version.
    Damaged = 65,
    /// 69: something that the command needs cannot be reached, or an address is taken.
    Unreachable = 69,
    /// 70: a bug in the program.
    Internal = 70,
    /// 73: something cannot be created, or another daemon uses it.
    CannotCreate = 73,
    /// 77: the system does not permit it.
    Permission = 77,
    /// 78: the configuration is wrong or missing.
    Config = 78,
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> std::process::ExitCode {
        std::process::ExitCode::from(code as u8)
    }
}
