//! The HTTP requests of the hub: negotiate, and the upgrade to a WebSocket.

use std::time::Duration;

use axum::{
    Json,
    extract::{
        Query, State,
        ws::{WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    },
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    AuthRejection, Caller, ConnectionId, Credentials, Hub, HubService,
    negotiation::Negotiation,
    registry::{AttachError, Ticket},
    session,
};

/// The read buffer of each connection, in bytes. Clients send little.
const READ_BUFFER_BYTES: usize = 8 * 1024;
/// The largest frame, in records of the largest allowed size: a frame may hold several records.
const MAX_FRAME_RECORDS: usize = 4;

#[derive(Deserialize)]
pub(super) struct Parameters {
    id: Option<String>,
    access_token: Option<String>,
    #[serde(rename = "negotiateVersion")]
    negotiate_version: Option<String>,
}

/// `POST /negotiate`.
pub(super) async fn negotiate<S: HubService>(
    State(hub): State<Hub<S>>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
) -> Response {
    let identity = match hub.inner.service.authenticate(credentials(parameters.access_token, headers)).await {
        Ok(identity) => identity,
        Err(rejection) => return rejection.into_response(),
    };
    // As in ASP.NET Core: a higher version is answered with ours, a negative or unreadable one with an error in the body.
    let version = match parameters.negotiate_version.as_deref().unwrap_or("0").parse::<i64>() {
        Ok(version @ 0..) => version.min(1),
        _ => return no_store(json!({"error": "the requested protocol version is not supported"})),
    };
    if !hub.inner.registry.has_room(&identity) {
        return hub.busy();
    }
    let key = match hub.inner.service.negotiation_key().await {
        Ok(key) => key,
        Err(rejection) => return rejection.into_response(),
    };
    let negotiation = Negotiation::new(hub.random_id(), (hub.inner.clock)(), hub.inner.options.negotiation_ttl);
    let token = negotiation.token(&key, identity.as_ref());
    let transports = json!([{"transport": "WebSockets", "transferFormats": ["Text"]}]);
    let mut body = json!({"negotiateVersion": version, "availableTransports": transports});
    if version > 0 {
        body["connectionId"] = negotiation.id.to_string().into();
        body["connectionToken"] = token.into();
    } else {
        // A client of version 0 opens its socket with the connection id.
        body["connectionId"] = token.into();
    }
    no_store(body)
}

/// `GET /`: the upgrade to a WebSocket.
pub(super) async fn attach<S: HubService>(
    State(hub): State<Hub<S>>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let credentials = credentials(parameters.access_token, headers);
    let headers = credentials.headers.clone();
    let identity = match hub.inner.service.authenticate(credentials).await {
        Ok(identity) => identity,
        Err(rejection) => return rejection.into_response(),
    };
    let ticket = match hub.ticket(parameters.id.as_deref(), &identity).await {
        Ok(ticket) => ticket,
        Err(refusal) => return refusal,
    };
    if let Err(error) = hub.inner.registry.check(ticket, &identity) {
        return hub.refuse(error);
    }
    let Ok(upgrade) = upgrade else {
        return (StatusCode::BAD_REQUEST, "this is a SignalR hub; connect with a WebSocket").into_response();
    };
    let registration = match hub.inner.registry.attach(ticket, &identity, &hub.inner.options) {
        Ok(registration) => registration,
        Err(error) => return hub.refuse(error),
    };
    let caller = Caller { identity, headers, connection: registration.connection.clone() };
    let max_frame_bytes = hub.inner.options.max_receive_bytes.saturating_mul(MAX_FRAME_RECORDS);
    upgrade
        .read_buffer_size(READ_BUFFER_BYTES)
        .max_message_size(max_frame_bytes)
        .max_frame_size(max_frame_bytes)
        // If the upgrade fails, this closure is dropped unused and the registration with it.
        .on_upgrade(move |socket| session::run(hub, socket, caller, registration))
}

fn credentials(query_token: Option<String>, mut headers: HeaderMap) -> Credentials {
    let token = headers.remove(header::AUTHORIZATION).as_ref().and_then(bearer).or(query_token);
    Credentials { token: token.map(SecretString::from), headers }
}

fn bearer(value: &HeaderValue) -> Option<String> {
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

fn no_store(body: Value) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

impl<S: HubService> Hub<S> {
    fn random_id(&self) -> ConnectionId {
        let mut bytes = [0; 16];
        (self.inner.random)(&mut bytes);
        ConnectionId::from_bytes(bytes)
    }

    /// Reads the token of an upgrade.
    async fn ticket(&self, token: Option<&str>, identity: &S::Identity) -> Result<Ticket, Response> {
        let Some(token) = token else { return Ok(Ticket::Skipped(self.random_id())) };
        let key = self.inner.service.negotiation_key().await.map_err(IntoResponse::into_response)?;
        let negotiation = Negotiation::from_token(token, &key, identity.as_ref());
        let negotiation = negotiation.ok_or_else(|| self.refuse(AttachError::UnknownId))?;
        let is_current = negotiation.is_current((self.inner.clock)(), self.inner.options.negotiation_ttl);
        Ok(Ticket::Negotiated { id: negotiation.id, is_current })
    }

    fn busy(&self) -> Response {
        AuthRejection::Unavailable { retry_after: Some(self.inner.options.busy_retry_after) }.into_response()
    }

    fn refuse(&self, error: AttachError) -> Response {
        match error {
            AttachError::UnknownId => (StatusCode::NOT_FOUND, "unknown connection id").into_response(),
            AttachError::AlreadyAttached => {
                (StatusCode::CONFLICT, "this connection already has a socket").into_response()
            }
            AttachError::Full => self.busy(),
        }
    }
}

impl IntoResponse for AuthRejection {
    fn into_response(self) -> Response {
        match self {
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")]).into_response(),
            Self::Forbidden => StatusCode::FORBIDDEN.into_response(),
            Self::TooManyRequests { retry_after } => with_retry_after(StatusCode::TOO_MANY_REQUESTS, retry_after),
            Self::Unavailable { retry_after } => with_retry_after(StatusCode::SERVICE_UNAVAILABLE, retry_after),
        }
    }
}

fn with_retry_after(status: StatusCode, retry_after: Option<Duration>) -> Response {
    let mut response = status.into_response();
    if let Some(wait) = retry_after {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}
