//! The crate's errors.

use crate::dto::FieldError;

/// A referral event that was refused. Its transaction changes nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no row with this id or code.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The customer does not take part at present.
    #[error("this customer has no panel: {message}")]
    NoPanel {
        /// The error code of the API.
        code: &'static str,
        /// The reason.
        message: &'static str,
    },
    /// The present state conflicts with the request.
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
        /// The description of the problem.
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
