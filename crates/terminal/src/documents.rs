//! Shell completions and manual pages, made of a program's clap command.

use clap::Command;
use clap_complete::Shell;
use std::io;

/// A shell's completions of a program.
#[must_use]
pub fn completions(mut command: Command, program: &str, shell: Shell) -> String {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut command, program, &mut text);
    let text = String::from_utf8_lossy(&text).trim_end().to_owned();
    if shell == Shell::Bash { with_reachable_states(&text, program) } else { text }
}

/// clap_complete writes the states of a program with a hyphen in its name under two names (clap issue 6421), so that no word
/// after the first is completed. This gives both the same name.
fn with_reachable_states(script: &str, program: &str) -> String {
    match program.split_once('-') {
        Some((first, rest)) => script.replace(&format!("{first}__subcmd__{rest}"), &format!("{first}__{rest}")),
        None => script.to_owned(),
    }
}

/// A manual page with all commands, since admins look at `man NAME`.
///
/// # Errors
///
/// None: writing to memory does not fail.
pub fn manual_page(command: &Command) -> io::Result<String> {
    let mut page = Vec::new();
    let man = clap_mangen::Man::new(command.clone());
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    subcommands(command, command.get_name(), &mut page)?;
    Ok(String::from_utf8_lossy(&page).trim_end().to_owned())
}

fn subcommands(command: &Command, path: &str, page: &mut Vec<u8>) -> io::Result<()> {
    use io::Write;
    for child in command.get_subcommands() {
        let path = format!("{path} {}", child.get_name());
        if child.has_subcommands() {
            subcommands(child, &path, page)?;
            continue;
        }
        writeln!(page, ".SH \"{path}\"")?;
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
