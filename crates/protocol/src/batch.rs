//! Lists that are read item by item.

use crate::limits::{BAD_ITEM_CHARS, BATCH_ITEMS, ID_CHARS};
use serde::de::{DeserializeOwned, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::marker::PhantomData;

/// A list that is read item by item, so that an unreadable item does not make the others unreadable.
///
/// It keeps [`BATCH_ITEMS`] items at most and counts the others, so that a list of any length takes little memory.
#[derive(Debug)]
pub struct Batch<T> {
    /// The items that could be read, in order.
    pub items: Vec<T>,
    /// The items that could not.
    pub bad: Vec<BadItem>,
    /// The number of items beyond [`BATCH_ITEMS`], which were not read. The receiver refuses the batch if it is not 0.
    pub excess: usize,
}

/// An item that could not be read. It takes little memory, however large the item was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("item {index} (id {}, hash {hash:016x}): {problem}", id.as_deref().unwrap_or("unknown"))]
pub struct BadItem {
    /// The item's index in the list, from 0.
    pub index: usize,
    /// The item's `id`, if it is a text, cut to [`ID_CHARS`].
    pub id: Option<String>,
    /// The mistake, as serde describes it, cut to [`BAD_ITEM_CHARS`] because it quotes the item.
    pub problem: String,
    /// A hash of the item's whole text, which tells one unreadable item from another. It is not cryptographic.
    pub hash: u64,
}

impl BadItem {
    fn new(index: usize, item: &str, error: &serde_json::Error) -> BadItem {
        let mut hasher = DefaultHasher::new();
        item.hash(&mut hasher);
        BadItem { index, id: id_of(item), problem: cut(&error.to_string(), BAD_ITEM_CHARS), hash: hasher.finish() }
    }
}

/// The `id` of an item that is otherwise unreadable.
fn id_of(item: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Identified<'a> {
        #[serde(borrow)]
        id: Cow<'a, str>,
    }
    serde_json::from_str(item).ok().map(|Identified { id }| cut(&id, ID_CHARS))
}

/// The first characters of a text.
fn cut(text: &str, chars: usize) -> String {
    text.chars().take(chars).collect()
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Batch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Items(PhantomData))
    }
}

/// Reads the items of a batch one after another.
struct Items<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned> Visitor<'de> for Items<T> {
    type Value = Batch<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Batch<T>, A::Error> {
        let mut batch = Batch { items: Vec::new(), bad: Vec::new(), excess: 0 };
        for index in 0..BATCH_ITEMS {
            let Some(item) = list.next_element::<Box<RawValue>>()? else { return Ok(batch) };
            match serde_json::from_str(item.get()) {
                Ok(item) => batch.items.push(item),
                Err(error) => batch.bad.push(BadItem::new(index, item.get(), &error)),
            }
        }
        while list.next_element::<IgnoredAny>()?.is_some() {
            batch.excess += 1;
        }
        Ok(batch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Command, Revocation};

    fn batch<T: DeserializeOwned>(text: &str) -> Batch<T> {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn bad_item_does_not_spoil_the_others() {
        let batch: Batch<Revocation> =
            batch(r#"[{"id":"a","attempt":1},{"id":"b","attempt":0},7,{"id":"c","attempt":2}]"#);
        assert_eq!(batch.items.iter().map(|item| item.id.as_str()).collect::<Vec<_>>(), ["a", "c"]);
        assert_eq!(
            batch.bad.iter().map(|bad| (bad.index, bad.id.as_deref())).collect::<Vec<_>>(),
            [(1, Some("b")), (2, None)]
        );
    }

    #[test]
    fn little_is_kept_of_a_large_bad_item() {
        let large = "k".repeat(4 << 20);
        let text = format!(r#"[{{"id":"a","attempt":1,"kind":"{large}"}},{{"id":"{large}"}},"{large}"]"#);
        let batch: Batch<Command> = batch(&text);
        let [kind, id, item] = &batch.bad[..] else { panic!("{} bad items", batch.bad.len()) };
        assert!(kind.problem.starts_with("unknown variant `kkkk"), "{kind}");
        assert_eq!([kind, item].map(|bad| bad.problem.chars().count()), [BAD_ITEM_CHARS; 2]);
        assert_eq!(id.id.as_ref().unwrap().len(), ID_CHARS);
        assert!(batch.bad.iter().all(|bad| bad.to_string().len() < 2 * BAD_ITEM_CHARS));
    }

    #[test]
    fn items_that_differ_behind_the_cut_have_different_hashes() {
        let item = |end: &str| format!(r#"{{"id":"a","attempt":"{}{end}"}}"#, "x".repeat(1_000));
        let batch: Batch<Revocation> = batch(&format!("[{},{},{}]", item("1"), item("2"), item("1")));
        let [first, other, again] = &batch.bad[..] else { panic!("{} bad items", batch.bad.len()) };
        assert_eq!(first.problem, other.problem);
        assert_ne!(first.hash, other.hash);
        assert_eq!(first.hash, again.hash);
    }

    #[test]
    fn items_over_the_limit_are_counted_but_not_kept() {
        let zeros = |count: usize| format!("[{}0]", "0,".repeat(count - 1));
        for (count, excess) in [(BATCH_ITEMS, 0), (BATCH_ITEMS + 1, 1), (2_000_000, 1_999_500)] {
            let batch: Batch<Revocation> = batch(&zeros(count));
            assert_eq!((batch.bad.len(), batch.excess), (BATCH_ITEMS, excess));
        }
    }

    #[test]
    fn deeply_nested_item_is_bad_and_overflows_no_stack() {
        for depth in [200, 1_000_000] {
            let nested = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
            let batch: Batch<Revocation> = batch(&format!(r#"[{{"id":"a","attempt":{nested}}},{nested}]"#));
            assert_eq!(batch.bad.len(), 2);
            let batch: Batch<Revocation> = self::batch(&format!(r#"[{{"id":"a","attempt":1,"new":{nested}}}]"#));
            assert_eq!(batch.items.len() + batch.bad.len(), 1, "an unknown property");
        }
    }
}
