//! The JSON hub protocol: messages, and the records that carry them.
//!
//! Sources: `HubProtocol.md` of ASP.NET Core SignalR, and measurements of ASP.NET Core 9 where it is silent
//! (`docs/spec/signalr-checklist.md`). Properties may come in any order, unknown properties and `headers` are ignored,
//! and unknown message types decode as [`Message::Other`]. Arguments and
//! results stay text ([`RawJson`]) until they are needed.

mod arguments;
mod decoder;
mod encoder;
mod fields;
mod handshake;
mod message;
mod raw;

pub use arguments::{ArgumentsError, arguments};
pub use decoder::Decoder;
pub use encoder::encode;
pub use handshake::{HandshakeRequest, HandshakeResponse};
pub use message::Message;
pub use raw::RawJson;

/// The byte that ends every record. JSON text never contains it: inside a string it is written `\u001e`.
pub const RECORD_SEPARATOR: u8 = 0x1E;

/// A record that breaks the protocol; close the connection that sent it.
///
/// The text never repeats what the peer sent, so it may be logged and sent back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// A record, finished or not, exceeds the receiver's limit.
    #[error("a record is larger than the limit of {limit_bytes} bytes")]
    RecordTooLarge {
        /// The receiver's limit.
        limit_bytes: usize,
    },
    /// Two separators without anything between them.
    #[error("an empty record")]
    Empty,
    /// The record is not JSON in UTF-8.
    #[error("a record that is not JSON (column {column})")]
    NotJson {
        /// The byte at which parsing stopped, counted from 1.
        column: usize,
    },
    /// The record is JSON but not an object.
    #[error("a record that is not a JSON object")]
    NotAnObject,
    /// A required property is absent.
    #[error("the required property '{0}' is missing")]
    Missing(&'static str),
    /// A property has the wrong JSON type.
    #[error("the property '{field}' is not {expected}")]
    WrongType {
        /// The name of the property.
        field: &'static str,
        /// The expected type, as in "a string".
        expected: &'static str,
    },
    /// A Completion with both `result` and `error`.
    #[error("a completion with both 'result' and 'error'")]
    ResultAndError,
    /// An ordinary message in place of the handshake response.
    #[error("a message came before the handshake response")]
    NotAHandshake,
}

/// True if a target names `method`, ignoring case. The specification says that targets are case-sensitive, but ASP.NET
/// Core and the official clients ignore case.
#[must_use]
pub fn target_matches(target: &str, method: &str) -> bool {
    target.eq_ignore_ascii_case(method)
}
