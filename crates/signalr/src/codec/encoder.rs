//! Encodes messages as records.

use serde::Serialize;

use super::{Message, RECORD_SEPARATOR, RawJson};

/// Encodes a message as one record, including the separator.
#[must_use]
pub fn encode(message: &Message) -> String {
    record(&WireMessage::from(message))
}

/// Encodes any content as one record, including the separator.
#[expect(clippy::expect_used, reason = "plain structs of text, numbers and JSON values always serialize")]
pub(super) fn record(content: &impl Serialize) -> String {
    let mut text = serde_json::to_string(content).expect("a record serializes");
    text.push(char::from(RECORD_SEPARATOR));
    text
}

/// The properties of a message on the wire.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct WireMessage<'a> {
    r#type: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    invocation_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    arguments: Option<&'a RawJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<&'a RawJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'a RawJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allow_reconnect: Option<bool>,
}

impl<'a> From<&'a Message> for WireMessage<'a> {
    fn from(message: &'a Message) -> Self {
        let blank = WireMessage::default();
        match message {
            Message::Invocation { invocation_id, target, arguments } => WireMessage {
                r#type: 1,
                invocation_id: invocation_id.as_deref(),
                target: Some(target),
                arguments: Some(arguments),
                ..blank
            },
            Message::StreamItem { invocation_id, item } => {
                WireMessage { r#type: 2, invocation_id: Some(invocation_id), item: Some(item), ..blank }
            }
            Message::Completion { invocation_id, outcome } => WireMessage {
                r#type: 3,
                invocation_id: Some(invocation_id),
                result: outcome.as_ref().ok().and_then(Option::as_ref),
                error: outcome.as_ref().err().map(String::as_str),
                ..blank
            },
            Message::StreamInvocation { invocation_id, target, arguments } => WireMessage {
                r#type: 4,
                invocation_id: Some(invocation_id),
                target: Some(target),
                arguments: Some(arguments),
                ..blank
            },
            Message::CancelInvocation { invocation_id } => {
                WireMessage { r#type: 5, invocation_id: Some(invocation_id), ..blank }
            }
            Message::Ping => WireMessage { r#type: 6, ..blank },
            Message::Close { error, allow_reconnect } => WireMessage {
                r#type: 7,
                error: error.as_deref(),
                // Absent means false; ASP.NET Core leaves it out as well.
                allow_reconnect: allow_reconnect.then_some(true),
                ..blank
            },
            Message::Other { kind } => WireMessage { r#type: *kind, ..blank },
        }
    }
}
