//! `Idempotency-Key`, for the POSTs that have no id of their own.

use super::error::ApiError;
use crate::limits;
use crate::services::{Audit, ServiceError};
use axum::extract::FromRequestParts;
use flux_storage::{Tx, idempotency};
use http::request::Parts;
use sha2::{Digest, Sha256};

const HEADER: &str = "idempotency-key";

/// The header's word, where it was sent.
pub(super) struct Word {
    word: Option<String>,
    path: String,
}

/// The key's name, word and request: what a second request is known by.
pub(super) struct Once {
    key_name: String,
    word: Option<String>,
    request: Vec<u8>,
}

/// Whether something was made now, or by an earlier request with the same word.
pub(super) enum Made<T> {
    Now(T),
    Before(T),
}

impl<S: Send + Sync> FromRequestParts<S> for Word {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let path = parts.uri.path().to_owned();
        let Some(value) = parts.headers.get(HEADER) else { return Ok(Word { word: None, path }) };
        let most = limits::IDEMPOTENCY_KEY_CHARS;
        match value.to_str() {
            Ok(word) if (1..=most).contains(&word.len()) => Ok(Word { word: Some(word.to_owned()), path }),
            _ => Err(ApiError::value("Idempotency-Key", format!("must be 1 to {most} visible ASCII characters"))),
        }
    }
}

impl Word {
    pub(super) fn of(self, key_name: &str, body: &[u8]) -> Once {
        let request = Sha256::new().chain_update(self.path).chain_update([0]).chain_update(body).finalize().to_vec();
        Once { key_name: key_name.to_owned(), word: self.word, request }
    }
}

impl Once {
    /// Makes something, unless this word has made it already; then `find` looks it up.
    pub(super) fn make<T>(
        &self,
        tx: &Tx<'_>,
        by: &Audit,
        make: impl FnOnce() -> Result<(String, T), ServiceError>,
        find: impl FnOnce(&str) -> Result<T, ServiceError>,
    ) -> Result<Made<T>, ServiceError> {
        let Some(word) = &self.word else { return Ok(Made::Now(make()?.1)) };
        match idempotency::find(tx, &self.key_name, word)? {
            Some(made) if made.request == self.request => Ok(Made::Before(find(&made.subject)?)),
            Some(_) => {
                let message = "this Idempotency-Key was used for another request";
                Err(ServiceError::conflict("idempotency_key_reused", message))
            }
            None => {
                let (subject, made) = make()?;
                idempotency::insert(tx, &self.key_name, word, &self.request, &subject, by.now)?;
                Ok(Made::Now(made))
            }
        }
    }
}
