//! The WebSocket of one connection: the handshake, frames, and the close.

use std::fmt::Display;

use axum::{
    Error as SocketError,
    extract::ws::{CloseFrame, Message as Frame, WebSocket, close_code},
};
use bytes::Bytes;
use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use tokio::{sync::mpsc, time::timeout};

use super::{HubConnection, HubOptions, connection::Closing};
use crate::codec::{Decoder, HandshakeRequest, HandshakeResponse, Message, encode};

/// The client is gone.
pub(super) struct ClientLost;

pub(super) struct Socket {
    pub(super) sink: SplitSink<WebSocket, Frame>,
    pub(super) stream: SplitStream<WebSocket>,
    pub(super) decoder: Decoder,
}

impl Socket {
    pub(super) fn new(socket: WebSocket, options: &HubOptions) -> Self {
        let (sink, stream) = socket.split();
        Self { sink, stream, decoder: Decoder::new(options.max_receive_bytes) }
    }

    /// Shakes hands; false if there is no session after it.
    pub(super) async fn shake_hands(&mut self, connection: &HubConnection, options: &HubOptions) -> bool {
        let response = tokio::select! { biased;
            _ = connection.closing() => Some(refusal(&"the server is shutting down")),
            response = timeout(options.handshake_timeout, self.read_handshake()) => match response {
                Ok(response) => response,
                Err(_) => Some(refusal(&format!("no handshake within {:?}", options.handshake_timeout))),
            },
        };
        let Some(response) = response else { return false };
        let respond = async {
            let sent = self.sink.send(Frame::text(response.encode())).await;
            if response.error.is_some() {
                self.close().await?;
            }
            sent
        };
        matches!(timeout(options.close_timeout, respond).await, Ok(Ok(()))) && response.error.is_none()
    }

    /// Reads the client's handshake and returns the response to it; `None` if the client is gone.
    async fn read_handshake(&mut self) -> Option<HandshakeResponse> {
        loop {
            match self.decoder.next_record().map(|record| record.map(HandshakeRequest::parse)) {
                Ok(Some(Ok(request))) => return Some(request.response()),
                Ok(Some(Err(error))) | Err(error) => return Some(refusal(&error)),
                Ok(None) => match next_data(&mut self.stream).await {
                    Some(Ok(data)) => self.decoder.push(&data),
                    Some(Err(error)) => return Some(refusal(&error)),
                    None => return None,
                },
            }
        }
    }

    /// Sends the queued messages and Close, then closes the socket; the caller limits the time.
    pub(super) async fn say_goodbye(&mut self, queued: &mut mpsc::Receiver<String>, connection: &HubConnection) {
        let goodbye = async {
            while let Ok(record) = queued.try_recv() {
                self.sink.send(Frame::text(record)).await?;
            }
            let Closing { error, allow_reconnect } = connection.closing().await;
            self.sink.send(Frame::text(encode(&Message::Close { error, allow_reconnect }))).await?;
            self.close().await
        };
        // It fails if the client is gone.
        let _ = goodbye.await;
    }

    /// Closes the WebSocket and waits for the client's close.
    async fn close(&mut self) -> Result<(), SocketError> {
        let frame = CloseFrame { code: close_code::NORMAL, reason: "".into() };
        self.sink.send(Frame::Close(Some(frame))).await?;
        while let Some(Ok(_)) = self.stream.next().await {}
        Ok(())
    }
}

fn refusal(error: &dyn Display) -> HandshakeResponse {
    HandshakeResponse { error: Some(error.to_string()) }
}

/// Waits for the next data frame, text or binary (ASP.NET Core accepts both). WebSocket pings do not count. `None` if the
/// client is gone; an error for a frame over the limit or against the protocol.
pub(super) async fn next_data(stream: &mut SplitStream<WebSocket>) -> Option<Result<Bytes, SocketError>> {
    loop {
        match stream.next().await? {
            Ok(frame @ (Frame::Text(_) | Frame::Binary(_))) => return Some(Ok(frame.into_data())),
            Ok(_) => {}
            Err(error) => return Some(Err(error)),
        }
    }
}

/// Writes queued messages, and a ping after a pause, until the client is gone.
pub(super) async fn write(
    sink: &mut SplitSink<WebSocket, Frame>,
    queued: &mut mpsc::Receiver<String>,
    connection: &HubConnection,
    options: &HubOptions,
) -> ClientLost {
    loop {
        let record = match timeout(options.ping_interval, queued.recv()).await {
            Ok(Some(record)) => {
                connection.release(record.len());
                record
            }
            Ok(None) => return ClientLost,
            Err(_) => encode(&Message::Ping),
        };
        match timeout(options.client_timeout, sink.send(Frame::text(record))).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return ClientLost,
        }
    }
}
