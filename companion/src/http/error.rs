//! Error answers: `{"error": {"code", "message", "field"?, "requestId"}}`.

use crate::services::ServiceError;
use axum::Json;
use axum::response::{IntoResponse, Response};
use flux_storage::DbError;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

/// Why a request was not done. Becomes JSON in the gate, which knows the request's id.
#[derive(Debug, Clone)]
pub(super) struct ApiError {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) field: Option<String>,
    pub(super) retry_after_seconds: Option<u64>,
}

/// The shape of every error.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct ErrorAnswer {
    error: ErrorBody,
}

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ErrorBody {
    /// The reason in one word.
    code: String,
    /// The same for people.
    message: String,
    /// Which value of the request, as a path such as `items[0].quantity`.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// Stands in the log, too.
    request_id: String,
}

impl ApiError {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> ApiError {
        ApiError { status, code, message: message.into(), field: None, retry_after_seconds: None }
    }

    pub(super) fn value(field: impl Into<String>, message: impl Into<String>) -> ApiError {
        ApiError { field: Some(field.into()), ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_value", message) }
    }

    pub(super) fn unauthorized(message: &str) -> ApiError {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", message)
    }

    pub(super) fn busy() -> ApiError {
        let busy = Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "too much is being done at once: try again");
        ApiError { retry_after_seconds: Some(1), ..busy }
    }

    pub(super) fn slow_down() -> ApiError {
        let slow = Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", "too many requests: slow down");
        ApiError { retry_after_seconds: Some(1), ..slow }
    }

    /// The whole answer.
    pub(super) fn render(self, request_id: &str) -> Response {
        let (status, retry_after_seconds) = (self.status, self.retry_after_seconds);
        let body = ErrorBody {
            code: self.code.to_owned(),
            message: self.message,
            field: self.field,
            request_id: request_id.to_owned(),
        };
        let mut response = (status, Json(ErrorAnswer { error: body })).into_response();
        if let Some(seconds) = retry_after_seconds {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<ServiceError> for ApiError {
    fn from(refused: ServiceError) -> ApiError {
        let message = refused.to_string();
        match refused {
            ServiceError::NotFound(_) => Self::new(StatusCode::NOT_FOUND, "not_found", message),
            ServiceError::Conflict { code, .. } => Self::new(StatusCode::CONFLICT, code, message),
            ServiceError::Invalid { field, message } => Self::value(field, message),
            ServiceError::AlreadyConnected { .. } => Self::new(StatusCode::CONFLICT, "already_connected", message),
            ServiceError::StaleJournal => Self::new(StatusCode::CONFLICT, "stale_journal", message),
            ServiceError::TokenRevoked => Self::unauthorized("the token is not valid"),
            ServiceError::Db(error) => error.into(),
        }
    }
}

impl From<DbError> for ApiError {
    fn from(error: DbError) -> ApiError {
        match error {
            DbError::Busy | DbError::Closed => Self::busy(),
            error => {
                tracing::error!(error = %error, "the database failed");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "something broke: the log says what")
            }
        }
    }
}

pub(super) async fn no_such_path() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "no_such_path", "there is nothing at this path")
}

pub(super) async fn no_such_method() -> ApiError {
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "no_such_method", "this path does not take this method")
}
