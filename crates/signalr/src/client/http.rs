//! The HTTP requests of an attempt, each on a connection of its own.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Empty;
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use secrecy::{ExposeSecret, SecretString};
use tokio::{task::JoinSet, time::timeout};

use super::{
    ByteStream, ClientOptions, Dialer, HubUrl,
    error::{ConnectError, Step},
};

/// The hub's address for the rest of an attempt, with the credentials and headers that may be sent there.
#[derive(Clone)]
pub(super) struct Endpoint {
    pub(super) url: HubUrl,
    pub(super) token: Option<SecretString>,
    pub(super) headers: Arc<HeaderMap>,
}

impl Endpoint {
    /// Builds a request with the headers and the token; the token goes into the `Authorization` header only.
    pub(super) fn request(&self, method: Method, target: &str) -> Result<Request<Empty<Bytes>>, ConnectError> {
        let mut request = Request::builder()
            .method(method)
            .uri(target)
            .header(header::HOST, self.url.authority())
            .body(Empty::new())
            .map_err(|_| ConnectError::Header)?;
        let headers = request.headers_mut();
        headers
            .insert(header::USER_AGENT, HeaderValue::from_static(concat!("flux-signalr/", env!("CARGO_PKG_VERSION"))));
        headers.extend(self.headers.as_ref().clone());
        if let Some(token) = &self.token {
            let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()))
                .map_err(|_| ConnectError::Header)?;
            value.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, value);
        }
        Ok(request)
    }
}

/// One HTTP request and its response. Dropping it closes the connection.
pub(super) struct HttpExchange {
    pub(super) response: Response<Incoming>,
    _sender: http1::SendRequest<Empty<Bytes>>,
    _driver: JoinSet<()>,
}

impl HttpExchange {
    /// Sends a request and waits for the head of its response.
    pub(super) async fn start(
        step: Step,
        stream: Box<dyn ByteStream>,
        request: Request<Empty<Bytes>>,
        limit: Duration,
    ) -> Result<Self, ConnectError> {
        let broken = |error: hyper::Error| ConnectError::Broken { step, text: error.to_string() };
        let exchange = async {
            let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
            let mut driver = JoinSet::new();
            driver.spawn(async move {
                // send_request or the body returns the same error.
                let _ = connection.with_upgrades().await;
            });
            let response = sender.send_request(request).await.map_err(broken)?;
            Ok(Self { response, _sender: sender, _driver: driver })
        };
        timeout(limit, exchange).await.map_err(|_| ConnectError::Timeout { step, limit })?
    }

    /// Fails unless the response has the `expected` status.
    pub(super) fn expect_status(&self, step: Step, expected: StatusCode) -> Result<(), ConnectError> {
        let status = self.response.status();
        if status == expected {
            return Ok(());
        }
        let may_delay = matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
        let retry_after = self.response.headers().get(header::RETRY_AFTER).filter(|_| may_delay).and_then(seconds);
        Err(ConnectError::Status { step, status: status.as_u16(), retry_after })
    }
}

/// `Retry-After` in seconds. Its other form, a date, would need a wall clock and is ignored.
fn seconds(value: &HeaderValue) -> Option<Duration> {
    value.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

/// Opens a byte stream to the hub within the connect timeout.
pub(super) async fn dial(
    options: &ClientOptions,
    dialer: &dyn Dialer,
    url: &HubUrl,
) -> Result<Box<dyn ByteStream>, ConnectError> {
    let limit = options.connect_timeout;
    timeout(limit, dialer.dial(url.host(), url.port(), url.tls()))
        .await
        .map_err(|_| ConnectError::Timeout { step: Step::Connect, limit })?
        .map_err(|source| ConnectError::Dial { authority: url.authority(), source })
}
