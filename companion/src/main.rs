//! `flux-companion`: a slim store server.

use clap::Parser;
use flux_companion::cli;
use flux_config::exit_code::ExitCode;

fn main() -> std::process::ExitCode {
    let arguments = match cli::Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // If printing fails, nothing else can be done.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::Usage } else { ExitCode::Done }.into();
        }
    };
    match cli::run(arguments) {
        Ok(()) => ExitCode::Done.into(),
        Err(failure) => flux_terminal::fail("flux-companion", &failure, failure.exit()).into(),
    }
}
