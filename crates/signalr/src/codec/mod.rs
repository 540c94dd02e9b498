//! The JSON hub protocol: records ended by 0x1E, and the messages in them.
//!
//! Source: `HubProtocol.md` of ASP.NET Core SignalR, and what ASP.NET Core 9 was seen to do where that is silent.
//! Property order is free, unknown properties and `headers` are ignored, unknown message types come out as
//! [`Message::Other`].

mod arguments;
mod decoder;
mod fields;
mod handshake;
mod message;

pub use arguments::{ArgumentsError, arguments};
pub use decoder::Decoder;
pub use handshake::{HandshakeRequest, HandshakeResponse};
pub use message::{Message, encode};

/// Ends every JSON record. JSON text never holds it: inside a string it is written `\u001e`.
pub const RECORD_SEPARATOR: u8 = 0x1E;

/// A record that breaks the protocol. The connection that brought it has to be closed.
///
/// The text never repeats what the peer sent, so it can be logged and sent back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// A record, or what has come of it so far, is over the receiver's limit.
    #[error("a record is larger than the limit of {limit_bytes} bytes")]
    RecordTooLarge {
        /// The receiver's limit.
        limit_bytes: usize,
    },
    /// Two separators with nothing between them.
    #[error("an empty record")]
    Empty,
    /// The record is not JSON in UTF-8.
    #[error("a record that is not JSON (column {column})")]
    NotJson {
        /// Where reading stopped, counted in bytes from 1.
        column: usize,
    },
    /// The record is JSON, but no object.
    #[error("a record that is not a JSON object")]
    NotAnObject,
    /// A property that this message needs is absent.
    #[error("the required property '{0}' is missing")]
    Missing(&'static str),
    /// A property has the wrong JSON type.
    #[error("the property '{field}' is not {wanted}")]
    WrongType {
        /// The property's name.
        field: &'static str,
        /// What it should have been.
        wanted: &'static str,
    },
    /// A Completion with both `result` and `error`.
    #[error("a completion with both 'result' and 'error'")]
    ResultAndError,
    /// An ordinary message where the handshake's answer was due.
    #[error("a message came before the handshake was answered")]
    NotAHandshake,
}

/// Whether a target names a method. Case does not count: ASP.NET Core and the official clients match without it,
/// although the specification says that targets are case-sensitive.
#[must_use]
pub fn target_matches(target: &str, method: &str) -> bool {
    target.eq_ignore_ascii_case(method)
}
