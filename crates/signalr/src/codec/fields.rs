//! Typed access to the properties of one record.

use serde_json::{Map, Value};

use super::CodecError;

/// The properties of one record. Reading one removes it and checks its type; the rest is ignored.
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    pub(super) fn parse(record: &[u8]) -> Result<Self, CodecError> {
        if record.is_empty() {
            return Err(CodecError::Empty);
        }
        match serde_json::from_slice(record) {
            Ok(Value::Object(map)) => Ok(Self(map)),
            Ok(_) => Err(CodecError::NotAnObject),
            Err(error) => Err(CodecError::NotJson { column: error.column() }),
        }
    }

    pub(super) fn has(&self, field: &str) -> bool {
        self.0.contains_key(field)
    }

    /// Any value; an explicit `null` counts as one.
    pub(super) fn optional(&mut self, field: &'static str) -> Option<Value> {
        self.0.remove(field)
    }

    pub(super) fn any(&mut self, field: &'static str) -> Result<Value, CodecError> {
        self.optional(field).ok_or(CodecError::Missing(field))
    }

    /// Treats `null` as absent, since some clients write absent texts as `null`.
    pub(super) fn optional_text(&mut self, field: &'static str) -> Result<Option<String>, CodecError> {
        match self.optional(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(CodecError::WrongType { field, expected: "a string" }),
        }
    }

    pub(super) fn text(&mut self, field: &'static str) -> Result<String, CodecError> {
        self.optional_text(field)?.ok_or(CodecError::Missing(field))
    }

    pub(super) fn optional_bool(&mut self, field: &'static str) -> Result<Option<bool>, CodecError> {
        match self.optional(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(value)),
            Some(_) => Err(CodecError::WrongType { field, expected: "a boolean" }),
        }
    }

    pub(super) fn number(&mut self, field: &'static str) -> Result<u64, CodecError> {
        self.any(field)?.as_u64().ok_or(CodecError::WrongType { field, expected: "a whole number" })
    }

    pub(super) fn array(&mut self, field: &'static str) -> Result<Vec<Value>, CodecError> {
        match self.any(field)? {
            Value::Array(items) => Ok(items),
            _ => Err(CodecError::WrongType { field, expected: "an array" }),
        }
    }
}
