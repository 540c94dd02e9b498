//! U+0000, which not every database can store in a text: it is replaced by U+FFFD where texts come in.

use serde_json::Value;
use std::borrow::Cow;

const ESCAPED: &[u8] = br"\u0000";
const REPLACEMENT: &[u8] = br"\ufffd";

/// JSON text in which no string has a U+0000. JSON has it only as an escape; a raw one is no JSON.
pub fn replace_in_json(json: &[u8]) -> Cow<'_, [u8]> {
    if !json.windows(ESCAPED.len()).any(|part| part == ESCAPED) {
        return Cow::Borrowed(json);
    }
    let (mut text, mut at) = (Vec::with_capacity(json.len()), 0);
    while at < json.len() {
        let part = match &json[at..] {
            rest if rest.starts_with(ESCAPED) => {
                text.extend_from_slice(REPLACEMENT);
                at += ESCAPED.len();
                continue;
            }
            // An escaped backslash: what follows is no escape.
            [b'\\', _, ..] => &json[at..at + 2],
            _ => &json[at..=at],
        };
        text.extend_from_slice(part);
        at += part.len();
    }
    Cow::Owned(text)
}

/// Replaces U+0000 in every text of a value; keys are left, for no reader takes an unknown one.
pub fn replace_in_value(value: &mut Value) {
    match value {
        Value::String(text) if text.contains('\0') => *text = text.replace('\0', "\u{fffd}"),
        Value::Array(items) => items.iter_mut().for_each(replace_in_value),
        Value::Object(fields) => fields.values_mut().for_each(replace_in_value),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn escaped_nul_is_replaced_and_an_escaped_backslash_is_not() {
        for (json, text) in [
            (r#""a\u0000b""#, "a\u{fffd}b"),
            (r#""\u0000\u0000""#, "\u{fffd}\u{fffd}"),
            (r#""a\\u0000b""#, "a\\u0000b"),
            (r#""a\\\u0000b""#, "a\\\u{fffd}b"),
            (r#""a\u0001b""#, "a\u{1}b"),
        ] {
            let read: String = serde_json::from_slice(&replace_in_json(json.as_bytes())).unwrap();
            assert_eq!(read, text, "{json}");
        }
    }

    #[test]
    fn every_text_of_a_value_is_replaced() {
        let mut value = json!({"a": "x\u{0}", "b": ["\u{0}", 1, {"c": "\u{0}y"}]});
        replace_in_value(&mut value);
        assert_eq!(value, json!({"a": "x\u{fffd}", "b": ["\u{fffd}", 1, {"c": "\u{fffd}y"}]}));
    }
}
