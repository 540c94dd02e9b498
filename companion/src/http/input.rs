//! Strict reading: what is malformed is 400, a value that cannot stand is 422 and named.

use super::error::ApiError;
use crate::limits;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use flux_shop::Object;
use http::StatusCode;
use http::request::Parts;
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use tokio::time::timeout;

/// A JSON body, and its bytes.
pub(super) struct Body<T>(pub(super) T, pub(super) Bytes);

/// A JSON body that may be absent.
pub(super) struct OptionalBody<T>(pub(super) T);

/// The id in a path, checked. What cannot be an id is 422.
pub(super) struct Id<T>(pub(super) T);

/// The texts of a path, for whoever checks them.
pub(super) struct Place<T>(pub(super) T);

/// The query, every name known and every value checked.
pub(super) struct Ask<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = bytes(request, state).await?;
        Ok(Body(parse(&bytes)?, bytes))
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for OptionalBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = bytes(request, state).await?;
        Ok(OptionalBody(if bytes.is_empty() { T::default() } else { parse(&bytes)? }))
    }
}

impl<S: Send + Sync, T: std::str::FromStr<Err: std::fmt::Display>> FromRequestParts<S> for Id<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| ApiError::value("id", "is not UTF-8 text"))?;
        text.parse().map(Id).map_err(|error: T::Err| ApiError::value("id", error.to_string()))
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Place<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let found = Path::<T>::from_request_parts(parts, state).await;
        found.map(|Path(texts)| Place(texts)).map_err(|_| ApiError::value("path", "is not UTF-8 text"))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Ask<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(query)) => Ok(Ask(query)),
            Err(rejection) => {
                let text = rejection.body_text();
                let text = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(&text);
                let (field, message) = match text.split_once(": ") {
                    Some((field, message)) if !field.contains(' ') => (field.to_owned(), message),
                    _ => (quoted(text).unwrap_or("query").to_owned(), text),
                };
                Err(ApiError::value(field, message))
            }
        }
    }
}

async fn bytes<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, ApiError> {
    let read = timeout(limits::BODY_READ, Bytes::from_request(request, state))
        .await
        .map_err(|_| ApiError::new(StatusCode::REQUEST_TIMEOUT, "slow_body", "the body did not come in time"))?;
    read.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "the body is larger than limits.body_bytes")
        }
        _ => ApiError::new(StatusCode::BAD_REQUEST, "malformed", "the body could not be read"),
    })
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let Object(value) = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        wrong(error.inner(), &path)
    })?;
    deserializer.end().map_err(|error| wrong(&error, "."))?;
    Ok(value)
}

fn wrong(error: &serde_json::Error, path: &str) -> ApiError {
    if error.classify() != Category::Data {
        return ApiError::new(StatusCode::BAD_REQUEST, "malformed", format!("the body is no JSON: {error}"));
    }
    let text = error.to_string();
    // serde adds the place in the text, which helps nobody beside the path.
    let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
    let path = if path == "." { "" } else { path };
    let missing = message.strip_prefix("missing field ").and_then(quoted);
    let field = match missing.or_else(|| quoted(message).filter(|_| names_a_field(message))) {
        Some(name) if path.is_empty() => name.to_owned(),
        Some(name) if path == name || path.ends_with(&format!(".{name}")) => path.to_owned(),
        Some(name) => format!("{path}.{name}"),
        None if path.is_empty() => "body".to_owned(),
        None => path.to_owned(),
    };
    ApiError::value(field, message)
}

/// What serde says of a key itself, rather than of its value.
fn names_a_field(message: &str) -> bool {
    message.starts_with("unknown field ") || message.starts_with("duplicate field ")
}

/// The first text between backquotes.
fn quoted(text: &str) -> Option<&str> {
    text.split('`').nth(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flux_shop::OrderBody;

    fn problem(text: &str) -> (u16, Option<String>) {
        let error = parse::<OrderBody>(text.as_bytes()).unwrap_err();
        (error.status.as_u16(), error.field)
    }

    #[test]
    fn the_wrong_value_is_named_by_its_path() {
        let good = r#"{"customer":{"id":"c"},"player":{"name":"Steve"},"items":[{"packageId":"vip","quantity":1}],"amount":5,"currency":"EUR","status":"paid"}"#;
        assert!(parse::<OrderBody>(good.as_bytes()).is_ok());
        for (from, to, field) in [
            (r#""quantity":1"#, r#""quantity":0"#, "items[0].quantity"),
            (r#""quantity":1"#, r#""quantity":"1""#, "items[0].quantity"),
            (r#""quantity":1"#, r#""quantity":1,"more":2"#, "items[0].more"),
            (r#","quantity":1"#, "", "items[0].quantity"),
            (r#""amount":5"#, r#""amount":-1"#, "amount"),
            (r#""amount":5"#, r#""amount":5.0"#, "amount"),
            (r#""amount":5,"#, "", "amount"),
            (r#""amount":5"#, r#""amount":5,"amount":6"#, "amount"),
            (r#""Steve""#, r#""@a""#, "player.name"),
            (r#""EUR""#, r#""eur""#, "currency"),
            (r#""paid""#, r#""eaten""#, "status"),
            (r#""amount":5"#, r#""amount":5,"amonut":5"#, "amonut"),
        ] {
            assert_eq!(problem(&good.replace(from, to)), (422, Some(field.to_owned())), "{to}");
        }
    }

    #[test]
    fn what_is_no_json_is_malformed() {
        for text in ["", "{", "nonsense", "{\"amount\":}", "{} {}", "\u{0}"] {
            assert_eq!(
                parse::<serde_json::Map<String, serde_json::Value>>(text.as_bytes()).unwrap_err().status.as_u16(),
                400,
                "{text:?}"
            );
        }
        assert_eq!(problem("[]"), (422, Some("body".to_owned())));
    }
}
