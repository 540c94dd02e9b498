//! The program's exit codes: `sysexits.h`, as far as they apply.

use std::process::ExitCode;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// It could not be done; the message says why.
    Failed = 1,
    /// The command line is wrong.
    Usage = 64,
    /// The database is damaged, or of a newer companion.
    Data = 65,
    /// Something that it needs cannot be reached: the address to listen on is taken.
    Unreachable = 69,
    /// A mistake of the program's own.
    Internal = 70,
    /// A file cannot be created.
    CannotCreate = 73,
    /// The system does not allow it.
    Permission = 77,
    /// The config is wrong or missing.
    Config = 78,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}
