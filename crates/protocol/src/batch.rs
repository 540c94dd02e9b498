//! Lists that are read item by item.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A list that is read item by item, so that an unreadable item does not make the others unreadable.
#[derive(Debug)]
pub struct Batch<T> {
    /// The items that could be read, in order.
    pub items: Vec<T>,
    /// The items that could not.
    pub bad: Vec<BadItem>,
}

/// An item that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("item {index} (id {}): {problem}", id.as_deref().unwrap_or("unknown"))]
pub struct BadItem {
    /// The item's index in the list, from 0.
    pub index: usize,
    /// The item's `id`, if it is a text, cut to [`ID_CHARS`](crate::limits::ID_CHARS).
    pub id: Option<String>,
    /// The mistake, as serde describes it.
    pub problem: String,
}

impl<T: DeserializeOwned> Batch<T> {
    /// Reads each value on its own.
    pub fn from_values(values: Vec<Value>) -> Batch<T> {
        let mut batch = Batch { items: Vec::with_capacity(values.len()), bad: Vec::new() };
        for (index, value) in values.into_iter().enumerate() {
            let id =
                value.get("id").and_then(Value::as_str).map(|id| id.chars().take(crate::limits::ID_CHARS).collect());
            match serde_json::from_value(value) {
                Ok(item) => batch.items.push(item),
                Err(error) => batch.bad.push(BadItem { index, id, problem: error.to_string() }),
            }
        }
        batch
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Batch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Batch::from_values(Vec::deserialize(deserializer)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Revocation;

    #[test]
    fn bad_item_does_not_spoil_the_others() {
        let text = r#"[{"id":"a","attempt":1},{"id":"b","attempt":0},7,{"id":"c","attempt":2}]"#;
        let batch: Batch<Revocation> = serde_json::from_str(text).unwrap();
        assert_eq!(batch.items.iter().map(|item| item.id.as_str()).collect::<Vec<_>>(), ["a", "c"]);
        assert_eq!(
            batch.bad.iter().map(|bad| (bad.index, bad.id.as_deref())).collect::<Vec<_>>(),
            [(1, Some("b")), (2, None)]
        );
    }
}
