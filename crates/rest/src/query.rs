//! The query string.

use crate::error::{ApiError, backquoted};
use crate::wording::in_words_of_json;
use axum::extract::FromRequestParts;
use axum::extract::Query as AxumQuery;
use http::request::Parts;
use serde::de::DeserializeOwned;

/// The query string, parsed. An unknown name (if the type denies those) or a wrong value is 422 and named.
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        if parts.uri.query().is_some_and(|query| query.contains("%00")) {
            return Err(ApiError::value("query", "must have no U+0000 (%00)"));
        }
        match AxumQuery::<T>::from_request_parts(parts, state).await {
            Ok(AxumQuery(query)) => Ok(Query(query)),
            Err(rejection) => {
                let text = rejection.body_text();
                let text = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(&text);
                let (field, message) = match text.split_once(": ") {
                    Some((field, message)) if !field.contains(' ') => (field.to_owned(), message),
                    _ => (backquoted(text).unwrap_or("query").to_owned(), text),
                };
                Err(ApiError::value(field, in_words_of_json(message)))
            }
        }
    }
}
