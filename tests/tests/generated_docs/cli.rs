//! `docs/reference/cli.md`, from clap's description of both command lines.

use super::cell;
use clap::{Arg, Command, CommandFactory};
use std::fmt::Write;

const HEAD: &str = "# Command line

Results go to stdout, everything else to stderr.
Every listing takes `--json` for scripts.
`--help` describes each command, `man` prints the manual page,
and `completions bash`, `zsh` or `fish` prints completions.

This page is generated from the programs: run `make docs` after a change.

## Exit codes

Both programs use the numbers of `sysexits.h`.

| code | meaning |
| --- | --- |
| 0 | done |
| 1 | failed; the message says why |
| 64 | the command line is invalid |
| 65 | the journal or database is damaged, or from a newer version |
| 69 | the store, the game or the daemon cannot be reached, or the address to listen on is in use |
| 70 | internal error |
| 73 | a file cannot be created, or another daemon uses the journal |
| 77 | permission denied |
| 78 | the configuration is invalid |
";

/// The whole page.
pub(super) fn page() -> String {
    let mut page = HEAD.to_owned();
    for mut command in [flux_agent::cli::Cli::command(), flux_companion::cli::Arguments::command()] {
        command.build();
        let name = command.get_name().to_owned();
        writeln!(page, "\n## {name}\n\n{}\n", about(&command)).unwrap();
        page.push_str("| option of every command | meaning |\n| --- | --- |\n");
        command.get_arguments().filter(|arg| arg.is_global_set()).for_each(|arg| row(&mut page, arg));
        commands(&mut page, &name, &command);
    }
    page
}

/// The commands below one; a command with subcommands is replaced by them.
fn commands(page: &mut String, path: &str, command: &Command) {
    for command in command.get_subcommands().filter(|command| command.get_name() != "help") {
        let path = format!("{path} {}", command.get_name());
        if command.has_subcommands() {
            commands(page, &path, command);
            continue;
        }
        writeln!(page, "\n### `{path}`\n\n{}", about(command)).unwrap();
        let arguments: Vec<&Arg> = command.get_arguments().filter(|arg| is_own(arg)).collect();
        if !arguments.is_empty() {
            page.push_str("\n| argument | meaning |\n| --- | --- |\n");
            arguments.into_iter().for_each(|arg| row(page, arg));
        }
    }
}

fn is_own(arg: &Arg) -> bool {
    !arg.is_global_set() && !["help", "version"].contains(&arg.get_id().as_str())
}

fn about(command: &Command) -> String {
    sentence(command.get_about().map(ToString::to_string))
}

/// Adds the full stop that clap removes.
fn sentence(text: Option<String>) -> String {
    let mut text = text.unwrap_or_default();
    if !text.ends_with('.') {
        text.push('.');
    }
    text
}

fn row(page: &mut String, arg: &Arg) {
    let mut meaning = sentence(arg.get_help().map(ToString::to_string));
    let values: Vec<_> = arg.get_possible_values().iter().map(|value| format!("`{}`", value.get_name())).collect();
    if !values.is_empty() && arg.get_action().takes_values() {
        write!(meaning, " One of {}.", values.join(", ")).unwrap();
    }
    let defaults: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    if !defaults.is_empty() && arg.get_action().takes_values() {
        write!(meaning, " Default: `{}`.", defaults.join(" ")).unwrap();
    }
    writeln!(page, "| `{}` | {} |", cell(&arg.to_string()), cell(&meaning)).unwrap();
}
