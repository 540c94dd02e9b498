//! serde's messages in the words of JSON: a caller does not know Rust's types.

/// The message for a wrong value, without names of Rust's types.
pub(crate) fn in_words_of_json(message: &str) -> String {
    if let Some((found, expected)) = ["invalid type: ", "invalid value: ", "invalid length "]
        .iter()
        .find_map(|start| message.strip_prefix(start)?.split_once(", expected "))
    {
        return format!("must be {}, not {}", expected_kind(expected), found_value(found));
    }
    if let Some((found, allowed)) =
        message.strip_prefix("unknown variant ").and_then(|rest| rest.split_once(", expected "))
    {
        return format!("must be {allowed}, not {found}");
    }
    match message {
        "invalid digit found in string" | "cannot parse integer from empty string" => {
            "must be a whole number".to_owned()
        }
        "number too large to fit in target type" => "is too large".to_owned(),
        "number too small to fit in target type" => "is too small".to_owned(),
        "provided string was not `true` or `false`" => "must be true or false".to_owned(),
        _ => message.to_owned(),
    }
}

fn expected_kind(expected: &str) -> &str {
    match expected {
        "u8" | "u16" | "u32" | "u64" | "u128" | "usize" => "a whole number, 0 or more",
        "i8" | "i16" | "i32" | "i64" | "i128" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "a map" => "an object",
        "a borrowed string" => "a string",
        nonzero if nonzero.starts_with("a nonzero ") => "a whole number other than 0",
        rust if [
            "struct ",
            "enum ",
            "tuple ",
            "unit ",
            "newtype ",
            "internally tagged ",
            "adjacently tagged ",
            "variant ",
        ]
        .iter()
        .any(|start| rust.starts_with(start)) =>
        {
            if rust.starts_with("struct ") || rust.contains("tagged") {
                "an object"
            } else {
                "another value"
            }
        }
        other => other,
    }
}

fn found_value(found: &str) -> String {
    let value = |start: &str| found.strip_prefix(start).map(|rest| rest.trim_matches('`').to_owned());
    value("integer ")
        .or_else(|| value("floating point "))
        .or_else(|| value("boolean "))
        .or_else(|| value("string ").map(|text| format!("the string {text}")))
        .unwrap_or_else(|| match found {
            "sequence" => "a list".to_owned(),
            "map" => "an object".to_owned(),
            "null" | "unit value" | "Option value" => "null".to_owned(),
            other => other.to_owned(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_type_of_rust_is_named() {
        for (message, words) in [
            ("invalid type: string \"5\", expected u64", "must be a whole number, 0 or more, not the string \"5\""),
            ("invalid value: integer `-1`, expected u32", "must be a whole number, 0 or more, not -1"),
            ("invalid type: floating point `1.5`, expected i64", "must be a whole number, not 1.5"),
            ("invalid type: null, expected a string", "must be a string, not null"),
            ("invalid type: map, expected a sequence", "must be a list, not an object"),
            ("invalid type: sequence, expected struct OrderIn", "must be an object, not a list"),
            ("invalid type: boolean `true`, expected an object", "must be an object, not true"),
            ("invalid value: integer `0`, expected a nonzero u32", "must be a whole number other than 0, not 0"),
            ("invalid type: string \"yes\", expected a boolean", "must be true or false, not the string \"yes\""),
            ("unknown variant `eaten`, expected `created` or `paid`", "must be `created` or `paid`, not `eaten`"),
            ("unknown variant `x`, expected one of `a`, `b`, `c`", "must be one of `a`, `b`, `c`, not `x`"),
            ("invalid digit found in string", "must be a whole number"),
            ("must be 1 to 100 items", "must be 1 to 100 items"),
            ("unknown field `more`, expected `name`", "unknown field `more`, expected `name`"),
        ] {
            assert_eq!(in_words_of_json(message), words);
        }
    }
}
