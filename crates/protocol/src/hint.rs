//! Values that only advise the agent: one that cannot be read must not cost the message around it.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Characters of an unreadable hint that are kept.
const SHOWN_CHARS: usize = 50;

/// A value that the agent can do without.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Hint<T> {
    /// Absent or null.
    #[default]
    Absent,
    /// Read.
    Known(T),
    /// Another value, cut to 50 characters.
    Unreadable(String),
}

impl<T> Hint<T> {
    /// The value, if it was read.
    pub fn known(self) -> Option<T> {
        match self {
            Hint::Known(value) => Some(value),
            Hint::Absent | Hint::Unreadable(_) => None,
        }
    }

    /// The text of a value that could not be read.
    pub fn unreadable(&self) -> Option<&str> {
        match self {
            Hint::Unreadable(text) => Some(text),
            Hint::Absent | Hint::Known(_) => None,
        }
    }

    fn of(value: &Value, read: impl FnOnce(&Value) -> Option<T>) -> Hint<T> {
        if value.is_null() {
            return Hint::Absent;
        }
        read(value).map_or_else(|| Hint::Unreadable(value.to_string().chars().take(SHOWN_CHARS).collect()), Hint::Known)
    }
}

/// Seconds: a number that is not negative, also as a text. A fraction is dropped.
impl<'de> Deserialize<'de> for Hint<u64> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let whole = |number: f64| (number.is_finite() && number >= 0.0).then_some(number as u64);
        let read = |value: &Value| match value {
            Value::Number(number) => number.as_u64().or_else(|| number.as_f64().and_then(whole)),
            Value::String(text) => text.trim().parse().ok().and_then(whole),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        };
        Ok(Hint::of(&Value::deserialize(deserializer)?, read))
    }
}

/// A time in the form of RFC 3339.
impl<'de> Deserialize<'de> for Hint<Timestamp> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = |value: &Value| value.as_str()?.trim().parse().ok();
        Ok(Hint::of(&Value::deserialize(deserializer)?, read))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn seconds_are_read_in_any_form_that_has_a_meaning() {
        for (value, expected) in [
            (json!(15), Hint::Known(15)),
            (json!(15.0), Hint::Known(15)),
            (json!(15.9), Hint::Known(15)),
            (json!("15"), Hint::Known(15)),
            (json!(1e30), Hint::Known(u64::MAX)),
            (json!(null), Hint::Absent),
            (json!(-1), Hint::Unreadable("-1".into())),
            (json!("NaN"), Hint::Unreadable("\"NaN\"".into())),
            (json!("soon"), Hint::Unreadable("\"soon\"".into())),
            (json!([15]), Hint::Unreadable("[15]".into())),
            (json!("x".repeat(1_000)), Hint::Unreadable(format!("\"{}", "x".repeat(49)))),
        ] {
            assert_eq!(serde_json::from_value::<Hint<u64>>(value.clone()).ok(), Some(expected), "{value}");
        }
    }

    #[test]
    fn times_that_are_none_are_unreadable() {
        let known = serde_json::from_value::<Hint<Timestamp>>(json!("2027-01-15T08:00:00Z")).unwrap();
        assert_eq!(known.known(), "2027-01-15T08:00:00Z".parse().ok());
        for value in [json!(1_700_000_000), json!("yesterday"), json!({})] {
            let read = serde_json::from_value::<Hint<Timestamp>>(value.clone()).unwrap();
            assert_eq!(read.unreadable(), Some(value.to_string().as_str()));
        }
    }
}
