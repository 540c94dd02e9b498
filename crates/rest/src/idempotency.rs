//! `Idempotency-Key`, for POSTs that create something whose id the caller does not choose.

use crate::error::ApiError;
use crate::limits;
use crate::saved::{Saved, saved};
use axum::extract::FromRequestParts;
use flux_storage::{Tx, idempotency};
use http::request::Parts;
use sha2::{Digest, Sha256};

const HEADER: &str = "idempotency-key";

/// The value of the header, if it was sent, and the request's path.
pub struct IdempotencyKey {
    value: Option<String>,
    path: String,
}

/// The caller, the header's value and a hash of the request: together they identify a repeated request.
pub struct IdempotentRequest {
    key_name: String,
    value: Option<String>,
    request: Vec<u8>,
}

/// A thing that this request, or an earlier one with the same `Idempotency-Key`, created.
pub enum Idempotent<T> {
    /// This request created it.
    Created(T),
    /// An earlier request created it.
    Repeated(T),
}

/// The caller used this `Idempotency-Key` for a different request before.
#[derive(Debug)]
pub struct KeyReused;

impl<T> Idempotent<T> {
    /// The same with a thing made from this one.
    pub fn map<U>(self, with: impl FnOnce(T) -> U) -> Idempotent<U> {
        match self {
            Idempotent::Created(thing) => Idempotent::Created(with(thing)),
            Idempotent::Repeated(thing) => Idempotent::Repeated(with(thing)),
        }
    }

    /// 201 with the thing if this request created it, else 200.
    pub fn into_answer(self) -> Saved<T> {
        match self {
            Idempotent::Created(thing) => saved(true, thing),
            Idempotent::Repeated(thing) => saved(false, thing),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let path = parts.uri.path().to_owned();
        let Some(value) = parts.headers.get(HEADER) else { return Ok(IdempotencyKey { value: None, path }) };
        let most = limits::IDEMPOTENCY_KEY_CHARS;
        match value.to_str() {
            Ok(value) if (1..=most).contains(&value.len()) => {
                Ok(IdempotencyKey { value: Some(value.to_owned()), path })
            }
            _ => Err(ApiError::value("Idempotency-Key", format!("must be 1 to {most} visible ASCII characters"))),
        }
    }
}

impl IdempotencyKey {
    /// This header of a request with this body, sent with the API key of this name.
    pub fn of_request(self, key_name: &str, body: &[u8]) -> IdempotentRequest {
        let request = Sha256::new().chain_update(self.path).chain_update([0]).chain_update(body).finalize().to_vec();
        IdempotentRequest { key_name: key_name.to_owned(), value: self.value, request }
    }
}

impl IdempotentRequest {
    /// Calls `create`, which returns the id and the thing; or `find` with the id, if the request is a repetition.
    ///
    /// # Errors
    /// [`KeyReused`] if the same `Idempotency-Key` came with another path or body.
    pub fn run<T, E: From<flux_storage::Error> + From<KeyReused>>(
        &self,
        tx: &Tx<'_>,
        create: impl FnOnce() -> Result<(String, T), E>,
        find: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Idempotent<T>, E> {
        let Some(value) = &self.value else { return Ok(Idempotent::Created(create()?.1)) };
        match idempotency::find(tx, &self.key_name, value)? {
            Some(used) if used.request_hash == self.request => Ok(Idempotent::Repeated(find(&used.subject)?)),
            Some(_) => Err(KeyReused.into()),
            None => {
                let (subject, created) = create()?;
                idempotency::insert(tx, &self.key_name, value, &self.request, &subject, tx.now())?;
                Ok(Idempotent::Created(created))
            }
        }
    }
}
