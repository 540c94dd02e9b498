//! Between columns and types.

use super::DbError;
use jiff::Timestamp;
use rusqlite::Row;
use rusqlite::types::FromSql;
use std::str::FromStr;

/// A column's value.
pub fn get<T: FromSql>(row: &Row<'_>, column: &str) -> Result<T, DbError> {
    Ok(row.get(column)?)
}

/// A checked text that this program has written.
pub fn text<T: FromStr>(row: &Row<'_>, column: &'static str) -> Result<T, DbError> {
    get::<String>(row, column)?.parse().map_err(|_| DbError::BadRow(column))
}

/// The same where there may be none.
pub fn text_or_null<T: FromStr>(row: &Row<'_>, column: &'static str) -> Result<Option<T>, DbError> {
    get::<Option<String>>(row, column)?.map(|text| text.parse().map_err(|_| DbError::BadRow(column))).transpose()
}

/// A time.
pub fn time(row: &Row<'_>, column: &'static str) -> Result<Timestamp, DbError> {
    Timestamp::from_millisecond(get(row, column)?).map_err(|_| DbError::BadRow(column))
}

/// The same where there may be none.
pub fn time_or_null(row: &Row<'_>, column: &'static str) -> Result<Option<Timestamp>, DbError> {
    let milliseconds: Option<i64> = get(row, column)?;
    milliseconds.map(|at| Timestamp::from_millisecond(at).map_err(|_| DbError::BadRow(column))).transpose()
}

/// A time as it is stored. What lies beyond the last that can be read again is that one.
pub fn stored(at: Timestamp) -> i64 {
    at.as_millisecond().min(Timestamp::MAX.as_second() * 1000)
}

/// JSON that this program has written.
pub fn json<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: &'static str) -> Result<T, DbError> {
    serde_json::from_str(&get::<String>(row, column)?).map_err(|_| DbError::BadRow(column))
}

/// A value as JSON text.
pub fn to_json<T: serde::Serialize>(value: &T) -> Result<String, DbError> {
    serde_json::to_string(value).map_err(|_| DbError::BadRow("a value that is no JSON"))
}
