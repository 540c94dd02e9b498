//! The crate's errors.

use crate::dto::FieldError;

/// A referral event that was refused. Its transaction changes nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing has this id or code.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The present state does not allow it.
    #[error("{message}")]
    Conflict {
        /// The error code of the API.
        code: &'static str,
        /// The reason as a sentence.
        message: String,
    },
    /// A value is not allowed.
    #[error("{field}: {message}")]
    Invalid {
        /// The value's path, such as `slots.referrer.firstOrder`.
        field: String,
        /// What is wrong with it.
        message: String,
    },
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] flux_storage::Error),
}

impl Error {
    pub(crate) fn conflict(code: &'static str, message: impl Into<String>) -> Error {
        Error::Conflict { code, message: message.into() }
    }

    pub(crate) fn invalid(field: impl Into<String>, message: impl Into<String>) -> Error {
        Error::Invalid { field: field.into(), message: message.into() }
    }
}

impl From<FieldError> for Error {
    fn from(error: FieldError) -> Error {
        match error.conflict {
            Some(code) => Error::conflict(code, error.message),
            None => Error::invalid(error.field, error.message),
        }
    }
}
