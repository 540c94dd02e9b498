//! Documents about the program: example config, schema, completions, manual page, version.

use super::Cli;
use super::output::{fail, print, print_json};
use crate::VERSION;
use crate::config::SCHEMA;
use clap::CommandFactory;
use clap_complete::Shell;
use flux_config::exit_code::ExitCode;
use flux_protocol::PROTOCOL_VERSION;

pub(super) fn example() -> ExitCode {
    print(crate::config::example().trim_end());
    ExitCode::Done
}

pub(super) fn schema() -> ExitCode {
    print(SCHEMA.trim_end());
    ExitCode::Done
}

pub(super) fn completions(shell: Shell) -> ExitCode {
    print(flux_terminal::completions(Cli::command(), "flux-agent", shell));
    ExitCode::Done
}

pub(super) fn man() -> ExitCode {
    match flux_terminal::manual_page(&Cli::command()) {
        Ok(page) => {
            print(page);
            ExitCode::Done
        }
        Err(error) => fail(&error, ExitCode::Internal),
    }
}

pub(super) fn version(json: bool) -> ExitCode {
    if json {
        return print_json(
            &serde_json::json!({"name": "flux-agent", "version": VERSION, "protocolVersion": PROTOCOL_VERSION}),
        );
    }
    print(format!("flux-agent {VERSION} (protocol {PROTOCOL_VERSION})"));
    ExitCode::Done
}
