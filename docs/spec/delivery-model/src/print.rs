//! Printing results and histories.

use crate::search::{Found, history};
use crate::settings::{RULES, SETTINGS, Settings};
use crate::state::State;
use std::fmt::Write;

/// One line about a search.
pub fn summary(options: &str, found: &Found) -> String {
    let stuck = if found.stuck > 0 { format!(", {} states stuck", found.stuck) } else { String::new() };
    format!(
        "{options}: {} states, {} steps, {:.1} s, most effects {}{}{stuck}, violated: {}",
        found.states.len(),
        found.steps,
        found.took.as_secs_f64(),
        found.most_effects,
        if found.truncated { ", GAVE UP" } else { "" },
        violated(found),
    )
}

/// The violated properties, or `nothing`.
pub fn violated(found: &Found) -> String {
    let names: Vec<_> = found.violations.keys().map(|property| format!("{property:?}")).collect();
    if names.is_empty() { "nothing".to_owned() } else { names.join(" ") }
}

/// A shortest history for each violated property.
pub fn histories(settings: &Settings, found: &Found) -> String {
    let mut text = String::new();
    for (property, violation) in &found.violations {
        let _ = writeln!(text, "\n{property:?}: {}", property.meaning());
        let mut before = State::first(settings);
        for (step, after) in history(settings, found, violation.state) {
            let _ = writeln!(text, "  {step}   [{}]", before.changes(&after));
            before = after;
        }
        if let Some(step) = violation.step {
            let _ = writeln!(text, "  {step}   <- violates it");
        }
    }
    text
}

/// All options.
pub fn help() -> String {
    let mut text = String::from(
        "delivery-model [OPTION=VALUE ...]   search with these options; later ones win\n\
         delivery-model suite                search the runs of the README and compare\n\n",
    );
    for (title, options) in [("What may happen:", SETTINGS), ("Rules:", RULES)] {
        let _ = writeln!(text, "{title}");
        for (name, meaning) in options {
            let _ = writeln!(text, "  {name:<16}{}", meaning.trim());
        }
        text.push('\n');
    }
    text + "  text=1          The contract as it was first written.\n  lean=1          Without the rules that nothing needs.\n"
}
