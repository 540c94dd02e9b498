//! Authentication: API keys for storefronts and admins, tokens for agents.

use crate::agents::auth;
use crate::app::App;
use crate::secrets::KeySecret;
use crate::services::agents::Credential;
use axum::extract::FromRequestParts;
use flux_protocol::{JOURNAL_HEADER, JournalId};
use flux_rest::{ApiError, KeyDirectory, bearer_token, check_rate};
use flux_storage::keys::{self, KeyRow};
use http::StatusCode;
use http::request::Parts;
use std::sync::Arc;

/// An agent with its server's token, and the id of its journal.
pub(super) struct Agent {
    pub(super) credential: Credential,
    pub(super) journal: JournalId,
}

impl KeyDirectory for App {
    async fn find_key(&self, secret: &str) -> Result<Option<KeyRow>, ApiError> {
        let Some(secret) = KeySecret::parse(secret) else { return Ok(None) };
        let hash = secret.hash();
        Ok(self.db.read(move |tx| keys::find(tx, &hash)).await?)
    }
}

/// Whoever has a server's token, with or without a journal: for calls that change nothing.
pub(super) struct TokenHolder(pub(super) Credential);

impl FromRequestParts<Arc<App>> for TokenHolder {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let credential = auth::authenticate(app, bearer_token(parts)).await?;
        check_rate(parts, credential.server_id.as_str())?;
        Ok(TokenHolder(credential))
    }
}

impl FromRequestParts<Arc<App>> for Agent {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let TokenHolder(credential) = TokenHolder::from_request_parts(parts, app).await?;
        let journal = parts.headers.get(JOURNAL_HEADER).and_then(|value| value.to_str().ok());
        let journal = journal.and_then(|text| text.parse().ok()).ok_or_else(|| {
            let message = "the header Flux-Journal must hold the id of the agent's journal";
            ApiError::new(StatusCode::BAD_REQUEST, "no_journal", message)
        })?;
        Ok(Agent { credential, journal })
    }
}
