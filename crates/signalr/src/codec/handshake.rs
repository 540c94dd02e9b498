use serde::Serialize;

use super::{CodecError, fields::Fields, message::record};

/// The newest handshake version that is accepted. 2 differs from 1 only in stateful reconnect, which must have been
/// negotiated; ASP.NET Core takes 0 to 2 and refuses 3.
const NEWEST_VERSION: u64 = 2;

/// The first record of a connection, from the client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HandshakeRequest {
    /// The hub protocol's name, `json` or `messagepack`.
    pub protocol: String,
    /// The hub protocol's version.
    pub version: u64,
}

impl HandshakeRequest {
    /// What a client without stateful reconnect sends: JSON, version 1.
    #[must_use]
    pub fn json() -> Self {
        Self { protocol: "json".to_owned(), version: 1 }
    }

    /// Writes it as one record, separator included.
    #[must_use]
    pub fn encode(&self) -> String {
        record(self)
    }

    /// Reads one record, without its separator.
    ///
    /// # Errors
    /// The record is no handshake request.
    pub fn parse(bytes: &[u8]) -> Result<Self, CodecError> {
        let mut fields = Fields::parse(bytes)?;
        Ok(Self { protocol: fields.text("protocol")?, version: fields.number("version")? })
    }

    /// The answer of a hub that speaks JSON only.
    #[must_use]
    pub fn answer(&self) -> HandshakeResponse {
        let error = if self.protocol != "json" {
            Some("this hub speaks the 'json' protocol only".to_owned())
        } else if self.version > NEWEST_VERSION {
            Some(format!("this hub speaks no newer version of the protocol than {NEWEST_VERSION}"))
        } else {
            None
        };
        HandshakeResponse { error }
    }
}

/// The hub's answer to the handshake. Ordinary messages may follow it in the same frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HandshakeResponse {
    /// Why the hub refuses; absent: accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl HandshakeResponse {
    /// Writes it as one record, separator included.
    #[must_use]
    pub fn encode(&self) -> String {
        record(self)
    }

    /// Reads one record, without its separator.
    ///
    /// # Errors
    /// The record is no handshake response; [`CodecError::NotAHandshake`] when it is an ordinary message.
    pub fn parse(bytes: &[u8]) -> Result<Self, CodecError> {
        let mut fields = Fields::parse(bytes)?;
        if fields.has("type") {
            return Err(CodecError::NotAHandshake);
        }
        Ok(Self { error: fields.optional_text("error")? })
    }
}
