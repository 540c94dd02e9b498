//! `docs/reference/dependencies.md` has a line for each dependency of the workspace.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::path::Path;

const PAGE: &str = "docs/reference/dependencies.md";

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(path)).unwrap()
}

/// The keys of `[workspace.dependencies]`, without the workspace's own crates.
fn dependencies() -> BTreeSet<String> {
    let manifest = read("Cargo.toml");
    let section = manifest.split("[workspace.dependencies]").nth(1).unwrap();
    (section.lines().take_while(|line| !line.starts_with('[')))
        .filter_map(|line| line.split_once(" = "))
        .filter(|(_, value)| !value.contains("path = "))
        .map(|(name, _)| name.to_owned())
        .collect()
}

/// The names in the first column of the page's tables about Rust packages: `| serde, serde_json | …`.
fn documented() -> BTreeSet<String> {
    let page = read(PAGE);
    let rust = page.split("\n## For packages").next().unwrap();
    let first_cells = rust.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    (first_cells.flat_map(|cell| cell.split(", ")))
        .filter_map(|name| name.split(' ').next())
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_dependency_is_explained() {
    let dependencies = dependencies();
    assert!(dependencies.len() > 30, "{dependencies:?}");
    let documented = documented();
    let missing: Vec<_> = dependencies.difference(&documented).collect();
    assert!(missing.is_empty(), "not in {PAGE}: {missing:?}");
}
