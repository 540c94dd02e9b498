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
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "flux-agent", &mut text);
    print(String::from_utf8_lossy(&text).trim_end());
    ExitCode::Done
}

/// Prints one page with all commands, since admins look at `man flux-agent`.
pub(super) fn man() -> ExitCode {
    let mut page = Vec::new();
    let command = Cli::command();
    match write_page(&command, &mut page) {
        Ok(()) => {
            print(String::from_utf8_lossy(&page).trim_end());
            ExitCode::Done
        }
        Err(error) => fail(&error, ExitCode::Internal),
    }
}

fn write_page(command: &clap::Command, page: &mut Vec<u8>) -> std::io::Result<()> {
    let man = clap_mangen::Man::new(command.clone());
    man.render_title(page)?;
    man.render_name_section(page)?;
    man.render_synopsis_section(page)?;
    man.render_description_section(page)?;
    man.render_options_section(page)?;
    subcommands(command, "", page)
}

fn subcommands(command: &clap::Command, path: &str, page: &mut Vec<u8>) -> std::io::Result<()> {
    use std::io::Write;
    for child in command.get_subcommands() {
        let path = format!("{path}{} ", child.get_name());
        if child.has_subcommands() {
            subcommands(child, &path, page)?;
            continue;
        }
        writeln!(page, ".SH \"flux-agent {}\"", path.trim_end())?;
        let man = clap_mangen::Man::new(child.clone());
        // The headings of a subcommand would be on the same level as its name.
        let mut body = Vec::new();
        man.render_description_section(&mut body)?;
        man.render_options_section(&mut body)?;
        let body = String::from_utf8_lossy(&body).replace(".SH DESCRIPTION", ".PP").replace(".SH OPTIONS", ".PP");
        page.extend_from_slice(body.as_bytes());
    }
    Ok(())
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
