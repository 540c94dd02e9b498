use crate::exit::Exit;
use serde::Serialize;
use std::fmt::Display;
use std::io::{self, Write};

/// A result, to stdout. A reader that has gone away (`| head`) has what it wanted.
pub(super) fn say(text: impl Display) {
    let _ = writeln!(io::stdout(), "{text}");
}

/// A result as JSON.
pub(super) fn say_json(value: &impl Serialize) -> Exit {
    match serde_json::to_string_pretty(value) {
        Ok(text) => {
            say(text);
            Exit::Done
        }
        Err(error) => complain(&error, Exit::Internal),
    }
}

/// What went wrong, to stderr.
pub(super) fn complain(error: &dyn Display, exit: Exit) -> Exit {
    let _ = writeln!(io::stderr(), "flux-agent: {error}");
    exit
}
