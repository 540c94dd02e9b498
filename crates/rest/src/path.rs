//! Values in a request's path.

use crate::error::ApiError;
use axum::extract::{FromRequestParts, Path};
use http::request::Parts;
use serde::de::DeserializeOwned;
use std::fmt::Display;
use std::str::FromStr;

/// The id in a path, parsed. A text that cannot be an id is 422.
pub struct Id<T>(pub T);

/// The texts of a path, unchecked: the handler checks them.
pub struct PathTexts<T>(pub T);

impl<S: Send + Sync, T: FromStr<Err: Display>> FromRequestParts<S> for Id<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| ApiError::value("id", "is not UTF-8 text"))?;
        text.parse().map(Id).map_err(|error: T::Err| ApiError::value("id", error.to_string()))
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for PathTexts<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        if parts.uri.path().contains("%00") {
            return Err(ApiError::value("path", "must have no U+0000 (%00)"));
        }
        let found = Path::<T>::from_request_parts(parts, state).await;
        found.map(|Path(texts)| PathTexts(texts)).map_err(|_| ApiError::value("path", "is not UTF-8 text"))
    }
}
