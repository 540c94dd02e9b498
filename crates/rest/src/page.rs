//! Pages of a list, and the cursors between them.

use crate::error::ApiError;
use crate::limits;
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::io;
use std::ops::ControlFlow;

/// The query of every list.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Items on the page: 1 to 100, 25 by default.
    #[serde(default)]
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u32>,
    /// `nextCursor` of the page before.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// A page: at most 1 MiB of items. Where fewer than `limit` fit, it ends earlier, and `nextCursor` leads to the rest.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// The page's items.
    pub items: Vec<T>,
    /// The cursor of the next page; `null` on the last.
    pub next_cursor: Option<String>,
}

/// The number of items on a page.
///
/// # Errors
/// 422 outside 1 to [`limits::PAGE_ITEMS`].
pub fn page_limit(requested: Option<u32>) -> Result<u32, ApiError> {
    let most = limits::PAGE_ITEMS;
    match requested.unwrap_or(limits::PAGE_ITEMS_DEFAULT) {
        limit if (1..=most).contains(&limit) => Ok(limit),
        _ => Err(ApiError::value("limit", format!("must be 1 to {most}"))),
    }
}

/// The text in a cursor; the empty text without one.
///
/// # Errors
/// 422 for a cursor that no answer gave.
pub fn after_text(cursor: Option<&str>) -> Result<String, ApiError> {
    cursor.map_or_else(|| Ok(String::new()), decode)
}

/// The number in a cursor of a list with the oldest first; 0 without one.
///
/// # Errors
/// 422 for a cursor that no answer gave.
pub fn after_place(cursor: Option<&str>) -> Result<i64, ApiError> {
    let Some(cursor) = cursor else { return Ok(0) };
    decode(cursor)?.parse().map_err(|_| unknown())
}

/// The number in a cursor; the largest without one.
///
/// # Errors
/// 422 for a cursor that no answer gave.
pub fn before_place(cursor: Option<&str>) -> Result<i64, ApiError> {
    let Some(cursor) = cursor else { return Ok(i64::MAX) };
    decode(cursor)?.parse().map_err(|_| unknown())
}

/// A page of rows. Callers read one row more than `limit`, so that the page knows whether there is a next one; `key`
/// is the text of the next page's cursor.
pub fn page<R, T: Serialize>(
    rows: Vec<R>,
    limit: u32,
    key: impl Fn(&R) -> String,
    mut item: impl FnMut(R) -> T,
) -> Page<T> {
    match try_page(rows, limit, key, |row| Ok::<_, Infallible>(item(row))) {
        Ok(page) => page,
        Err(never) => match never {},
    }
}

/// As [`page`], with items that are read from the database: of the rows that do not fit, none is read.
///
/// # Errors
/// The first that `item` returns.
pub fn try_page<R, T: Serialize, E>(
    rows: impl IntoIterator<Item = R>,
    limit: u32,
    key: impl Fn(&R) -> String,
    mut item: impl FnMut(R) -> Result<T, E>,
) -> Result<Page<T>, E> {
    let mut page = PageBuilder::new(limit);
    for row in rows {
        if page.push(key(&row), || item(row))?.is_break() {
            break;
        }
    }
    Ok(page.finish())
}

/// A page that takes items until it has as many, or as many bytes, as a page may have.
pub struct PageBuilder<T> {
    limit: u32,
    items: Vec<T>,
    bytes: usize,
    last_key: String,
    has_more: bool,
}

impl<T: Serialize> PageBuilder<T> {
    /// An empty page of at most `limit` items.
    pub fn new(limit: u32) -> PageBuilder<T> {
        PageBuilder { limit, items: Vec::new(), bytes: 0, last_key: String::new(), has_more: false }
    }

    /// Takes the next item, after which the next page may begin at `key`. Breaks once the page is full: then this item
    /// begins the next page. A page has at least one item, however large that is.
    ///
    /// # Errors
    /// The one that `item` returns.
    pub fn push<E>(&mut self, key: String, item: impl FnOnce() -> Result<T, E>) -> Result<ControlFlow<()>, E> {
        self.has_more = self.items.len() >= self.limit as usize;
        if self.has_more {
            return Ok(ControlFlow::Break(()));
        }
        let item = item()?;
        self.bytes += json_bytes(&item);
        self.has_more = self.bytes > limits::PAGE_BYTES && !self.items.is_empty();
        if self.has_more {
            return Ok(ControlFlow::Break(()));
        }
        self.items.push(item);
        self.last_key = key;
        Ok(ControlFlow::Continue(()))
    }

    /// The page.
    pub fn finish(self) -> Page<T> {
        let (items, next) = self.into_parts();
        Page { items, next_cursor: next.map(|key| encode(&key)) }
    }

    /// The items, and the key after which the next page begins.
    pub fn into_parts(self) -> (Vec<T>, Option<String>) {
        (self.items, self.has_more.then_some(self.last_key))
    }
}

/// The length of a value as JSON.
fn json_bytes(value: &impl Serialize) -> usize {
    struct Counter(usize);
    impl io::Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut counter = Counter(0);
    // What is no JSON makes the answer fail, not the count.
    let _ = serde_json::to_writer(&mut counter, value);
    counter.0
}

/// The cursor of the page after this number.
pub fn cursor_at(number: i64) -> String {
    encode(&number.to_string())
}

fn encode(text: &str) -> String {
    BASE64URL_NOPAD.encode(text.as_bytes())
}

fn decode(cursor: &str) -> Result<String, ApiError> {
    let bytes = BASE64URL_NOPAD.decode(cursor.as_bytes()).map_err(|_| unknown())?;
    String::from_utf8(bytes).map_err(|_| unknown())
}

fn unknown() -> ApiError {
    ApiError::value("cursor", "is not a cursor: send nextCursor unchanged")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pages of texts of these lengths, as a reader who follows the cursors gets them.
    fn lengths_by_page(lengths: &[usize], limit: u32) -> Vec<Vec<usize>> {
        let (mut pages, mut from) = (Vec::new(), 0);
        loop {
            let rows: Vec<usize> = (from..lengths.len()).take(limit as usize + 1).collect();
            let found = page(rows, limit, usize::to_string, |row| "x".repeat(lengths[row]));
            pages.push(found.items.iter().map(String::len).collect());
            match found.next_cursor {
                Some(cursor) => from = after_place(Some(&cursor)).expect("a cursor") as usize + 1,
                None => return pages,
            }
        }
    }

    #[test]
    fn page_ends_at_its_items_or_bytes() {
        let half = limits::PAGE_BYTES / 2 - 2;
        let over = limits::PAGE_BYTES * 2;
        for (lengths, expected) in [
            (vec![], vec![vec![]]),
            (vec![1, 2, 3], vec![vec![1, 2, 3]]),
            (vec![1, 2, 3, 4], vec![vec![1, 2, 3], vec![4]]),
            (vec![half, half, 1], vec![vec![half, half], vec![1]]),
            (vec![half, half + 1], vec![vec![half], vec![half + 1]]),
            (vec![over], vec![vec![over]]),
            (vec![1, over, over, 1], vec![vec![1], vec![over], vec![over], vec![1]]),
        ] {
            assert_eq!(lengths_by_page(&lengths, 3), expected, "{lengths:?}");
        }
    }

    #[test]
    fn items_beyond_a_full_page_are_not_made() {
        let mut made = 0;
        let large = |_| {
            made += 1;
            Ok::<_, ()>("x".repeat(limits::PAGE_BYTES))
        };
        let page = try_page(0..100, 100, i32::to_string, large).expect("a page");
        assert_eq!((page.items.len(), made), (1, 2));
    }
}
