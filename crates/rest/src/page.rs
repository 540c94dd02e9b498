//! Pages of a list, and the cursors between them.

use crate::error::ApiError;
use crate::limits;
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

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

/// A page.
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
pub fn page<R, T>(mut rows: Vec<R>, limit: u32, key: impl Fn(&R) -> String, item: impl FnMut(R) -> T) -> Page<T> {
    let has_more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let last = rows.last().filter(|_| has_more);
    let next_cursor = last.map(|row| encode(&key(row)));
    Page { items: rows.into_iter().map(item).collect(), next_cursor }
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
