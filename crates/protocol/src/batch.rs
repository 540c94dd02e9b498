use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A list that is read item by item: a bad one is told apart and spoils no other.
#[derive(Debug)]
pub struct Batch<T> {
    /// What could be read, in order.
    pub items: Vec<T>,
    /// What could not.
    pub bad: Vec<BadItem>,
}

/// An item that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("item {index} (id {}): {problem}", id.as_deref().unwrap_or("unknown"))]
pub struct BadItem {
    /// Its place in the list, from 0.
    pub index: usize,
    /// Its `id`, where it has a text there (cut to 64 characters).
    pub id: Option<String>,
    /// What is wrong.
    pub problem: String,
}

impl<T: DeserializeOwned> Batch<T> {
    /// Reads each value by itself.
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
    fn a_bad_item_spoils_no_other() {
        let text = r#"[{"id":"a","attempt":1},{"id":"b","attempt":0},7,{"id":"c","attempt":2}]"#;
        let batch: Batch<Revocation> = serde_json::from_str(text).unwrap();
        assert_eq!(batch.items.iter().map(|item| item.id.as_str()).collect::<Vec<_>>(), ["a", "c"]);
        assert_eq!(
            batch.bad.iter().map(|bad| (bad.index, bad.id.as_deref())).collect::<Vec<_>>(),
            [(1, Some("b")), (2, None)]
        );
    }
}
