//! `docs/reference/logs.md` lists every event that the two programs log. These tests compare the lists with the sources.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::path::Path;

/// Macro arguments that name a message defined elsewhere, with that message.
const NAMED: [&str; 4] = [
    "info command received",
    "info command revoked",
    "info command settled by the store",
    "error the store rejected the token; make a new one at the store and run flux-agent token set",
];

/// `level message` of each `tracing::level!("…")` in a source. The message is the macro's last text.
fn events(source: &str, found: &mut BTreeSet<String>) {
    for level in ["error", "warn", "info"] {
        let start = format!("tracing::{level}!(");
        for (at, _) in source.match_indices(&start) {
            let arguments = arguments(&source[at + start.len()..]);
            let message = last_text(arguments).unwrap_or_else(|| arguments.to_owned());
            if !message.starts_with('{') {
                found.insert(format!("{level} {message}"));
            }
        }
    }
}

/// The text up to the bracket that closes the macro; strings may contain brackets too.
fn arguments(rest: &str) -> &str {
    let (mut depth, mut quoted, mut escaped) = (1, false, false);
    for (at, c) in rest.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &rest[..at];
        }
    }
    rest
}

fn last_text(arguments: &str) -> Option<String> {
    let end = arguments.rfind('"')?;
    let start = arguments[..end].rfind('"')?;
    Some(arguments[start + 1..end].to_owned())
}

fn walk(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, found);
        } else {
            events(&std::fs::read_to_string(&path).unwrap(), found);
        }
    }
}

/// The rows of a section's table: `| level | message | … |`.
fn listed(title: &str) -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference/logs.md");
    let text = std::fs::read_to_string(path).unwrap();
    let section = text.split(&format!("\n## {title}\n")).nth(1).unwrap().split("\n## ").next().unwrap();
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let level = *cells.first()?;
        ["error", "warn", "info"].contains(&level).then(|| format!("{level} {}", cells[1]))
    };
    section.lines().filter_map(row).collect()
}

fn compare(sources: &[&str], named: &[&str], title: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found: BTreeSet<String> = named.iter().map(|&name| name.to_owned()).collect();
    for folder in sources.iter().map(|folder| root.join(folder)).filter(|folder| folder.exists()) {
        walk(&folder, &mut found);
    }
    assert!(found.len() > 20, "{found:#?}");
    let listed = listed(title);
    let missing: Vec<_> = found.difference(&listed).collect();
    let gone: Vec<_> = listed.difference(&found).collect();
    assert!(
        missing.is_empty() && gone.is_empty(),
        "not in docs/reference/logs.md: {missing:#?}\nnot in the sources: {gone:#?}"
    );
}

#[test]
fn logs_md_lists_the_agents_events() {
    compare(&["agent/src"], &NAMED, "flux-agent");
}

#[test]
fn logs_md_lists_the_companions_events() {
    let sources = ["companion/src", "crates/rest/src", "crates/storage/src", "crates/shop/src", "crates/referrals/src"];
    compare(&sources, &[], "flux-companion");
}
