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

use super::{AuthRejection, Caller, Credentials, Hub, HubService, session, table::NoSeat};

/// Read at once, per connection: agents and the like send little.
const READ_BUFFER_BYTES: usize = 8 * 1024;
/// A frame may hold several records, each of which may be as large as the limit on one; this many full ones.
const FRAME_RECORDS: usize = 4;
/// 128 bits, which nobody guesses.
const KEY_BYTES: usize = 16;

#[derive(Deserialize)]
pub(super) struct Asked {
    id: Option<String>,
    access_token: Option<String>,
    #[serde(rename = "negotiateVersion")]
    negotiate_version: Option<String>,
}

/// `POST /negotiate`
pub(super) async fn negotiate<S: HubService>(
    State(hub): State<Hub<S>>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    let identity = match hub.inner.service.authenticate(credentials(asked.access_token, headers)).await {
        Ok(identity) => identity,
        Err(refusal) => return refusal.into_response(),
    };
    // Above our version ours is the answer; below, or no number at all, is an error in the body, as in ASP.NET Core.
    let version = match asked.negotiate_version.as_deref().unwrap_or("0").parse::<i64>() {
        Ok(version @ 0..) => version.min(1),
        _ => return answer(json!({"error": "the requested protocol version is not supported"})),
    };
    let (id, token) = (hub.key(), hub.key());
    let key = if version == 0 { &id } else { &token };
    if !hub.inner.table.negotiate(key.clone(), identity) {
        return hub.busy();
    }
    let transports = json!([{"transport": "WebSockets", "transferFormats": ["Text"]}]);
    let mut body = json!({"negotiateVersion": version, "connectionId": id, "availableTransports": transports});
    if version > 0 {
        body["connectionToken"] = token.into();
    }
    answer(body)
}

/// `GET /`: the socket.
pub(super) async fn attach<S: HubService>(
    State(hub): State<Hub<S>>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let credentials = credentials(asked.access_token, headers);
    let headers = credentials.headers.clone();
    let identity = match hub.inner.service.authenticate(credentials).await {
        Ok(identity) => identity,
        Err(refusal) => return refusal.into_response(),
    };
    if let Err(reason) = hub.inner.table.check(asked.id.as_deref(), &identity) {
        return hub.no_seat(reason);
    }
    let Ok(upgrade) = upgrade else {
        return (StatusCode::BAD_REQUEST, "this is a SignalR hub: it wants a WebSocket").into_response();
    };
    let seat = match hub.inner.table.attach(asked.id, &identity, &hub.inner.options) {
        Ok(seat) => seat,
        Err(reason) => return hub.no_seat(reason),
    };
    let caller = Caller { identity, headers, connection: seat.connection.clone() };
    let max_frame_bytes = hub.inner.options.max_receive_bytes.saturating_mul(FRAME_RECORDS);
    upgrade
        .read_buffer_size(READ_BUFFER_BYTES)
        .max_message_size(max_frame_bytes)
        .max_frame_size(max_frame_bytes)
        // If the upgrade fails this closure is dropped unused, and the seat with it.
        .on_upgrade(move |socket| session::run(hub, socket, caller, seat))
}

fn credentials(query_token: Option<String>, mut headers: HeaderMap) -> Credentials {
    let token = headers.remove(header::AUTHORIZATION).as_ref().and_then(bearer).or(query_token);
    Credentials { token: token.map(SecretString::from), headers }
}

fn bearer(value: &HeaderValue) -> Option<String> {
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

fn answer(body: Value) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

impl<S: HubService> Hub<S> {
    fn key(&self) -> String {
        let mut bytes = [0; KEY_BYTES];
        (self.inner.random)(&mut bytes);
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn busy(&self) -> Response {
        AuthRejection::Unavailable { retry_after: Some(self.inner.options.busy_retry_after) }.into_response()
    }

    fn no_seat(&self, reason: NoSeat) -> Response {
        match reason {
            NoSeat::Unknown => (StatusCode::NOT_FOUND, "no such connection").into_response(),
            NoSeat::Taken => (StatusCode::CONFLICT, "this connection has its socket already").into_response(),
            NoSeat::Full => self.busy(),
        }
    }
}

impl IntoResponse for AuthRejection {
    fn into_response(self) -> Response {
        match self {
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")]).into_response(),
            Self::Forbidden => StatusCode::FORBIDDEN.into_response(),
            Self::TooManyRequests { retry_after } => later(StatusCode::TOO_MANY_REQUESTS, retry_after),
            Self::Unavailable { retry_after } => later(StatusCode::SERVICE_UNAVAILABLE, retry_after),
        }
    }
}

fn later(status: StatusCode, retry_after: Option<Duration>) -> Response {
    let mut response = status.into_response();
    if let Some(wait) = retry_after {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}
