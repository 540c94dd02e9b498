//! Every relative link and anchor of every Markdown file resolves, in packages too. Every page that a source file names exists.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeSet, HashMap};
use std::path::{Component, Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The repository's files with one of these endings, without what is built or installed.
fn files(endings: &[&str]) -> Vec<PathBuf> {
    files_below(&root(), endings)
}

fn files_below(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    fn walk(folder: &Path, endings: &[&str], found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                let is_ours =
                    name == ".github" || !(name.starts_with('.') || name == "target" || name == "node_modules");
                if is_ours {
                    walk(&path, endings, found);
                }
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(folder, endings, &mut found);
    found.sort();
    found
}

/// A document without its fenced blocks and without code spans, so that nothing in them is taken for a link.
fn prose(text: &str) -> String {
    let (mut prose, mut fenced) = (String::new(), false);
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            // Every second part is inside backticks.
            line.split('`').step_by(2).for_each(|part| prose.push_str(part));
            prose.push('\n');
        }
    }
    prose
}

/// The targets of `[text](target)` and of `src="target"`.
fn targets(text: &str) -> Vec<String> {
    let prose = prose(text);
    let until = |mark: &str, end: char| -> Vec<String> {
        prose.split(mark).skip(1).filter_map(|rest| rest.split(end).next()).map(str::to_owned).collect()
    };
    let mut targets = until("](", ')');
    targets.extend(until("src=\"", '"'));
    targets
}

/// The anchors that GitHub makes for a document's headings, and those that the document sets itself.
fn anchors(text: &str) -> BTreeSet<String> {
    let (mut anchors, mut seen, mut fenced) = (BTreeSet::new(), HashMap::<String, usize>::new(), false);
    for line in text.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        }
        let set = line.split("<a id=\"").skip(1).filter_map(|rest| rest.split('"').next());
        anchors.extend(set.map(str::to_owned));
        let title = line.trim_start_matches('#');
        if fenced || title.len() == line.len() || !title.starts_with(' ') {
            continue;
        }
        let slug: String = (title.trim().to_lowercase().chars())
            .filter(|&c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
            .map(|c| if c == ' ' { '-' } else { c })
            .collect();
        let times = seen.entry(slug.clone()).or_default();
        anchors.insert(if *times == 0 { slug } else { format!("{slug}-{times}") });
        *times += 1;
    }
    anchors
}

/// `folder/../file` without the detour.
fn normalized(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut whole, part| {
        match part {
            Component::ParentDir => drop(whole.pop()),
            Component::CurDir => {}
            other => whole.push(other),
        }
        whole
    })
}

/// The problem of a link, if there is one.
fn broken(document: &Path, text: &str, target: &str) -> Option<String> {
    if ["http://", "https://", "mailto:"].iter().any(|scheme| target.starts_with(scheme)) {
        return None;
    }
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let path = if file.is_empty() { document.to_owned() } else { normalized(&document.parent().unwrap().join(file)) };
    if !path.exists() {
        return Some(format!("{} has no {target}", document.display()));
    }
    let text = if file.is_empty() { text.to_owned() } else { std::fs::read_to_string(&path).unwrap_or_default() };
    let is_there = anchor.is_empty() || anchors(&text).contains(anchor);
    (!is_there).then(|| format!("{}: {} has no heading for #{anchor}", document.display(), path.display()))
}

