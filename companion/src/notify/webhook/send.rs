//! One webhook request: connects, signs, sends and judges the answer.

use super::signature;
use crate::config::Webhook;
use flux_signalr::client::{ByteStream, Dialer, TcpDialer};
use http::{Method, Request, StatusCode, header};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::crypto::ring;
use rustls_platform_verifier::Verifier;
use std::io;
use std::sync::Arc;

/// The reason that a batch was not accepted.
#[derive(Debug, thiserror::Error)]
pub(super) enum SendError {
    #[error("webhook.url cannot be reached: {0}")]
    Connect(#[from] io::Error),
    #[error("the connection to webhook.url broke: {0}")]
    Http(#[from] hyper::Error),
    #[error("webhook.url cannot be used in a request: {0}")]
    Request(#[from] http::Error),
    #[error("webhook.url answered {0} instead of a 2xx")]
    Status(StatusCode),
    #[error("webhook.url took too long")]
    Slow,
}

/// Sends requests, one connection each.
pub(super) struct Sender {
    dialer: TcpDialer,
}

impl Sender {
    pub(super) fn new() -> Result<Sender, rustls::Error> {
        let provider = Arc::new(ring::default_provider());
        let verifier = Verifier::new(provider.clone())?;
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        Ok(Sender { dialer: TcpDialer::new(Some(Arc::new(tls))) })
    }

    /// Returns once the answer is a 2xx; its body is ignored.
    pub(super) async fn send(&self, webhook: &Webhook, body: Vec<u8>, now: i64) -> Result<(), SendError> {
        let Webhook { url, secret } = webhook;
        let stream = self.dialer.dial(&url.host, url.port, url.tls).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream as Box<dyn ByteStream>)).await?;
        let request = Request::builder()
            .method(Method::POST)
            .uri(&url.path)
            .header(header::HOST, &url.authority)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::USER_AGENT, concat!("flux-companion/", env!("CARGO_PKG_VERSION")))
            .header("flux-timestamp", now)
            .header("flux-signature", signature(secret, now, &body))
            .body(Full::new(Bytes::from(body)))?;
        // The connection ends with the sender. Its errors are the request's errors.
        tokio::spawn(connection);
        match sender.send_request(request).await?.status() {
            status if status.is_success() => Ok(()),
            status => Err(SendError::Status(status)),
        }
    }
}
