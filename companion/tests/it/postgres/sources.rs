//! The SQL in the sources of the repositories, to check that a scenario has sent all of it.

use std::fs;
use std::path::Path;

/// The folders of the repositories. The engines below them have statements of their own, which no other engine runs.
const REPOSITORIES: [&str; 2] = ["../crates/storage/src", "../crates/referrals/src/storage"];
const ENGINES: [&str; 2] = ["sqlite", "postgres"];

/// A text in a source that is a statement, or a part of one.
pub(super) struct Piece {
    /// The file.
    pub(super) file: String,
    /// The text, on one line.
    pub(super) text: String,
    /// The text without its placeholders.
    fixed: Vec<String>,
}

impl Piece {
    fn of(file: &Path, literal: &str) -> Option<Piece> {
        let text = on_one_line(literal);
        let is_statement =
            ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "WITH "].iter().any(|verb| text.starts_with(verb));
        let is_part = literal.starts_with(" AND ") || text.contains(" WHERE ") || text.contains('$');
        // A doubled brace is a brace of a text that `format!` fills in first.
        let fixed = without_placeholders(&text.replace("{{", "{").replace("}}", "}"));
        (is_statement || is_part).then(|| Piece { file: file.display().to_string(), text, fixed })
    }

    /// True if the statement contains this piece.
    pub(super) fn is_in(&self, statement: &str) -> bool {
        let mut rest = statement;
        self.fixed.iter().all(|part| match rest.find(part.as_str()) {
            Some(at) => {
                rest = &rest[at + part.len()..];
                true
            }
            None => false,
        })
    }
}

/// A text with single spaces in place of line breaks.
pub(super) fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn without_placeholders(text: &str) -> Vec<String> {
    let parts = text.split('{').enumerate().map(|(number, part)| match part.split_once('}') {
        Some((_, after)) if number > 0 => after.trim(),
        Some(_) | None => part.trim(),
    });
    parts.map(str::to_owned).collect()
}

/// All pieces of SQL in the sources of the repositories.
pub(super) fn pieces() -> Vec<Piece> {
    let mut pieces = Vec::new();
    for folder in REPOSITORIES {
        collect(Path::new(folder), &mut pieces);
    }
    pieces
}

fn collect(folder: &Path, pieces: &mut Vec<Piece>) {
    let mut entries: Vec<_> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            if !ENGINES.iter().any(|engine| path.ends_with(engine)) {
                collect(&path, pieces);
            }
        } else if path.extension().is_some_and(|end| end == "rs") {
            let source = fs::read_to_string(&path).expect("a source");
            let code = source.split("#[cfg(test)]").next().unwrap_or_default();
            pieces.extend(literals(code).iter().filter_map(|literal| Piece::of(&path, literal)));
        }
    }
}

/// The string literals of a source. Its comments have none, and no literal has a quote in it.
fn literals(code: &str) -> Vec<String> {
    let is_comment = |line: &&str| line.trim_start().starts_with("//");
    assert!(!code.contains("\\\"") && !code.contains("r#"), "a literal with a quote in it");
    let code: Vec<&str> = code.lines().filter(|line| !is_comment(line)).collect();
    code.join("\n").split('"').skip(1).step_by(2).map(str::to_owned).collect()
}
