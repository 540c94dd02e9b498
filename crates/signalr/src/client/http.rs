//! The HTTP requests of an attempt, each on a connection of its own.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use secrecy::{ExposeSecret, SecretString};
use tokio::{task::JoinSet, time::timeout};

use super::{
    ByteStream, ClientOptions, Diagnosis, Dialer, HubUrl, UnexpectedResponse,
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
        let broken = |error: hyper::Error| ConnectError::Broken {
            step,
            text: error.to_string(),
            diagnosis: Diagnosis::of_error(&error),
        };
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

    /// Fails unless the response has the `expected` status. Reads the body then, since it shows who answered.
    pub(super) async fn expect_status(
        &mut self,
        step: Step,
        expected: StatusCode,
        url: &HubUrl,
        options: &ClientOptions,
    ) -> Result<(), ConnectError> {
        let status = self.response.status();
        if status == expected {
            return Ok(());
        }
        let body = self.body(options).await.unwrap_or_default();
        let response = UnexpectedResponse::read(status, self.response.headers(), &body, &url.origin());
        Err(ConnectError::Status { step, response })
    }

    /// The body, up to a limit in bytes and time.
    pub(super) async fn body(&mut self, options: &ClientOptions) -> Result<Bytes, ConnectError> {
        let (step, limit) = (Step::Negotiate, options.negotiate_timeout);
        let body = Limited::new(self.response.body_mut(), options.max_negotiate_bytes);
        let collected = timeout(limit, body.collect())
            .await
            .map_err(|_| ConnectError::Timeout { step, limit })?
            .map_err(|error| ConnectError::Broken { step, text: error.to_string(), diagnosis: None })?;
        Ok(collected.to_bytes())
    }
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
