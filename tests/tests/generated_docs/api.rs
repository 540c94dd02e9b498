//! `docs/reference/api.md`, from the OpenAPI document.

use super::{cell, codes};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;

const COLUMNS: usize = 100;

const HEAD: &str = "# API

Every operation of the companion's HTTP API.
[Connect a storefront](../how-to/connect-a-storefront.md) shows them in use, and has the conventions
for keys, repeats, lists, amounts and errors.
The companion serves the OpenAPI 3.1 document at `/openapi.json`; `flux-companion openapi` prints it.

Roles: `store` operations accept any API key, `admin` operations an admin's key only,
`agent` operations a server's token (see the [protocol](protocol.md)).
Every operation that needs a key can answer `4XX` or `503` with an [Error](#erroranswer).
In bodies, **bold** fields are required.
Three paths are not in the OpenAPI document: `GET /api/v1/events/stream` ([Events](events.md)),
`GET /r/{code}`, which follows a referral link, and `/u/{token}`, by which a recipient unsubscribes.

This page is generated from `companion/openapi.json`: run `make docs` after a change.
";

/// The whole page.
pub(super) fn page(document: &Value, roles: &BTreeMap<String, &'static str>) -> String {
    let mut page = HEAD.to_owned();
    let mut by_tag: BTreeMap<&str, Vec<(&str, &str, &Value)>> = BTreeMap::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            by_tag.entry(operation["tags"][0].as_str().unwrap()).or_default().push((method, path, operation));
        }
    }
    for (tag, operations) in by_tag {
        writeln!(page, "\n## {}{}", tag[..1].to_uppercase(), &tag[1..]).unwrap();
        for (method, path, operation) in operations {
            let role = roles[&format!("{method} {path}")];
            writeln!(page, "\n### {} {path}\n", method.to_uppercase()).unwrap();
            let summary = format!("Role: `{role}`. {}", cell(operation["summary"].as_str().unwrap_or_default()));
            writeln!(page, "{}", wrapped(&summary)).unwrap();
            parameters(&mut page, operation);
            body_and_answers(&mut page, operation);
        }
    }
    page.push_str("\n## Types\n");
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        // A page of a list: `{items, nextCursor}`.
        if !name.starts_with("Page_") {
            component(&mut page, name, schema);
        }
    }
    page
}

/// A paragraph in lines of at most 100 columns, broken between words.
fn wrapped(text: &str) -> String {
    let (mut lines, mut column) = (String::new(), 0);
    for word in text.split(' ') {
        let width = word.chars().count();
        if column > 0 {
            let fits = column + 1 + width <= COLUMNS;
            lines.push(if fits { ' ' } else { '\n' });
            column = if fits { column + 1 } else { 0 };
        }
        lines.push_str(word);
        column += width;
    }
    lines
}

fn parameters(page: &mut String, operation: &Value) {
    let Some(parameters) = operation["parameters"].as_array() else { return };
    page.push_str("\n| parameter | in | type | meaning |\n| --- | --- | --- | --- |\n");
    for parameter in parameters {
        let name = field_name(parameter["name"].as_str().unwrap(), parameter["required"] == true);
        let meaning = cell(parameter["description"].as_str().unwrap_or_default());
        let place = parameter["in"].as_str().unwrap();
        writeln!(page, "| {name} | {place} | {} | {meaning} |", kind(&parameter["schema"])).unwrap();
    }
}

fn body_and_answers(page: &mut String, operation: &Value) {
    let content = |value: &Value| {
        let content = value["content"].as_object()?;
        content.values().next().map(|media| kind(&media["schema"]))
    };
    page.push('\n');
    if let Some(body) = content(&operation["requestBody"]) {
        writeln!(page, "- Body: {body}").unwrap();
    }
    for (status, answer) in operation["responses"].as_object().unwrap() {
        if status != "4XX" && status != "503" {
            let description = cell(answer["description"].as_str().unwrap_or_default());
            let description = description.replace("docs/reference/protocol.md", "the [protocol](protocol.md)");
            match content(answer) {
                Some(kind) => writeln!(page, "- {status}: {kind}").unwrap(),
                None if description.is_empty() => writeln!(page, "- {status}: no body").unwrap(),
                None => writeln!(page, "- {status}: {description}").unwrap(),
            }
        }
    }
}

fn component(page: &mut String, name: &str, schema: &Value) {
    writeln!(page, "\n### {name}").unwrap();
    let description = cell(schema["description"].as_str().unwrap_or_default());
    let fields = fields(schema);
    if !description.is_empty() {
        writeln!(page, "\n{}", wrapped(&description)).unwrap();
    }
    if fields.is_empty() {
        writeln!(page, "\nType: {}{}.", kind(schema), limits(schema)).unwrap();
        return;
    }
    page.push_str("\n| field | type | meaning |\n| --- | --- | --- |\n");
    for (field, schema, required) in fields {
        let described = schema["oneOf"].as_array().and_then(|all| all.first()).unwrap_or(schema);
        let meaning = schema["description"].as_str().or(described["description"].as_str()).unwrap_or_default();
        let kind = format!("{}{}", kind(schema), limits(schema));
        writeln!(page, "| {} | {kind} | {} |", field_name(field, required), cell(meaning)).unwrap();
    }
}

/// The fields of an object, and of the objects that it consists of.
fn fields(schema: &Value) -> Vec<(&str, &Value, bool)> {
    let mut fields = Vec::new();
    for part in schema["allOf"].as_array().into_iter().flatten() {
        fields.extend(self::fields(part));
    }
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let required = schema["required"].as_array().is_some_and(|all| all.iter().any(|each| each == name));
        fields.push((name.as_str(), field, required));
    }
    fields
}

fn field_name(name: &str, required: bool) -> String {
    if required { format!("**`{name}`**") } else { format!("`{name}`") }
}

/// A schema's type, with links to named ones.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return match name.strip_prefix("Page_") {
            Some(item) => format!("page of {}", link(item)),
            None => link(name),
        };
    }
    if let Some(values) = schema["enum"].as_array() {
        return codes(values);
    }
    if let Some(kinds) = schema["oneOf"].as_array().or(schema["allOf"].as_array()) {
        return kinds.iter().map(kind).collect::<Vec<_>>().join(" or ");
    }
    let named = |name: &str| match name {
        "array" => format!("list of {}", kind(&schema["items"])),
        "string" if schema["format"] == "date-time" => "time".to_owned(),
        "object" if schema["properties"].is_null() => "object".to_owned(),
        other => other.to_owned(),
    };
    match &schema["type"] {
        Value::String(name) => named(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).map(named).collect::<Vec<_>>().join(" or "),
        _ => "any".to_owned(),
    }
}

fn link(name: &str) -> String {
    format!("[{name}](#{})", name.to_lowercase())
}

fn limits(schema: &Value) -> String {
    let mut limits = String::new();
    for (least, most, unit) in
        [("minimum", "maximum", ""), ("minLength", "maxLength", " characters"), ("minItems", "maxItems", " items")]
    {
        let range = match (&schema[least], &schema[most]) {
            (Value::Null, Value::Null) => continue,
            (least, Value::Null) => format!("at least {least}"),
            (Value::Null, most) => format!("at most {most}"),
            (least, most) => format!("{least} to {most}"),
        };
        write!(limits, ", {range}{unit}").unwrap();
    }
    if let Some(pattern) = schema["pattern"].as_str() {
        write!(limits, ", `{}`", cell(pattern)).unwrap();
    }
    limits
}
