//! The OpenAPI document and the config schema match the program.

use crate::cli::Program;
use serde_json::Value;

/// Compares with the reviewed document. After an intended change: `flux-companion openapi > companion/openapi.json`.
const GOLDEN: &str = include_str!("../../openapi.json");

fn program() -> Program {
    Program::nowhere()
}

#[test]
fn openapi_document_matches_the_golden_file() {
    let printed = program().print(&["openapi"]);
    assert!(
        printed == GOLDEN,
        "the API has changed: if that is meant, run `cargo run -p flux-companion -- openapi >companion/openapi.json`"
    );
}

#[test]
fn every_operation_documents_its_errors() {
    let document: Value = serde_json::from_str(GOLDEN).expect("JSON");
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for (method, operation) in operations.as_object().expect("operations") {
            let is_open = path.starts_with("/health");
            assert!(is_open || operation["responses"]["4XX"].is_object(), "{method} {path}");
            assert!(operation["responses"]["503"].is_object() || path == "/health/live", "{method} {path}");
        }
    }
}

#[test]
fn example_config_matches_the_schema() {
    let example = program().print(&["print-default-config"]);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../companion.example.yml");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &example).expect("written");
    }
    assert_eq!(std::fs::read_to_string(path).expect("the example"), example);
}

#[test]
fn schema_and_example_config_have_the_same_keys() {
    let schema: Value = serde_json::from_str(&program().print(&["config-schema"])).expect("JSON");
    let mut keys = Vec::new();
    collect(&schema, &mut keys);
    let example = include_str!("../../../companion.example.yml");
    let mut shown: Vec<&str> = example
        .lines()
        .map(|line| line.trim_start_matches(['#', ' ']))
        .filter_map(|line| line.split_once(':'))
        .map(|(key, _)| key)
        .filter(|key| !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'))
        .collect();
    // The example shows secret files, which are safer; the secrets themselves are allowed in the config too.
    shown.extend(["secret", "password"]);
    shown.sort_unstable();
    keys.sort_unstable();
    assert_eq!(keys, shown);
}

fn collect(schema: &Value, keys: &mut Vec<String>) {
    for (key, property) in schema["properties"].as_object().into_iter().flatten() {
        keys.push(key.clone());
        collect(property, keys);
    }
}
