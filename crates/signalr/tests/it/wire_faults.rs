//! HTTP heads and WebSocket frames as bytes, and a writer that injects a fault at any of them.

use std::time::Duration;

use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt, DuplexStream},
    time::sleep,
};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// A fault at one byte of a stream.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fault {
    /// The connection ends before that byte.
    Cut,
    /// From that byte on the sender neither writes nor reads, but the connection stays open, as with SIGSTOP.
    Stall,
    /// That byte and the rest arrive a second later.
    Split,
    /// The byte is changed.
    Flip(u8),
}

pub(crate) const FLIPS: [Fault; 4] = [Fault::Flip(0x01), Fault::Flip(0x10), Fault::Flip(0x80), Fault::Flip(0xFF)];

/// Writes several byte strings with one fault, `left` bytes from now.
pub(crate) struct FaultyWriter {
    pub(crate) fault: Fault,
    pub(crate) left: Option<usize>,
}

impl FaultyWriter {
    /// Writes, and returns false if nothing may follow.
    pub(crate) async fn write(&mut self, stream: &mut DuplexStream, bytes: &[u8]) -> bool {
        let Some(at) = self.left.take() else { return stream.write_all(bytes).await.is_ok() };
        if at >= bytes.len() {
            self.left = Some(at - bytes.len());
            return stream.write_all(bytes).await.is_ok();
        }
        let (before, rest) = bytes.split_at(at);
        let mut rest = rest.to_vec();
        if stream.write_all(before).await.is_err() {
            return false;
        }
        match self.fault {
            Fault::Cut | Fault::Stall => return false,
            Fault::Split => sleep(Duration::from_secs(1)).await,
            Fault::Flip(bits) => rest[0] ^= bits,
        }
        stream.write_all(&rest).await.is_ok()
    }
}

/// Reads the head of a request or a response.
pub(crate) async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok()
}

pub(crate) fn answer(body: &Value) -> Vec<u8> {
    let body = body.to_string();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
    (head + &body).into_bytes()
}

/// The response to an upgrade request with this head.
pub(crate) fn upgraded(head: &str) -> Vec<u8> {
    let key = head.lines().find_map(|line| line.strip_prefix("sec-websocket-key: ")).unwrap();
    let accept = derive_accept_key(key.trim().as_bytes());
    let fixed = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n";
    format!("{fixed}Sec-WebSocket-Accept: {accept}\r\n\r\n").into_bytes()
}

/// A text frame, of a server without a mask, of a client with one.
pub(crate) fn frame(text: &str, mask: Option<[u8; 4]>) -> Vec<u8> {
    let mask_bit = if mask.is_some() { 0x80 } else { 0 };
    let mut frame = vec![0x81];
    match u8::try_from(text.len()) {
        Ok(length @ 0..=125) => frame.push(mask_bit | length),
        _ => {
            frame.push(mask_bit | 126);
            frame.extend(u16::try_from(text.len()).unwrap().to_be_bytes());
        }
    }
    frame.extend(mask.unwrap_or_default().iter().filter(|_| mask.is_some()));
    let mask = mask.unwrap_or_default();
    frame.extend(text.bytes().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// Reads the content of the next frame of any kind; `None` at the end.
pub(crate) async fn read_frame(stream: &mut (impl AsyncRead + Unpin)) -> Option<Vec<u8>> {
    let _kind = stream.read_u8().await.ok()?;
    let second = stream.read_u8().await.ok()?;
    let length = match second & 0x7F {
        126 => usize::from(stream.read_u16().await.ok()?),
        short => usize::from(short),
    };
    let mut mask = [0; 4];
    if second & 0x80 != 0 {
        stream.read_exact(&mut mask).await.ok()?;
    }
    let mut content = vec![0; length];
    stream.read_exact(&mut content).await.ok()?;
    for (byte, mask) in content.iter_mut().zip(mask.iter().cycle()) {
        *byte ^= mask;
    }
    Some(content)
}
