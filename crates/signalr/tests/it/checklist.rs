//! The checklist that the crate was built to has 51 points. Each is named by a test of the client and by one of the hub
//! (`point_7_…`, `points_7_and_10_…`), or `docs/reference/protocol.md` says why there is none.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

const POINTS: std::ops::RangeInclusive<u32> = 1..=51;
/// The rows of the table below this heading are exceptions: `| 1, 4 | hub | why |`.
const HEADING: &str = "### Points of the checklist without a test";

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Client,
    Hub,
}

const BOTH: &[Side] = &[Side::Client, Side::Hub];

/// Whose rules the tests of a file are about.
fn sides(file: &Path) -> &'static [Side] {
    let path = file.to_string_lossy();
    let named = |words: [&str; 2]| words.iter().any(|word| path.contains(word));
    if named(["/src/client/", "/it/client_"]) || path.ends_with("/tls.rs") {
        &[Side::Client]
    } else if named(["/src/hub/", "/it/hub_"]) {
        &[Side::Hub]
    } else {
        BOTH
    }
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// The numbers at the start of `name`, which follows `fn point_` or `fn points_`: `7_and_10_every` has 7 and 10.
fn numbers(name: &str) -> Vec<u32> {
    name.split('_').filter(|word| *word != "and").map_while(|word| word.parse().ok()).collect()
}

/// The tests whose names begin with a number, each with its file.
fn tests() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    files(&root.join("src"), &mut found);
    files(&root.join("tests/it"), &mut found);
    let mut tests = Vec::new();
    for file in found {
        let text = fs::read_to_string(&file).unwrap();
        let names = text.lines().filter_map(|line| line.trim_start().trim_start_matches("async ").strip_prefix("fn "));
        let names = names.filter_map(|line| line.split_once('(')).map(|(name, _)| name);
        let numbered = names.filter(|name| name.starts_with("point_") || name.starts_with("points_"));
        tests.extend(numbered.map(|name| (file.clone(), name.to_owned())));
    }
    tests
}

fn tested() -> BTreeMap<Side, BTreeSet<u32>> {
    let mut tested = BTreeMap::<Side, BTreeSet<u32>>::new();
    for (file, name) in tests() {
        let (_, rest) = name.split_once('_').unwrap();
        for side in sides(&file) {
            tested.entry(*side).or_default().extend(numbers(rest));
        }
    }
    tested
}

fn excepted() -> BTreeMap<Side, BTreeSet<u32>> {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/protocol.md");
    let text = fs::read_to_string(docs).unwrap();
    let table = text.split_once(HEADING).unwrap().1.split("\n#").next().unwrap();
    let mut excepted = BTreeMap::<Side, BTreeSet<u32>>::new();
    for row in table.lines() {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [_, points, side, why, _] = cells[..] else { continue };
        let points: Vec<u32> = points.split(", ").filter_map(|point| point.parse().ok()).collect();
        let sides = match side {
            "client" => &[Side::Client],
            "hub" => &[Side::Hub],
            _ => BOTH,
        };
        assert!(points.is_empty() || why.len() > 10, "{row}: why?");
        for side in sides {
            excepted.entry(*side).or_default().extend(&points);
        }
    }
    excepted
}

#[test]
fn every_point_of_the_checklist_has_a_test_or_a_reason_for_client_and_hub() {
    let (tested, excepted) = (tested(), excepted());
    for side in BOTH {
        let without: Vec<u32> =
            POINTS.filter(|point| !tested[side].contains(point) && !excepted[side].contains(point)).collect();
        assert!(without.is_empty(), "{side:?}: neither tested nor excepted: {without:?}");
        let outdated: Vec<_> = excepted[side].intersection(&tested[side]).collect();
        assert!(outdated.is_empty(), "{side:?}: tested, and yet excepted in docs/reference/protocol.md: {outdated:?}");
        assert!(tested[side].iter().chain(&excepted[side]).all(|point| POINTS.contains(point)));
    }
}

#[test]
fn every_test_that_the_readme_names_exists() {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let tests: BTreeSet<String> = tests().into_iter().map(|(_, name)| name).collect();
    let named: Vec<&str> = readme.split('`').filter(|word| word.starts_with("point")).collect();
    assert!(named.len() > 20, "{named:?}");
    let missing: Vec<_> = named.iter().filter(|name| !tests.contains(**name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
