//! JSON bodies: malformed JSON is 400; a wrong value is 422, and the answer names its path.

use crate::error::{ApiError, backquoted};
use crate::limits;
use crate::nul;
use crate::object::Object;
use crate::places::Place;
use crate::whole::without_zero_fractions;
use crate::wording::in_words_of_json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use tokio::time::timeout;

/// A JSON body and its bytes.
pub struct Body<T>(pub T, pub Bytes);

/// A JSON body that may be absent.
pub struct OptionalBody<T>(pub T);

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

/// Reads the body. The request has no place meanwhile.
async fn bytes<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, ApiError> {
    let place = request.extensions().get::<Place>().cloned();
    if let Some(place) = &place {
        place.give_back();
    }
    let bytes = read(request, state).await?;
    if let Some(place) = &place {
        place.take_again()?;
    }
    Ok(bytes)
}

async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, ApiError> {
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
    let bytes = nul::replace_in_json(bytes);
    let bytes = without_zero_fractions(&bytes);
    let mut deserializer = serde_json::Deserializer::from_slice(&bytes);
    let Object(value) = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        rejected(error.inner(), &path)
    })?;
    deserializer.end().map_err(|error| rejected(&error, "."))?;
    Ok(value)
}

fn rejected(error: &serde_json::Error, path: &str) -> ApiError {
    if error.classify() != Category::Data {
        return ApiError::new(StatusCode::BAD_REQUEST, "malformed", format!("the body is not JSON: {error}"));
    }
    let text = error.to_string();
    // serde appends line and column; the path already names the place.
    let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
    let path = if path == "." { "" } else { path };
    let missing = message.strip_prefix("missing field ").and_then(backquoted);
    let field = match missing.or_else(|| backquoted(message).filter(|_| names_a_field(message))) {
        Some(name) if path.is_empty() => name.to_owned(),
        Some(name) if path == name || path.ends_with(&format!(".{name}")) => path.to_owned(),
        Some(name) => format!("{path}.{name}"),
        None if path.is_empty() => "body".to_owned(),
        None => path.to_owned(),
    };
    ApiError::value(field, in_words_of_json(message))
}

/// True if serde's message is about a key itself, rather than about its value.
fn names_a_field(message: &str) -> bool {
    message.starts_with("unknown field ") || message.starts_with("duplicate field ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    #[expect(dead_code, reason = "only read from JSON")]
    struct Order {
        #[serde(deserialize_with = "objects")]
        items: Vec<Item>,
        amount: u32,
        status: Status,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    #[expect(dead_code, reason = "only read from JSON")]
    struct Item {
        package_id: String,
        quantity: std::num::NonZeroU32,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Status {
        Paid,
    }

    fn problem(text: &str) -> (u16, Option<String>) {
        let error = parse::<Order>(text.as_bytes()).unwrap_err();
        (error.status.as_u16(), error.field)
    }

    #[test]
    fn wrong_values_are_named_by_their_path() {
        let good = r#"{"items":[{"packageId":"vip","quantity":1}],"amount":5,"status":"paid"}"#;
        assert!(matches!(parse::<Order>(good.as_bytes()).unwrap().status, Status::Paid));
        for (from, to, field) in [
            (r#""quantity":1"#, r#""quantity":0"#, "items[0].quantity"),
            (r#""quantity":1"#, r#""quantity":"1""#, "items[0].quantity"),
            (r#""quantity":1"#, r#""quantity":1,"more":2"#, "items[0].more"),
            (r#","quantity":1"#, "", "items[0].quantity"),
            (r#""amount":5"#, r#""amount":-1"#, "amount"),
            (r#""amount":5"#, r#""amount":5.5"#, "amount"),
            (r#""amount":5,"#, "", "amount"),
            (r#""amount":5"#, r#""amount":5,"amount":6"#, "amount"),
            (r#""paid""#, r#""eaten""#, "status"),
            (r#""amount":5"#, r#""amount":5,"amonut":5"#, "amonut"),
        ] {
            assert_eq!(problem(&good.replace(from, to)), (422, Some(field.to_owned())), "{to}");
        }
        assert_eq!(problem("[]"), (422, Some("body".to_owned())));
    }

    #[test]
    fn malformed_json_is_400() {
        for text in ["", "{", "nonsense", "{\"amount\":}", "{} {}", "\u{0}"] {
            let error = parse::<serde_json::Map<String, serde_json::Value>>(text.as_bytes()).unwrap_err();
            assert_eq!(error.status.as_u16(), 400, "{text:?}");
        }
    }
}
