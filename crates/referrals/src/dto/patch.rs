//! Fields of a write: absent keeps what is there, `null` clears it.

use flux_referral_rules::Patch;
use flux_rest::{Object, object_or_null};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

/// A field that was absent, `null` or a value.
pub(super) type Field<T> = Option<Option<T>>;

/// For `deserialize_with`, beside `default`: distinguishes `null` from an absent field.
pub(super) fn named<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Field<T>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

/// [`named`] for an object.
pub(super) fn named_object<'de, T: DeserializeOwned, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Field<T>, D::Error> {
    object_or_null(deserializer).map(Some)
}

/// [`named`] for a list of objects.
pub(super) fn named_objects<'de, T: DeserializeOwned, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Field<Vec<T>>, D::Error> {
    let found = Option::<Vec<Object<T>>>::deserialize(deserializer)?;
    Ok(Some(found.map(|list| list.into_iter().map(|Object(value)| value).collect())))
}

/// Converts a field to the rules' type.
pub(super) fn patch<T>(field: Field<T>) -> Patch<T> {
    match field {
        None => Patch::Keep,
        Some(None) => Patch::Clear,
        Some(Some(value)) => Patch::Set(value),
    }
}

/// The value after the write.
pub(super) fn over<T>(field: Field<T>, current: Option<T>) -> Option<T> {
    field.unwrap_or(current)
}
