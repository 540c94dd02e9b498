//! The messages of the hub protocol, and how they are decoded.

use serde_json::Value;

use super::{CodecError, fields::Fields};

/// One message of the hub protocol.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// Type 1: calls a method of the peer.
    Invocation {
        /// The id that the Completion repeats; without one the call is never answered, not even on error.
        invocation_id: Option<String>,
        /// The name of the method.
        target: String,
        /// The arguments in order. Always present on the wire, because ASP.NET Core drops a connection that omits them.
        arguments: Vec<Value>,
    },
    /// Type 2: an item of a stream.
    StreamItem {
        /// The id of the stream's call.
        invocation_id: String,
        /// The item.
        item: Value,
    },
    /// Type 3: ends a call.
    Completion {
        /// The id of the call.
        invocation_id: String,
        /// The result, or the text of the error. `Ok(None)` is an absent `result`; `Ok(Some(Value::Null))` is
        /// `"result": null`.
        outcome: Result<Option<Value>, String>,
    },
    /// Type 4: calls a method that answers with a stream.
    StreamInvocation {
        /// The id that its items and its Completion repeat.
        invocation_id: String,
        /// The name of the method.
        target: String,
        /// The arguments in order.
        arguments: Vec<Value>,
    },
    /// Type 5: ends a stream early.
    CancelInvocation {
        /// The id of the stream's call.
        invocation_id: String,
    },
    /// Type 6: a keep-alive that is not answered.
    Ping,
    /// Type 7: announces that the sender closes the connection.
    Close {
        /// The reason, if it is an error.
        error: Option<String>,
        /// True if the peer may reconnect automatically.
        allow_reconnect: bool,
    },
    /// Any other type, including 8 and 9 of stateful reconnect. Ignore it.
    Other {
        /// The number of the type.
        kind: u64,
    },
}

impl Message {
    /// Decodes one record without its separator.
    ///
    /// # Errors
    ///
    /// A [`CodecError`]; close the connection then.
    pub fn parse(record: &[u8]) -> Result<Self, CodecError> {
        let mut fields = Fields::parse(record)?;
        Ok(match fields.number("type")? {
            1 => Self::Invocation {
                invocation_id: fields.optional_text("invocationId")?,
                target: fields.text("target")?,
                arguments: fields.array("arguments")?,
            },
            2 => Self::StreamItem { invocation_id: fields.text("invocationId")?, item: fields.any("item")? },
            3 => Self::Completion { invocation_id: fields.text("invocationId")?, outcome: outcome(&mut fields)? },
            4 => Self::StreamInvocation {
                invocation_id: fields.text("invocationId")?,
                target: fields.text("target")?,
                arguments: fields.array("arguments")?,
            },
            5 => Self::CancelInvocation { invocation_id: fields.text("invocationId")? },
            6 => Self::Ping,
            7 => Self::Close {
                error: fields.optional_text("error")?,
                allow_reconnect: fields.optional_bool("allowReconnect")?.unwrap_or(false),
            },
            kind => Self::Other { kind },
        })
    }
}

fn outcome(fields: &mut Fields) -> Result<Result<Option<Value>, String>, CodecError> {
    match (fields.optional("result"), fields.optional_text("error")?) {
        (Some(_), Some(_)) => Err(CodecError::ResultAndError),
        (None, Some(error)) => Ok(Err(error)),
        (result, None) => Ok(Ok(result)),
    }
}
