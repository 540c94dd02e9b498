//! The codec: properties over random messages and bytes, and each kind of malformed record.

use flux_signalr::codec::{
    CodecError, Decoder, HandshakeRequest, HandshakeResponse, Message, RawJson, encode, target_matches,
};
use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};

const LIMIT: usize = 4096;

fn json_value() -> impl Strategy<Value = Value> + Clone {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::from),
            vec((any::<String>(), inner), 0..3).prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

fn message() -> impl Strategy<Value = Message> {
    let (id, text) = (any::<String>(), any::<String>());
    let arguments = vec(json_value(), 0..3).prop_map(RawJson::from);
    prop_oneof![
        (proptest::option::of(id), text, arguments.clone()).prop_map(|(invocation_id, target, arguments)| {
            Message::Invocation { invocation_id, target, arguments }
        }),
        (any::<String>(), json_value())
            .prop_map(|(invocation_id, item)| Message::StreamItem { invocation_id, item: item.into() }),
        (
            any::<String>(),
            proptest::result::maybe_ok(proptest::option::of(json_value().prop_map(RawJson::from)), any::<String>())
        )
            .prop_map(|(invocation_id, outcome)| Message::Completion { invocation_id, outcome }),
        (any::<String>(), any::<String>(), arguments).prop_map(|(invocation_id, target, arguments)| {
            Message::StreamInvocation { invocation_id, target, arguments }
        }),
        any::<String>().prop_map(|invocation_id| Message::CancelInvocation { invocation_id }),
        Just(Message::Ping),
        (proptest::option::of(any::<String>()), any::<bool>())
            .prop_map(|(error, allow_reconnect)| Message::Close { error, allow_reconnect }),
        (8..u64::MAX).prop_map(|kind| Message::Other { kind }),
    ]
}

proptest! {
    /// Checklist 18.
    #[test]
    fn any_split_decodes_to_the_same_messages(
        messages in vec(message(), 0..6),
        cuts in vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let stream: String = messages.iter().map(encode).collect();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
        cuts.extend([0, stream.len()]);
        cuts.sort_unstable();
        let mut decoder = Decoder::new(1024 * 1024);
        let mut decoded = Vec::new();
        for pair in cuts.windows(2) {
            decoder.push(&stream.as_bytes()[pair[0]..pair[1]]);
            while let Some(message) = decoder.next_message().unwrap() {
                decoded.push(message);
            }
        }
        prop_assert_eq!(decoded, messages);
    }

    #[test]
    fn decoder_never_panics(bytes in vec(any::<u8>(), 0..512)) {
        let mut decoder = Decoder::new(64);
        decoder.push(&bytes);
        while let Ok(Some(_)) = decoder.next_message() {}
    }
}

fn parse(record: &str) -> Result<Message, CodecError> {
    Message::parse(record.as_bytes())
}

/// Checklist 19.
#[test]
fn limit_applies_to_each_record_finished_or_not() {
    let mut decoder = Decoder::new(LIMIT);
    let too_large = Err(CodecError::RecordTooLarge { limit_bytes: LIMIT });
    decoder.push(&[b' '; LIMIT]);
    assert_eq!(decoder.next_record(), Ok(None));
    decoder.push(b" ");
    assert_eq!(decoder.next_record(), too_large);

    let mut decoder = Decoder::new(LIMIT);
    let mut record = vec![b' '; LIMIT];
    record.push(0x1E);
    decoder.push(&record);
    decoder.push(&record);
    assert_eq!(decoder.next_record().unwrap().unwrap().len(), LIMIT);
    assert_eq!(decoder.next_record().unwrap().unwrap().len(), LIMIT);
    decoder.push(&[b' '; LIMIT]);
    decoder.push(&record);
    assert_eq!(decoder.next_record(), too_large);
}

