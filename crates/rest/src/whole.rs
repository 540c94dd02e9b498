//! Whole numbers that are written with a fraction of zeros, as some languages do: `1000.0` is 1000.

use std::borrow::Cow;

/// JSON text in which each whole number has no fraction. Texts stay as they are.
pub(crate) fn without_zero_fractions(json: &[u8]) -> Cow<'_, [u8]> {
    let (mut kept, mut from, mut at) = (Vec::new(), 0, 0);
    while at < json.len() {
        at = match json[at] {
            b'"' => end_of_string(json, at),
            b'.' => match zero_fraction(json, at) {
                Some(end) => {
                    kept.extend_from_slice(&json[from..at]);
                    from = end;
                    end
                }
                None => at + 1,
            },
            _ => at + 1,
        };
    }
    if from == 0 {
        return Cow::Borrowed(json);
    }
    kept.extend_from_slice(&json[from..]);
    Cow::Owned(kept)
}

/// The end of the fraction that begins at a point, if it has zeros only and no exponent follows.
fn zero_fraction(json: &[u8], point: usize) -> Option<usize> {
    let digits = json[..point].iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let is_number = digits > 0 && (digits == point || json[point - digits - 1] != b'.');
    let zeros = json[point + 1..].iter().take_while(|byte| **byte == b'0').count();
    let end = point + 1 + zeros;
    let goes_on = json.get(end).is_some_and(|byte| byte.is_ascii_digit() || matches!(byte, b'e' | b'E' | b'.'));
    (is_number && zeros > 0 && !goes_on).then_some(end)
}

fn end_of_string(json: &[u8], quote: usize) -> usize {
    let mut at = quote + 1;
    while at < json.len() && json[at] != b'"' {
        at += if json[at] == b'\\' { 2 } else { 1 };
    }
    at + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_fractions_of_zeros_outside_texts_go() {
        for (json, whole) in [
            (r#"{"amount":1000.0}"#, r#"{"amount":1000}"#),
            (r#"[1.00, -2.0 ,3.0]"#, r#"[1, -2 ,3]"#),
            (r#"{"a":"1.0","b\"":2.0}"#, r#"{"a":"1.0","b\"":2}"#),
            ("1.5", "1.5"),
            ("1.05", "1.05"),
            ("1.0e3", "1.0e3"),
            ("1.", "1."),
            (".0", ".0"),
            ("1.0.0", "1.0.0"),
            ("\"1.0", "\"1.0"),
            ("\"\\", "\"\\"),
        ] {
            assert_eq!(without_zero_fractions(json.as_bytes()), whole.as_bytes(), "{json}");
        }
    }
}
