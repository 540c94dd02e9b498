//! `policy suggest`: an allow-list for the strict mode, made of the commands in the journal and the store's packages.

use super::output::{fail, print, print_json};
use super::{block_on, load};
use crate::journal::Journal;
use crate::limits::SUGGESTED_PATTERNS;
use crate::upstream::read_templates;
use flux_config::exit_code::ExitCode;
use flux_delivery::policy::{Glob, Policy, pattern_of};
use flux_delivery::{PlayerName, build_line};
use flux_protocol::{Command, SampleTemplate, TemplatesResponse};
use flux_terminal::{escape, escape_json, note};
use std::collections::BTreeMap;
use std::path::Path;

/// A pattern for the commands that differ only in their player.
#[derive(Debug)]
struct Suggestion {
    /// Number of commands in the journal; 0 for a package that was never sold.
    commands: u64,
    /// The reason why the pattern would not help, if there is one.
    blocked: Option<String>,
}

/// The suggestions, and the number of commands that did not fit.
#[derive(Debug)]
struct Suggestions {
    /// The policy with its `deny` alone.
    deny: Policy,
    bedrock_prefix: String,
    patterns: BTreeMap<String, Suggestion>,
    left_out: u64,
}

impl Suggestions {
    fn new(deny: Vec<Glob>, bedrock_prefix: &str) -> Suggestions {
        let deny = Policy { deny, ..Policy::default() };
        Suggestions { deny, bedrock_prefix: bedrock_prefix.to_owned(), patterns: BTreeMap::new(), left_out: 0 }
    }

    /// Adds a command of the journal.
    fn add(&mut self, command: &Command) {
        self.add_times(command, 1);
    }

    /// Adds what the store would send for one unit of each package.
    fn add_templates(&mut self, templates: Vec<SampleTemplate>) {
        for template in templates {
            self.add_times(&template.for_player("Steve"), 0);
        }
    }

    fn add_times(&mut self, command: &Command, times: u64) {
        // A bad name concerns one customer, not the pattern.
        let has_good_name = |name: &str| PlayerName::parse(name, &self.bedrock_prefix).is_some();
        if command.player.as_ref().is_some_and(|player| !has_good_name(&player.name)) {
            return;
        }
        let Some(pattern) = pattern_of(command) else { return };
        if let Some(known) = self.patterns.get_mut(&pattern) {
            known.commands += times;
        } else if self.patterns.len() == SUGGESTED_PATTERNS {
            self.left_out += 1;
        } else {
            let blocked = self.blocked(&pattern, command);
            self.patterns.insert(pattern, Suggestion { commands: times, blocked });
        }
    }

    /// The reason why the command would not run even with its pattern in `allow`.
    fn blocked(&self, pattern: &str, command: &Command) -> Option<String> {
        if let Err(problem) = Glob::new(pattern) {
            return Some(problem);
        }
        build_line(command, None, &self.bedrock_prefix, &self.deny).err().map(|refusal| refusal.detail)
    }
}

/// Prints the list in the form of the configuration. The journal is only read; a daemon may be using it.
pub(super) fn run(path: &Path, json: bool) -> Result<ExitCode, ExitCode> {
    let config = load(path)?;
    let mut suggestions = Suggestions::new(config.policy.deny, &config.players.bedrock_prefix);
    Journal::each_command(&config.state_dir, config.store.token.server_id(), &mut |command| suggestions.add(command))
        .map_err(|error| fail(&error, super::run::exit_of(&error)))?;
    match block_on(read_templates(&config.store))? {
        Ok(TemplatesResponse { templates, more }) => {
            suggestions.add_templates(templates);
            if more {
                note(&"flux-agent: the store has more packages than it names: some that were never sold are missing");
            }
        }
        Err(error) => {
            note(&format!(
                "flux-agent: the store's packages are missing, only commands of the journal are listed: {error}"
            ));
        }
    }
    if json {
        let (blocked, allow): (Vec<_>, Vec<_>) = suggestions.patterns.iter().partition(|(_, it)| it.blocked.is_some());
        let patterns = |list: Vec<(&String, &Suggestion)>| -> Vec<serde_json::Value> {
            list.into_iter()
                .map(|(pattern, it)| {
                    serde_json::json!({"pattern": pattern, "commands": it.commands, "blocked": it.blocked})
                })
                .collect()
        };
        let left_out = suggestions.left_out;
        return Ok(print_json(
            &serde_json::json!({"allow": patterns(allow), "blocked": patterns(blocked), "leftOut": left_out}),
        ));
    }
    print(yaml(&suggestions));
    Ok(ExitCode::Done)
}

