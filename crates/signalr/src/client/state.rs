use std::{fmt, time::Duration};

use tokio::sync::watch;

/// What a client is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// The first attempt has not come to an end yet.
    Connecting,
    /// A session is up (or has just ended, and `next_session` was not called yet).
    Connected,
    /// The last attempt failed, or the last session ended.
    Reconnecting {
        /// The retry's number, from 1. It starts over after a session that lasted.
        attempt: u32,
        /// How long the client waits before it.
        delay: Duration,
        /// What kind of error it was.
        class: ErrorClass,
        /// The error, for an admin. It holds no secret.
        error: String,
    },
    /// The server answered 401 or 403. The client goes on trying, slowly, as the token may have been replaced.
    Rejected {
        /// The HTTP status.
        status: u16,
    },
    /// The client was dropped.
    Stopped,
}

/// What kind of error ended a session or an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ErrorClass {
    /// Name lookup, TCP, or a connection that broke.
    Network,
    /// TLS: usually a certificate that is not trusted.
    Tls,
    /// An HTTP status that is no success.
    HttpStatus,
    /// The server refused in its answer to negotiate or to the handshake.
    Refused,
    /// The server said something that is not SignalR, or too much.
    Protocol,
    /// The server was silent for too long.
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

/// How a session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionEnd {
    /// What kind of end it was.
    pub class: ErrorClass,
    /// The reason, for an admin; with [`ErrorClass::ServerClose`] the server's own words, if it gave any.
    pub text: String,
    /// False only after a Close that does not allow it.
    pub allow_reconnect: bool,
    /// From the handshake to the end.
    pub lasted: Duration,
}

impl SessionEnd {
    /// Waits for the end.
    pub(super) async fn of(end: &mut watch::Receiver<Option<Self>>) -> Self {
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
