//! `flux-companion`: a slim store server.

use clap::Parser;
use flux_companion::{Exit, cli};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = match cli::Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Nothing can be done where not even this can be printed.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Done }.into();
        }
    };
    match cli::run(arguments) {
        Ok(()) => Exit::Done.into(),
        Err(failure) => {
            eprintln!("flux-companion: {failure}");
            failure.exit().into()
        }
    }
}