fn yaml(suggestions: &Suggestions) -> String {
    let mut text = String::from(
        "# Made of the commands that the journal has, and of one unit of each package at the store. Write * for a value that
# differs with each order, such as a quantity. Read every line: it stays allowed, whoever sends it.
policy:
  mode: strict
  allow:",
    );
    if suggestions.patterns.values().all(|it| it.blocked.is_some()) {
        text.push_str(" []");
    }
    for (pattern, it) in &suggestions.patterns {
        let quoted = escape_json(&serde_json::Value::from(pattern.as_str()).to_string());
        match &it.blocked {
            None if it.commands == 0 => text.push_str(&format!("\n    - {quoted}  # not sold yet")),
            None => text.push_str(&format!("\n    - {quoted}  # commands: {}", it.commands)),
            Some(reason) => {
                text.push_str(&format!("\n    # {}\n    #   would not run: {}", escape(&quoted), escape(reason)));
            }
        }
    }
    if suggestions.left_out > 0 {
        text.push_str(&format!(
            "\n    # {} more commands are left out: the list has {SUGGESTED_PATTERNS} patterns at most. Use * in place of values that differ.",
            suggestions.left_out
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use flux_delivery::policy::built_in;

    fn command(template: &str, player: &str) -> Command {
        serde_json::from_value(serde_json::json!({
            "id": "cmd_1", "attempt": 1, "kind": "purchase", "command": template, "requireOnline": true, "sequence": 1,
            "player": {"name": player}, "values": {},
        }))
        .unwrap()
    }

    #[test]
    fn list_has_one_pattern_for_all_players() {
        let deny = built_in().iter().map(|pattern| Glob::new(pattern).unwrap()).collect();
        let mut suggestions = Suggestions::new(deny, ".");
        for (template, player) in [
            ("give {player} diamond 1", "Steve"),
            ("give {player} diamond 1", ".Alex"),
            ("give {player} diamond 1", "@a"),
            ("give Steve diamond 1", "Steve"),
            ("tell {player} \"hi\"", "Steve"),
            ("op {player}", "Steve"),
        ] {
            suggestions.add(&command(template, player));
        }
        let unsold =
            [("give {player} elytra {quantity}", "1"), ("give {player} diamond {quantity}", "1"), ("stop", "1")];
        let template = |(command, quantity): (&str, &str)| SampleTemplate {
            command: command.to_owned(),
            values: [("quantity".to_owned(), quantity.to_owned())].into(),
        };
        suggestions.add_templates(unsold.map(template).into());
        let text = yaml(&suggestions);
        assert!(text.contains("    - \"give {player} elytra 1\"  # not sold yet\n"), "{text}");
        assert!(text.contains("    # \"stop\"\n"), "{text}");
        assert!(text.contains("    - \"give {player} diamond 1\"  # commands: 3\n"), "{text}");
        assert!(text.contains("    - \"tell {player} \\\"hi\\\"\"  # commands: 1"), "{text}");
        assert!(text.contains("    # \"op {player}\"\n    #   would not run: denied by policy.deny `op`"), "{text}");
    }

    #[test]
    fn empty_list_is_still_a_configuration() {
        assert!(yaml(&Suggestions::new(vec![], ".")).ends_with("  allow: []"));
    }
}
