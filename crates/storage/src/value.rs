//! Values between Rust and the database: parameters of statements, and columns of rows.

use crate::{Error, to_json};
use jiff::Timestamp;

/// A value as every engine knows it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// SQL's NULL.
    Null,
    /// A truth value; SQLite stores it as 0 or 1.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Text.
    Text(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
}

/// A parameter of a statement.
pub trait Param {
    /// The value that is bound.
    fn value(&self) -> Value<'_>;
}

/// A type that a column is read as.
pub trait Column: Sized {
    /// The value, or `None` where it is of another type or out of range.
    fn from_value(value: Value<'_>) -> Option<Self>;
}

/// A statement's parameters, `$1` first: `params![id.as_str(), now]`.
#[macro_export]
macro_rules! params {
    () => { &[] as &[&dyn $crate::Param] };
    ($($param:expr),+ $(,)?) => { &[$(&$param as &dyn $crate::Param),+] as &[&dyn $crate::Param] };
}

impl Param for Value<'_> {
    fn value(&self) -> Value<'_> {
        *self
    }
}

impl<T: Param + ?Sized> Param for &T {
    fn value(&self) -> Value<'_> {
        (**self).value()
    }
}

impl<T: Param> Param for Option<T> {
    fn value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null, Param::value)
    }
}

impl Param for bool {
    fn value(&self) -> Value<'_> {
        Value::Bool(*self)
    }
}

impl Param for str {
    fn value(&self) -> Value<'_> {
        Value::Text(self)
    }
}

impl Param for String {
    fn value(&self) -> Value<'_> {
        Value::Text(self)
    }
}

impl Param for [u8] {
    fn value(&self) -> Value<'_> {
        Value::Bytes(self)
    }
}

impl Param for Vec<u8> {
    fn value(&self) -> Value<'_> {
        Value::Bytes(self)
    }
}

impl<const N: usize> Param for [u8; N] {
    fn value(&self) -> Value<'_> {
        Value::Bytes(self)
    }
}

/// Milliseconds since 1970. A time later than the last readable one is stored as that one.
impl Param for Timestamp {
    fn value(&self) -> Value<'_> {
        Value::Integer(self.as_millisecond().min(Timestamp::MAX.as_second() * 1000))
    }
}

impl Column for bool {
    fn from_value(value: Value<'_>) -> Option<bool> {
        match value {
            Value::Bool(truth) => Some(truth),
            Value::Integer(number) => Some(number != 0),
            Value::Null | Value::Text(_) | Value::Bytes(_) => None,
        }
    }
}

/// Texts as one parameter: a JSON list, which `json_each($1)` takes apart.
pub struct TextList(String);

impl TextList {
    /// A list of these texts.
    pub fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<TextList, Error> {
        Ok(TextList(to_json(&texts.into_iter().collect::<Vec<_>>())?))
    }
}

impl Param for TextList {
    fn value(&self) -> Value<'_> {
        Value::Text(&self.0)
    }
}

macro_rules! integers {
    ($($integer:ty)+) => { $(
        impl Param for $integer {
            fn value(&self) -> Value<'_> {
                Value::Integer((*self).into())
            }
        }

        impl From<$integer> for Value<'_> {
            fn from(number: $integer) -> Self {
                Value::Integer(number.into())
            }
        }

        impl Column for $integer {
            fn from_value(value: Value<'_>) -> Option<$integer> {
                match value {
                    Value::Integer(number) => number.try_into().ok(),
                    Value::Null | Value::Bool(_) | Value::Text(_) | Value::Bytes(_) => None,
                }
            }
        }
    )+ };
}

integers!(i64 u32 u8);

/// A number beyond a column's range is stored as the largest of that range.
impl Param for u64 {
    fn value(&self) -> Value<'_> {
        Value::Integer(i64::try_from(*self).unwrap_or(i64::MAX))
    }
}

impl Column for u64 {
    fn from_value(value: Value<'_>) -> Option<u64> {
        i64::from_value(value)?.try_into().ok()
    }
}

impl Column for String {
    fn from_value(value: Value<'_>) -> Option<String> {
        match value {
            Value::Text(text) => Some(text.to_owned()),
            Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Bytes(_) => None,
        }
    }
}

impl Column for Vec<u8> {
    fn from_value(value: Value<'_>) -> Option<Vec<u8>> {
        match value {
            Value::Bytes(bytes) => Some(bytes.to_owned()),
            Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Text(_) => None,
        }
    }
}

impl Column for Timestamp {
    fn from_value(value: Value<'_>) -> Option<Timestamp> {
        i64::from_value(value).and_then(|at| Timestamp::from_millisecond(at).ok())
    }
}

impl<T: Column> Column for Option<T> {
    fn from_value(value: Value<'_>) -> Option<Option<T>> {
        match value {
            Value::Null => Some(None),
            Value::Bool(_) | Value::Integer(_) | Value::Text(_) | Value::Bytes(_) => T::from_value(value).map(Some),
        }
    }
}
