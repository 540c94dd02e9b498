//! Compares `docs/spec/signalr-checklist.md` with the tests of this crate: every item names its tests, or a reason for
//! having none, for the client and for the hub, and every test that cites an item is listed there.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// The doc comment of a test that cites items: `/// Checklist 15, 18.`
const CITATION: &str = "/// Checklist ";

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Client,
    Hub,
    Both,
}

/// The tests of each item.
type Tests = BTreeSet<(u32, Side, String)>;

/// The page: its items, their tests, and the sides that have a reason instead.
#[derive(Default)]
struct Checklist {
    items: BTreeSet<u32>,
    tests: Tests,
    excused: BTreeSet<(u32, Side)>,
}

fn crate_root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The side that the tests of a file exercise.
fn side(file: &Path) -> Side {
    let path = file.to_string_lossy();
    if path.contains("/src/client/") || path.contains("/it/client_") || path.ends_with("/tls.rs") {
        Side::Client
    } else if path.contains("/src/hub/") || path.contains("/it/hub_") {
        Side::Hub
    } else {
        Side::Both
    }
}

fn source_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            source_files(&path, found);
        } else {
            found.push(path);
        }
    }
}

fn sources() -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    source_files(&crate_root().join("src"), &mut files);
    source_files(&crate_root().join("tests/it"), &mut files);
    files.into_iter().map(|file| (file.clone(), fs::read_to_string(&file).unwrap())).collect()
}

/// The function that a line begins, if it begins one.
fn function_name(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let rest = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ")?;
    Some(rest.split_once('(')?.0)
}

fn cited() -> Tests {
    let mut tests = Tests::new();
    for (file, text) in sources() {
        let mut items = Vec::new();
        for line in text.lines() {
            if let Some(numbers) = line.trim_start().strip_prefix(CITATION) {
                items.extend(numbers.trim_end_matches('.').split(", ").map(|item| item.parse::<u32>().unwrap()));
            } else if let Some(name) = function_name(line) {
                tests.extend(items.drain(..).map(|item| (item, side(&file), name.to_owned())));
            }
        }
        assert!(items.is_empty(), "{}: a citation belongs to a test", file.display());
    }
    tests
}

impl Checklist {
    fn read() -> Self {
        let text = fs::read_to_string(crate_root().join("../../docs/spec/signalr-checklist.md")).unwrap();
        let mut page = Self::default();
        let mut item = 0;
        for line in text.lines() {
            if let Some((number, _)) = line.strip_prefix("### ").and_then(|heading| heading.split_once(". ")) {
                item = number.parse().unwrap();
                assert!(page.items.insert(item), "item {item} appears twice");
            } else if item > 0 && line.starts_with("- ") {
                page.read_bullet(item, line);
            }
        }
        page
    }

    /// Reads "- client: `test_name`" or "- client: no test; the reason".
    fn read_bullet(&mut self, item: u32, line: &str) {
        let (side, rest) = line.trim_start_matches("- ").split_once(": ").unwrap();
        let side = match side {
            "client" => Side::Client,
            "hub" => Side::Hub,
            "both" => Side::Both,
            _ => panic!("item {item}: {line}"),
        };
        match rest.strip_prefix("no test; ") {
            Some(reason) => {
                assert!(!reason.is_empty(), "item {item}: why?");
                self.excused.insert((item, side));
            }
            None => {
                self.tests.insert((item, side, rest.trim_matches('`').to_owned()));
            }
        }
    }

    fn has_test(&self, item: u32, wanted: Side) -> bool {
        self.tests.iter().any(|(tested, side, _)| *tested == item && (*side == wanted || *side == Side::Both))
    }

    fn is_excused(&self, item: u32, side: Side) -> bool {
        self.excused.contains(&(item, side)) || self.excused.contains(&(item, Side::Both))
    }
}

#[test]
fn checklist_and_tests_agree() {
    let (page, cited) = (Checklist::read(), cited());
    assert!(page.items.iter().copied().eq(1..=51), "items: {:?}", page.items);
    let unlisted: Vec<_> = cited.difference(&page.tests).collect();
    assert!(unlisted.is_empty(), "cited by a test and not listed on the page: {unlisted:#?}");
    let gone: Vec<_> = page.tests.difference(&cited).collect();
    assert!(gone.is_empty(), "listed on the page and not cited by a test: {gone:#?}");
}

#[test]
fn every_item_has_a_test_or_a_reason_for_each_side() {
    let page = Checklist::read();
    for &item in &page.items {
        for side in [Side::Client, Side::Hub] {
            let (tested, excused) = (page.has_test(item, side), page.is_excused(item, side));
            assert!(tested != excused, "item {item}, {side:?}: tested {tested}, excused {excused}");
        }
    }
}

#[test]
fn tests_named_in_the_readme_exist() {
    let readme = fs::read_to_string(crate_root().join("README.md")).unwrap();
    let tests = sources()
        .into_iter()
        .flat_map(|(_, text)| text.lines().filter_map(function_name).map(str::to_owned).collect::<Vec<_>>())
        .collect::<BTreeSet<_>>();
    // A test's name has at least three words; nothing else in backquotes on that page does.
    let named: Vec<&str> =
        readme.split('`').filter(|word| word.matches('_').count() >= 3 && !word.contains([' ', '/'])).collect();
    assert!(named.len() > 20, "{named:?}");
    let missing: Vec<_> = named.iter().filter(|name| !tests.contains(**name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
