//! The application's side of a hub: the trait to implement, and what it is given.

use std::time::Duration;

use axum::http::HeaderMap;
use secrecy::SecretString;
use serde_json::Value;

use super::{HubConnection, NegotiationKey};
use crate::codec::ArgumentsError;

/// The application behind a hub. A panic in one of these methods is caught: the call gets an error and the connection
/// stays.
pub trait HubService: Send + Sync + 'static {
    /// The identity of a caller. A socket must have the same identity as its negotiation: a connection token is signed
    /// together with the identity's bytes, which therefore differ for each identity.
    type Identity: Clone + PartialEq + AsRef<[u8]> + Send + Sync + 'static;

    /// The key that signs connection tokens. Each negotiation and each upgrade with a token takes it, so keep it at hand.
    ///
    /// # Errors
    ///
    /// An [`AuthRejection`], which is answered as an HTTP status.
    fn negotiation_key(&self) -> impl Future<Output = Result<NegotiationKey, AuthRejection>> + Send;

    /// Authenticates a caller, at negotiate and again at the upgrade, but not while a connection lives. To disconnect a
    /// caller whose credential was revoked, close its [`HubConnection`].
    ///
    /// # Errors
    ///
    /// An [`AuthRejection`], which is answered as an HTTP status.
    fn authenticate(
        &self,
        credentials: Credentials,
    ) -> impl Future<Output = Result<Self::Identity, AuthRejection>> + Send;

    /// Called after the handshake. No call of this connection runs before this returns.
    fn connected(&self, caller: &Caller<Self::Identity>) -> impl Future<Output = ()> + Send;

    /// Runs one call. The calls of a connection run one at a time and in order, as in ASP.NET Core, so a slow call delays
    /// those behind it. `target` is as the client sent it: compare it with
    /// [`target_matches`](crate::codec::target_matches), and read the arguments with
    /// [`arguments`](crate::codec::arguments).
    ///
    /// # Errors
    ///
    /// A [`HubError`], whose text is sent to the client.
    fn invoke(
        &self,
        caller: &Caller<Self::Identity>,
        target: &str,
        arguments: Vec<Value>,
    ) -> impl Future<Output = Result<Value, HubError>> + Send;

    /// Called after the connection is closed and its last call has ended, exactly once for each `connected`.
    fn disconnected(&self, caller: &Caller<Self::Identity>) -> impl Future<Output = ()> + Send;
}

/// The credentials of a request to the hub.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The token of `Authorization: Bearer`, or else of `?access_token=`.
    pub token: Option<SecretString>,
    /// The headers of the request, without `Authorization`.
    pub headers: HeaderMap,
}

/// A rejected request, answered with the HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthRejection {
    /// 401: the credential is missing, wrong or revoked.
    Unauthorized,
    /// 403: the credential is valid but not allowed here.
    Forbidden,
    /// 429: too many attempts.
    TooManyRequests {
        /// The value of `Retry-After`, rounded up to whole seconds.
        retry_after: Option<Duration>,
    },
    /// 503: the service is not available now.
    Unavailable {
        /// The value of `Retry-After`, rounded up to whole seconds.
        retry_after: Option<Duration>,
    },
}

/// The client of a connection.
#[derive(Clone, Debug)]
pub struct Caller<I> {
    /// The result of [`HubService::authenticate`] at the upgrade.
    pub identity: I,
    /// The headers of the upgrade, without `Authorization`.
    pub headers: HeaderMap,
    /// Sends messages to the client.
    pub connection: HubConnection,
}

/// A failed call. Its text is sent to the client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HubError {
    /// The method does not exist.
    #[error("unknown method")]
    UnknownMethod,
    /// The arguments do not match the method in number or type.
    #[error("invalid arguments")]
    InvalidArguments,
    /// The application refuses the call, with a text for the client.
    #[error("{0}")]
    Refused(String),
    /// The call took longer than [`HubOptions::invocation_timeout`](super::HubOptions::invocation_timeout) and may or may
    /// not have had its effect.
    #[error("the call took too long")]
    Timeout,
    /// An error whose details are not for the client; log them first.
    #[error("internal error")]
    Internal,
}

impl From<ArgumentsError> for HubError {
    fn from(ArgumentsError: ArgumentsError) -> Self {
        Self::InvalidArguments
    }
}
