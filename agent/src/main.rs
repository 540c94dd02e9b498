//! `flux-agent`: see the library's documentation and `docs/README.md`.

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    match flux_agent::cli::Cli::try_parse() {
        Ok(cli) => cli.execute().into(),
        Err(error) => {
            // Printing help or a usage error can only fail when nobody reads it.
            let _ = error.print();
            ExitCode::from(if error.use_stderr() { 64 } else { 0 })
        }
    }
}
