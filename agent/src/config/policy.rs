//! The section `policy`: the commands that the store may run.

use flux_config::{Located, Section};
use flux_delivery::policy::{BUILT_IN, Glob, Mode, Policy, built_in};

pub(super) fn read(mut section: Section<'_>) -> Policy {
    let mode = section.choice("mode", &[("default", Mode::Default), ("strict", Mode::Strict)], Mode::Default);
    let allow = section.strings("allow", &[]);
    let allow = allow.iter().filter_map(|text| glob(&mut section, text, &text.value)).collect();
    let policy = Policy { mode, allow, deny: deny(&mut section) };
    section.finish();
    policy
}

/// Reads `deny`: patterns, `built-in` for the built-in list, and `-PATTERN` to take a pattern off that list.
fn deny(section: &mut Section<'_>) -> Vec<Glob> {
    let texts = section.strings("deny", &[BUILT_IN]);
    let off: Vec<&str> = texts.iter().filter_map(|text| text.value.strip_prefix('-')).map(str::trim).collect();
    let mut globs = Vec::new();
    for text in &texts {
        if text.value == BUILT_IN {
            let kept = built_in().into_iter().filter(|pattern| !off.contains(&pattern.as_str()));
            globs.extend(kept.filter_map(|pattern| glob(section, text, &pattern)));
        } else if let Some(pattern) = text.value.strip_prefix('-') {
            if !built_in().iter().any(|built_in| built_in == pattern.trim()) {
                section.report_at(text, "takes a pattern off the built-in list that is not on it");
            }
        } else {
            globs.extend(glob(section, text, &text.value));
        }
    }
    globs
}

fn glob(section: &mut Section<'_>, place: &Located<String>, pattern: &str) -> Option<Glob> {
    Glob::new(pattern)
        .map_err(|problem| {
            let hint = "a pattern is a command such as op, or with * and ?, such as give *";
            section.report_at(place, &format!("{problem}; {hint}"));
        })
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use flux_config::{ConfigFile, Document};
    use flux_delivery::CommandLine;
    use flux_delivery::policy::Ruling;

    fn parsed(text: &str) -> Result<Policy, String> {
        let document = Document::parse(&ConfigFile { path: "c.yml".into(), text: text.to_owned(), mode: 0o600 });
        let mut root = document.root();
        let policy = read(root.section("policy"));
        root.finish();
        document.finish(Some(policy)).map_err(|errors| errors.to_string())
    }

    fn allows(policy: &Policy, line: &str) -> bool {
        policy.judge(&CommandLine::new(line).unwrap()) == Ruling::Allowed
    }

    #[test]
    fn own_patterns_stand_beside_the_built_in_list() {
        let policy = parsed("policy: {deny: [built-in, -kick, mine]}").unwrap();
        assert!(allows(&policy, "kick Steve") && !allows(&policy, "mine") && !allows(&policy, "op Steve"));
        let alone = parsed("policy: {deny: [mine]}").unwrap();
        assert!(allows(&alone, "op Steve"));
        assert!(!allows(&parsed("").unwrap(), "lp user Steve permission set * true"));
        assert!(parsed("policy: {deny: [built-in, -give]}").unwrap_err().contains("not on it"));
    }

    #[test]
    fn strict_needs_a_matching_pattern() {
        let policy = parsed("policy: {mode: strict, allow: [\"give {player} *\"]}").unwrap();
        assert!(allows(&policy, "give Steve diamond 1") && !allows(&policy, "give @a diamond"));
        assert!(!allows(&parsed("policy: {mode: strict}").unwrap(), "say hi"));
        assert!(parsed("policy: {mode: lax}").is_err());
    }
}
