use std::time::Duration;

use axum::http::HeaderMap;
use secrecy::SecretString;
use serde_json::Value;

use super::HubConnection;
use crate::codec::ArgumentsError;

/// What an application makes of a hub. A panic in one of these methods is caught: the call gets an error, the
/// connection stays.
pub trait HubService: Send + Sync + 'static {
    /// Who a caller is. Whoever attaches to a negotiated connection must be the one who negotiated it.
    type Identity: Clone + PartialEq + Send + Sync + 'static;

    /// Judges a caller: asked at negotiate and again at the upgrade, not while a connection lives. To throw out one
    /// whose credential was revoked, close its [`HubConnection`].
    fn authenticate(
        &self,
        credentials: Credentials,
    ) -> impl Future<Output = Result<Self::Identity, AuthRejection>> + Send;

    /// The handshake is done; no call of this connection runs before this returns.
    fn connected(&self, caller: &Caller<Self::Identity>) -> impl Future<Output = ()> + Send;

    /// Runs one call. The calls of a connection run one at a time, in order, like ASP.NET Core's; each holds up those
    /// behind it. `target` is as the client sent it: compare with
    /// [`target_matches`](crate::codec::target_matches), and read the arguments with
    /// [`arguments`](crate::codec::arguments).
    fn invoke(
        &self,
        caller: &Caller<Self::Identity>,
        target: &str,
        arguments: Vec<Value>,
    ) -> impl Future<Output = Result<Value, HubError>> + Send;

    /// The connection is closed. Comes exactly once for each `connected`, after the last call has ended.
    fn disconnected(&self, caller: &Caller<Self::Identity>) -> impl Future<Output = ()> + Send;
}

/// What a request to the hub brings to be judged by.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// From `Authorization: Bearer`, or else from `?access_token=`.
    pub token: Option<SecretString>,
    /// The request's headers, without `Authorization`.
    pub headers: HeaderMap,
}

/// Why a request is turned away, as an HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthRejection {
    /// 401: no credential, or a wrong or revoked one.
    Unauthorized,
    /// 403: a valid credential that may not come here.
    Forbidden,
    /// 429: too many attempts.
    TooManyRequests {
        /// When to try again; whole seconds, rounded up.
        retry_after: Option<Duration>,
    },
    /// 503: not now.
    Unavailable {
        /// When to try again; whole seconds, rounded up.
        retry_after: Option<Duration>,
    },
}

/// Who is at the other end of a connection.
#[derive(Clone, Debug)]
pub struct Caller<I> {
    /// What [`HubService::authenticate`] made of the upgrade's credentials.
    pub identity: I,
    /// The upgrade's headers, without `Authorization`.
    pub headers: HeaderMap,
    /// Talks to the client.
    pub connection: HubConnection,
}

/// Why a call fails. The text is what the client is told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HubError {
    /// There is no such method.
    #[error("unknown method")]
    UnknownMethod,
    /// Wrong in number or type.
    #[error("invalid arguments")]
    InvalidArguments,
    /// The application says no, in words meant for the client.
    #[error("{0}")]
    Refused(String),
    /// It took longer than [`HubOptions::invocation_timeout`](super::HubOptions::invocation_timeout); whether it was done is
    /// not known.
    #[error("the call took too long")]
    Timeout,
    /// Something broke that is none of the client's business; log it before.
    #[error("internal error")]
    Internal,
}

impl From<ArgumentsError> for HubError {
    fn from(ArgumentsError: ArgumentsError) -> Self {
        Self::InvalidArguments
    }
}
