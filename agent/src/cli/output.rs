pub(super) use flux_terminal::print;

use flux_config::exit_code::ExitCode;
use serde::Serialize;
use std::fmt::Display;

/// Prints a result as JSON.
pub(super) fn print_json(value: &impl Serialize) -> ExitCode {
    flux_terminal::print_json("flux-agent", value)
}

/// Prints an error to stderr and returns the exit code.
pub(super) fn fail(error: &dyn Display, exit: ExitCode) -> ExitCode {
    flux_terminal::fail("flux-agent", error, exit)
}
