//! Typed access to the properties of one record.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{CodecError, RawJson};

/// The longest `invocationId`, in bytes. It is kept until its call is answered; ASP.NET Core's are numbers.
const MAX_ID_BYTES: usize = 1024;

/// The known properties of a record, each as its text. The others are skipped.
pub(super) struct Fields<'a>(BTreeMap<Field, &'a RawValue>);

/// A property of a message or a handshake.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
pub(super) enum Field {
    Type,
    InvocationId,
    Target,
    Arguments,
    Item,
    Result,
    Error,
    AllowReconnect,
    Protocol,
    Version,
    #[serde(other)]
    Unknown,
}

impl Field {
    fn name(self) -> &'static str {
        match self {
            Self::Type => "type",
            Self::InvocationId => "invocationId",
            Self::Target => "target",
            Self::Arguments => "arguments",
            Self::Item => "item",
            Self::Result => "result",
            Self::Error => "error",
            Self::AllowReconnect => "allowReconnect",
            Self::Protocol => "protocol",
            Self::Version => "version",
            Self::Unknown => "unknown",
        }
    }
}

impl<'a> Fields<'a> {
    pub(super) fn parse(record: &'a [u8]) -> Result<Self, CodecError> {
        if record.is_empty() {
            return Err(CodecError::Empty);
        }
        let text = std::str::from_utf8(record)
            .map_err(|error| CodecError::NotJson { column: error.valid_up_to().saturating_add(1) })?;
        serde_json::from_str(text).map_err(|error| {
            if error.is_data() { CodecError::NotAnObject } else { CodecError::NotJson { column: error.column() } }
        })
    }

    pub(super) fn has(&self, field: Field) -> bool {
        self.0.contains_key(&field)
    }

    /// Any value; an explicit `null` counts as one.
    pub(super) fn optional(&self, field: Field) -> Option<RawJson> {
        self.0.get(&field).map(|text| RawJson::from(*text))
    }

    pub(super) fn any(&self, field: Field) -> Result<RawJson, CodecError> {
        self.optional(field).ok_or(CodecError::Missing(field.name()))
    }

    /// Treats `null` as absent, since some clients write absent texts as `null`.
    pub(super) fn optional_text(&self, field: Field) -> Result<Option<String>, CodecError> {
        self.read(field, "a string").map(Option::flatten)
    }

    pub(super) fn text(&self, field: Field) -> Result<String, CodecError> {
        self.optional_text(field)?.ok_or(CodecError::Missing(field.name()))
    }

    pub(super) fn optional_id(&self) -> Result<Option<String>, CodecError> {
        let id = self.optional_text(Field::InvocationId)?;
        if id.as_ref().is_some_and(|id| id.len() > MAX_ID_BYTES) {
            let (field, expected) = (Field::InvocationId.name(), "a string of at most 1024 bytes");
            return Err(CodecError::WrongType { field, expected });
        }
        Ok(id)
    }

    pub(super) fn id(&self) -> Result<String, CodecError> {
        self.optional_id()?.ok_or(CodecError::Missing(Field::InvocationId.name()))
    }

    pub(super) fn optional_bool(&self, field: Field) -> Result<Option<bool>, CodecError> {
        self.read(field, "a boolean").map(Option::flatten)
    }

    pub(super) fn number(&self, field: Field) -> Result<u64, CodecError> {
        self.read(field, "a whole number")?.ok_or(CodecError::Missing(field.name()))
    }

    pub(super) fn array(&self, field: Field) -> Result<RawJson, CodecError> {
        let value = self.any(field)?;
        if value.as_str().starts_with('[') {
            Ok(value)
        } else {
            Err(CodecError::WrongType { field: field.name(), expected: "an array" })
        }
    }

    fn read<T: DeserializeOwned>(&self, field: Field, expected: &'static str) -> Result<Option<T>, CodecError> {
        let wrong = |_| CodecError::WrongType { field: field.name(), expected };
        self.0.get(&field).map(|text| serde_json::from_str(text.get())).transpose().map_err(wrong)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(KnownFields)
    }
}

/// Reads the known properties of an object; of one that is there twice, the last counts.
struct KnownFields;

impl<'de> Visitor<'de> for KnownFields {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Fields<'de>, A::Error> {
        let mut fields = BTreeMap::new();
        while let Some(field) = object.next_key()? {
            match field {
                Field::Unknown => {
                    object.next_value::<IgnoredAny>()?;
                }
                known => {
                    fields.insert(known, object.next_value()?);
                }
            }
        }
        Ok(Fields(fields))
    }
}
