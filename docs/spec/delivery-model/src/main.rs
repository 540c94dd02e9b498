//! Searches every history of one command between a store, an agent and a game, within bounds. `README.md` explains the model.

mod agent;
mod canonical;
mod choices;
mod faults;
mod game;
mod network;
mod print;
mod properties;
mod reports;
mod runner;
mod search;
mod settings;
mod state;
mod steps;
mod store;
mod suite;
mod table;
mod values;

use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        None | Some("help" | "--help" | "-h") => {
            print(&print::help());
            ExitCode::SUCCESS
        }
        Some("suite") => suite::run(),
        Some(_) => search_once(&arguments),
    }
}

fn search_once(arguments: &[String]) -> ExitCode {
    let settings = match settings::Settings::parse(arguments.iter().map(String::as_str)) {
        Ok(settings) => settings,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(64);
        }
    };
    let found = search::search(&settings);
    let summary = print::summary(&arguments.join(" "), &found);
    print(&format!("{summary}\n{}", print::histories(&settings, &found)));
    ExitCode::SUCCESS
}

/// Prints a text. A closed pipe (as with `head`) is not an error.
fn print(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}