/// Checklist 20.
#[test]
fn property_order_is_free_and_unknown_ones_are_ignored() {
    let read = parse(r#"{"headers":{"a":"b"},"x":[1],"arguments":[true,null],"target":"T","type":1}"#);
    let arguments = vec![json!(true), Value::Null].into();
    assert_eq!(read, Ok(Message::Invocation { invocation_id: None, target: "T".to_owned(), arguments }));
}

/// Checklist 21, 47.
#[test]
fn unknown_message_types_decode_as_other() {
    for kind in [0, 8, 9, 10, 4711] {
        assert_eq!(parse(&format!(r#"{{"type":{kind},"sequenceId":7}}"#)), Ok(Message::Other { kind }));
    }
}

/// Checklist 22.
#[test]
fn protocol_errors_never_repeat_the_record() {
    let wrong = |field, expected| CodecError::WrongType { field, expected };
    let cases = [
        ("", CodecError::Empty),
        ("{planted", CodecError::NotJson { column: 2 }),
        (r#""planted""#, CodecError::NotAnObject),
        (r#"{"x":1}"#, CodecError::Missing("type")),
        (r#"{"type":"1"}"#, wrong("type", "a whole number")),
        (r#"{"type":1,"target":"T"}"#, CodecError::Missing("arguments")),
        (r#"{"type":1,"arguments":[]}"#, CodecError::Missing("target")),
        (r#"{"type":1,"target":"T","arguments":{}}"#, wrong("arguments", "an array")),
        (r#"{"type":1,"target":"T","arguments":[],"invocationId":7}"#, wrong("invocationId", "a string")),
        (r#"{"type":3,"invocationId":"1","result":1,"error":"planted"}"#, CodecError::ResultAndError),
        (r#"{"type":7,"allowReconnect":"yes"}"#, wrong("allowReconnect", "a boolean")),
    ];
    for (record, error) in cases {
        assert!(!error.to_string().contains("planted"));
        assert_eq!(parse(record), Err(error), "{record}");
    }
    assert_eq!(Message::parse(b"{\"type\":6,\"x\":\"\xFF\"}").unwrap_err(), CodecError::NotJson { column: 16 });
}

/// Checklist 23.
#[test]
fn arguments_are_always_written() {
    let message =
        Message::Invocation { invocation_id: None, target: "T".to_owned(), arguments: Vec::<Value>::new().into() };
    assert_eq!(encode(&message), "{\"type\":1,\"target\":\"T\",\"arguments\":[]}\x1e");
}

/// Checklist 25.
#[test]
fn absent_and_null_results_differ() {
    let outcome = |record: &str| match parse(record) {
        Ok(Message::Completion { outcome, .. }) => outcome,
        other => panic!("{other:?}"),
    };
    assert_eq!(outcome(r#"{"type":3,"invocationId":"1"}"#), Ok(None));
    assert_eq!(outcome(r#"{"type":3,"invocationId":"1","result":null}"#), Ok(Some(Value::Null.into())));
    assert_eq!(outcome(r#"{"type":3,"invocationId":"1","error":"no"}"#), Err("no".to_owned()));
}

/// Checklist 26.
#[test]
fn targets_match_without_case() {
    assert!(target_matches("deLIVER", "Deliver") && !target_matches("Deliver2", "Deliver"));
}

/// Checklist 13, 17.
#[test]
fn handshake_accepts_json_versions_0_to_2_only() {
    assert_eq!(HandshakeRequest::json().encode(), "{\"protocol\":\"json\",\"version\":1}\x1e");
    let answer = |protocol: &str, version| HandshakeRequest { protocol: protocol.to_owned(), version }.response();
    assert!((0..=2).all(|version| answer("json", version).error.is_none()));
    assert!(answer("json", 3).error.is_some());
    assert!(answer("messagepack", 1).error.is_some());
    assert_eq!(HandshakeResponse { error: None }.encode(), "{}\x1e");
}

/// Checklist 14.
#[test]
fn message_in_place_of_handshake_response_is_an_error() {
    assert_eq!(HandshakeResponse::parse(b"{}"), Ok(HandshakeResponse { error: None }));
    assert_eq!(HandshakeResponse::parse(br#"{"error":"no"}"#), Ok(HandshakeResponse { error: Some("no".to_owned()) }));
    assert_eq!(HandshakeResponse::parse(br#"{"type":6}"#), Err(CodecError::NotAHandshake));
}
