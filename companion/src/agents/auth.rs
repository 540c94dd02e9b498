//! Authentication of agents by their server's token, for the hub and for the REST fallback.

use crate::app::App;
use crate::services::ServiceError;
use crate::services::agents::Credential;
use flux_protocol::ServerToken;

/// Checks an agent's token, which stays known after its server was removed. A wrong, a revoked and a missing token are the
/// same error.
pub(crate) async fn authenticate(app: &App, token: Option<&str>) -> Result<Credential, ServiceError> {
    let credential = credential(token)?;
    app.db.read(move |tx| credential.server_even_removed(tx).map(|_| credential.clone())).await
}

/// Checks an agent's token for a session, which a removed server does not get.
pub(crate) async fn authenticate_for_session(app: &App, token: Option<&str>) -> Result<Credential, ServiceError> {
    let credential = credential(token)?;
    app.db.read(move |tx| credential.server(tx).map(|_| credential.clone())).await
}

fn credential(token: Option<&str>) -> Result<Credential, ServiceError> {
    let token = token.and_then(|token| ServerToken::parse(token).ok()).ok_or(ServiceError::TokenRevoked)?;
    Ok(Credential { server_id: token.server_id().clone(), hash: token.hash() })
}
