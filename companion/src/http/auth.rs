//! Who calls: an API key, or an agent.

use super::error::ApiError;
use super::rate::Rate;
use crate::agents::auth;
use crate::app::App;
use crate::secrets::ApiKey;
use crate::services::Audit;
use crate::services::agents::Credential;
use axum::extract::FromRequestParts;
use flux_protocol::{JOURNAL_HEADER, JournalId};
use flux_shop::{Actor, Role};
use flux_storage::keys::{self, KeyRow};
use http::request::Parts;
use http::{StatusCode, header};
use std::sync::Arc;

/// A caller with any key.
pub(super) struct Store(pub(super) KeyRow);

/// A caller with an admin's key.
pub(super) struct Admin(pub(super) KeyRow);

/// An agent with its server's token, and the journal that it speaks for.
pub(super) struct Agent {
    pub(super) credential: Credential,
    pub(super) journal: JournalId,
}

impl Store {
    pub(super) fn by(&self, app: &App) -> Audit {
        app.by(Actor::key(&self.0.name))
    }
}

impl Admin {
    pub(super) fn by(&self, app: &App) -> Audit {
        app.by(Actor::key(&self.0.name))
    }
}

impl FromRequestParts<Arc<App>> for Store {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let refused = || ApiError::unauthorized("send an API key: Authorization: Bearer flux_sk_…");
        let hash = bearer(parts).and_then(ApiKey::parse).ok_or_else(refused)?.hash();
        let key = app.db.read(move |tx| keys::find(tx, &hash)).await?.ok_or_else(refused)?;
        pace(parts, &key.name)?;
        Ok(Store(key))
    }
}

impl FromRequestParts<Arc<App>> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let Store(key) = Store::from_request_parts(parts, app).await?;
        match key.role {
            Role::Admin => Ok(Admin(key)),
            Role::Store => {
                let message = "this key's role is store: an admin's key may do this";
                Err(ApiError::new(StatusCode::FORBIDDEN, "forbidden", message))
            }
        }
    }
}

impl FromRequestParts<Arc<App>> for Agent {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let credential = auth::authenticate(app, bearer(parts)).await?;
        pace(parts, credential.server_id.as_str())?;
        let journal = parts.headers.get(JOURNAL_HEADER).and_then(|value| value.to_str().ok());
        let journal = journal.and_then(|text| text.parse().ok()).ok_or_else(|| {
            let message = "the header Flux-Journal must hold the id of the agent's journal";
            ApiError::new(StatusCode::BAD_REQUEST, "no_journal", message)
        })?;
        Ok(Agent { credential, journal })
    }
}

fn bearer(parts: &Parts) -> Option<&str> {
    let (scheme, secret) = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim())
}

fn pace(parts: &Parts, caller: &str) -> Result<(), ApiError> {
    match parts.extensions.get::<Arc<Rate>>() {
        Some(rate) if !rate.take(caller) => Err(ApiError::slow_down()),
        _ => Ok(()),
    }
}
