//! The codec with arbitrary bytes, split arbitrarily.

#![no_main]

use flux_signalr::codec::{CodecError, Decoder, HandshakeRequest, HandshakeResponse, Message, encode};
use libfuzzer_sys::fuzz_target;

const LIMIT_BYTES: usize = 256;

/// Decodes the pieces up to the first error.
fn decode<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<Message>, Option<CodecError>) {
    let mut decoder = Decoder::new(LIMIT_BYTES);
    let mut messages = Vec::new();
    for piece in pieces {
        decoder.push(piece);
        loop {
            match decoder.next_message() {
                Ok(Some(message)) => messages.push(message),
                Ok(None) => break,
                Err(error) => return (messages, Some(error)),
            }
        }
    }
    (messages, None)
}

fuzz_target!(|data: &[u8]| {
    let Some((size, bytes)) = data.split_first() else { return };
    let whole = decode(std::iter::once(bytes));
    assert_eq!(decode(bytes.chunks(usize::from(*size).max(1))), whole);
    for message in whole.0 {
        let record = encode(&message);
        assert_eq!(Message::parse(record.trim_end_matches('\u{1e}').as_bytes()).as_ref(), Ok(&message));
    }
    let _ = HandshakeRequest::parse(bytes).map(|request| request.response());
    let _ = HandshakeResponse::parse(bytes);
});
