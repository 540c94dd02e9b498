//! Prints results to stdout and errors to stderr. A closed pipe (`| head`) is not an error.

use flux_config::exit_code::ExitCode;
use serde::Serialize;
use std::fmt::Display;
use std::io::Write;

/// Prints a result, with its colours if stdout shows them.
pub fn print(text: impl Display) {
    let _ = writeln!(anstream::stdout(), "{text}");
}

/// Prints a result as JSON.
pub fn print_json(program: &str, value: &impl Serialize) -> ExitCode {
    match serde_json::to_string_pretty(value) {
        Ok(text) => {
            print(text);
            ExitCode::Done
        }
        Err(error) => fail(program, &error, ExitCode::Internal),
    }
}

/// Prints an error to stderr and returns the exit code.
pub fn fail(program: &str, error: &dyn Display, exit: ExitCode) -> ExitCode {
    note(&format!("{program}: {error}"));
    exit
}

/// Prints a text to stderr that is no result.
pub fn note(text: &dyn Display) {
    let _ = writeln!(anstream::stderr(), "{text}");
}
