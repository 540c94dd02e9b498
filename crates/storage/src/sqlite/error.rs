//! Converts SQLite's errors into the crate's.

use crate::Error;
use rusqlite::ErrorCode;

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Error {
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Error::Damaged(error.to_string()),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Error::Busy,
            Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure) => Error::Disk(error.to_string()),
            _ => Error::Refused(error.to_string().into()),
        }
    }
}