fn assert_links_resolve(documents: &[PathBuf]) {
    assert!(documents.len() > 10, "{documents:?}");
    let mut found = Vec::new();
    for document in documents {
        let text = std::fs::read_to_string(document).unwrap();
        found.extend(targets(&text).iter().filter_map(|target| broken(document, &text, target)));
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn markdown_links_and_anchors_resolve() {
    assert_links_resolve(&files(&[".md"]));
}

/// Packages and the archive have other files than the repository.
#[test]
fn links_of_the_packaged_pages_resolve() {
    for form in [&[][..], &["--archive"]] {
        let folder = tempfile::tempdir().unwrap();
        let script = root().join("scripts/packaged-docs.sh");
        let status = Command::new(script).args(form).arg(folder.path()).status().unwrap();
        assert!(status.success(), "{form:?}");
        assert_links_resolve(&files_below(folder.path(), &[".md"]));
    }
}

/// Comments, error texts and scripts name pages by their path from the root.
#[test]
fn pages_named_in_sources_exist() {
    let root = root();
    let mut found = Vec::new();
    for source in files(&[".rs", ".sh", ".toml", ".yml", ".json", ".py", ".mjs", "Makefile", ".service", ".conf"]) {
        let text = std::fs::read_to_string(&source).unwrap_or_default();
        for (at, _) in text.match_indices("docs/") {
            let is_path = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-');
            let named: String = text[at..].chars().take_while(|&c| is_path(c)).collect();
            let page = named.trim_end_matches('.');
            if page.ends_with(".md") && !root.join(page).exists() {
                found.push(format!("{}: {page}", source.display()));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// The layout moves; the page that describes it moves with it.
#[test]
fn paths_named_by_the_architecture_page_exist() {
    let text = std::fs::read_to_string(root().join("docs/explanation/architecture.md")).unwrap();
    let spans = text.split('`').skip(1).step_by(2);
    let tops = ["agent/", "companion/", "crates/", "testkit/", "tests/", "docs/"];
    let paths: Vec<&str> = spans.filter(|span| tops.iter().any(|top| span.starts_with(top))).collect();
    assert!(paths.len() > 20, "{paths:?}");
    let gone: Vec<_> = paths.iter().filter(|path| !root().join(path).exists()).collect();
    assert!(gone.is_empty(), "{gone:#?}");
}

#[test]
fn anchors_are_made_as_github_makes_them() {
    let anchors =
        anchors("# The player did not get it\n## `flux-agent status`\n## A, B & C\n## A, B & C\n```\n# no\n```\n");
    let expected = ["the-player-did-not-get-it", "flux-agent-status", "a-b--c", "a-b--c-1"];
    assert_eq!(anchors, expected.map(str::to_owned).into());
}

/// The last column of these pages' tables names tests.
#[test]
fn tests_that_a_page_names_exist() {
    let sources = flux_tests::sources::rust_files(&["agent", "companion", "crates", "testkit", "tests"]);
    let defined: BTreeSet<&str> = sources
        .iter()
        .flat_map(|(_, text)| text.split("fn ").skip(1))
        .filter_map(|rest| rest.split(['(', '<']).next())
        .collect();
    for (page, columns) in [("docs/explanation/isolation.md", 4), ("docs/spec/statements.md", 5)] {
        let rows = rows(page, columns);
        let cells = rows.iter().filter_map(|row| row.last()).filter(|cell| cell.starts_with('`'));
        let named: Vec<&str> = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
        assert!(named.len() > 30, "{page}: {named:?}");
        let missing: Vec<&&str> = named.iter().filter(|name| !defined.contains(**name)).collect();
        assert!(missing.is_empty(), "{page}: no such tests: {missing:?}");
    }
}

/// A statement that is met names a test, and one that is not says so.
#[test]
fn every_statement_of_the_documents_has_its_state() {
    let rows = rows("docs/spec/statements.md", 5);
    let statements: Vec<&Vec<String>> =
        rows.iter().filter(|row| row[0].ends_with(|end: char| end.is_ascii_digit())).collect();
    assert!(statements.len() > 150, "{}", statements.len());
    for row in statements {
        let (how, tests) = (&row[2], &row[4]);
        let is_met = how.starts_with("as written") || how.starts_with("other form: ");
        let is_named = ["a page of the dashboard", "not here: ", "open: "].iter().any(|state| how.starts_with(state));
        assert!(if is_met { tests.starts_with('`') } else { is_named }, "{row:?}");
    }
}

/// The rows of a page's tables that have this number of columns.
fn rows(page: &str, columns: usize) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(root().join(page)).unwrap();
    let cells = |row: &str| row.trim_matches(['|', ' ']).split(" | ").map(|cell| cell.trim().to_owned()).collect();
    // An empty last cell leaves `|  |`: the columns are counted by the bars.
    let is_row = |line: &&str| line.starts_with("| ") && line.matches('|').count() == columns + 1;
    let with_all = |mut row: Vec<String>| {
        row.resize(columns, String::new());
        row
    };
    text.lines().filter(is_row).map(cells).map(with_all).collect()
}
