//! One attempt to connect: negotiate, open the WebSocket, shake hands.

use futures_util::{SinkExt, StreamExt};
use http::{HeaderValue, Method, StatusCode, header};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::timeout;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message as Frame,
        handshake::{client::generate_key, derive_accept_key},
        protocol::{Role, WebSocketConfig},
    },
};

use super::{
    ClientOptions, Dialer,
    error::{ConnectError, Step},
    http::{Endpoint, HttpExchange, dial},
    negotiate::negotiate,
};
use crate::{
    codec::{Decoder, HandshakeRequest, HandshakeResponse},
    text::excerpt,
};

/// The read buffer of each connection, in bytes.
const READ_BUFFER_BYTES: usize = 16 * 1024;
/// The bytes that a frame may have beyond a record of the largest allowed size. A frame may hold several records:
/// ASP.NET Core sends what has gathered in its buffer of 64 KiB together with the record that follows.
const FRAME_HEADROOM_BYTES: usize = 128 * 1024;

pub(super) type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// A socket after its handshake. The decoder may already hold messages, because they may share the handshake's frame.
pub(super) struct OpenSocket {
    pub(super) socket: Socket,
    pub(super) decoder: Decoder,
}

/// Makes one attempt, starting at the configured address.
pub(super) async fn connect(
    options: &ClientOptions,
    dialer: &dyn Dialer,
    token: Option<SecretString>,
) -> Result<OpenSocket, ConnectError> {
    let (endpoint, id) = negotiate(options, dialer, token).await?;
    let socket = upgrade(options, dialer, &endpoint, &id).await?;
    let limit = options.handshake_timeout;
    timeout(limit, shake_hands(socket, Decoder::new(options.max_receive_bytes)))
        .await
        .map_err(|_| ConnectError::Timeout { step: Step::Handshake, limit })?
}

/// Opens the WebSocket. hyper sends the HTTP request, because tungstenite's own upgrade writes whole requests, with the
/// token, into its trace log.
async fn upgrade(
    options: &ClientOptions,
    dialer: &dyn Dialer,
    endpoint: &Endpoint,
    id: &SecretString,
) -> Result<Socket, ConnectError> {
    let key = generate_key();
    let mut request = endpoint.request(Method::GET, &endpoint.url.socket_target(id.expose_secret()))?;
    let headers = request.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    headers.insert(header::SEC_WEBSOCKET_KEY, HeaderValue::from_str(&key).map_err(|_| ConnectError::Header)?);

    let stream = dial(options, dialer, &endpoint.url).await?;
    let mut exchange = HttpExchange::start(Step::Upgrade, stream, request, options.negotiate_timeout).await?;
    exchange.expect_status(Step::Upgrade, StatusCode::SWITCHING_PROTOCOLS, &endpoint.url, options).await?;
    let accepted = exchange.response.headers().get(header::SEC_WEBSOCKET_ACCEPT);
    if accepted.is_none_or(|accepted| accepted.as_bytes() != derive_accept_key(key.as_bytes()).as_bytes()) {
        return Err(ConnectError::Upgrade("Sec-WebSocket-Accept does not match the key"));
    }
    let upgraded = hyper::upgrade::on(&mut exchange.response).await.map_err(|error| ConnectError::Broken {
        step: Step::Upgrade,
        text: error.to_string(),
        diagnosis: None,
    })?;
    // A frame is allocated when its header arrives, whatever it claims to hold.
    let max_frame_bytes = options.max_receive_bytes.saturating_add(FRAME_HEADROOM_BYTES);
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .max_message_size(Some(max_frame_bytes))
        .max_frame_size(Some(max_frame_bytes));
    Ok(WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Client, Some(config)).await)
}

async fn shake_hands(mut socket: Socket, mut decoder: Decoder) -> Result<OpenSocket, ConnectError> {
    let broken = |text: String| ConnectError::Broken { step: Step::Handshake, text, diagnosis: None };
    socket.send(Frame::text(HandshakeRequest::json().encode())).await.map_err(|error| broken(error.to_string()))?;
    let response = loop {
        if let Some(record) = decoder.next_record()? {
            break HandshakeResponse::parse(record)?;
        }
        match socket.next().await {
            Some(Ok(frame @ (Frame::Text(_) | Frame::Binary(_)))) => decoder.push(&frame.into_data()),
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(broken(error.to_string())),
            None => return Err(broken("the server closed the connection".to_owned())),
        }
    };
    match response.error {
        Some(error) => Err(ConnectError::Refused { step: Step::Handshake, text: excerpt(&error) }),
        None => Ok(OpenSocket { socket, decoder }),
    }
}
