use flux_config::exit_code::ExitCode;
use serde::Serialize;
use std::fmt::Display;
use std::io::{self, Write};

/// Prints a result to stdout. A closed pipe (`| head`) is not an error.
pub(super) fn print(text: impl Display) {
    let _ = writeln!(io::stdout(), "{text}");
}

/// Prints a result as JSON.
pub(super) fn print_json(value: &impl Serialize) -> ExitCode {
    match serde_json::to_string_pretty(value) {
        Ok(text) => {
            print(text);
            ExitCode::Done
        }
        Err(error) => fail(&error, ExitCode::Internal),
    }
}

/// Prints an error to stderr and returns the exit code.
pub(super) fn fail(error: &dyn Display, exit: ExitCode) -> ExitCode {
    let _ = writeln!(io::stderr(), "flux-agent: {error}");
    exit
}
