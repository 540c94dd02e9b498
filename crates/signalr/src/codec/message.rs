//! The messages of the hub protocol, and how they are decoded.

use super::{
    CodecError, RawJson,
    fields::{Field, Fields},
};

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
        arguments: RawJson,
    },
    /// Type 2: an item of a stream.
    StreamItem {
        /// The id of the stream's call.
        invocation_id: String,
        /// The item.
        item: RawJson,
    },
    /// Type 3: ends a call.
    Completion {
        /// The id of the call.
        invocation_id: String,
        /// The result, or the text of the error. `Ok(None)` is an absent `result`; `Ok(Some(null))` is
        /// `"result": null`.
        outcome: Result<Option<RawJson>, String>,
    },
    /// Type 4: calls a method that answers with a stream.
    StreamInvocation {
        /// The id that its items and its Completion repeat.
        invocation_id: String,
        /// The name of the method.
        target: String,
        /// The arguments in order.
        arguments: RawJson,
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
        let fields = Fields::parse(record)?;
        Ok(match fields.number(Field::Type)? {
            1 => Self::Invocation {
                invocation_id: fields.optional_id()?,
                target: fields.text(Field::Target)?,
                arguments: fields.array(Field::Arguments)?,
            },
            2 => Self::StreamItem { invocation_id: fields.id()?, item: fields.any(Field::Item)? },
            3 => Self::Completion { invocation_id: fields.id()?, outcome: outcome(&fields)? },
            4 => Self::StreamInvocation {
                invocation_id: fields.id()?,
                target: fields.text(Field::Target)?,
                arguments: fields.array(Field::Arguments)?,
            },
            5 => Self::CancelInvocation { invocation_id: fields.id()? },
            6 => Self::Ping,
            7 => Self::Close {
                error: fields.optional_text(Field::Error)?,
                allow_reconnect: fields.optional_bool(Field::AllowReconnect)?.unwrap_or(false),
            },
            kind => Self::Other { kind },
        })
    }
}

fn outcome(fields: &Fields<'_>) -> Result<Result<Option<RawJson>, String>, CodecError> {
    match (fields.optional(Field::Result), fields.optional_text(Field::Error)?) {
        (Some(_), Some(_)) => Err(CodecError::ResultAndError),
        (None, Some(error)) => Ok(Err(error)),
        (result, None) => Ok(Ok(result)),
    }
}
