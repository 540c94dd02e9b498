//! `docs/reference/{config,cli,api}.md` are generated from the programs, and so is the example of `flux-agent status`.
//! These tests generate them in memory and compare; `make docs` writes them.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod api;
mod cli;
mod config;
mod roles;
mod status;

use serde_json::Value;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Compares a page with the generated text, or writes it if `UPDATE_DOCS` is set.
fn check(page: &str, generated: &str) {
    let path = root().join("docs").join(page);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, generated).unwrap();
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    let different = stored.lines().zip(generated.lines()).find(|(old, new)| old != new);
    assert!(stored == generated, "docs/{page} is out of date, run `make docs`: {different:#?}");
}

/// Text in a cell of a table: one line, and no bar that would end the cell.
fn cell(text: &str) -> String {
    // Rust's links between types mean nothing in this page.
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace("[`", "`").replace("`]", "`").replace('|', "\\|")
}

/// Values in backticks, separated by commas.
fn codes<'a>(values: impl IntoIterator<Item = &'a Value>) -> String {
    let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let code = |value: &Value| format!("`{}`", text(value).unwrap_or_else(|| value.to_string()));
    values.into_iter().map(code).collect::<Vec<_>>().join(", ")
}

#[test]
fn config_md_is_up_to_date() {
    check("reference/config.md", &config::page());
}

#[test]
fn cli_md_is_up_to_date() {
    check("reference/cli.md", &cli::page());
}

#[tokio::test]
async fn api_md_is_up_to_date() {
    let document = std::fs::read_to_string(root().join("companion/openapi.json")).unwrap();
    let document: Value = serde_json::from_str(&document).unwrap();
    let roles = roles::of(&document).await;
    check("reference/api.md", &api::page(&document, &roles));
}

#[test]
fn status_example_is_up_to_date() {
    const PAGE: &str = "how-to/monitor.md";
    let page = std::fs::read_to_string(root().join("docs").join(PAGE)).unwrap();
    let (before, rest) = page.split_once("```text\n").unwrap();
    let (_, after) = rest.split_once("\n```").unwrap();
    check(PAGE, &format!("{before}```text\n{}\n```{after}", status::example()));
}
