//! Renders the example config from the JSON schema, so that editors and the example describe a key with the same text.

use crate::tree::{self, Entry, Kind, Node};

/// Renders the example config of a JSON schema below `head`. `None` if `schema` is not a schema.
///
/// | schema | example |
/// | --- | --- |
/// | `description` of a key | the comment above it |
/// | `default` | the value |
/// | no `default`, but `examples` | the first example, commented out; with `"x-set": true`, for a required key, as the value |
/// | neither | the key is left out |
/// | `"x-off": true` on a section | the section is commented out, with its `description` above it |
#[must_use]
pub fn example(head: &str, schema: &str) -> Option<String> {
    let root = tree::parse(schema).ok()?;
    let mut lines = vec![head.trim_end().to_owned()];
    section(&root, "", &mut lines)?;
    Some(lines.join("\n") + "\n")
}

fn section(schema: &Node, indent: &str, lines: &mut Vec<String>) -> Option<()> {
    for entry in map(get(schema, "properties")?)? {
        let (name, of) = (entry.key.as_deref()?, &entry.value);
        let is_outer = indent.is_empty();
        if get(of, "properties").is_some() {
            let mut inner = vec![format!("{name}:")];
            section(of, "  ", &mut inner)?;
            lines.push(String::new());
            if is_true(of, "x-off") {
                comment(of, "", lines)?;
                inner.iter_mut().for_each(|line| line.insert_str(0, "# "));
            }
            lines.append(&mut inner);
        } else if let Some(line) = key(name, of) {
            if is_outer {
                lines.push(String::new());
            }
            comment(of, indent, lines)?;
            lines.push(format!("{indent}{line}"));
        }
    }
    Some(())
}

/// A key with its value, possibly commented out.
fn key(name: &str, of: &Node) -> Option<String> {
    if let Some(default) = get(of, "default") {
        return Some(format!("{name}: {}", value(default)));
    }
    let Kind::List(examples) = &get(of, "examples")?.kind else { return None };
    let line = format!("{name}: {}", value(examples.first()?));
    Some(if is_true(of, "x-set") { line } else { format!("# {line}") })
}

fn comment(of: &Node, indent: &str, lines: &mut Vec<String>) -> Option<()> {
    lines.push(format!("{indent}# {}", text(get(of, "description")?)?));
    Some(())
}

/// Formats a value in one line of YAML.
fn value(node: &Node) -> String {
    match &node.kind {
        Kind::List(items) => format!("[{}]", items.iter().map(value).collect::<Vec<_>>().join(", ")),
        Kind::Text(text) if is_plain(text) => text.clone(),
        Kind::Text(text) => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        _ => String::new(),
    }
}

/// True if a text needs no quotes, also within a list.
fn is_plain(text: &str) -> bool {
    let is_special = |letter: char| "*&!|>%@`'\"{}[],#?".contains(letter);
    text.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '/')
        && !text.contains(": ")
        && !text.chars().any(|letter| is_special(letter) && letter != '@' && letter != '>')
}

fn get<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    map(node)?.iter().find(|entry| entry.key.as_deref() == Some(key)).map(|entry| &entry.value)
}

fn map(node: &Node) -> Option<&[Entry]> {
    if let Kind::Map(entries) = &node.kind { Some(entries) } else { None }
}

fn text(node: &Node) -> Option<&str> {
    if let Kind::Text(text) = &node.kind { Some(text) } else { None }
}

fn is_true(node: &Node, key: &str) -> bool {
    get(node, key).and_then(text) == Some("true")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: &str = r#"{"properties": {
        "plain": {"description": "A value.", "default": 5},
        "part": {"description": "For editors.", "properties": {
            "list": {"description": "Several.", "default": ["a", "b*"]},
            "secret": {"description": "Left out."},
            "secret_file": {"description": "Its file.", "examples": ["/etc/x"], "x-set": true},
            "sign": {"description": "A sign.", "default": "."},
            "may": {"description": "May be set.", "examples": ["Shop <a@b.c>"]}}},
        "off": {"description": "Off unless set.", "x-off": true, "properties": {"url": {"description": "Where.", "examples": ["https://a.b"], "x-set": true}}}}}"#;

    #[test]
    fn schema_is_rendered_as_an_example() {
        let expected = "# Head.\n\n# A value.\nplain: 5\n\npart:\n  # Several.\n  list: [a, \"b*\"]\n  # Its file.\n  secret_file: /etc/x\n  # A sign.\n  sign: \".\"\n  # May be set.\n  # may: Shop <a@b.c>\n\n\
                        # Off unless set.\n# off:\n#   # Where.\n#   url: https://a.b\n";
        assert_eq!(example("# Head.\n", SCHEMA).as_deref(), Some(expected));
        assert_eq!(example("", "[]"), None);
    }
}
