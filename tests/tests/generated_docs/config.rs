//! `docs/reference/config.md`, from the two JSON schemas.

use super::{cell, codes};
use serde_json::Value;
use std::fmt::Write;

const HEAD: &str = "# Configuration

Both programs read one YAML file.
`flux-agent check` and `flux-companion check` report every mistake at once, with line and column.
`print-default-config` prints an example with every key, `config-schema` the JSON schema for editors.

Durations are a number and a unit: `500ms`, `15s`, `2m`, `1h`, `30d`.
Relative paths start at the directory of the file.
[Upgrade](../how-to/upgrade.md#change-the-configuration) lists the keys that take effect without a restart.

This page is generated from the schemas: run `make docs` after a change.
";

/// The whole page.
pub(super) fn page() -> String {
    let mut page = HEAD.to_owned();
    program(&mut page, "flux-agent", flux_agent::config::DEFAULT_PATH, flux_agent::config::SCHEMA);
    program(&mut page, "flux-companion", flux_companion::config::DEFAULT_PATH, flux_companion::config::SCHEMA);
    page
}

fn program(page: &mut String, name: &str, path: &str, schema: &str) {
    let schema: Value = serde_json::from_str(schema).unwrap();
    let properties = schema["properties"].as_object().unwrap();
    writeln!(page, "\n## {name}\n\nThe file is `{path}` unless `--config` names another.").unwrap();
    let (sections, keys): (Vec<_>, Vec<_>) = properties.iter().partition(|(_, value)| value["type"] == "object");
    writeln!(page, "\n### {name}: top level\n").unwrap();
    table(page, "", &schema, keys);
    for (section, schema) in sections {
        let description = cell(schema["description"].as_str().unwrap_or_default());
        writeln!(page, "\n### {name}: `{section}`\n\n{description}\n").unwrap();
        table(page, &format!("{section}."), schema, schema["properties"].as_object().unwrap());
    }
}

fn table<'a>(
    page: &mut String,
    prefix: &str,
    section: &Value,
    keys: impl IntoIterator<Item = (&'a String, &'a Value)>,
) {
    page.push_str("| key | value | default | meaning |\n| --- | --- | --- | --- |\n");
    for (key, schema) in keys {
        let required = section["required"].as_array().is_some_and(|all| all.iter().any(|name| name == key));
        let description = cell(schema["description"].as_str().unwrap_or_default());
        let (kind, default) = (kind(schema), default(schema, required));
        writeln!(page, "| `{prefix}{key}` | {kind} | {default} | {description} |").unwrap();
    }
}

fn kind(schema: &Value) -> String {
    if let Some(values) = schema["enum"].as_array() {
        return codes(values);
    }
    let is_duration = schema["pattern"].as_str().is_some_and(|pattern| pattern.contains("(ms|s|m|h|d)"));
    match schema["type"].as_str() {
        Some("string") if is_duration => "duration".to_owned(),
        Some("array") => "list of strings".to_owned(),
        Some(kind) => kind.to_owned(),
        None => "any".to_owned(),
    }
}

fn default(schema: &Value, required: bool) -> String {
    match &schema["default"] {
        _ if required => "required".to_owned(),
        Value::Null => match schema["examples"].as_array() {
            Some(examples) => format!("none; such as {}", codes(examples)),
            None => "none".to_owned(),
        },
        Value::Array(values) if values.is_empty() => "`[]`".to_owned(),
        Value::Array(values) => codes(values),
        value => codes([value]),
    }
}
