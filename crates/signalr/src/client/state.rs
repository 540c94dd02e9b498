//! The client's state, and the end of a session.

use std::{fmt, time::Duration};

use tokio::sync::watch;

use super::Diagnosis;

/// The state of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// The first attempt is under way.
    Connecting,
    /// A session is up, or has ended without a new call of [`Client::next_session`](super::Client::next_session).
    Connected,
    /// The last attempt failed, or the last session ended.
    Reconnecting {
        /// The number of the retry, from 1. It starts over after a session that lasted.
        attempt: u32,
        /// The wait before it.
        delay: Duration,
        /// The kind of error.
        class: ErrorClass,
        /// The text of the error, for an admin. It contains no secret.
        error: String,
        /// The obstacle, if the attempt revealed one.
        diagnosis: Option<Diagnosis>,
    },
    /// The server itself rejected the token; see [`UnexpectedResponse`](super::UnexpectedResponse::read). The client retries slowly, because the token may be replaced.
    Rejected {
        /// The HTTP status, 401 or 403.
        status: u16,
    },
    /// The client was dropped.
    Stopped,
}

/// The kind of error that ended a session or an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ErrorClass {
    /// Name lookup, TCP, or a lost connection.
    Network,
    /// TLS, usually an untrusted certificate.
    Tls,
    /// An unexpected HTTP status.
    HttpStatus,
    /// The server refused in its response to negotiate or to the handshake.
    Refused,
    /// The server broke the protocol or exceeded a limit.
    Protocol,
    /// The server sent or accepted nothing for too long.
    ServerTimeout,
    /// The server closed the session.
    ServerClose,
    /// The application ended the session.
    Stopped,
}

impl fmt::Display for ErrorClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Network => "network",
            Self::Tls => "tls",
            Self::HttpStatus => "http_status",
            Self::Refused => "refused",
            Self::Protocol => "protocol",
            Self::ServerTimeout => "server_timeout",
            Self::ServerClose => "server_close",
            Self::Stopped => "stopped",
        })
    }
}

/// The end of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionEnd {
    /// The kind of end.
    pub class: ErrorClass,
    /// The reason, for an admin. With [`ErrorClass::ServerClose`] it is the server's own text, if it sent one.
    pub text: String,
    /// True if the server allows a reconnect; false only after a Close that does not.
    pub allow_reconnect: bool,
    /// The time from the handshake to the end.
    pub lasted: Duration,
}

impl SessionEnd {
    /// Waits for the end.
    pub(super) async fn wait(end: &mut watch::Receiver<Option<Self>>) -> Self {
        match end.wait_for(Option::is_some).await {
            Ok(ended) => ended.clone(),
            Err(_) => None,
        }
        .unwrap_or_else(|| Self {
            class: ErrorClass::Stopped,
            text: "the runtime shut down".to_owned(),
            allow_reconnect: true,
            lasted: Duration::ZERO,
        })
    }
}
