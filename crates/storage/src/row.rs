//! Rows: columns read by name, as the types that this program wrote.

use crate::sqlite::session::SqliteRow;
use crate::{Column, Error};
use jiff::Timestamp;
use rusqlite::types::FromSql;
use std::str::FromStr;

/// A row of an answer. It lives as long as the closure that reads it.
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
    /// [`Error::BadRow`] where the column is of another type, or there is none of this name.
    pub fn get<T: Column>(&self, column: &'static str) -> Result<T, Error> {
        self.engine.value(column).and_then(T::from_value).ok_or(Error::BadRow(column))
    }

    /// A text that is parsed.
    ///
    /// # Errors
    ///
    /// [`Error::BadRow`] where it does not parse.
    pub fn parse<T: FromStr>(&self, column: &'static str) -> Result<T, Error> {
        self.get::<String>(column)?.parse().map_err(|_| Error::BadRow(column))
    }

    /// A text that is parsed, or null.
    ///
    /// # Errors
    ///
    /// [`Error::BadRow`] where it does not parse.
    pub fn parse_or_null<T: FromStr>(&self, column: &'static str) -> Result<Option<T>, Error> {
        self.get::<Option<String>>(column)?.map(|text| text.parse().map_err(|_| Error::BadRow(column))).transpose()
    }

    /// A text of a closed list, as `read` knows it.
    ///
    /// # Errors
    ///
    /// [`Error::BadRow`] where it is not in the list.
    pub fn word<T>(&self, column: &'static str, read: impl FnOnce(&str) -> Option<T>) -> Result<T, Error> {
        read(&self.get::<String>(column)?).ok_or(Error::BadRow(column))
    }

    /// JSON text.
    ///
    /// # Errors
    ///
    /// [`Error::BadRow`] where it is no such JSON.
    pub fn json<T: serde::de::DeserializeOwned>(&self, column: &'static str) -> Result<T, Error> {
        serde_json::from_str(&self.get::<String>(column)?).map_err(|_| Error::BadRow(column))
    }
}

/// A value as JSON text, for a column.
///
/// # Errors
///
/// [`Error::BadRow`] where the value cannot be JSON.
pub fn to_json<T: serde::Serialize>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|_| Error::BadRow("a value that is no JSON"))
}

// The functions below read rusqlite's rows, for the referral tables until those go through `Tx::query`.

/// A column's value.
pub fn get<T: FromSql>(row: &rusqlite::Row<'_>, column: &str) -> Result<T, Error> {
    Ok(row.get(column)?)
}

/// A checked text that this program has written.
pub fn text<T: FromStr>(row: &rusqlite::Row<'_>, column: &'static str) -> Result<T, Error> {
    get::<String>(row, column)?.parse().map_err(|_| Error::BadRow(column))
}

/// The same where there may be none.
pub fn text_or_null<T: FromStr>(row: &rusqlite::Row<'_>, column: &'static str) -> Result<Option<T>, Error> {
    get::<Option<String>>(row, column)?.map(|text| text.parse().map_err(|_| Error::BadRow(column))).transpose()
}

/// A time.
pub fn time(row: &rusqlite::Row<'_>, column: &'static str) -> Result<Timestamp, Error> {
    Timestamp::from_millisecond(get(row, column)?).map_err(|_| Error::BadRow(column))
}

/// The same where there may be none.
pub fn time_or_null(row: &rusqlite::Row<'_>, column: &'static str) -> Result<Option<Timestamp>, Error> {
    let milliseconds: Option<i64> = get(row, column)?;
    milliseconds.map(|at| Timestamp::from_millisecond(at).map_err(|_| Error::BadRow(column))).transpose()
}

/// A time as it is stored. What lies beyond the last that can be read again is that one.
pub fn stored(at: Timestamp) -> i64 {
    at.as_millisecond().min(Timestamp::MAX.as_second() * 1000)
}

/// JSON that this program has written.
pub fn json<T: serde::de::DeserializeOwned>(row: &rusqlite::Row<'_>, column: &'static str) -> Result<T, Error> {
    serde_json::from_str(&get::<String>(row, column)?).map_err(|_| Error::BadRow(column))
}
