//! `flux-agent`: see the library's documentation and `docs/README.md`.

use clap::Parser;
use flux_config::exit_code::ExitCode;

fn main() -> std::process::ExitCode {
    match flux_agent::cli::Cli::try_parse() {
        Ok(cli) => cli.execute().into(),
        Err(error) => {
            // Printing fails only when nobody reads the output.
            let _ = error.print();
            if error.use_stderr() { ExitCode::Usage } else { ExitCode::Done }.into()
        }
    }
}
