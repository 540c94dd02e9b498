//! A hand-written client: plain HTTP requests, and a WebSocket for raw records.

use flux_signalr::codec::Decoder;
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Error, Message as Frame, client::IntoClientRequest},
};

/// Sends one request and returns the status and the whole response.
pub(crate) async fn http(mut stream: impl AsyncRead + AsyncWrite + Unpin, request: &str, token: &str) -> (u16, String) {
    let fixed = "Host: hub\r\nContent-Length: 0\r\nConnection: close";
    let head = format!("{request} HTTP/1.1\r\n{fixed}\r\nAuthorization: bearer {token}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    (status, answer)
}

pub(crate) fn json_body(answer: &str) -> Value {
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}

pub(crate) struct RawClient<S> {
    socket: WebSocketStream<S>,
    decoder: Decoder,
    /// True if every received frame was text.
    pub(crate) text_only: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> RawClient<S> {
    /// Opens the socket, or returns the HTTP status of the refusal.
    pub(crate) async fn open(stream: S, target: &str, token: &str) -> Result<Self, u16> {
        let mut request = format!("ws://hub{target}").into_client_request().unwrap();
        request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        match client_async(request, stream).await {
            Ok((socket, _)) => Ok(Self { socket, decoder: Decoder::new(usize::MAX), text_only: true }),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// Opens the socket without negotiation, and shakes hands.
    pub(crate) async fn connected(stream: S) -> Self {
        let mut raw = Self::open(stream, "/hubs/agent", "good").await.unwrap();
        raw.send_text("{\"protocol\":\"json\",\"version\":1}\x1e").await;
        assert_eq!(raw.next_record().await, Value::Object(Default::default()));
        raw
    }

    pub(crate) async fn send_text(&mut self, text: &str) {
        self.socket.send(Frame::text(text)).await.unwrap();
    }

    pub(crate) async fn send_binary(&mut self, bytes: &[u8]) {
        self.socket.send(Frame::binary(bytes.to_vec())).await.unwrap();
    }

    /// The next record, or `null` if the socket was closed.
    pub(crate) async fn next_record(&mut self) -> Value {
        loop {
            if let Some(record) = self.decoder.next_record().unwrap() {
                return serde_json::from_slice(record).unwrap();
            }
            match self.socket.next().await {
                Some(Ok(Frame::Text(text))) => self.decoder.push(text.as_bytes()),
                Some(Ok(Frame::Binary(bytes))) => {
                    self.text_only = false;
                    self.decoder.push(&bytes);
                }
                Some(Ok(Frame::Close(_))) | Some(Err(_)) | None => return Value::Null,
                Some(Ok(_)) => {}
            }
        }
    }

    /// The code of the WebSocket close, which must be the next frame.
    pub(crate) async fn close_code(&mut self) -> Option<u16> {
        match self.socket.next().await {
            Some(Ok(Frame::Close(Some(frame)))) => Some(frame.code.into()),
            _ => None,
        }
    }
}
