//! The reasons for a failed attempt to connect, and their classification.

use std::{fmt, io, time::Duration};

use super::{ErrorClass, UrlError};
use crate::codec::CodecError;

/// The step of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Connect,
    Negotiate,
    Upgrade,
    Handshake,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "connect",
            Self::Negotiate => "negotiate",
            Self::Upgrade => "upgrade",
            Self::Handshake => "handshake",
        })
    }
}

/// A failed attempt to connect. The texts are for an admin and contain no secret.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    #[error("cannot reach {authority}: {source}")]
    Dial { authority: String, source: io::Error },
    #[error("{step}: no answer within {limit:?}")]
    Timeout { step: Step, limit: Duration },
    #[error("{step}: the connection failed: {text}")]
    Broken { step: Step, text: String },
    #[error("{step}: HTTP {status}{}", hint(*status))]
    Status { step: Step, status: u16, retry_after: Option<Duration> },
    #[error("the token or a header contains characters that HTTP does not allow; check the configured token")]
    Header,
    #[error("the server refused at {step}: {text}")]
    Refused { step: Step, text: String },
    #[error("the server uses the old ASP.NET SignalR, which has another protocol; ASP.NET Core SignalR is needed")]
    OldSignalR,
    #[error("the server offers no usable transport: WebSockets with text frames are needed")]
    NoTransport,
    #[error("negotiate: the response is not usable: {0}")]
    InvalidResponse(&'static str),
    #[error("upgrade: the response is not that of a WebSocket server: {0}")]
    Upgrade(&'static str),
    #[error("the server redirects to an unusable address: {0}")]
    RedirectUrl(#[from] UrlError),
    #[error("the redirect from {from} to {to} is not followed: {why}")]
    Redirect { from: String, to: String, why: &'static str },
    #[error("the server redirects more than {0} times")]
    TooManyRedirects(usize),
    #[error("handshake: {0}")]
    Codec(#[from] CodecError),
}

impl ConnectError {
    pub(super) fn class(&self) -> ErrorClass {
        match self {
            Self::Dial { source, .. } if is_tls(source) => ErrorClass::Tls,
            Self::Dial { .. } | Self::Timeout { .. } | Self::Broken { .. } => ErrorClass::Network,
            Self::Status { .. } => ErrorClass::HttpStatus,
            Self::Refused { .. } => ErrorClass::Refused,
            Self::Header
            | Self::OldSignalR
            | Self::NoTransport
            | Self::InvalidResponse(_)
            | Self::Upgrade(_)
            | Self::RedirectUrl(_)
            | Self::Redirect { .. }
            | Self::TooManyRedirects(_)
            | Self::Codec(_) => ErrorClass::Protocol,
        }
    }

    /// The HTTP status, if the server rejected the credential.
    pub(super) fn rejection(&self) -> Option<u16> {
        match self {
            Self::Status { status: status @ (401 | 403), .. } => Some(*status),
            _ => None,
        }
    }

    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

fn is_tls(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>())
}

fn hint(status: u16) -> &'static str {
    match status {
        301..=308 => " (the hub has moved; configure its new address)",
        401 | 403 => " (the server rejects the token)",
        404 => " (no hub at this address, or the negotiation has expired)",
        429 => " (the server asks for fewer attempts)",
        500..=599 => " (the server or a proxy in front of it has a problem)",
        _ => "",
    }
}
