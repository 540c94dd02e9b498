//! Prints results to stdout and errors to stderr. A closed pipe (`| head`) is not an error.

use crate::escape::{escape_json, escape_lines, escape_painted};
use crate::secrets::masked;
use flux_config::exit_code::ExitCode;
use serde::Serialize;
use std::fmt::Display;
use std::io::Write;

/// Prints a result, with its colours if stdout shows them. Everything else that cannot be seen is escaped.
pub fn print(text: impl Display) {
    write(&mut anstream::stdout(), &escape_painted(&text.to_string()));
}

/// Prints a result in place of what the terminal shows.
pub fn print_over(text: impl Display) {
    const CLEAR: &str = "\u{1b}[H\u{1b}[2J";
    write(&mut anstream::stdout(), &format!("{CLEAR}{}", escape_painted(&text.to_string())));
}

/// Prints a result as JSON.
pub fn print_json(program: &str, value: &impl Serialize) -> ExitCode {
    match serde_json::to_string_pretty(value) {
        Ok(json) => {
            write(&mut anstream::stdout(), &escape_json(&json));
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
    write(&mut anstream::stderr(), &escape_lines(&text.to_string()));
}

fn write(output: &mut impl Write, text: &str) {
    let _ = writeln!(output, "{}", masked(text));
}
