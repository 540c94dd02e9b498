//! Every requirement id that a file of the repository cites is a row of `docs/spec/referrals.md`.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const SPEC: &str = "docs/spec/referrals.md";
const SOURCES: [&str; 4] = ["rs", "md", "toml", "sql"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The ids in a text, such as `R0-01`, `C-01` and `D-01`, each as a whole word.
fn ids(text: &str) -> BTreeSet<String> {
    let is_word = |c: char| !c.is_ascii_alphanumeric() && c != '-';
    text.split(is_word).filter(|word| is_id(word)).map(str::to_owned).collect()
}

fn is_id(word: &str) -> bool {
    let Some((group, number)) = word.split_once('-') else { return false };
    matches!(group, "C" | "D" | "R0" | "R1" | "R2" | "R3" | "R4")
        && number.len() == 2
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

fn cited_below(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !(name.starts_with('.') || name == "target" || name == "node_modules") {
                cited_below(&path, found);
            }
        } else if path.extension().is_some_and(|ending| SOURCES.iter().any(|source| ending == *source)) {
            found.extend(ids(&std::fs::read_to_string(&path).unwrap()));
        }
    }
}

#[test]
fn every_cited_requirement_is_specified() {
    let spec = std::fs::read_to_string(root().join(SPEC)).unwrap();
    let rows: Vec<String> = (spec.split("| <a id=\"").skip(1))
        .map(|row| row.split_once("</a>").unwrap().1.split(' ').next().unwrap().to_owned())
        .collect();
    let specified: BTreeSet<String> = rows.iter().cloned().collect();
    assert_eq!(rows.len(), specified.len(), "an id has two rows");

    let mut cited = BTreeSet::new();
    cited_below(&root(), &mut cited);
    assert!(cited.len() > 50, "{cited:?}");
    let missing: Vec<_> = cited.difference(&specified).collect();
    assert!(missing.is_empty(), "not in {SPEC}: {missing:?}");
}
