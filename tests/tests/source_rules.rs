//! Rules about the text of the sources: module docs, sizes and limits.

use flux_tests::sources::rust_files;

const FOLDERS: [&str; 5] = ["agent", "companion", "crates", "testkit", "tests"];
/// Longest file without module docs, in lines.
const LINES_WITHOUT_DOCS: usize = 40;
/// A longer file gives the reason for its length in its module docs.
const LINES_WITHOUT_A_REASON: usize = 400;

#[test]
fn every_file_over_40_lines_begins_with_module_docs() {
    let lacks_docs =
        |(_, text): &(String, String)| text.lines().count() > LINES_WITHOUT_DOCS && !text.starts_with("//!");
    let found: Vec<_> = rust_files(&FOLDERS).into_iter().filter(lacks_docs).map(|(path, _)| path).collect();
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn every_file_over_400_lines_says_why() {
    let has_no_reason = |(_, text): &(String, String)| {
        let docs: Vec<_> = text.lines().take_while(|line| line.starts_with("//!")).collect();
        text.lines().count() > LINES_WITHOUT_A_REASON && !docs.iter().any(|line| line.contains("long because"))
    };
    let found: Vec<_> = rust_files(&FOLDERS).into_iter().filter(has_no_reason).map(|(path, _)| path).collect();
    assert_eq!(found, Vec::<String>::new(), "split the file, or say in its module docs that it is long because …");
}

#[test]
fn every_limit_constant_lives_in_a_limits_file() {
    // Limits of the wire formats are beside their codecs.
    let exempt = ["crates/rcon/", "crates/signalr/", "crates/delivery/src/command/mod.rs"];
    let mut found = Vec::new();
    for (path, text) in rust_files(&["agent/src", "companion/src", "crates"]) {
        let is_exempt = path.ends_with("limits.rs")
            || path.contains("/tests")
            || path.contains("/benches/")
            || exempt.iter().any(|start| path.starts_with(start));
        let constants = text.lines().filter_map(|line| line.trim_start().split_once("const ")?.1.split_once(':'));
        for (name, _) in constants.filter(|_| !is_exempt) {
            if name.split('_').any(|part| ["MAX", "MIN", "LIMIT", "LONGEST", "MOST"].contains(&part)) {
                found.push(format!("{path}: {name}"));
            }
        }
    }
    assert_eq!(found, Vec::<String>::new());
}
