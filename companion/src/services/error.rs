//! The errors of services, and the HTTP answer that each becomes.

use flux_rest::{ApiError, KeyReused};
use http::StatusCode;

/// The reason that a use case failed. It has changed nothing.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// There is no such thing.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The present state does not allow it.
    #[error("{message}")]
    Conflict {
        /// The reason, for programs.
        code: &'static str,
        /// The reason, for people.
        message: String,
    },
    /// A wrong value.
    #[error("{field}: {message}")]
    Invalid {
        /// The field, as a path such as `items[0].packageId`.
        field: String,
        /// The mistake.
        message: String,
    },
    /// Another agent is connected with this token.
    #[error("another agent runs with this token on {hostname}: stop it there, or give this server a token of its own")]
    AlreadyConnected {
        /// The other's machine.
        hostname: String,
    },
    /// A report from a journal other than the one accepted last.
    #[error("another agent has used this token since; only its reports are accepted")]
    StaleJournal,
    /// Another session has taken the place of this one.
    #[error("this agent has a newer session")]
    SeatLost,
    /// The token was replaced.
    #[error("the token is not valid any more")]
    TokenRevoked,
    /// The server was removed.
    #[error("the store has removed this server")]
    ServerRemoved,
    /// The database failed.
    #[error(transparent)]
    Db(#[from] flux_storage::Error),
}

impl ServiceError {
    pub(crate) fn conflict(code: &'static str, message: impl Into<String>) -> ServiceError {
        ServiceError::Conflict { code, message: message.into() }
    }

    pub(crate) fn invalid(field: impl Into<String>, message: impl Into<String>) -> ServiceError {
        ServiceError::Invalid { field: field.into(), message: message.into() }
    }
}

impl From<KeyReused> for ServiceError {
    fn from(_: KeyReused) -> ServiceError {
        ServiceError::conflict("idempotency_key_reused", "this Idempotency-Key was used for another request")
    }
}

impl From<ServiceError> for ApiError {
    fn from(error: ServiceError) -> ApiError {
        let message = error.to_string();
        match error {
            ServiceError::NotFound(_) => Self::new(StatusCode::NOT_FOUND, "not_found", message),
            ServiceError::Conflict { code, .. } => Self::new(StatusCode::CONFLICT, code, message),
            ServiceError::Invalid { field, message } => Self::value(field, message),
            ServiceError::AlreadyConnected { .. } => Self::new(StatusCode::CONFLICT, "already_connected", message),
            ServiceError::StaleJournal => Self::new(StatusCode::CONFLICT, "stale_journal", message),
            ServiceError::SeatLost => Self::new(StatusCode::CONFLICT, "seat_lost", message),
            ServiceError::TokenRevoked => Self::unauthorized("the token is not valid"),
            ServiceError::ServerRemoved => Self::unauthorized("the store has removed this server"),
            ServiceError::Db(error) => error.into(),
        }
    }
}

impl From<flux_referrals::Error> for ServiceError {
    fn from(error: flux_referrals::Error) -> ServiceError {
        match error {
            flux_referrals::Error::NotFound(what) => ServiceError::NotFound(what),
            flux_referrals::Error::NoPanel { message, .. } => ServiceError::NotFound(message),
            flux_referrals::Error::Conflict { code, message } => ServiceError::Conflict { code, message },
            flux_referrals::Error::Invalid { field, message } => ServiceError::Invalid { field, message },
            flux_referrals::Error::Storage(error) => ServiceError::Db(error),
        }
    }
}

/// For the referral routes, whose events apply their effects through the companion's services.
impl From<ServiceError> for flux_referrals::Error {
    fn from(error: ServiceError) -> flux_referrals::Error {
        match error {
            ServiceError::NotFound(what) => flux_referrals::Error::NotFound(what),
            ServiceError::Conflict { code, message } => flux_referrals::Error::Conflict { code, message },
            ServiceError::Invalid { field, message } => flux_referrals::Error::Invalid { field, message },
            ServiceError::Db(error) => flux_referrals::Error::Storage(error),
            // Only agents' calls return one of these.
            error @ (ServiceError::AlreadyConnected { .. }
            | ServiceError::StaleJournal
            | ServiceError::SeatLost
            | ServiceError::TokenRevoked
            | ServiceError::ServerRemoved) => {
                flux_referrals::Error::Conflict { code: "agent", message: error.to_string() }
            }
        }
    }
}
