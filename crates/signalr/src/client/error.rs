//! The reasons for a failed attempt to connect, and their classification.

use std::{fmt, io, time::Duration};

use super::{Diagnosis, ErrorClass, UnexpectedResponse, UrlError};
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
    Broken { step: Step, text: String, diagnosis: Option<Diagnosis> },
    #[error("{step}: HTTP {}{}", response.status, hint(response))]
    Status { step: Step, response: UnexpectedResponse },
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

    /// The HTTP status, if the server itself rejected the credential.
    pub(super) fn rejection(&self) -> Option<u16> {
        match self {
            Self::Status { response, .. } if response.rejects_credential => Some(response.status),
            _ => None,
        }
    }

    /// The `Retry-After` of a 429 or 503.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { response, .. } if matches!(response.status, 429 | 503) => response.retry_after,
            _ => None,
        }
    }

    /// The likely reason.
    pub(super) fn diagnosis(&self) -> Option<Diagnosis> {
        match self {
            Self::Dial { source, .. } => Diagnosis::of_error(source),
            Self::Timeout { step: Step::Connect | Step::Negotiate, .. } => Some(Diagnosis::Silent),
            Self::Timeout { step: Step::Upgrade | Step::Handshake, .. }
            | Self::Broken { step: Step::Upgrade | Step::Handshake, .. }
            | Self::Upgrade(_) => Some(Diagnosis::NoWebSockets),
            Self::Broken { diagnosis, .. } => diagnosis.clone(),
            // A load balancer that sends the socket to another server than the negotiation answers 404.
            Self::Status { step: Step::Upgrade, response }
                if matches!(response.status, 200..=299 | 400 | 405 | 426 | 501) =>
            {
                Some(Diagnosis::NoWebSockets)
            }
            Self::Status { step: Step::Upgrade, response } if response.status == 404 => None,
            Self::Status { response, .. } => response.diagnosis.clone(),
            Self::InvalidResponse(_) => Some(Diagnosis::NotTheServer),
            _ => None,
        }
    }
}

fn is_tls(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>())
}

fn hint(response: &UnexpectedResponse) -> String {
    if let Some(message) = &response.message {
        return format!(": {message}");
    }
    if let Some(Diagnosis::Moved { to }) = &response.diagnosis {
        return format!(" (the server redirects to {to})");
    }
    let hint = match response.status {
        _ if response.rejects_credential => "the server rejects the token",
        401 | 403 => "not the server's own answer: something in front of it refuses the request",
        404 => "no hub at this address, or the negotiation has expired",
        429 => "the server asks for fewer attempts",
        502 | 504 => "a proxy cannot reach the server behind it",
        500..=599 => "the server or a proxy in front of it has a problem",
        _ => return String::new(),
    };
    format!(" ({hint})")
}
