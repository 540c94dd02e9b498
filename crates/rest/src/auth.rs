//! API keys: extractors for callers with any key and with an admin's key.

use crate::error::ApiError;
use crate::rate::check_rate;
use axum::extract::FromRequestParts;
use flux_shop::{Actor, Role};
use flux_storage::keys::KeyRow;
use http::request::Parts;
use http::{StatusCode, header};
use std::sync::Arc;

/// A router state that knows the API keys.
pub trait KeyDirectory: Send + Sync + 'static {
    /// The key with this secret, as the caller sent it; `None` if there is none.
    fn find_key(&self, secret: &str) -> impl Future<Output = Result<Option<KeyRow>, ApiError>> + Send;
}

/// A caller with an API key of any role.
pub struct ApiKey(pub KeyRow);

/// A caller with an admin's API key.
pub struct Admin(pub KeyRow);

impl ApiKey {
    /// The actor that events and the log name.
    pub fn actor(&self) -> Actor {
        Actor::key(&self.0.name)
    }
}

impl Admin {
    /// The actor that events and the log name.
    pub fn actor(&self) -> Actor {
        Actor::key(&self.0.name)
    }
}

impl<D: KeyDirectory> FromRequestParts<Arc<D>> for ApiKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, directory: &Arc<D>) -> Result<Self, ApiError> {
        let unauthorized = || ApiError::unauthorized("send an API key: Authorization: Bearer flux_sk_…");
        let secret = bearer_token(parts).ok_or_else(unauthorized)?;
        let key = directory.find_key(secret).await?.ok_or_else(unauthorized)?;
        check_rate(parts, &key.name)?;
        Ok(ApiKey(key))
    }
}

impl<D: KeyDirectory> FromRequestParts<Arc<D>> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, directory: &Arc<D>) -> Result<Self, ApiError> {
        let ApiKey(key) = ApiKey::from_request_parts(parts, directory).await?;
        match key.role {
            Role::Admin => Ok(Admin(key)),
            Role::Storefront => {
                let message = "this key's role is store: an admin's key may do this";
                Err(ApiError::new(StatusCode::FORBIDDEN, "forbidden", message))
            }
        }
    }
}

/// The secret of `Authorization: Bearer`.
pub fn bearer_token(parts: &Parts) -> Option<&str> {
    let (scheme, secret) = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim())
}
