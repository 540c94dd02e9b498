//! Rows: columns read by name, as the types that this program wrote.

use crate::sqlite::session::SqliteRow;
use crate::{Column, Error};
use std::str::FromStr;

/// A row of a result. It is valid within the closure that reads it.
pub struct Row<'a> {
    engine: SqliteRow<'a>,
}

impl<'a> Row<'a> {
    /// A row that an engine has found.
    pub(crate) fn new(engine: SqliteRow<'a>) -> Row<'a> {
        Row { engine }
    }

    /// A column's value: a number, a truth value, text, bytes, a time, a domain type that is a [`Column`], or an `Option` of
    /// one.
    ///
    /// # Errors
    ///
    /// [`Error::BadRow`] if the column is of another type, or there is none of this name.
    pub fn get<T: Column>(&self, column: &'static str) -> Result<T, Error> {
        self.engine.value(column).and_then(T::from_value).ok_or(Error::BadRow(column))
    }

    /// A text that is parsed.
    ///
    /// # Errors
    ///
    /// [`Error::BadRow`] if it does not parse.
    pub fn parse<T: FromStr>(&self, column: &'static str) -> Result<T, Error> {
        self.get::<String>(column)?.parse().map_err(|_| Error::BadRow(column))
    }

    /// A text that is parsed, or null.
    ///
    /// # Errors
    ///
    /// [`Error::BadRow`] if it does not parse.
    pub fn parse_or_null<T: FromStr>(&self, column: &'static str) -> Result<Option<T>, Error> {
        self.get::<Option<String>>(column)?.map(|text| text.parse().map_err(|_| Error::BadRow(column))).transpose()
    }

    /// A text from a closed list, parsed by `read`.
    ///
    /// # Errors
    ///
    /// [`Error::BadRow`] if it is not in the list.
    pub fn word<T>(&self, column: &'static str, read: impl FnOnce(&str) -> Option<T>) -> Result<T, Error> {
        read(&self.get::<String>(column)?).ok_or(Error::BadRow(column))
    }

    /// JSON text.
    ///
    /// # Errors
    ///
    /// [`Error::BadRow`] if it is not such JSON.
    pub fn json<T: serde::de::DeserializeOwned>(&self, column: &'static str) -> Result<T, Error> {
        serde_json::from_str(&self.get::<String>(column)?).map_err(|_| Error::BadRow(column))
    }

    /// The value of a JSON column; the default where it is null.
    ///
    /// # Errors
    ///
    /// [`Error::BadRow`] if the text is no such JSON.
    pub fn json_or_default<T: serde::de::DeserializeOwned + Default>(&self, column: &'static str) -> Result<T, Error> {
        let Some(text) = self.get::<Option<String>>(column)? else { return Ok(T::default()) };
        serde_json::from_str(&text).map_err(|_| Error::BadRow(column))
    }
}

/// A value as JSON text, for a column.
///
/// # Errors
///
/// [`Error::BadRow`] if the value cannot be JSON.
pub fn to_json<T: serde::Serialize>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|_| Error::BadRow("a value that is no JSON"))
}
