//! The first record in each direction of a connection.

use serde::Serialize;

use super::{
    CodecError,
    encoder::record,
    fields::{Field, Fields},
};

/// The newest accepted handshake version. Version 2 adds only stateful reconnect, which must have been negotiated; ASP.NET
/// Core accepts 0 to 2 and refuses 3.
const NEWEST_VERSION: u64 = 2;

/// The first record of a connection, sent by the client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HandshakeRequest {
    /// The name of the hub protocol, `json` or `messagepack`.
    pub protocol: String,
    /// The version of the hub protocol.
    pub version: u64,
}

impl HandshakeRequest {
    /// The request of a client without stateful reconnect: JSON, version 1.
    #[must_use]
    pub fn json() -> Self {
        Self { protocol: "json".to_owned(), version: 1 }
    }

    /// Encodes it as one record, including the separator.
    #[must_use]
    pub fn encode(&self) -> String {
        record(self)
    }

    /// Decodes one record without its separator.
    ///
    /// # Errors
    ///
    /// A [`CodecError`] if the record is not a handshake request.
    pub fn parse(bytes: &[u8]) -> Result<Self, CodecError> {
        let fields = Fields::parse(bytes)?;
        Ok(Self { protocol: fields.text(Field::Protocol)?, version: fields.number(Field::Version)? })
    }

    /// The response of a hub that supports JSON only.
    #[must_use]
    pub fn response(&self) -> HandshakeResponse {
        let error = if self.protocol != "json" {
            Some("this hub supports the protocol 'json' only".to_owned())
        } else if self.version > NEWEST_VERSION {
            Some(format!("this hub supports protocol versions up to {NEWEST_VERSION}"))
        } else {
            None
        };
        HandshakeResponse { error }
    }
}

/// The hub's answer to a [`HandshakeRequest`]. Ordinary messages may follow it in the same frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HandshakeResponse {
    /// The reason for a refusal; `None` means accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl HandshakeResponse {
    /// Encodes it as one record, including the separator.
    #[must_use]
    pub fn encode(&self) -> String {
        record(self)
    }

    /// Decodes one record without its separator.
    ///
    /// # Errors
    ///
    /// A [`CodecError`] if the record is not a handshake response; [`CodecError::NotAHandshake`] if it is an ordinary
    /// message.
    pub fn parse(bytes: &[u8]) -> Result<Self, CodecError> {
        let fields = Fields::parse(bytes)?;
        if fields.has(Field::Type) {
            return Err(CodecError::NotAHandshake);
        }
        Ok(Self { error: fields.optional_text(Field::Error)? })
    }
}
