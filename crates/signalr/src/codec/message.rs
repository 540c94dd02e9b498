use serde::Serialize;
use serde_json::Value;

use super::{CodecError, RECORD_SEPARATOR, fields::Fields};

/// One message of the hub protocol.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// Type 1: calls a method of the other side.
    Invocation {
        /// Names the call in its Completion; absent: no answer is wanted, not even an error.
        invocation_id: Option<String>,
        /// The method.
        target: String,
        /// The arguments, in order. Always sent, even when there are none: ASP.NET Core drops a connection that leaves
        /// them out.
        arguments: Vec<Value>,
    },
    /// Type 2: one item of a stream.
    StreamItem {
        /// The stream's call.
        invocation_id: String,
        /// The item.
        item: Value,
    },
    /// Type 3: the end of a call.
    Completion {
        /// The call.
        invocation_id: String,
        /// The result, or the error's text. `Ok(None)` is an absent `result`, `Ok(Some(Value::Null))` is
        /// `"result": null`.
        outcome: Result<Option<Value>, String>,
    },
    /// Type 4: calls a method that answers with a stream.
    StreamInvocation {
        /// Names the call in its items and its Completion.
        invocation_id: String,
        /// The method.
        target: String,
        /// The arguments, in order.
        arguments: Vec<Value>,
    },
    /// Type 5: ends a stream early.
    CancelInvocation {
        /// The stream's call.
        invocation_id: String,
    },
    /// Type 6: a sign of life. It is not answered.
    Ping,
    /// Type 7: the sender is about to close the connection.
    Close {
        /// Why, if it was an error.
        error: Option<String>,
        /// Whether the peer may connect again by itself.
        allow_reconnect: bool,
    },
    /// Any other type (8 and 9 are those of stateful reconnect). A receiver ignores it.
    Other {
        /// The type's number.
        kind: u64,
    },
}

impl Message {
    /// Reads one record, without its separator.
    ///
    /// # Errors
    /// What [`CodecError`] lists; the connection has to be closed.
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

/// Writes a message as one record, separator included.
#[must_use]
pub fn encode(message: &Message) -> String {
    record(&Wire::from(message))
}

/// Writes anything as one record, separator included.
#[expect(clippy::expect_used, reason = "plain structs of text, numbers and JSON values always serialize")]
pub(super) fn record(content: &impl Serialize) -> String {
    let mut text = serde_json::to_string(content).expect("a record serializes");
    text.push(char::from(RECORD_SEPARATOR));
    text
}

/// A message's properties as they stand on the wire.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Wire<'a> {
    r#type: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    invocation_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    arguments: Option<&'a [Value]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allow_reconnect: Option<bool>,
}

impl<'a> From<&'a Message> for Wire<'a> {
    fn from(message: &'a Message) -> Self {
        let blank = Wire::default();
        match message {
            Message::Invocation { invocation_id, target, arguments } => Wire {
                r#type: 1,
                invocation_id: invocation_id.as_deref(),
                target: Some(target),
                arguments: Some(arguments),
                ..blank
            },
            Message::StreamItem { invocation_id, item } => {
                Wire { r#type: 2, invocation_id: Some(invocation_id), item: Some(item), ..blank }
            }
            Message::Completion { invocation_id, outcome } => Wire {
                r#type: 3,
                invocation_id: Some(invocation_id),
                result: outcome.as_ref().ok().and_then(Option::as_ref),
                error: outcome.as_ref().err().map(String::as_str),
                ..blank
            },
            Message::StreamInvocation { invocation_id, target, arguments } => Wire {
                r#type: 4,
                invocation_id: Some(invocation_id),
                target: Some(target),
                arguments: Some(arguments),
                ..blank
            },
            Message::CancelInvocation { invocation_id } => {
                Wire { r#type: 5, invocation_id: Some(invocation_id), ..blank }
            }
            Message::Ping => Wire { r#type: 6, ..blank },
            Message::Close { error, allow_reconnect } => Wire {
                r#type: 7,
                error: error.as_deref(),
                // Absent means false, so false is left out, as ASP.NET Core does.
                allow_reconnect: allow_reconnect.then_some(true),
                ..blank
            },
            Message::Other { kind } => Wire { r#type: *kind, ..blank },
        }
    }
}
