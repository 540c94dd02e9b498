//! Error answers: `{"error": {"code", "message", "field"?, "requestId"}}`.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder, response};

/// A request that failed. The middleware turns it into JSON, since only the middleware knows the request's id.
#[derive(Debug, Clone)]
pub struct ApiError {
    /// The HTTP status.
    pub status: StatusCode,
    /// The reason as one word, for programs.
    pub code: &'static str,
    /// The reason as a sentence, for people.
    pub message: String,
    /// The path of the wrong value, such as `items[0].quantity`.
    pub field: Option<String>,
    /// The value of `Retry-After`.
    pub retry_after_seconds: Option<u64>,
}

/// The JSON of every error.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ErrorAnswer {
    error: ErrorBody,
}

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct ErrorBody {
    /// The reason as one word, for programs.
    code: String,
    /// The reason as a sentence, for people.
    message: String,
    /// The path of the wrong value, such as `items[0].quantity`.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// The request's id, as in the log.
    request_id: String,
}

/// The error answers of every operation that takes a key: any 4XX, and 503. For `responses(…)` of `#[utoipa::path]`;
/// the document must list [`ErrorAnswer`] among its components.
pub struct Errors;

impl utoipa::IntoResponses for Errors {
    fn responses() -> BTreeMap<String, RefOr<response::Response>> {
        let schema = Ref::from_schema_name("ErrorAnswer");
        let content = ContentBuilder::new().schema(Some(schema)).build();
        let answer = ResponseBuilder::new().content("application/json", content).build();
        ["4XX", "503"].map(|status| (status.to_owned(), answer.clone().into())).into()
    }
}

impl ApiError {
    /// An error without a field.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> ApiError {
        ApiError { status, code, message: message.into(), field: None, retry_after_seconds: None }
    }

    /// 422: a value is wrong.
    pub fn value(field: impl Into<String>, message: impl Into<String>) -> ApiError {
        ApiError { field: Some(field.into()), ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_value", message) }
    }

    /// 401: no valid key or token.
    pub fn unauthorized(message: &str) -> ApiError {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", message)
    }

    /// 503: too many requests are in flight.
    pub fn busy() -> ApiError {
        let busy = Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "too many requests at once: try again");
        ApiError { retry_after_seconds: Some(1), ..busy }
    }

    /// 503: the store cannot do it now. Nothing was changed.
    pub fn unavailable(message: &str) -> ApiError {
        let unavailable = Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", message);
        ApiError { retry_after_seconds: Some(crate::limits::RETRY_AFTER_SECONDS), ..unavailable }
    }

    /// 429: this caller sends too many requests.
    pub fn slow_down() -> ApiError {
        let slow = Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", "too many requests: slow down");
        ApiError { retry_after_seconds: Some(1), ..slow }
    }

    /// The whole answer.
    pub fn render(self, request_id: &str) -> Response {
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

impl From<flux_storage::Error> for ApiError {
    fn from(error: flux_storage::Error) -> ApiError {
        match error {
            flux_storage::Error::Busy => Self::busy(),
            flux_storage::Error::Closed => Self::unavailable("the store is about to stop: try again in a moment"),
            flux_storage::Error::FileChanged { .. } => {
                tracing::error!(error = %error, "the database failed");
                Self::unavailable("the store's database file was replaced or removed, and the store is about to stop")
            }
            flux_storage::Error::Disk(_) => {
                tracing::error!(error = %error, "the database failed");
                Self::unavailable("the store's disk is full or fails: see the companion's log")
            }
            error => {
                tracing::error!(error = %error, "the database failed");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "internal error: see the companion's log")
            }
        }
    }
}

/// The answer for an unknown path.
pub async fn no_such_path() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "no_such_path", "there is nothing at this path")
}

/// The answer for a known path and a wrong method.
pub async fn no_such_method() -> ApiError {
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "no_such_method", "this path does not take this method")
}

/// The first text between backquotes: serde's messages quote names so.
pub(crate) fn backquoted(text: &str) -> Option<&str> {
    text.split('`').nth(1)
}
