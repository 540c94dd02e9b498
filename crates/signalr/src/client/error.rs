use std::{fmt, io, time::Duration};

use super::{ErrorClass, UrlError};
use crate::codec::CodecError;

/// Where an attempt stood.
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

/// Why an attempt failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    #[error("cannot reach {authority}: {source}")]
    Dial { authority: String, source: io::Error },
    #[error("{step}: no answer within {limit:?}")]
    Timeout { step: Step, limit: Duration },
    #[error("{step}: the connection broke: {text}")]
    Broken { step: Step, text: String },
    #[error("{step}: HTTP {status}{}", hint(*status))]
    Status { step: Step, status: u16, retry_after: Option<Duration> },
    #[error("the token or a header holds characters that no HTTP header can carry")]
    Header,
    #[error("the server refused at {step}: {text}")]
    Refused { step: Step, text: String },
    #[error("this is a server of the old ASP.NET SignalR, which speaks another protocol")]
    OldSignalR,
    #[error("the server offers no WebSockets with text frames")]
    NoTransport,
    #[error("negotiate: an answer that is not SignalR: {0}")]
    Answer(&'static str),
    #[error("the upgrade's answer is not that of a WebSocket server: {0}")]
    Upgrade(&'static str),
    #[error("redirected to an unusable address: {0}")]
    RedirectUrl(#[from] UrlError),
    #[error("refused to follow a redirect from {from} to {to}: {why}")]
    Redirect { from: String, to: String, why: &'static str },
    #[error("more than {0} redirects")]
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
            _ => ErrorClass::Protocol,
        }
    }

    /// The status, if the credential was rejected.
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
        301..=308 => " (the hub has moved; set its new address)",
        401 | 403 => " (the server rejects the token)",
        404 => " (there is no hub at this address, or it forgot the negotiation)",
        429 => " (the server asks for fewer attempts)",
        500..=599 => " (the server, or a proxy before it, is in trouble)",
        _ => "",
    }
}
